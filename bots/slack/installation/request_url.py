"""The request with which Slack checks that an address is ours, for `neverdark doctor`, which sends the same one."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex

from slack_sdk.signature import SignatureVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A request to post; the answer has to contain the word."""

    word: str
    body: str
    headers: Mapping[str, str]


def challenge(signing_secret: str) -> Challenge:
    """A challenge with the present time, signed as Slack signs."""
    word, at = token_hex(8), str(int(time.time()))
    body = json.dumps({"type": "url_verification", "challenge": word})
    signature = SignatureVerifier(signing_secret).generate_signature(timestamp=at, body=body) or ""
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": at,
        "x-slack-signature": signature,
    }
    return Challenge(word=word, body=body, headers=headers)
