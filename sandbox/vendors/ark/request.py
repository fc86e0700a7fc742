"""The body of an Ark create, read strictly: options, content, and the settings that the text's suffixes carry."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from sandbox.vendors import pictures
from sandbox.vendors.ark import wire
from sandbox.vendors.ark.models import RATIOS, Model, frame_size, nearest_ratio
from sandbox.vendors.middleware import WireError
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import StrictBody, parse

PICTURES = Rules(
    formats=frozenset({"JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"}),
    bytes_max=30 * 1024 * 1024,
    side_min=300,
    side_max=6000,
    ratio_max=2.5,
)
SUFFIXES = {
    "--resolution": "resolution",
    "--rs": "resolution",
    "--ratio": "ratio",
    "--rt": "ratio",
    "--duration": "duration",
    "--dur": "duration",
    "--framespersecond": "fps",
    "--fps": "fps",
    "--watermark": "watermark",
    "--wm": "watermark",
    "--seed": "seed",
    "--camerafixed": "camera_fixed",
    "--cf": "camera_fixed",
}


class Link(StrictBody):
    url: str


class Draft(StrictBody):
    id: str


class Item(StrictBody):
    """One entry of `content`."""

    type: Literal["text", "image_url", "video_url", "audio_url", "draft_task"]
    text: str | None = None
    image_url: Link | None = None
    video_url: Link | None = None
    audio_url: Link | None = None
    draft_task: Draft | None = None
    role: Literal["first_frame", "last_frame", "reference_image", "reference_video", "reference_audio"] | None = None


class Job(StrictBody):
    """The whole body. The SDK sends every option it was not given as null."""

    model: str
    content: list[Item] = Field(min_length=1)
    resolution: Literal["480p", "720p", "1080p", "4k"] | None = None
    ratio: str | None = None
    duration: int | None = None
    frames: int | None = Field(default=None, ge=29, le=289)
    seed: int | None = Field(default=None, ge=-1, le=2**32 - 1)
    camera_fixed: bool | None = None
    watermark: bool | None = None
    generate_audio: bool | None = None
    return_last_frame: bool | None = None
    draft: bool | None = None
    service_tier: Literal["default", "flex"] | None = None
    execution_expires_after: int | None = Field(default=None, ge=3600, le=259200)
    priority: int | None = Field(default=None, ge=0, le=9)
    callback_url: str | None = None
    safety_identifier: str | None = Field(default=None, max_length=64)
    tools: list[dict[str, Any]] | None = None
    output_format: Literal["mp4", "mov"] | None = None
    omni_reference_task_type: Literal["auto", "edit", "extend"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made, every default filled in."""

    prompt: str
    resolution: str
    ratio: str
    seconds: float
    size: tuple[int, int]
    seed: int
    audio: bool
    first: Picture | None
    last: Picture | None


def read(body: Any) -> Job:
    """The body, or Ark's 400."""
    return parse(Job, body, otherwise=wire.bad_field)


async def order(job: Job, model: Model, *, seed: int) -> Order:
    """Hold the body against the model and fill in the defaults; `seed` is used where none was given.

    Raises:
        WireError: with Ark's 400.
    """
    prompt, settings = _text(job, model)
    pictures_by_role = await _pictures(job, model)
    resolution = job.resolution or settings.get("resolution") or model.resolution
    ratio = job.ratio or settings.get("ratio")
    seconds = job.duration if job.duration is not None else _number(settings.get("duration"), otherwise=5)
    first, last = pictures_by_role.get("first_frame"), pictures_by_role.get("last_frame")
    framed = first is not None or "reference_image" in pictures_by_role
    if not prompt and not pictures_by_role and not any(item.draft_task for item in job.content):
        raise WireError(wire.bad_field("content", "text is required", "missing"))
    _check(job, model, resolution=resolution, ratio=ratio, seconds=seconds)
    if first is not None and ratio not in {None, "adaptive"} and not model.free_ratio:
        text = "ratio must be adaptive when a frame image is given"
        raise WireError(wire.no("InvalidParameter.TaskTypeConstraint", text, param="ratio"))
    chosen = ratio or ("adaptive" if framed else model.ratio)
    if chosen == "adaptive":
        chosen = nearest_ratio(first.width, first.height) if first else "16:9"
    chosen_seed = job.seed if job.seed is not None else _number(settings.get("seed"), otherwise=-1)
    return Order(
        prompt=prompt,
        resolution=resolution,
        ratio=chosen,
        seconds=job.frames / 24 if job.frames is not None else 5.0 if seconds == -1 else float(seconds),
        size=frame_size(chosen, resolution),
        seed=chosen_seed if chosen_seed != -1 else seed,
        audio=model.audio and job.generate_audio is not False,
        first=first,
        last=last,
    )


def _check(job: Job, model: Model, *, resolution: str, ratio: str | None, seconds: int) -> None:
    """Every option that the model does not know."""
    shortest, longest = model.seconds
    wrong = ""
    refused = next((name for name in model.refuses if getattr(job, name) is not None), "")
    if refused:
        wrong = refused
    elif ratio is not None and ratio not in RATIOS:
        wrong = "ratio"
    elif resolution not in model.resolutions:
        wrong = "resolution"
    elif not (shortest <= seconds <= longest or (seconds == -1 and model.auto)):
        wrong = "duration"
    elif job.frames is not None and (not model.frames or (job.frames - 25) % 4):
        wrong = "frames"
    elif job.generate_audio and not model.audio:
        wrong = "generate_audio"
    elif job.draft and (not model.draft or job.return_last_frame or job.service_tier == "flex"):
        wrong = "draft"
    elif model.suffixes and (
        job.priority is not None or job.tools or job.output_format or job.omni_reference_task_type
    ):
        wrong = "priority"
    if wrong:
        raise WireError(wire.bad_field(wrong, "it is not supported by this model", ""))


def _text(job: Job, model: Model) -> tuple[str, dict[str, str]]:
    """The prompt without its suffixes, and what they say."""
    texts = [item.text for item in job.content if item.type == "text"]
    if len(texts) > 1 or any(not text for text in texts):
        raise WireError(wire.bad_field("content", "one text is expected", ""))
    words = (texts[0] or "").split(" ") if texts else []
    settings: dict[str, str] = {}
    while model.suffixes and len(words) >= 2 and words[-2] in SUFFIXES:
        settings[SUFFIXES[words[-2]]] = words[-1]
        words = words[:-2]
    return " ".join(words).strip(), settings


async def _pictures(job: Job, model: Model) -> dict[str, Picture]:
    """The pictures by role; only the first of several references is kept."""
    items = [(number, item) for number, item in enumerate(job.content) if item.type == "image_url"]
    roles = [item.role for _, item in items]
    if len(items) == 1 and roles == [None]:
        roles = ["first_frame"]
    if None in roles:
        raise WireError(wire.bad_field("content", "role is required when there is more than one image", ""))
    references = roles.count("reference_image")
    if (references and references != len(roles)) or (not references and len(set(roles)) != len(roles)):
        raise WireError(wire.bad_field("content", "these image roles cannot be mixed", ""))
    if roles == ["last_frame"]:
        raise WireError(wire.bad_field("content", "last_frame needs first_frame", ""))
    mode = "references" if references else "last" if len(roles) == 2 else "first" if roles else "text"
    media = any(item.type in {"video_url", "audio_url"} for item in job.content)
    if mode not in model.modes or (media and "references" not in model.modes) or (media and model.suffixes):
        raise WireError(
            wire.no("InvalidParameter.TaskTypeMismatch", f"{mode} to video is not supported by {job.model}.")
        )
    found: dict[str, Picture] = {}
    for role, (number, item) in zip(roles, items, strict=True):
        url = item.image_url.url if item.image_url else ""
        if not url:
            raise WireError(
                wire.no("InvalidImageURL.EmptyURL", "The image URL is empty.", param=f"content[{number}].image_url")
            )
        try:
            found.setdefault(str(role), await pictures.from_source(url, PICTURES))
        except BadPictureError as error:
            text = f"The image is not valid: {error}."
            raise WireError(
                wire.no("InvalidImageURL.InvalidFormat", text, param=f"content[{number}].image_url")
            ) from error
    return found


def _number(text: str | None, *, otherwise: int) -> int:
    """A suffix's number; a wrong one is ignored, as the older models do."""
    return int(text) if text is not None and text.lstrip("-").isdecimal() else otherwise
