"""Events over HTTP: what a socket would carry is posted to the app's request URL, signed, and again where it fails."""

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

import httpx

from sandbox.slack.fixtures import Json
from sandbox.slack.response_window import Answer

FORM = "application/x-www-form-urlencoded"


def signed(body: str, *, secret: str, at: int) -> dict[str, str]:
    """The headers by which an app knows that it is Slack who posts."""
    mac = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={mac}"}


@dataclass(slots=True, kw_only=True)
class Posting:
    """An app that is reached at an address.

    Args:
        url: where it listens; empty until it has said so.
        secret: its signing secret.
        ack_s: how long it has to answer.
        retries: how often an event that failed comes again.
    """

    url: str
    secret: str
    ack_s: float = 3.0
    retries: int = 1
    clock: Callable[[], float] = time.time

    async def send(self, envelope: str, *, envelope_id: str) -> Answer:
        """Post what an envelope holds, and wait for the answer for as long as Slack does."""
        sent = json.loads(envelope)
        kind, payload = sent["type"], sent["payload"]
        body, content_type = _body(kind, payload)
        tries = 1 + (self.retries if kind == "events_api" else 0)
        answer = Answer(unheard=True)
        async with httpx.AsyncClient(timeout=self.ack_s, trust_env=False) as http:
            for number in range(tries):
                headers = signed(body, secret=self.secret, at=int(self.clock())) | {"content-type": content_type}
                if number:
                    headers |= {"x-slack-retry-num": str(number), "x-slack-retry-reason": "http_error"}
                answer = await self._once(http, body, headers)
                if not (answer.late or answer.unheard):
                    break
        return answer

    async def _once(self, http: httpx.AsyncClient, body: str, headers: dict[str, str]) -> Answer:
        try:
            got = await http.post(self.url, content=body.encode(), headers=headers)
        except httpx.TimeoutException:
            return Answer(late=True)
        except httpx.HTTPError:
            return Answer(unheard=True)
        if got.status_code != httpx.codes.OK:
            return Answer(unheard=True)
        try:
            said = json.loads(got.text) if got.text else {}
        except ValueError:
            said = {"text": got.text}
        return Answer(payload=said if isinstance(said, dict) else {})


def _body(kind: str, payload: Json) -> tuple[str, str]:
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    if kind == "slash_commands":
        return urlencode({name: value for name, value in payload.items() if value is not None}), FORM
    return urlencode({"payload": json.dumps(payload)}), FORM
