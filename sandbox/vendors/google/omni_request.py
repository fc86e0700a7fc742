"""The body of an Interactions create for video, read strictly."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from sandbox.vendors import pictures
from sandbox.vendors.google import wire
from sandbox.vendors.google.veo_request import PICTURES, WebhookConfig
from sandbox.vendors.middleware import WireError
from sandbox.vendors.pictures import BadPictureError, Picture
from sandbox.vendors.shapes import StrictBody, fitted, parse, pixels

TOKENS_PER_S = {"360p": 1931, "720p": 5792, "1080p": 8688, "4k": 17376}
SECONDS_MAX = {"gemini-omni-1.2-flash": 15}
FRAMES_MAX = {"gemini-omni-1.1-flash": 1, "gemini-omni-1.1-flash-preview": 1}
LABEL_MAX = 63


class Part(StrictBody):
    """One piece of input; which fields it needs depends on its type."""

    type: Literal["text", "image", "video"]
    text: str | None = None
    data: str | None = None
    uri: str | None = None
    mime_type: str | None = None


class Turn(StrictBody):
    type: Literal["user_input"]
    content: list[Part]


class Format(StrictBody):
    """`response_format`."""

    type: Literal["video"]
    aspect_ratio: Literal["16:9", "9:16"] | None = None
    duration: str | None = Field(default=None, pattern=r"^[0-9]+s$")
    resolution: Literal["360p", "720p", "1080p", "4k"] = "720p"
    delivery: Literal["inline", "uri"] | None = None
    gcs_uri: str | None = Field(default=None, pattern="^gs://")


class VideoConfig(StrictBody):
    task: Literal["text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale"] | None = None


class GenerationConfig(StrictBody):
    video_config: VideoConfig | None = None


class Job(StrictBody):
    """The whole body."""

    model: str
    input: str | list[Turn | Part]
    background: bool = False
    store: bool = True
    stream: Literal[False] | None = None
    labels: dict[str, str] | None = None
    previous_interaction_id: str | None = None
    response_format: Format | list[Format] | None = None
    response_modalities: list[str] | None = None
    generation_config: GenerationConfig | None = None
    webhook_config: WebhookConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made."""

    prompt: str
    seconds: int
    size: tuple[int, int]
    resolution: str
    first: Picture | None
    last: Picture | None
    background: bool
    inline: bool
    gcs_uri: str
    uris: list[str]
    user_metadata: dict[str, Any]
    labels: dict[str, str]


async def read(body: Any, *, on_vertex: bool) -> Order:
    """The body, held against the model.

    Raises:
        WireError: with Google's 400.
    """
    job = parse(Job, body, otherwise=wire.bad_field)
    wish = job.response_format[0] if isinstance(job.response_format, list) else job.response_format
    wish = wish or Format(type="video")
    parts = _parts(job)
    prompt = " ".join(part.text for part in parts if part.text).strip()
    seconds = int((wish.duration or "8s").removesuffix("s"))
    longest = SECONDS_MAX.get(job.model, 10)
    labels = job.labels or {}
    rules = (
        (not prompt and not any(part.type != "text" for part in parts), "input must not be empty"),
        (not 3 <= seconds <= longest, f"response_format.duration must be 3s to {longest}s"),
        (job.background and not job.store, "background needs store"),
        (bool(wish.gcs_uri) and not on_vertex, "response_format.gcs_uri is not supported"),
        (on_vertex and wish.delivery == "uri" and not wish.gcs_uri, "response_format.gcs_uri is required"),
        (any(_bad_label(text) for pair in labels.items() for text in pair), "labels must be lower case"),
        (on_vertex and job.webhook_config is not None, "webhook_config is not supported"),
    )
    for broken, text in rules:
        if broken:
            raise WireError(wire.no(400, f"Request contains an invalid argument: {text}."))
    frames = await _frames(parts)
    if len(frames) > FRAMES_MAX.get(job.model, 2):
        raise WireError(wire.no(400, "Request contains an invalid argument: too many images."))
    first, last = (*frames, None, None)[:2]
    size = pixels(wish.aspect_ratio or "16:9", wish.resolution)
    if first is not None and wish.aspect_ratio is None:
        size = fitted(first.width, first.height, wish.resolution)
    return Order(
        prompt=prompt,
        seconds=seconds,
        size=size,
        resolution=wish.resolution,
        first=first,
        last=last,
        background=job.background,
        inline=wish.delivery != "uri",
        gcs_uri=wish.gcs_uri or "",
        uris=job.webhook_config.uris if job.webhook_config else [],
        user_metadata=job.webhook_config.user_metadata if job.webhook_config else {},
        labels=labels,
    )


def _parts(job: Job) -> list[Part]:
    if isinstance(job.input, str):
        return [Part(type="text", text=job.input)]
    found: list[Part] = []
    for entry in job.input:
        found.extend(entry.content if isinstance(entry, Turn) else [entry])
    return found


async def _frames(parts: list[Part]) -> list[Picture]:
    """The pictures in their order: the first is the first frame, a second one the last."""
    found = []
    for image in (part for part in parts if part.type == "image"):
        if bool(image.data) == bool(image.uri) or not image.mime_type:
            raise WireError(wire.no(400, "An image needs mime_type and one of data and uri."))
        if image.uri:
            continue
        try:
            found.append(await pictures.from_base64(image.data or "", PICTURES))
        except BadPictureError as error:
            raise WireError(wire.no(400, f"Unable to process input image: {error}.")) from error
    return found


def _bad_label(text: str) -> bool:
    return len(text) > LABEL_MAX or text != text.lower()
