"""How fal says no, how it checks keys, and how it signs webhooks."""

import base64
import time
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import keys
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import WireError

USER_ID = "sandbox-user"
RETRYABLE = frozenset({"runner_scheduling_failure", "downstream_service_unavailable", "request_timeout"})


def no(status: int, detail: Any, *, kind: str = "") -> Response:
    """An error of the queue or of a model."""
    headers = {"x-fal-error-type": kind, "x-fal-retryable": str(kind in RETRYABLE).lower()} if kind else {}
    body = {"detail": detail, "error_type": kind} if kind and isinstance(detail, str) else {"detail": detail}
    return JSONResponse(body, status_code=status, headers=headers)


def down() -> Response:
    return no(503, "No runner is available.", kind="runner_scheduling_failure")


def broken() -> Response:
    return no(500, "Internal server error", kind="internal_server_error")


def not_a_body(reason: str) -> Response:
    return no(400, f"Invalid request: {reason}", kind="bad_request")


def identify(request: Request) -> str:
    """The caller's key, whole: `id:secret`.

    Raises:
        WireError: it is missing or wrong, or its account has no credit.
    """
    key = keys.after(request, "key")
    match keys.worth(key):
        case Key.MISSING:
            raise WireError(no(401, "Authentication is required to access this application."))
        case Key.BAD | Key.ELSEWHERE:
            raise WireError(no(401, "Cannot authenticate: the key is invalid."))
        case Key.POOR | Key.FINE:
            return key


def pay(key: str) -> None:
    """Refuse a create of an account without credit.

    Raises:
        WireError: 403.
    """
    if keys.worth(key) is Key.POOR:
        text = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
        raise WireError(no(403, text))


class Signer:
    """Ed25519 keys for webhooks: the newest signs, the one before is still listed."""

    def __init__(self) -> None:
        self._keys = [Ed25519PrivateKey.generate()]

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._keys = [Ed25519PrivateKey.generate(), self._keys[0]]

    def key_set(self) -> dict[str, Any]:
        """The public keys."""
        rows = [key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for key in self._keys]
        encoded = [base64.urlsafe_b64encode(row).rstrip(b"=").decode() for row in rows]
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x} for x in encoded]}

    def headers(self, request_id: str, body: bytes) -> dict[str, str]:
        """The headers of a webhook with this body."""
        timestamp = str(int(time.time()))
        message = "\n".join((request_id, USER_ID, timestamp, sha256(body).hexdigest()))
        return {
            "x-fal-webhook-request-id": request_id,
            "x-fal-webhook-user-id": USER_ID,
            "x-fal-webhook-timestamp": timestamp,
            "x-fal-webhook-signature": self._keys[0].sign(message.encode()).hex(),
        }
