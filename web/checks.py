"""Which callbacks must be signed, and how each is checked: by vendor, as far as the operator has set it up.

The path of a callback cannot be guessed, so a vendor that does not sign, or whose secret nobody has set, is believed as
far as a callback ever is: it makes us ask.
"""

import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.domain.ids import RouteKey
from core.settings import RouteOverrides, SettingsError, route_prefix
from web.signatures import BadSecret, StandardWebhooks, fal_accepts

log = structlog.get_logger()

Check = Callable[[Mapping[str, str], bytes], Awaitable[bool]]
"""Whether a callback with these headers and this body comes from the vendor."""

FAL_KEYS = "https://rest.fal.ai/.well-known/jwks.json"
KEYS_LAST_S = 24 * 3600.0
FETCH_EVERY_S = 60.0
"""A signature by an unknown key asks for the keys again, but no flood of them does."""
_FETCH_TIMEOUT_S = 3.0
_FETCH_MOST = 64 << 10


def checks(overrides: Mapping[RouteKey, RouteOverrides], *, http: httpx.AsyncClient) -> dict[RouteKey, Check]:
    """The checks of the routes that have one.

    Raises:
        SettingsError: a secret cannot be one.
    """
    found: dict[RouteKey, Check] = {}
    for route, known in overrides.items():
        if route.endswith(".fal"):
            found[route] = FalKeys(known.extra.get("jwks_url", FAL_KEYS), http=http).check
        elif secret := known.extra.get("webhook_secret"):
            found[route] = signed_with(secret, named=f"{route_prefix(route)}WEBHOOK_SECRET")
    return found


def signed_with(secret: str, *, named: str) -> Check:
    """A check by Standard Webhooks. Raises SettingsError, with the setting's name."""
    try:
        webhooks = StandardWebhooks(secret)
    except BadSecret:
        raise SettingsError(f"{named} wants whsec_ and at least 16 bytes in base64.") from None

    async def check(headers: Mapping[str, str], body: bytes) -> bool:
        return webhooks.accepts(headers, body, now=time.time())

    return check


class FalKeys:
    """fal's public keys, fetched when they are first needed and kept for a day."""

    def __init__(self, url: str, *, http: httpx.AsyncClient) -> None:
        self._url = url
        self._http = http
        self._keys: tuple[Ed25519PublicKey, ...] = ()
        self._fetched_at = self._tried_at = float("-inf")

    async def check(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether fal signed this. While its keys cannot be had nothing is believed, and polls do the work."""
        if time.monotonic() - self._fetched_at > KEYS_LAST_S:
            await self._fetch()
        if fal_accepts(self._keys, headers, body, now=time.time()):
            return True
        return await self._fetch() and fal_accepts(self._keys, headers, body, now=time.time())

    async def _fetch(self) -> bool:
        now = time.monotonic()
        if now - self._tried_at < FETCH_EVERY_S:
            return False
        self._tried_at = now
        try:
            answer = await self._http.get(self._url, timeout=_FETCH_TIMEOUT_S)
            answer.raise_for_status()
            self._keys = public_keys(answer.json() if len(answer.content) <= _FETCH_MOST else None)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("callbacks.no_keys", error=type(error).__name__)
            return False
        self._fetched_at = now
        return True


def public_keys(key_set: object) -> tuple[Ed25519PublicKey, ...]:
    """The Ed25519 keys of a JWKS; others in it are passed over.

    Raises:
        ValueError: it is no key set, or one of ours in it is no key.
    """
    match key_set:
        case {"keys": list(listed)}:
            pass
        case _:
            raise ValueError("not a key set")
    return tuple(
        Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(str(key.get("x", "")) + "=="))
        for key in listed
        if isinstance(key, dict) and key.get("kty") == "OKP"
    )
