"""fal's names of our five models, the capabilities of each endpoint there, and the fields of its input.

Facts of 2026-11-22, from the typed client. Only fields that an endpoint lists are sent. Seconds are strings everywhere,
Veo's with an `s`: a number is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from core.domain.ids import ProviderName
from core.domain.requests.options import Option
from core.domain.requests.pricing import Capabilities, Mode, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN
from core.ports import VideoJob
from core.providers.adapter import link

Inputs = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FalModel:
    """One of our models at fal.

    Args:
        makes: the capabilities of its endpoints, which may be less than at the model's own vendor.
        endpoint, inputs: the endpoint for a job, and the body.
        family: the prefix of every endpoint of this model.
        has_seed: whether the input has a seed, which identifies a submit whose reply was lost.
    """

    family: str
    makes: Capabilities
    endpoint: Callable[[VideoJob], str]
    inputs: Callable[[VideoJob, int], Inputs]
    has_seed: bool
    usual_s: float = 90.0
    timeout_max_s: float = 600.0


def makes_of(family: str, table: FalModel) -> Capabilities:
    """What a family makes. Kling 4.0, where an operator has configured it, makes up to 30 s (2026-11)."""
    if family.startswith("kling/v4"):
        modes = tuple(Mode(lines=mode.lines, durations_s=tuple(range(3, 31))) for mode in table.makes.modes)
        return replace(table.makes, modes=modes)
    return table.makes


def _veo_endpoint(job: VideoJob) -> str:
    if job.first_frame is None:
        return "fal-ai/veo3.1"
    return "fal-ai/veo3.1/" + ("first-last-frame-to-video" if job.last_frame else "image-to-video")


def _veo(job: VideoJob, seed: int) -> Inputs:
    made: Inputs = {
        "prompt": job.prompt,
        "aspect_ratio": job.fitted.aspect.value,
        "duration": f"{job.fitted.duration_s}s",
        "resolution": {720: "720p", 1080: "1080p", 2160: "4k"}[job.fitted.lines],
        "generate_audio": job.fitted.audio,
        "seed": seed,
    }
    if job.negative:
        made["negative_prompt"] = job.negative
    return made | _frames(job, "first_frame_url" if job.last_frame else "image_url", "last_frame_url")


def _kling_endpoint(job: VideoJob) -> str:
    grade = "standard" if job.fitted.lines == 720 else "pro"
    return f"fal-ai/kling-video/v3/{grade}/{'image' if job.first_frame else 'text'}-to-video"


def _kling(job: VideoJob, _seed: int) -> Inputs:
    made: Inputs = {
        "prompt": job.prompt,
        "duration": str(job.fitted.duration_s),
        "generate_audio": job.fitted.audio,
    }
    if job.first_frame is None:
        made["aspect_ratio"] = job.fitted.aspect.value
    if job.negative:
        made["negative_prompt"] = job.negative
    return made | _frames(job, "start_image_url", "end_image_url")


def _seedance(job: VideoJob, seed: int) -> Inputs:
    return {
        "prompt": job.prompt,
        "aspect_ratio": "auto" if job.first_frame else job.fitted.aspect.value,
        "resolution": f"{job.fitted.lines}p",
        "duration": str(job.fitted.duration_s),
        "generate_audio": job.fitted.audio,
        "seed": seed,
    } | _frames(job, "image_url", "end_image_url")


def _hailuo_endpoint(job: VideoJob) -> str:
    grade = "standard" if job.fitted.lines == 768 else "pro"
    if job.last_frame is not None:
        return f"fal-ai/minimax/hailuo-02/{grade}/image-to-video"
    return f"fal-ai/minimax/hailuo-2.3/{grade}/{'image' if job.first_frame else 'text'}-to-video"


def _hailuo(job: VideoJob, _seed: int) -> Inputs:
    made: Inputs = {"prompt": job.prompt, "prompt_optimizer": True}
    if job.fitted.lines == 768:
        made["duration"] = str(job.fitted.duration_s)
    return made | _frames(job, "image_url", "end_image_url")


def _wan(job: VideoJob, seed: int) -> Inputs:
    made: Inputs = {
        "prompt": job.prompt,
        "resolution": f"{job.fitted.lines}p",
        "aspect_ratio": "auto" if job.first_frame else job.fitted.aspect.value,
        "seed": seed,
    }
    if job.first_frame is None:
        made |= {"num_frames": 81, "frames_per_second": 16}
        if job.negative:
            made["negative_prompt"] = job.negative
    return made | _frames(job, "image_url", "end_image_url")


def _frames(job: VideoJob, first: str, last: str) -> Inputs:
    made: Inputs = {first: link(job.first_frame)} if job.first_frame else {}
    if job.first_frame and job.last_frame:
        made[last] = link(job.last_frame)
    return made


MODELS: Mapping[ProviderName, FalModel] = {
    VEO: FalModel(
        family="fal-ai/veo3.1",
        makes=Capabilities(
            modes=tuple(Mode(lines=lines, durations_s=(4, 6, 8)) for lines in (720, 1080, 2160)),
            aspects=(Aspect.WIDE, Aspect.TALL), sound=Sound.CHOICE, prompt_max=4000,
            options=frozenset({Option.NEGATIVE, Option.SEED}), first_frame=True, last_frame=True,
        ),
        endpoint=_veo_endpoint, inputs=_veo, has_seed=True,
    ),
    KLING: FalModel(
        family="fal-ai/kling-video/v3",
        makes=Capabilities(
            modes=tuple(Mode(lines=lines, durations_s=tuple(range(3, 16))) for lines in (720, 1080)),
            aspects=(Aspect.WIDE, Aspect.TALL, Aspect.SQUARE), sound=Sound.CHOICE, prompt_max=2500,
            options=frozenset({Option.NEGATIVE}), first_frame=True, last_frame=True,
        ),
        endpoint=_kling_endpoint, inputs=_kling, has_seed=False, usual_s=120.0,
    ),
    SEEDANCE: FalModel(
        family="fal-ai/bytedance/seedance/v1.5/pro",
        makes=Capabilities(
            modes=tuple(Mode(lines=lines, durations_s=tuple(range(4, 13))) for lines in (480, 720, 1080)),
            aspects=tuple(Aspect), sound=Sound.CHOICE, prompt_max=2500,
            options=frozenset({Option.SEED}), first_frame=True, last_frame=True,
        ),
        endpoint=lambda job: (
            f"fal-ai/bytedance/seedance/v1.5/pro/{'image' if job.first_frame else 'text'}-to-video"
        ),
        inputs=_seedance, has_seed=True,
    ),
    HAILUO: FalModel(
        family="fal-ai/minimax/hailuo-2.3",
        makes=Capabilities(
            modes=(Mode(lines=768, durations_s=(6, 10)), Mode(lines=1080, durations_s=(6,))),
            aspects=(Aspect.WIDE,), sound=Sound.NEVER, prompt_max=2000, first_frame=True, last_frame=True,
        ),
        endpoint=_hailuo_endpoint, inputs=_hailuo, has_seed=False, usual_s=240.0, timeout_max_s=840.0,
    ),
    WAN: FalModel(
        family="fal-ai/wan/v2.2-a14b",
        makes=Capabilities(
            modes=(Mode(lines=480, durations_s=(5,)), Mode(lines=720, durations_s=(5,))),
            aspects=(Aspect.WIDE, Aspect.TALL, Aspect.SQUARE), sound=Sound.NEVER, prompt_max=800,
            options=frozenset({Option.NEGATIVE, Option.SEED}), first_frame=True, last_frame=True,
        ),
        endpoint=lambda job: (
            "fal-ai/wan/v2.2-a14b/" + ("image-to-video/turbo" if job.first_frame else "text-to-video")
        ),
        inputs=_wan, has_seed=True,
    ),
}  # fmt: skip
