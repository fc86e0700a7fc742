"""Checks signatures: Standard Webhooks (Kling, Replicate, and shops), fal's signature and Google's JWT.

The library of Standard Webhooks makes the expected signature. The comparison and the check of the time are ours: the
library's `verify` reads the clock itself, and raises many kinds of errors for strange headers. Times are arguments,
except for the JWT's, whose library reads the clock itself.
"""

import hmac
from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

WINDOW_S = 300
"""Seconds that a signed time may be off in both directions; all of them say 5 minutes (2026-11-22)."""
_SECRET_LEAST = 16


class BadSecret(ValueError):
    """A secret that is invalid for Standard Webhooks."""


class StandardWebhooks:
    """Checks signatures with one secret, by https://www.standardwebhooks.com."""

    def __init__(self, secret: str) -> None:
        """Parse a secret.

        Args:
            secret: base64, with or without `whsec_` before it.

        Raises:
            BadSecret: the secret is not base64, or too short.
        """
        try:
            key = b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError as error:
            raise BadSecret("not base64") from error
        if len(key) < _SECRET_LEAST:
            raise BadSecret("too short")
        self._webhook = Webhook(key)

    def accepts(self, headers: Mapping[str, str], body: bytes, *, now: float) -> bool:
        """Whether one of the signatures is right, and the time is near. Bytes that are no text are refused."""
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not message_id or not is_near(timestamp, now=now):
            return False
        try:
            wanted = self._webhook.sign(message_id, datetime.fromtimestamp(int(timestamp), UTC), body.decode()).encode()
        except UnicodeError:
            return False
        given = headers.get("webhook-signature", "").encode("utf-8", "replace").split()
        return any(hmac.compare_digest(one, wanted) for one in given)


def fal_accepts(keys: Iterable[Ed25519PublicKey], headers: Mapping[str, str], body: bytes, *, now: float) -> bool:
    """Whether fal signed this with one of its keys, at a time that is near."""
    timestamp = headers.get("x-fal-webhook-timestamp", "")
    if not is_near(timestamp, now=now):
        return False
    try:
        signature = bytes.fromhex(headers.get("x-fal-webhook-signature", ""))
    except ValueError:
        return False
    parts = (
        headers.get("x-fal-webhook-request-id", ""),
        headers.get("x-fal-webhook-user-id", ""),
        timestamp,
        sha256(body).hexdigest(),
    )
    message = "\n".join(parts).encode()
    return any(_is_signed(key, signature, message) for key in keys)


def jwt_accepts(keys: Iterable[jwt.PyJWK], headers: Mapping[str, str]) -> bool:
    """Whether the signature is a valid JWT of one of these keys, as Google sends it.

    Google does not document its claims (2026-11-22), so none is required, and the body is not covered. That is enough,
    because a callback only makes us poll.
    """
    token = headers.get("webhook-signature", "")
    return any(_is_token(key, token) for key in keys)


def is_near(timestamp: str, *, now: float) -> bool:
    """Whether this is a time in whole seconds, within the window."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(now - int(timestamp)) <= WINDOW_S


def _is_token(key: jwt.PyJWK, token: str) -> bool:
    try:
        jwt.decode(token, key, algorithms=["RS256"], leeway=WINDOW_S, options={"verify_aud": False})
    except jwt.PyJWTError:
        return False
    return True


def _is_signed(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
