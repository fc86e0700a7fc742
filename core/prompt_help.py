"""Asks an OpenAI-compatible endpoint to write a description better. Off unless an operator names one.

What comes back is shown before it is used, and is a description to the letter: no option in it counts. An endpoint that
is away, slow or odd costs a moment, and the person's own words go on.
"""

import json
from dataclasses import dataclass, field

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from core.domain.requests.request import PROMPT_MAX, clean_prompt
from core.http.base_client import MIB, http_client

log = structlog.get_logger()

CONNECT_S = 3.0
ASKED = (
    "You rewrite a short idea for a video into one vivid description for a text-to-video model: subject, action, "
    "place, light, camera. Keep the idea, its language and every name in it. Add no text to it. At most 80 words. "
    "Answer with the description alone, without quotes."
)
WORDS_MAX = 1500
"""Characters that are taken of an answer."""


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Answer(BaseModel):
    choices: list[_Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptHelp:
    """One endpoint.

    Args:
        url: its base, such as https://api.example/v1.
        model: as it names its models.
        key: None where it wants none.
        timeout_s: all of it.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 8.0

    async def improved(self, prompt: str) -> str | None:
        """The description, written better; None where there is no usable answer in time."""
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        messages = [{"role": "system", "content": ASKED}, {"role": "user", "content": prompt[:PROMPT_MAX]}]
        timeout = httpx.Timeout(self.timeout_s, connect=min(CONNECT_S, self.timeout_s))
        try:
            async with http_client(bytes_max=MIB, timeout=timeout, headers=headers) as http:
                answer = await http.post(
                    f"{self.url.rstrip('/')}/chat/completions", json={"model": self.model, "messages": messages}
                )
                answer.raise_for_status()
                said = _Answer.model_validate(answer.json()).choices
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError, json.JSONDecodeError, UnicodeDecodeError) as error:
            status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
            log.warning("prompt_help.away", error=type(error).__name__, status=status)
            return None
        return (_plain(said[0].message.content) or None) if said else None


def _plain(words: str) -> str:
    """One paragraph without the quotes that models like to put around it."""
    return clean_prompt(words.strip().strip("\"“”'`"))[:WORDS_MAX].strip()
