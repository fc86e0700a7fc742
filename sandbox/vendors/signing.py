"""Standard Webhooks: the HMAC that Kling, Replicate and Google's static webhooks sign with."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256


def new_secret() -> str:
    """A secret as a console would show it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def signature(secret: str, *, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `id.timestamp.body`, under the secret without its prefix, base64-decoded."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signed(secrets_now: Sequence[str], body: bytes, *, now: float) -> dict[str, str]:
    """The headers of a callback, with a signature under each secret; none without a secret."""
    if not secrets_now:
        return {}
    message_id, timestamp = f"msg_{secrets.token_hex(12)}", str(int(now))
    signatures = [signature(one, message_id=message_id, timestamp=timestamp, body=body) for one in secrets_now]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
