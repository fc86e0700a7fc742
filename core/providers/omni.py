"""Gemini Omni through the Interactions API: what Google names as the successor of Veo on the Gemini API.

Facts of 2026-11-22. Submits run in the background and can be cancelled; there is no list and no idempotency key, so a
lost submit cannot be found. Sound is always on, and there is no last frame. The price to people stays Veo's.
"""

import base64
from pathlib import Path
from urllib.parse import quote

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.ids import RouteKey
from core.domain.requests.pricing import Capabilities, Mode, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import VEO
from core.http.client import HttpSettings
from core.http.responses import Answer, Call, Number, Text, VendorModel, lost, read, task_id
from core.ports import Cancelled, Poll, RemoteClip, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig
from core.providers.google import NOBODYS, error_class_of_word, error_of, fetch_file, is_safety, let_in

DEFAULTS = RouteConfig(base_url="https://generativelanguage.googleapis.com", model="gemini-omni-1.1-flash")

MAKES = Capabilities(
    modes=tuple(Mode(lines=lines, durations_s=tuple(range(3, 11))) for lines in (720, 1080, 2160)),
    aspects=(Aspect.WIDE, Aspect.TALL),
    sound=Sound.ALWAYS,
    prompt_max=4000,
    seed=True,
    first_frame=True,
)
_RESOLUTION = {720: "720p", 1080: "1080p", 2160: "4k"}
_USD_MICROS_PER_TOKEN = 17.5
"""Video output, 2026-09: 17.50 USD a million tokens; about 0.101 USD a second at 720p, 0.152 at 1080p, 0.304 in 4K."""


class _Part(VendorModel):
    type: Text = ""
    uri: Text = ""
    text: Text = ""


class _Step(VendorModel):
    content: tuple[_Part, ...] = ()


class _Error(VendorModel):
    """Each code may be a word or a number."""

    code: Text = ""
    message: Text = ""


class _Spent(VendorModel):
    modality: Text = ""
    tokens: Number = None


class _Usage(VendorModel):
    output_tokens_by_modality: tuple[_Spent, ...] = ()


class Interaction(VendorModel):
    id: Text = ""
    status: Text = ""
    steps: tuple[_Step, ...] | None = None
    errors: tuple[_Error, ...] | None = None
    usage: _Usage | None = None


def request(job: VideoJob, model: str) -> dict[str, object]:
    """The body of a submit. Seconds are a string with an `s`; a bare number is refused."""
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
        },
    }
    task = "text_to_video"
    if job.first_frame is not None:
        task = "image_to_video"
        picture = base64.b64encode(job.first_frame.data).decode()
        content = [
            {"type": "text", "text": job.prompt},
            {"type": "image", "data": picture, "mime_type": job.first_frame.mime_type},
        ]
        body["input"] = [{"type": "user_input", "content": content}]
    configured: dict[str, object] = {"video_config": {"task": task}}
    if job.seed is not None:
        configured["seed"] = job.seed % 2**31
    body["generation_config"] = configured
    if job.callback_url:
        body["webhook_config"] = {"uris": [job.callback_url]}
    return body


def outcome(interaction: Interaction) -> Poll:
    """How an interaction stands. Completed with nothing but words is how it refuses."""
    parts = [part for step in interaction.steps or () for part in step.content]
    errors = interaction.errors or ()
    words = " ".join(filter(None, (*(error.message for error in errors), *(part.text for part in parts))))
    match interaction.status:
        case "completed":
            url = next((part.uri for part in parts if part.type == "video" and part.uri), "")
            if url:
                return TaskSucceeded(clip=RemoteClip(url=url, needs_key=True), usd_micros=_spent(interaction.usage))
            refused = any(part.text for part in parts) or is_safety(words)
            error_class = ErrorClass.CONTENT_POLICY if refused else ErrorClass.TRANSIENT_SERVER
            return TaskFailed(provider_error(error_class, words or "completed without a video"))
        case "budget_exceeded":
            return TaskFailed(provider_error(ErrorClass.QUOTA_EXHAUSTED, words or "budget exceeded"))
        case "cancelled":
            return TaskFailed(provider_error(ErrorClass.CANCELLED, "cancelled"))
        case "failed" | "incomplete" | "requires_action" | "requires_continuation" as status:
            code = errors[0].code if errors else ""
            return TaskFailed(provider_error(error_class_of_word(code, words), words or status, vendor_code=code))
        case _:
            return TaskRunning()


def _spent(usage: _Usage | None) -> int | None:
    spent = usage.output_tokens_by_modality if usage else ()
    tokens = sum(each.tokens or 0 for each in spent if each.modality == "video")
    return round(tokens * _USD_MICROS_PER_TOKEN) or None


class Omni(Adapter):
    """The Interactions API with a key."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        facts = RouteFacts(
            key=RouteKey("veo.omni"),
            provider=VEO,
            model=config.model or "",
            configured=bool(config.api_key),
            can_cancel=True,
            can_find=False,
            has_callbacks=True,
            usual_s=75.0,
            max_in_flight=config.max_in_flight,
            submits_per_min=config.submits_per_min,
            makes=MAKES,
            check_lacks="Google has no free read: it was asked for a task that is not there, and let the key in",
        )
        super().__init__(facts, config, wiring)
        self._headers = {"x-goog-api-key": self.key}

    async def submit(self, job: VideoJob) -> str:
        body = request(job, self.model)
        answer = await self.http.call(Call.SUBMIT, "POST", "/v1/interactions", headers=self._headers, body=body)
        if not answer.ok:
            raise error_of(answer)
        return task_id(answer, read(answer, Interaction).id)

    async def _about(self, method: str, path: str) -> Interaction:
        answer = await self.http.call(Call.ASK, method, f"/v1/interactions/{path}", headers=self._headers)
        if not answer.ok:
            raise _lost_track(error_of(answer), answer)
        interaction = read(answer, Interaction)
        if not interaction.status:
            raise lost(Call.ASK, "an interaction without a state")
        return interaction

    async def poll(self, task_id: str) -> Poll:
        return outcome(await self._about("GET", quote(task_id, safe="")))

    async def cancel(self, task_id: str) -> Cancelled:
        try:
            interaction = await self._about("POST", f"{quote(task_id, safe='')}/cancel")
        except ProviderError as error:
            if error.error_class in {ErrorClass.INVALID_REQUEST, ErrorClass.QUOTA_EXHAUSTED}:
                return Cancelled.TOO_LATE  # FAILED_PRECONDITION and its kin: it is over
            raise
        return Cancelled.YES if interaction.status == "cancelled" else Cancelled.TOO_LATE

    async def check(self) -> None:
        """Asks for an interaction that is not there: Google says so only to a key that it lets in."""
        let_in(await self.http.call(Call.CHECK, "GET", f"/v1/interactions/{NOBODYS}", headers=self._headers))

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        allow = self.config.allow_private
        await fetch_file(self.http, clip.url or "", key=self._headers, to=to, allow_private=allow)


def _lost_track(error: ProviderError, answer: Answer) -> ProviderError:
    """An unknown interaction is called a bad name with status 400, where others answer 404."""
    if answer.status == 400 and "interaction" in error.detail.lower():
        return provider_error(ErrorClass.TASK_GONE, error.detail, vendor_code=error.vendor_code)
    return error
