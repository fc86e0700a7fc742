"""The checks of callbacks' signatures, by vendor, as far as the operator has configured them.

The path of a callback cannot be guessed, and a callback only makes us poll. So the callbacks of a vendor that does not
sign, or whose secret is not set, are accepted. Google signs, but two of its pages name two addresses of its keys
(2026-11-22), so its signatures are checked only where the operator has set one.
"""

import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.domain.ids import RouteKey
from core.settings import RouteOverrides, SettingsError, route_prefix
from web.signatures import BadSecret, StandardWebhooks, fal_accepts, jwt_accepts

log = structlog.get_logger()

Key = TypeVar("Key")

Check = Callable[[Mapping[str, str], bytes], Awaitable[bool]]
"""Checks whether a callback with these headers and this body comes from the vendor."""

FAL_KEYS = "https://rest.fal.ai/.well-known/jwks.json"
KEYS_LAST_S = 24 * 3600.0
FETCH_EVERY_S = 60.0
"""Seconds between two fetches of keys: a signature by an unknown key causes one, but a flood does not."""
_FETCH_TIMEOUT_S = 3.0
_FETCH_MOST = 64 << 10


def checks(overrides: Mapping[RouteKey, RouteOverrides], *, http: httpx.AsyncClient) -> dict[RouteKey, Check]:
    """By route, the check of its callbacks.

    Raises:
        SettingsError: a secret is invalid.
    """
    found: dict[RouteKey, Check] = {}
    for route, known in overrides.items():
        if route.endswith(".fal"):
            found[route] = fal_keys(known.extra.get("jwks_url", FAL_KEYS), http=http).check
        elif jwks_url := known.extra.get("jwks_url"):
            found[route] = jwt_keys(jwks_url, http=http).check
        elif secret := known.extra.get("webhook_secret"):
            found[route] = signed_with(secret, named=f"{route_prefix(route)}WEBHOOK_SECRET")
    return found


def signed_with(secret: str, *, named: str) -> Check:
    """The check by Standard Webhooks. Raises SettingsError with the setting's name."""
    try:
        webhooks = StandardWebhooks(secret)
    except BadSecret:
        raise SettingsError(f"{named} wants whsec_ and at least 16 bytes in base64.") from None

    async def check(headers: Mapping[str, str], body: bytes) -> bool:
        return webhooks.accepts(headers, body, now=time.time())

    return check


class Keys(Generic[Key]):
    """A vendor's public keys, fetched when they are first needed and kept for a day.

    Args:
        url: the address of the key set.
        read: reads the keys of a key set; raises ValueError.
        accepts: checks whether one of the keys signed a callback.
    """

    def __init__(
        self,
        url: str,
        *,
        http: httpx.AsyncClient,
        read: Callable[[object], tuple[Key, ...]],
        accepts: Callable[[tuple[Key, ...], Mapping[str, str], bytes], bool],
    ) -> None:
        self._url = url
        self._http = http
        self._read = read
        self._accepts = accepts
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = self._tried_at = float("-inf")

    async def check(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the vendor signed it. While its keys cannot be fetched, callbacks are refused; we poll."""
        if time.monotonic() - self._fetched_at > KEYS_LAST_S:
            await self._fetch()
        if self._accepts(self._keys, headers, body):
            return True
        return await self._fetch() and self._accepts(self._keys, headers, body)

    async def _fetch(self) -> bool:
        now = time.monotonic()
        if now - self._tried_at < FETCH_EVERY_S:
            return False
        self._tried_at = now
        try:
            answer = await self._http.get(self._url, timeout=_FETCH_TIMEOUT_S)
            answer.raise_for_status()
            self._keys = self._read(answer.json() if len(answer.content) <= _FETCH_MOST else None)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("callbacks.no_keys", error=type(error).__name__)
            return False
        self._fetched_at = now
        return True


def fal_keys(url: str, *, http: httpx.AsyncClient) -> Keys[Ed25519PublicKey]:
    """The check of fal, which signs with Ed25519."""
    return Keys(
        url,
        http=http,
        read=public_keys,
        accepts=lambda keys, headers, body: fal_accepts(keys, headers, body, now=time.time()),
    )


def jwt_keys(url: str, *, http: httpx.AsyncClient) -> Keys[jwt.PyJWK]:
    """The check of Google, which signs with a JWT."""
    return Keys(url, http=http, read=jwt_public_keys, accepts=lambda keys, headers, _: jwt_accepts(keys, headers))


def jwt_public_keys(key_set: object) -> tuple[jwt.PyJWK, ...]:
    """The RSA keys of a JWKS; others in it are ignored.

    Raises:
        ValueError: the data is no key set.
    """
    try:
        found = jwt.PyJWKSet.from_dict(key_set if isinstance(key_set, dict) else {})
    except jwt.PyJWTError as error:
        raise ValueError("not a key set") from error
    return tuple(key for key in found.keys if key.key_type == "RSA")


def public_keys(key_set: object) -> tuple[Ed25519PublicKey, ...]:
    """The Ed25519 keys of a JWKS; others in it are ignored.

    Raises:
        ValueError: the data is no key set, or an Ed25519 key in it is invalid.
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
