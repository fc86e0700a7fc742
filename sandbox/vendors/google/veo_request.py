"""The body of predictLongRunning, in both dialects, read strictly against what the models can do."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from sandbox.vendors import pictures
from sandbox.vendors.google import wire
from sandbox.vendors.middleware import WireError
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import StrictBody, fitted, parse, pixels

PICTURES = Rules(formats=frozenset({"JPEG", "PNG", "WEBP"}), bytes_max=20 * 1024 * 1024)
CHARACTERS_PER_TOKEN = 4
TOKENS_MAX = 1024
SEED_MAX = 2**32 - 1


class Media(StrictBody):
    """A picture or a video: inline, or on Vertex an object of Google's storage."""

    bytesBase64Encoded: str | None = None  # noqa: N815 - Google's spelling
    mimeType: str | None = None  # noqa: N815 - Google's spelling
    gcsUri: str | None = None  # noqa: N815 - Google's spelling
    uri: str | None = None
    encodedVideo: str | None = None  # noqa: N815 - Google's spelling
    encoding: str | None = None
    maskMode: str | None = None  # noqa: N815 - Google's spelling


class Reference(StrictBody):
    image: Media
    referenceType: str  # noqa: N815 - Google's spelling


class Instance(StrictBody):
    prompt: str = ""
    image: Media | None = None
    lastFrame: Media | None = None  # noqa: N815 - Google's spelling
    video: Media | None = None
    mask: Media | None = None
    referenceImages: list[Reference] | None = Field(default=None, max_length=3)  # noqa: N815 - Google's spelling


class Parameters(StrictBody):
    """Every parameter of either dialect; the other one's are refused by name."""

    sampleCount: int = 1  # noqa: N815 - Google's spelling
    durationSeconds: int = 8  # noqa: N815 - Google's spelling
    aspectRatio: Literal["16:9", "9:16"] = "16:9"  # noqa: N815 - Google's spelling
    resolution: Literal["720p", "1080p", "4k"] = "720p"
    personGeneration: str | None = None  # noqa: N815 - Google's spelling
    negativePrompt: str = ""  # noqa: N815 - Google's spelling
    enhancePrompt: bool = True  # noqa: N815 - Google's spelling
    seed: int | None = Field(default=None, ge=0, le=SEED_MAX)
    generateAudio: bool | None = None  # noqa: N815 - Google's spelling
    fps: int | None = None
    storageUri: str = ""  # noqa: N815 - Google's spelling
    compressionQuality: str | None = None  # noqa: N815 - Google's spelling
    resizeMode: str | None = None  # noqa: N815 - Google's spelling
    pubsubTopic: str | None = None  # noqa: N815 - Google's spelling


class WebhookConfig(StrictBody):
    uris: list[str] = Field(min_length=1)
    user_metadata: dict[str, Any] = Field(default_factory=dict)


class Job(StrictBody):
    """The whole body."""

    instances: list[Instance] = Field(min_length=1, max_length=1)
    parameters: Parameters = Parameters()
    webhookConfig: WebhookConfig | None = None  # noqa: N815 - Google's spelling
    labels: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one of the two routes takes."""

    refused: tuple[str, ...]
    samples_max: int
    people: tuple[str, ...]
    gcs: bool


GEMINI = Dialect(
    refused=("generateAudio", "fps", "storageUri", "compressionQuality", "resizeMode", "pubsubTopic"),
    samples_max=1,
    people=("allow_all", "allow_adult", "dont_allow"),
    gcs=False,
)
"""`seed` is taken: the REST notes say so, the SDK does not send it (unconfirmed, 2026-11-22)."""
VERTEX = Dialect(refused=(), samples_max=4, people=("allow_all", "allow_adult", "dont_allow", "disallow"), gcs=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made."""

    prompt: str
    seconds: int
    size: tuple[int, int]
    audio: bool
    first: Picture | None
    last: Picture | None
    job: Job


async def read(body: Any, *, model: str, dialect: Dialect) -> Order:
    """The body, held against the model.

    Raises:
        WireError: with Google's 400.
    """
    job = parse(Job, body, otherwise=_bad_field)
    given, wish = job.instances[0], job.parameters
    for name in wish.model_fields_set & set(dialect.refused):
        raise WireError(wire.bad_field(f"parameters.{name}", "", "extra_forbidden"))
    if not dialect.gcs and job.labels is not None:
        raise WireError(wire.bad_field("labels", "", "extra_forbidden"))
    if dialect.gcs and job.webhookConfig is not None:
        raise WireError(wire.bad_field("webhookConfig", "", "extra_forbidden"))
    _check(given, wish, model=model, dialect=dialect)
    first = await _picture(given.image, dialect)
    last = await _picture(given.lastFrame, dialect)
    for reference in given.referenceImages or []:
        await _picture(reference.image, dialect)
    size = pixels(wish.aspectRatio, wish.resolution)
    if first is not None and "aspectRatio" not in wish.model_fields_set:
        size = fitted(first.width, first.height, wish.resolution)
    return Order(
        prompt=given.prompt,
        seconds=7 if given.video else wish.durationSeconds,
        size=size,
        audio=wish.generateAudio is not False,
        first=first,
        last=last,
        job=job,
    )


def _check(given: Instance, wish: Parameters, *, model: str, dialect: Dialect) -> None:
    """Every rule that ties fields together."""
    references = [reference.referenceType.lower() for reference in given.referenceImages or []]
    long_only = wish.resolution != "720p" or bool(references)
    people = (wish.personGeneration or dialect.people[0]).lower()
    text_only = not (given.image or given.lastFrame or references)
    rules = (
        (not (given.prompt or given.image or given.video), "prompt must not be empty"),
        (len(given.prompt) > TOKENS_MAX * CHARACTERS_PER_TOKEN, f"prompt is longer than {TOKENS_MAX} tokens"),
        (not 1 <= wish.sampleCount <= dialect.samples_max, f"sampleCount must be 1 to {dialect.samples_max}"),
        (wish.durationSeconds not in {4, 6, 8}, "durationSeconds must be 4, 6 or 8"),
        (long_only and wish.durationSeconds != 8, "durationSeconds must be 8 for this resolution or reference images"),
        ("lite" in model and wish.resolution == "4k", "resolution 4k is not supported by this model"),
        ("lite" in model and bool(references), "use case not supported: reference images"),
        (any(kind not in {"asset", "style"} for kind in references), "referenceType must be asset"),
        (given.lastFrame is not None and given.image is None, "lastFrame needs image"),
        (bool(given.video) and wish.resolution != "720p", "extension is only supported at 720p"),
        (people not in dialect.people, f"personGeneration must be one of {', '.join(dialect.people)}"),
        (
            not dialect.gcs and wish.personGeneration is not None and (people != "allow_all") == text_only,
            f"{people} for personGeneration is currently not supported",
        ),
        ((wish.compressionQuality or "optimized").lower() not in {"optimized", "lossless"}, "compressionQuality"),
        ((wish.resizeMode or "pad").lower() not in {"pad", "crop"}, "resizeMode must be pad or crop"),
        (bool(wish.storageUri) and not wish.storageUri.startswith("gs://"), "storageUri must start with gs://"),
    )
    for broken, text in rules:
        if broken:
            raise WireError(wire.no(400, f"Request contains an invalid argument: {text}."))


async def _picture(media: Media | None, dialect: Dialect) -> Picture | None:
    if media is None:
        return None
    if media.gcsUri and dialect.gcs:
        return None
    if not media.bytesBase64Encoded or not media.mimeType:
        raise WireError(wire.no(400, "`bytesBase64Encoded` and `mimeType` of an image must not be empty."))
    try:
        return await pictures.from_base64(media.bytesBase64Encoded, PICTURES)
    except BadPictureError as error:
        raise WireError(wire.no(400, f"Unable to process input image: {error}.")) from error


def _bad_field(path: str, reason: str, kind: str) -> Response:
    if path == "parameters.durationSeconds" and kind.startswith("int"):
        return wire.no(400, "The value type for `durationSeconds` needs to be a number.")
    return wire.bad_field(path, reason, kind)
