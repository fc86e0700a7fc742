"""Gemini Omni through the Interactions API, which Google names as the successor of Veo on the Gemini API.

Facts of 2026-11-30. Submits run in the background and can be cancelled; there is no list and no idempotency key, so a
lost submit cannot be found. Sound is always on, and 1.2 takes two key frames; no source lists a seed. The price to
people stays Veo's. `omni_vertex` is the route through Vertex.
"""

import base64
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.pricing import Capabilities, Mode, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import VEO
from core.http.client import HttpSettings
from core.http.loose import address
from core.http.responses import (
    Answer,
    Call,
    Many,
    Number,
    Text,
    VendorModel,
    Word,
    read,
    shown,
    task_id,
    unread,
    without_video,
)
from core.ports import Cancelled, InputImage, Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig
from core.providers.google import NOBODYS, error_class_of_word, error_of, fetch_file, is_safety, let_in

DEFAULTS = RouteConfig(base_url="https://generativelanguage.googleapis.com", model="gemini-omni-1.2-flash")

_SECONDS = tuple(range(3, 11))
"""Another page gives 1.2 up to 15."""


def makes(model: str) -> Capabilities:
    return Capabilities(
        modes=tuple(Mode(lines=lines, durations_s=_SECONDS) for lines in (720, 1080, 2160)),
        aspects=(Aspect.WIDE, Aspect.TALL),
        sound=Sound.ALWAYS,
        prompt_max=4000,
        first_frame=True,
        last_frame="omni-1.1" not in model,
    )


_RESOLUTION = {720: "720p", 1080: "1080p", 2160: "4k"}
_USD_MICROS_PER_TOKEN, _OF_1_1 = 12.0, 17.5
"""Video output, 2026-11: 12 USD a million tokens, about 0.070 USD a second at 720p; 1.1 was 17.50."""


class _Part(VendorModel):
    lone: ClassVar[str] = "text"
    type: Word = ""
    text: Text = ""


class _Step(_Part):
    """A part of the interaction, by the model or by us."""

    content: Many[_Part] = ()


class _Error(VendorModel):
    """An error; its code may be a word or a number."""

    lone: ClassVar[str] = "message"
    code: Text = ""
    message: Text = ""


class _Spent(VendorModel):
    modality: Word = ""
    tokens: Number = None


class _Usage(VendorModel):
    output_tokens_by_modality: Many[_Spent] = ()


class Interaction(VendorModel):
    id: Text = ""
    model: Text = ""
    status: Word = ""
    steps: Any = None
    outputs: Any = None
    errors: Many[_Error] = ()
    error: _Error = _Error()
    usage: _Usage = _Usage()


def request(job: VideoJob, model: str, *, gcs_uri: str = "") -> dict[str, object]:
    """The body of a submit. Seconds are a string with an `s`; a bare number is refused.

    Args:
        gcs_uri: the folder of a bucket for the video; Vertex needs one.
    """
    body: dict[str, object] = {
        "model": model,
        "input": job.prompt,
        "background": True,
        "store": True,
        "response_format": {
            "type": "video",
            "aspect_ratio": job.fitted.aspect.value,
            "duration": f"{job.fitted.duration_s}s",
            "resolution": _RESOLUTION[job.fitted.lines],
            "delivery": "uri",
            **({"gcs_uri": gcs_uri} if gcs_uri else {}),
        },
    }
    task = "text_to_video"
    if job.first_frame is not None:
        task = "image_to_video"
        frames = [job.first_frame, *filter(None, (job.last_frame,))]
        content = [
            {"type": "text", "text": job.prompt},
            *({"type": "image", "data": _encoded(frame), "mime_type": frame.mime_type} for frame in frames),
        ]
        body["input"] = [{"type": "user_input", "content": content}]
    body["generation_config"] = {"video_config": {"task": task}}
    if job.callback_url:
        body["webhook_config"] = {"uris": [job.callback_url]}
    return body


def _encoded(frame: InputImage) -> str:
    return base64.b64encode(frame.data).decode()


def outcome(interaction: Interaction) -> Poll:
    """The state of an interaction. One that is completed with text alone is a refusal."""
    errors = tuple(error for error in (*interaction.errors, interaction.error) if error.code or error.message)
    said = _said(interaction)
    words = " ".join(filter(None, (*(error.message for error in errors), *said)))
    match interaction.status:
        case "completed":
            if url := address(interaction.steps, interaction.outputs):
                return TaskSucceeded(clip=RemoteClip(url=url, needs_key=True), usd_micros=_spent(interaction))
            if said or is_safety(words):
                return TaskFailed(provider_error(ErrorClass.CONTENT_POLICY, words))
            return without_video(words or "completed without a video")
        case "budget_exceeded":
            return TaskFailed(provider_error(ErrorClass.QUOTA_EXHAUSTED, words or "budget exceeded"))
        case "cancelled":
            return TaskFailed(provider_error(ErrorClass.CANCELLED, "cancelled"))
        case "failed" | "incomplete" | "requires_action" | "requires_continuation" as status:
            code = errors[0].code if errors else ""
            return TaskFailed(provider_error(error_class_of_word(code, words), words or status, vendor_code=code))
        case _:
            return TaskRunning()


class _Steps(VendorModel):
    steps: Many[_Step] = ()


def _said(interaction: Interaction) -> tuple[str, ...]:
    """The model's text, at any level, without our own text, which is among the steps."""
    steps = _Steps.model_validate({"steps": [interaction.steps, interaction.outputs]}).steps
    parts = (part for step in steps if step.type != "user_input" for part in (step, *step.content))
    return tuple(part.text for part in parts if part.text and part.type in {"", "text", "model_output"})


def _spent(interaction: Interaction) -> int | None:
    spent = interaction.usage.output_tokens_by_modality
    tokens = sum(each.tokens or 0 for each in spent if each.modality == "video")
    return round(tokens * (_OF_1_1 if "omni-1.1" in interaction.model else _USD_MICROS_PER_TOKEN)) or None


def facts_of(config: RouteConfig, *, key: str, configured: bool, has_callbacks: bool = True) -> RouteFacts:
    return RouteFacts(
        key=RouteKey(key),
        provider=VEO,
        model=config.model or "",
        configured=configured,
        can_cancel=True,
        can_find=False,
        has_callbacks=has_callbacks,
        usual_s=75.0,
        makes=makes(config.model or ""),
        check_lacks="Google has no free read: it was asked for a task that is not there, and let the key in",
    )


class Omni(Adapter):
    """The Interactions API with a key."""

    home = "/v1/interactions"

    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        super().__init__(facts_of(config, key="veo.omni", configured=bool(config.api_key)), config, wiring)

    async def headers(self, call: Call) -> dict[str, str]:
        return {"x-goog-api-key": self.key}

    def path(self, name: str, verb: str = "") -> str:
        return f"{self.home}/{quote(name, safe='')}{f'/{verb}' if verb else ''}"

    def body(self, job: VideoJob) -> dict[str, object]:
        return request(job, self.model)

    async def ask(self, call: Call, method: str, path: str, *, body: object = None) -> Answer:
        return await self.http.call(call, method, path, headers=await self.headers(call), body=body)

    async def submit(self, job: VideoJob) -> str:
        answer = await self.ask(Call.SUBMIT, "POST", self.home, body=self.body(job))
        if not answer.ok:
            raise error_of(answer)
        return task_id(answer, read(answer, Interaction).id)

    async def _about(self, method: str, path: str) -> tuple[Answer, Interaction]:
        answer = await self.ask(Call.ASK, method, path)
        if not answer.ok:
            raise _lost_track(error_of(answer), answer)
        interaction = read(answer, Interaction)
        if not interaction.status:
            raise unread(answer, "an interaction without a state")
        return answer, interaction

    async def poll(self, task_id: str) -> Poll:
        answer, interaction = await self._about("GET", self.path(task_id))
        return shown(answer, outcome(interaction))

    async def cancel(self, task_id: str) -> Cancelled:
        try:
            _, interaction = await self._about("POST", self.path(task_id, "cancel"))
        except ProviderError as error:
            if error.error_class in {ErrorClass.INVALID_REQUEST, ErrorClass.QUOTA_EXHAUSTED}:
                return Cancelled.TOO_LATE  # FAILED_PRECONDITION and the like: the task has ended
            raise
        return Cancelled.YES if interaction.status == "cancelled" else Cancelled.TOO_LATE

    async def check(self) -> None:
        """Ask for an interaction that does not exist: only a valid key gets this answer."""
        let_in(await self.ask(Call.CHECK, "GET", self.path(NOBODYS)))

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        allow = self.config.allow_private
        key = await self.headers(Call.ASK)
        await fetch_file(self.http, clip.url or "", key=key, to=to, allow_private=allow)


def _lost_track(error: ProviderError, answer: Answer) -> ProviderError:
    """Whether an error means an unknown interaction: Google answers 400 with a bad name instead of 404."""
    if answer.status == 400 and "interaction" in error.detail.lower():
        return provider_error(ErrorClass.TASK_GONE, error.detail, vendor_code=error.vendor_code)
    return error
