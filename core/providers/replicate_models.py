"""Replicate's names of our five models, the capabilities of each there, and the fields of its input.

Facts of 2026-11-22, from the models' pages and mirrors of them. Only listed fields are sent; seconds are numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.domain.ids import ProviderName
from core.domain.requests.options import Option
from core.domain.requests.pricing import Capabilities, Mode, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN
from core.ports import VideoJob
from core.providers.adapter import link

Inputs = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateModel:
    """One of our models at Replicate.

    Args:
        slug: the model for text; `slug_of` may name another one for pictures.
        makes: its capabilities there, which may be less than at the model's own vendor.
    """

    slug: str
    makes: Capabilities
    inputs: Callable[[VideoJob, int], Inputs]
    slug_of: Callable[[VideoJob], str | None] = lambda _: None
    usual_s: float = 90.0
    timeout_max_s: float = 600.0


def _veo(job: VideoJob, seed: int) -> Inputs:
    made: Inputs = {
        "prompt": job.prompt,
        "duration": job.fitted.duration_s,
        "aspect_ratio": job.fitted.aspect.value,
        "resolution": f"{job.fitted.lines}p",
        "generate_audio": job.fitted.audio,
        "seed": seed,
    }
    if job.negative:
        made["negative_prompt"] = job.negative
    if job.references:
        made["reference_images"] = [link(each) for each in job.references]
    return made | _frames(job, "image", "last_frame")


def _kling(job: VideoJob, _seed: int) -> Inputs:
    made: Inputs = {
        "prompt": job.prompt,
        "duration": job.fitted.duration_s,
        "mode": {720: "standard", 1080: "pro", 2160: "4k"}[job.fitted.lines],
        "generate_audio": job.fitted.audio,
    }
    if job.first_frame is None:  # a picture decides the shape, which may be none of Kling's three
        made["aspect_ratio"] = job.fitted.aspect.value
    if job.negative:
        made["negative_prompt"] = job.negative
    return made | _frames(job, "start_image", "end_image")


def _seedance(job: VideoJob, seed: int) -> Inputs:
    return {
        "prompt": job.prompt,
        "duration": job.fitted.duration_s,
        "aspect_ratio": job.fitted.aspect.value,
        "resolution": f"{job.fitted.lines}p",
        "generate_audio": job.fitted.audio,
        "seed": seed,
    } | _frames(job, "image", "last_frame_image")


def _hailuo(job: VideoJob, _seed: int) -> Inputs:
    return {
        "prompt": job.prompt,
        "duration": job.fitted.duration_s,
        "resolution": f"{job.fitted.lines}p",
        "prompt_optimizer": True,
    } | _frames(job, "first_frame_image", "last_frame_image")


def _wan(job: VideoJob, _seed: int) -> Inputs:
    return {"prompt": job.prompt, "resolution": f"{job.fitted.lines}p", "num_frames": 81} | _frames(job, "image")


def _frames(job: VideoJob, first: str, last: str = "") -> Inputs:
    made: Inputs = {first: link(job.first_frame)} if job.first_frame else {}
    if job.first_frame and job.last_frame and last:
        made[last] = link(job.last_frame)
    return made


MODELS: Mapping[ProviderName, ReplicateModel] = {
    VEO: ReplicateModel(
        slug="google/veo-3.1",
        makes=Capabilities(
            modes=tuple(Mode(lines=lines, durations_s=(4, 6, 8)) for lines in (720, 1080)),
            aspects=(Aspect.WIDE, Aspect.TALL), sound=Sound.CHOICE, prompt_max=4000,
            options=frozenset({Option.NEGATIVE, Option.SEED}), first_frame=True, last_frame=True,
            references_max=3, reference_durations_s=(8,), reference_aspects=(Aspect.WIDE,),
        ),
        inputs=_veo,
    ),
    KLING: ReplicateModel(
        slug="kwaivgi/kling-v3-video",
        makes=Capabilities(
            modes=tuple(Mode(lines=lines, durations_s=tuple(range(3, 16))) for lines in (720, 1080, 2160)),
            aspects=(Aspect.WIDE, Aspect.TALL, Aspect.SQUARE), sound=Sound.CHOICE, prompt_max=2500,
            options=frozenset({Option.NEGATIVE}), first_frame=True, last_frame=True,
        ),
        inputs=_kling, usual_s=120.0,
    ),
    SEEDANCE: ReplicateModel(
        slug="bytedance/seedance-1.5-pro",
        makes=Capabilities(
            modes=tuple(Mode(lines=lines, durations_s=tuple(range(4, 13))) for lines in (720, 1080)),
            aspects=tuple(Aspect), sound=Sound.CHOICE, prompt_max=2500,
            options=frozenset({Option.SEED}), first_frame=True, last_frame=True,
        ),
        inputs=_seedance,
    ),
    HAILUO: ReplicateModel(
        slug="minimax/hailuo-2.3",
        makes=Capabilities(
            modes=(Mode(lines=768, durations_s=(6, 10)), Mode(lines=1080, durations_s=(6,))),
            aspects=(Aspect.WIDE,), sound=Sound.NEVER, prompt_max=2000, first_frame=True, last_frame=True,
        ),
        inputs=_hailuo,
        slug_of=lambda job: "minimax/hailuo-02" if job.last_frame else None,
        usual_s=240.0, timeout_max_s=840.0,
    ),
    WAN: ReplicateModel(
        slug="wan-video/wan-2.2-t2v-fast",
        makes=Capabilities(
            modes=(Mode(lines=480, durations_s=(5,)), Mode(lines=720, durations_s=(5,))),
            aspects=(Aspect.WIDE,), sound=Sound.NEVER, prompt_max=800, first_frame=True,
        ),
        inputs=_wan,
        slug_of=lambda job: "wan-video/wan-2.2-i2v-fast" if job.first_frame else None,
    ),
}  # fmt: skip
