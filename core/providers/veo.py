"""Veo 3.1: its capabilities and prices, the `predictLongRunning` codec, and the route through the Gemini API.

The other dialect of the codec is in `vertex`. Facts of 2026-11-22: the Gemini API has answered 404 for every Veo 3.1
model since 2026-10-22, so this route is for keys and gateways that still have it; its successor is the Interactions API
(`omni`). There is no idempotency key, no list and no cancel: a lost submit cannot be found.
"""

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.options import Option
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import VEO
from core.http.client import HttpSettings
from core.http.loose import address, an_object, elements, number, text
from core.http.responses import Answer, Call, Flag, Text, VendorModel, lost, read, shown, task_id, unread, without_video
from core.ports import InputImage, Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig
from core.providers.google import NOBODYS, Status, error_class_of_rpc, error_of, fetch_file, let_in

DEFAULTS = RouteConfig(
    base_url="https://generativelanguage.googleapis.com", model="veo-3.1-generate-preview", submits_per_min=50
)

CAPABILITIES = Capabilities(
    modes=(
        Mode(lines=720, durations_s=(4, 6, 8)),
        Mode(lines=1080, durations_s=(8,)),
        Mode(lines=2160, durations_s=(8,)),
    ),
    aspects=(Aspect.WIDE, Aspect.TALL),
    sound=Sound.CHOICE,
    prompt_max=4000,
    options=frozenset({Option.NEGATIVE, Option.SEED}),
    first_frame=True,
    last_frame=True,
    follows_frame=False,
    references_max=3,
    reference_durations_s=(8,),
)
_RESOLUTION = {720: "720p", 1080: "1080p", 2160: "4k"}
_USD_MICROS_PER_S = {
    (720, True): 400_000, (1080, True): 400_000, (2160, True): 600_000,
    (720, False): 200_000, (1080, False): 200_000, (2160, False): 400_000,
}  # fmt: skip


def usd_micros(fitted: Fitted) -> int:
    """Vertex list price by the second, 2026-09-02: with sound 0.40 USD, in 4K 0.60; silent 0.20 and 0.40."""
    return _USD_MICROS_PER_S[fitted.lines, fitted.audio] * fitted.duration_s


def offer(config: RouteConfig) -> Offer:
    return Offer(provider=VEO, label="Veo 3.1", capabilities=capabilities(config.model or ""), usd_micros=usd_micros)


def capabilities(model: str) -> Capabilities:
    """What this model makes. References: of Lite Google says no, and of Fast its pages disagree (2026-09-02)."""
    return replace(CAPABILITIES, references_max=0) if "fast" in model or "lite" in model else CAPABILITIES


def instance(job: VideoJob) -> dict[str, object]:
    """The `instance` of both dialects. Pictures are sent inside the request: addresses are not accepted."""
    made: dict[str, object] = {"prompt": job.prompt}
    if job.first_frame is not None:
        made["image"] = _picture(job.first_frame)
        if job.last_frame is not None:
            made["lastFrame"] = _picture(job.last_frame)
    elif job.references:
        made["referenceImages"] = [{"image": _picture(each), "referenceType": "asset"} for each in job.references]
    return made


def _picture(image: InputImage) -> dict[str, str]:
    return {"bytesBase64Encoded": base64.b64encode(image.data).decode(), "mimeType": image.mime_type}


def parameters(job: VideoJob) -> dict[str, object]:
    """The parameters that both dialects have. `personGeneration` is left out: its rules differ by region and mode."""
    made: dict[str, object] = {
        "sampleCount": 1,
        "durationSeconds": job.fitted.duration_s,
        "aspectRatio": job.fitted.aspect.value,
        "resolution": _RESOLUTION[job.fitted.lines],
    }
    if job.negative:
        made["negativePrompt"] = job.negative
    return made


class Operation(VendorModel):
    name: Text = ""
    done: Flag = False
    error: Status = Status()
    response: Any = None


def outcome(operation: Operation) -> Poll:
    """The state of an operation: an error, a video, or a filter's refusal, in this order; none of them is a failure.

    Vertex has the outcome in the response itself, the Gemini API one level deeper: both places are searched.
    """
    if not operation.done:
        return TaskRunning()
    if operation.error.says:
        status = operation.error
        return TaskFailed(provider_error(error_class_of_rpc(status), status.message, vendor_code=status.code))
    outer = an_object(operation.response)
    result = {**outer, **an_object(outer.get("generateVideoResponse"))}
    if url := address(operation.response):
        return TaskSucceeded(clip=RemoteClip(url=url, needs_key=True))
    reasons = [text(reason) for reason in elements(result.get("raiMediaFilteredReasons")) or ()]
    if any(reasons) or (number(result.get("raiMediaFilteredCount")) or 0) > 0:
        words = " ".join(filter(None, reasons)) or "filtered"
        return TaskFailed(provider_error(ErrorClass.CONTENT_POLICY, words, vendor_code="rai_filtered"))
    return without_video("done without a video")


_NAME = re.compile(r"[\w.\-]+(?:/[\w.\-]+)*", re.ASCII)


def started(answer: Answer) -> str:
    """The operation's name. It becomes part of a path that we call, so only plain segments are accepted."""
    if not answer.ok:
        raise error_of(answer)
    name = task_id(answer, read(answer, Operation).name)
    if not _NAME.fullmatch(name) or ".." in name:
        raise lost(answer.call, "an operation's name that is none")
    return name


def polled(answer: Answer) -> Poll:
    if not answer.ok:
        raise error_of(answer)
    operation = read(answer, Operation)
    if not operation.name and not operation.done:
        raise unread(answer, "an answer that is no operation")
    return shown(answer, outcome(operation))


class VeoGemini(Adapter):
    """The Gemini dialect: a key in a header, files on Google's own host, sound always on."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        facts = RouteFacts(
            key=RouteKey("veo.gemini"),
            provider=VEO,
            model=config.model or "",
            configured=bool(config.api_key),
            can_cancel=False,
            can_find=False,
            has_callbacks=True,
            usual_s=75.0,
            check_lacks="Google has no free read: it was asked for a task that is not there, and let the key in",
        )
        super().__init__(facts, config, wiring)
        self._headers = {"x-goog-api-key": self.key}

    async def submit(self, job: VideoJob) -> str:
        body: dict[str, object] = {"instances": [instance(job)], "parameters": parameters(job)}
        if job.callback_url:
            body["webhookConfig"] = {"uris": [job.callback_url]}
        path = f"/v1beta/models/{self.model}:predictLongRunning"
        return started(await self.http.call(Call.SUBMIT, "POST", path, headers=self._headers, body=body))

    async def poll(self, task_id: str) -> Poll:
        return polled(await self.http.call(Call.ASK, "GET", f"/v1beta/{task_id}", headers=self._headers))

    async def check(self) -> None:
        """Ask for an operation that does not exist: only a valid key gets this answer."""
        path = f"/v1beta/models/{self.model}/operations/{NOBODYS}"
        let_in(await self.http.call(Call.CHECK, "GET", path, headers=self._headers))

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        url = clip.url or ""
        allow = self.config.allow_private
        await fetch_file(self.http, url, key=self._headers, to=to, allow_private=allow)
