"""Asks an OpenAI-compatible endpoint to improve a description. Off unless the operator configures one.

The person sees the result before it is used, and no option in it counts. If the endpoint is away, slow or answers
nonsense, the person's own words are used after a short wait.
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
"""Characters of an answer that are used at most."""


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
        url: its base address, such as https://api.example/v1.
        model: the name of the model at the endpoint.
        key: the API key; None where it needs none.
        timeout_s: seconds for the whole call.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 8.0

    async def improved(self, prompt: str) -> str | None:
        """The improved description; None where there is no usable answer in time."""
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
    """The answer as one paragraph, without quotes around it."""
    return clean_prompt(words.strip().strip("\"“”'`"))[:WORDS_MAX].strip()
