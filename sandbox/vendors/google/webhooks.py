"""Google's dynamic webhooks: events signed as an RS256 JWT, and the public key to check them with."""

import base64
import time
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.vendors.callbacks import Callbacks, compact
from sandbox.vendors.google.static_webhooks import StaticWebhooks
from sandbox.vendors.tasks import End, Phase, Task

KEY_ID = "sandbox-1"
WAITS_S = (2.0, 10.0, 60.0)
"""Google tries for a day; a sandbox does not need to."""


class Webhooks:
    """Posts events to the addresses that a request named, and passes them on to the registered ones."""

    def __init__(self, callbacks: Callbacks, static: StaticWebhooks) -> None:
        self._callbacks = callbacks
        self._static = static

    def routes(self) -> list[BaseRoute]:
        """The key set."""
        return [Route("/.well-known/jwks.json", self._jwks)]

    def video_changed(self, task: Task, phase: Phase) -> None:
        """Tell of a Veo video that was made; of nothing else is there an event."""
        if phase is not Phase.SUCCEEDED or task.end is End.EMPTY:
            return
        uri = f"{task.wire['base']}/v1beta/files/{task.id}:download?alt=media"
        name = f"files/{task.id}"
        self.send(task, "video.generated", {"id": task.id, "output_file_uri": uri, "file_name": name})

    def send(self, task: Task, kind: str, data: dict[str, Any]) -> None:
        """Post one event to every address of the task, and to the registered ones."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        event = {"type": kind, "version": "v1", "timestamp": stamp, "data": data}
        if task.wire["user_metadata"]:
            event["user_metadata"] = task.wire["user_metadata"]
        body, message_id = compact(event), uuid4().hex
        self._static.post(kind, body)
        for uri in task.wire["uris"]:
            claims = {
                "iss": "https://generativelanguage.googleapis.com",
                "aud": uri,
                "iat": int(now),
                "exp": int(now) + 300,
                "jti": message_id,
                "body_sha256": sha256(body).hexdigest(),
            }
            signature = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": KEY_ID})
            headers = {"webhook-id": message_id, "webhook-timestamp": str(int(now)), "webhook-signature": signature}
            self._callbacks.send(uri, body, headers=headers, waits_s=WAITS_S)

    async def _jwks(self, request: Request) -> Response:
        numbers = self._key.public_key().public_numbers()
        key = {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": KEY_ID,
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
        }
        return JSONResponse({"keys": [key]})

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _base64url(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
