"""What each model is asked for to the letter, in four cases: words, words in another shape, one picture, two pictures.

A vendor that gets a field it does not know, or a size it does not make, takes the money and makes something else.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from core.domain.ids import GenerationId
from core.domain.requests.pricing import Fitted
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import KLING, VEO
from core.ports import InputImage, VideoJob
from core.providers import (
    fal_models,
    hailuo,
    hailuo_v2,
    kling,
    kling_legacy,
    omni,
    replicate_models,
    seedance,
    veo,
    wan,
)
from core.providers.adapter import RouteConfig
from core.providers.fal_models import FalModel
from core.providers.replicate_models import ReplicateModel

FIRST = InputImage(data=b"first", mime_type="image/png", url="https://a/1.png")
LAST = InputImage(data=b"last", mime_type="image/jpeg", url="https://a/2.jpg")
LINES = {"hailuo": (768, 1080), "omni": (720, 2160), "veo": (720, 2160), "wan2.2": (480, 1080), "wan": (480, 720)}


def job(name: str, **changes: object) -> VideoJob:
    """An attempt at the lower or higher of a model's sizes, whichever `is_high` says."""
    low, high = next((lines for start, lines in LINES.items() if name.startswith(start)), (720, 1080))
    is_high = bool(changes.pop("is_high", False))
    made = VideoJob(
        generation_id=GenerationId(UUID(int=1)),
        attempt=1,
        external_id=UUID("0c1f2e3d-4a5b-4c6d-8e7f-102132435465"),
        prompt="a fox",
        fitted=Fitted(duration_s=6, lines=high if is_high else low, aspect=Aspect.WIDE, audio=True),
        negative="",
        seed=None,
    )
    if is_high:
        made = replace(made, fitted=replace(made.fitted, aspect=Aspect.TALL, audio=False), negative="text", seed=7)
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's shorthand


CASES: dict[str, Callable[[str], VideoJob]] = {
    "words": job,
    "tall": lambda name: job(name, is_high=True),
    "picture": lambda name: job(name, first_frame=FIRST, callback_url="https://us/cb"),
    "pictures": lambda name: job(name, first_frame=FIRST, last_frame=LAST, negative="text"),
}


def _fal_body(table: FalModel, job: VideoJob) -> tuple[str, object]:
    return table.endpoint(job), table.inputs(job, 42)


def _replicate_body(table: ReplicateModel, job: VideoJob) -> tuple[str, object]:
    return table.slug_of(job) or table.slug, table.inputs(job, 42)


BUILDERS: dict[str, Callable[[VideoJob], object]] = {
    **{f"{name}.fal": partial(_fal_body, table)
       for name, table in fal_models.MODELS.items()},
    **{f"{name}.replicate": partial(_replicate_body, table)
       for name, table in replicate_models.MODELS.items()},
    "kling.api": lambda job: kling.request(job, "kling-3.0"),
    "seedance 1.5": lambda job: seedance.request(job, "seedance-1-5-pro"),
    "seedance 2.0": lambda job: seedance.request(job, "dreamina-seedance-2-0-mini-260615"),
    "kling.legacy": lambda job: kling_legacy.request(job, "kling-v3"),
    "hailuo.api": lambda job: hailuo.request(job, "MiniMax-Hailuo-2.3"),
    "hailuo.v2": lambda job: hailuo_v2.request(job, "MiniMax-H3"),
    "omni": lambda job: omni.request(job, "gemini-omni-1.2-flash"),
    "veo": lambda job: (veo.instance(job), veo.parameters(job)),
    "wan2.2": lambda job: wan.request(job, RouteConfig(model="wan2.2-t2v-plus")),
    "wan2.7": lambda job: wan.request(job, RouteConfig(model="wan2.7-t2v")),
    "wan3.0": lambda job: wan.request(job, RouteConfig(model="wan3.0-t2v")),
}  # fmt: skip

BODIES: dict[str, dict[str, object]] = {
    "veo.fal": {
        "words": ("fal-ai/veo3.1", {"prompt": "a fox", "aspect_ratio": "16:9", "duration": "6s",
            "resolution": "720p", "generate_audio": True, "seed": 42}),
        "tall": ("fal-ai/veo3.1", {"prompt": "a fox", "aspect_ratio": "9:16", "duration": "6s", "resolution": "4k",
            "generate_audio": False, "seed": 42, "negative_prompt": "text"}),
        "picture": ("fal-ai/veo3.1/image-to-video", {"prompt": "a fox", "aspect_ratio": "16:9", "duration": "6s",
            "resolution": "720p", "generate_audio": True, "seed": 42, "image_url": "https://a/1.png"}),
        "pictures": ("fal-ai/veo3.1/first-last-frame-to-video", {"prompt": "a fox", "aspect_ratio": "16:9",
            "duration": "6s", "resolution": "720p", "generate_audio": True, "seed": 42, "negative_prompt": "text",
            "first_frame_url": "https://a/1.png", "last_frame_url": "https://a/2.jpg"}),
    },
    "kling.fal": {
        "words": ("fal-ai/kling-video/v3/standard/text-to-video", {"prompt": "a fox", "duration": "6",
            "generate_audio": True, "aspect_ratio": "16:9"}),
        "tall": ("fal-ai/kling-video/v3/pro/text-to-video", {"prompt": "a fox", "duration": "6",
            "generate_audio": False, "aspect_ratio": "9:16", "negative_prompt": "text"}),
        "picture": ("fal-ai/kling-video/v3/standard/image-to-video", {"prompt": "a fox", "duration": "6",
            "generate_audio": True, "start_image_url": "https://a/1.png"}),
        "pictures": ("fal-ai/kling-video/v3/standard/image-to-video", {"prompt": "a fox", "duration": "6",
            "generate_audio": True, "negative_prompt": "text", "start_image_url": "https://a/1.png",
            "end_image_url": "https://a/2.jpg"}),
    },
    "seedance.fal": {
        "words": ("fal-ai/bytedance/seedance/v1.5/pro/text-to-video", {"prompt": "a fox", "aspect_ratio": "16:9",
            "resolution": "720p", "duration": "6", "generate_audio": True, "seed": 42}),
        "tall": ("fal-ai/bytedance/seedance/v1.5/pro/text-to-video", {"prompt": "a fox", "aspect_ratio": "9:16",
            "resolution": "1080p", "duration": "6", "generate_audio": False, "seed": 42}),
        "picture": ("fal-ai/bytedance/seedance/v1.5/pro/image-to-video", {"prompt": "a fox", "aspect_ratio": "auto",
            "resolution": "720p", "duration": "6", "generate_audio": True, "seed": 42,
            "image_url": "https://a/1.png"}),
        "pictures": ("fal-ai/bytedance/seedance/v1.5/pro/image-to-video", {"prompt": "a fox",
            "aspect_ratio": "auto", "resolution": "720p", "duration": "6", "generate_audio": True, "seed": 42,
            "image_url": "https://a/1.png", "end_image_url": "https://a/2.jpg"}),
    },
    "hailuo.fal": {
        "words": ("fal-ai/minimax/hailuo-2.3/standard/text-to-video", {"prompt": "a fox", "prompt_optimizer": True,
            "duration": "6"}),
        "tall": ("fal-ai/minimax/hailuo-2.3/pro/text-to-video", {"prompt": "a fox", "prompt_optimizer": True}),
        "picture": ("fal-ai/minimax/hailuo-2.3/standard/image-to-video", {"prompt": "a fox",
            "prompt_optimizer": True, "duration": "6", "image_url": "https://a/1.png"}),
        "pictures": ("fal-ai/minimax/hailuo-02/standard/image-to-video", {"prompt": "a fox",
            "prompt_optimizer": True, "duration": "6", "image_url": "https://a/1.png",
            "end_image_url": "https://a/2.jpg"}),
    },
    "wan.fal": {
        "words": ("fal-ai/wan/v2.2-a14b/text-to-video", {"prompt": "a fox", "resolution": "480p",
            "aspect_ratio": "16:9", "seed": 42, "num_frames": 81, "frames_per_second": 16}),
        "tall": ("fal-ai/wan/v2.2-a14b/text-to-video", {"prompt": "a fox", "resolution": "720p",
            "aspect_ratio": "9:16", "seed": 42, "num_frames": 81, "frames_per_second": 16,
            "negative_prompt": "text"}),
        "picture": ("fal-ai/wan/v2.2-a14b/image-to-video/turbo", {"prompt": "a fox", "resolution": "480p",
            "aspect_ratio": "auto", "seed": 42, "image_url": "https://a/1.png"}),
        "pictures": ("fal-ai/wan/v2.2-a14b/image-to-video/turbo", {"prompt": "a fox", "resolution": "480p",
            "aspect_ratio": "auto", "seed": 42, "image_url": "https://a/1.png",
            "end_image_url": "https://a/2.jpg"}),
    },
    "veo.replicate": {
        "words": ("google/veo-3.1", {"prompt": "a fox", "duration": 6, "aspect_ratio": "16:9", "resolution": "720p",
            "generate_audio": True, "seed": 42}),
        "tall": ("google/veo-3.1", {"prompt": "a fox", "duration": 6, "aspect_ratio": "9:16", "resolution": "2160p",
            "generate_audio": False, "seed": 42, "negative_prompt": "text"}),
        "picture": ("google/veo-3.1", {"prompt": "a fox", "duration": 6, "aspect_ratio": "16:9",
            "resolution": "720p", "generate_audio": True, "seed": 42, "image": "https://a/1.png"}),
        "pictures": ("google/veo-3.1", {"prompt": "a fox", "duration": 6, "aspect_ratio": "16:9",
            "resolution": "720p", "generate_audio": True, "seed": 42, "negative_prompt": "text",
            "image": "https://a/1.png", "last_frame": "https://a/2.jpg"}),
    },
    "kling.replicate": {
        "words": ("kwaivgi/kling-v3-video", {"prompt": "a fox", "duration": 6, "mode": "standard",
            "generate_audio": True, "aspect_ratio": "16:9"}),
        "tall": ("kwaivgi/kling-v3-video", {"prompt": "a fox", "duration": 6, "mode": "pro",
            "generate_audio": False, "aspect_ratio": "9:16", "negative_prompt": "text"}),
        "picture": ("kwaivgi/kling-v3-video", {"prompt": "a fox", "duration": 6, "mode": "standard",
            "generate_audio": True, "start_image": "https://a/1.png"}),
        "pictures": ("kwaivgi/kling-v3-video", {"prompt": "a fox", "duration": 6, "mode": "standard",
            "generate_audio": True, "negative_prompt": "text", "start_image": "https://a/1.png",
            "end_image": "https://a/2.jpg"}),
    },
    "seedance.replicate": {
        "words": ("bytedance/seedance-1.5-pro", {"prompt": "a fox", "duration": 6, "aspect_ratio": "16:9",
            "resolution": "720p", "generate_audio": True, "seed": 42}),
        "tall": ("bytedance/seedance-1.5-pro", {"prompt": "a fox", "duration": 6, "aspect_ratio": "9:16",
            "resolution": "1080p", "generate_audio": False, "seed": 42}),
        "picture": ("bytedance/seedance-1.5-pro", {"prompt": "a fox", "duration": 6, "aspect_ratio": "16:9",
            "resolution": "720p", "generate_audio": True, "seed": 42, "image": "https://a/1.png"}),
        "pictures": ("bytedance/seedance-1.5-pro", {"prompt": "a fox", "duration": 6, "aspect_ratio": "16:9",
            "resolution": "720p", "generate_audio": True, "seed": 42, "image": "https://a/1.png",
            "last_frame_image": "https://a/2.jpg"}),
    },
    "hailuo.replicate": {
        "words": ("minimax/hailuo-2.3", {"prompt": "a fox", "duration": 6, "resolution": "768p",
            "prompt_optimizer": True}),
        "tall": ("minimax/hailuo-2.3", {"prompt": "a fox", "duration": 6, "resolution": "1080p",
            "prompt_optimizer": True}),
        "picture": ("minimax/hailuo-2.3", {"prompt": "a fox", "duration": 6, "resolution": "768p",
            "prompt_optimizer": True, "first_frame_image": "https://a/1.png"}),
        "pictures": ("minimax/hailuo-02", {"prompt": "a fox", "duration": 6, "resolution": "768p",
            "prompt_optimizer": True, "first_frame_image": "https://a/1.png",
            "last_frame_image": "https://a/2.jpg"}),
    },
    "wan.replicate": {
        "words": ("wan-video/wan-2.2-t2v-fast", {"prompt": "a fox", "resolution": "480p", "num_frames": 81}),
        "tall": ("wan-video/wan-2.2-t2v-fast", {"prompt": "a fox", "resolution": "720p", "num_frames": 81}),
        "picture": ("wan-video/wan-2.2-i2v-fast", {"prompt": "a fox", "resolution": "480p", "num_frames": 81,
            "image": "https://a/1.png"}),
        "pictures": ("wan-video/wan-2.2-i2v-fast", {"prompt": "a fox", "resolution": "480p", "num_frames": 81,
            "image": "https://a/1.png"}),
    },
    "kling.api": {
        "words": ("/text-to-video/kling-3.0", {"prompt": "a fox", "settings": {"multi_shot": False,
            "audio": "native", "resolution": "720p", "duration": 6, "aspect_ratio": "16:9"},
            "options": {"external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "watermark_info": {"enabled": False}}}),
        "tall": ("/text-to-video/kling-3.0", {"prompt": "a fox", "settings": {"multi_shot": False, "audio": "off",
            "resolution": "1080p", "duration": 6, "aspect_ratio": "9:16"},
            "options": {"external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "watermark_info": {"enabled": False}}}),
        "picture": ("/image-to-video/kling-3.0", {"contents": [{"type": "prompt", "text": "a fox"},
            {"type": "first_frame", "url": "https://a/1.png"}], "settings": {"multi_shot": False, "audio": "native",
            "resolution": "720p", "duration": 6},
            "options": {"external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "watermark_info": {"enabled": False}, "callback_url": "https://us/cb"}}),
        "pictures": ("/image-to-video/kling-3.0", {"contents": [{"type": "prompt", "text": "a fox"},
            {"type": "first_frame", "url": "https://a/1.png"}, {"type": "last_frame", "url": "https://a/2.jpg"}],
            "settings": {"multi_shot": False, "audio": "native", "resolution": "720p", "duration": 6},
            "options": {"external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "watermark_info": {"enabled": False}}}),
    },
    "seedance 1.5": {
        "words": {"model": "seedance-1-5-pro", "content": [{"type": "text", "text": "a fox"}], "resolution": "720p",
            "ratio": "16:9", "duration": 6, "watermark": False, "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465", "seed": 203370045},
        "tall": {"model": "seedance-1-5-pro", "content": [{"type": "text", "text": "a fox"}], "resolution": "1080p",
            "ratio": "9:16", "duration": 6, "watermark": False, "generate_audio": False,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465", "seed": 7},
        "picture": {"model": "seedance-1-5-pro", "content": [{"type": "text", "text": "a fox"},
            {"type": "image_url", "image_url": {"url": "https://a/1.png"}, "role": "first_frame"}],
            "resolution": "720p", "ratio": "adaptive", "duration": 6, "watermark": False, "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465", "seed": 203370045,
            "callback_url": "https://us/cb"},
        "pictures": {"model": "seedance-1-5-pro", "content": [{"type": "text", "text": "a fox"},
            {"type": "image_url", "image_url": {"url": "https://a/1.png"}, "role": "first_frame"},
            {"type": "image_url", "image_url": {"url": "https://a/2.jpg"}, "role": "last_frame"}],
            "resolution": "720p", "ratio": "adaptive", "duration": 6, "watermark": False, "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465", "seed": 203370045},
    },
    "seedance 2.0": {
        "words": {"model": "dreamina-seedance-2-0-mini-260615", "content": [{"type": "text", "text": "a fox"}],
            "resolution": "720p", "ratio": "16:9", "duration": 6, "watermark": False, "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465"},
        "tall": {"model": "dreamina-seedance-2-0-mini-260615", "content": [{"type": "text", "text": "a fox"}],
            "resolution": "1080p", "ratio": "9:16", "duration": 6, "watermark": False, "generate_audio": False,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465"},
        "picture": {"model": "dreamina-seedance-2-0-mini-260615", "content": [{"type": "text", "text": "a fox"},
            {"type": "image_url", "image_url": {"url": "https://a/1.png"}, "role": "first_frame"}],
            "resolution": "720p", "ratio": "adaptive", "duration": 6, "watermark": False, "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465", "callback_url": "https://us/cb"},
        "pictures": {"model": "dreamina-seedance-2-0-mini-260615", "content": [{"type": "text", "text": "a fox"},
            {"type": "image_url", "image_url": {"url": "https://a/1.png"}, "role": "first_frame"},
            {"type": "image_url", "image_url": {"url": "https://a/2.jpg"}, "role": "last_frame"}],
            "resolution": "720p", "ratio": "adaptive", "duration": 6, "watermark": False, "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465"},
    },
    "kling.legacy": {
        "words": {"model_name": "kling-v3", "prompt": "a fox", "mode": "std", "duration": "6", "sound": "on",
            "multi_shot": False, "external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "aspect_ratio": "16:9"},
        "tall": {"model_name": "kling-v3", "prompt": "a fox", "mode": "pro", "duration": "6", "sound": "off",
            "multi_shot": False, "external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "negative_prompt": "text", "aspect_ratio": "9:16"},
        "picture": {"model_name": "kling-v3", "prompt": "a fox", "mode": "std", "duration": "6", "sound": "on",
            "multi_shot": False, "external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "callback_url": "https://us/cb", "image": "https://a/1.png"},
        "pictures": {"model_name": "kling-v3", "prompt": "a fox", "mode": "std", "duration": "6", "sound": "on",
            "multi_shot": False, "external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
            "negative_prompt": "text", "image": "https://a/1.png", "image_tail": "https://a/2.jpg"},
    },
    "hailuo.api": {
        "words": {"model": "MiniMax-Hailuo-2.3", "prompt": "a fox", "prompt_optimizer": True, "duration": 6,
            "resolution": "768P"},
        "tall": {"model": "MiniMax-Hailuo-2.3", "prompt": "a fox", "prompt_optimizer": True, "duration": 6,
            "resolution": "1080P"},
        "picture": {"model": "MiniMax-Hailuo-2.3", "prompt": "a fox", "prompt_optimizer": True, "duration": 6,
            "resolution": "768P", "first_frame_image": "https://a/1.png", "callback_url": "https://us/cb"},
        "pictures": {"model": "MiniMax-Hailuo-02", "prompt": "a fox", "prompt_optimizer": True, "duration": 6,
            "resolution": "768P", "first_frame_image": "https://a/1.png", "last_frame_image": "https://a/2.jpg"},
    },
    "hailuo.v2": {
        "words": {"model": "MiniMax-H3", "content": [{"type": "text", "text": "a fox"}], "duration": 6,
            "resolution": "768P", "ratio": "16:9"},
        "tall": {"model": "MiniMax-H3", "content": [{"type": "text", "text": "a fox"}], "duration": 6,
            "resolution": "2K", "ratio": "9:16"},
        "picture": {"model": "MiniMax-H3", "content": [{"type": "text", "text": "a fox"}, {"type": "image_url",
            "image_url": {"url": "https://a/1.png"}, "role": "first_frame"}], "duration": 6, "resolution": "768P",
            "callback_url": "https://us/cb"},
        "pictures": {"model": "MiniMax-H3", "content": [{"type": "text", "text": "a fox"}, {"type": "image_url",
            "image_url": {"url": "https://a/1.png"}, "role": "first_frame"}, {"type": "image_url",
            "image_url": {"url": "https://a/2.jpg"}, "role": "last_frame"}], "duration": 6, "resolution": "768P"},
    },
    "omni": {
        "words": {"model": "gemini-omni-1.2-flash", "input": "a fox", "background": True, "store": True,
            "response_format": {"type": "video", "aspect_ratio": "16:9", "duration": "6s", "resolution": "720p",
            "delivery": "uri"}, "generation_config": {"video_config": {"task": "text_to_video"}}},
        "tall": {"model": "gemini-omni-1.2-flash", "input": "a fox", "background": True, "store": True,
            "response_format": {"type": "video", "aspect_ratio": "9:16", "duration": "6s", "resolution": "4k",
            "delivery": "uri"}, "generation_config": {"video_config": {"task": "text_to_video"}}},
        "picture": {"model": "gemini-omni-1.2-flash", "input": [{"type": "user_input", "content": [{"type": "text",
            "text": "a fox"}, {"type": "image", "data": "Zmlyc3Q=", "mime_type": "image/png"}]}],
            "background": True, "store": True, "response_format": {"type": "video", "aspect_ratio": "16:9",
            "duration": "6s", "resolution": "720p", "delivery": "uri"},
            "generation_config": {"video_config": {"task": "image_to_video"}},
            "webhook_config": {"uris": ["https://us/cb"]}},
        "pictures": {"model": "gemini-omni-1.2-flash", "input": [{"type": "user_input", "content": [{"type": "text",
            "text": "a fox"}, {"type": "image", "data": "Zmlyc3Q=", "mime_type": "image/png"}, {"type": "image",
            "data": "bGFzdA==", "mime_type": "image/jpeg"}]}], "background": True, "store": True,
            "response_format": {"type": "video", "aspect_ratio": "16:9", "duration": "6s", "resolution": "720p",
            "delivery": "uri"}, "generation_config": {"video_config": {"task": "image_to_video"}}},
    },
    "veo": {
        "words": ({"prompt": "a fox"}, {"sampleCount": 1, "durationSeconds": 6, "aspectRatio": "16:9",
            "resolution": "720p"}),
        "tall": ({"prompt": "a fox"}, {"sampleCount": 1, "durationSeconds": 6, "aspectRatio": "9:16",
            "resolution": "4k", "negativePrompt": "text"}),
        "picture": ({"prompt": "a fox", "image": {"bytesBase64Encoded": "Zmlyc3Q=", "mimeType": "image/png"}},
            {"sampleCount": 1, "durationSeconds": 6, "aspectRatio": "16:9", "resolution": "720p"}),
        "pictures": ({"prompt": "a fox", "image": {"bytesBase64Encoded": "Zmlyc3Q=", "mimeType": "image/png"},
            "lastFrame": {"bytesBase64Encoded": "bGFzdA==", "mimeType": "image/jpeg"}}, {"sampleCount": 1,
            "durationSeconds": 6, "aspectRatio": "16:9", "resolution": "720p", "negativePrompt": "text"}),
    },
    "wan2.2": {
        "words": {"model": "wan2.2-t2v-plus", "input": {"prompt": "a fox"}, "parameters": {"duration": 6,
            "prompt_extend": True, "watermark": False, "seed": 203370045, "size": "832*480"}},
        "tall": {"model": "wan2.2-t2v-plus", "input": {"prompt": "a fox", "negative_prompt": "text"},
            "parameters": {"duration": 6, "prompt_extend": True, "watermark": False, "seed": 7,
            "size": "1080*1920"}},
        "picture": {"model": "wan2.2-i2v-plus", "input": {"prompt": "a fox", "img_url": "https://a/1.png"},
            "parameters": {"duration": 6, "prompt_extend": True, "watermark": False, "seed": 203370045,
            "resolution": "480P"}},
        "pictures": {"model": "wan2.2-i2v-plus", "input": {"prompt": "a fox", "negative_prompt": "text",
            "img_url": "https://a/1.png"}, "parameters": {"duration": 6, "prompt_extend": True, "watermark": False,
            "seed": 203370045, "resolution": "480P"}},
    },
    "wan2.7": {
        "words": {"model": "wan2.7-t2v", "input": {"prompt": "a fox"}, "parameters": {"duration": 6,
            "prompt_extend": True, "watermark": False, "seed": 203370045, "resolution": "720P", "ratio": "16:9"}},
        "tall": {"model": "wan2.7-t2v", "input": {"prompt": "a fox", "negative_prompt": "text"},
            "parameters": {"duration": 6, "prompt_extend": True, "watermark": False, "seed": 7,
            "resolution": "720P", "ratio": "9:16"}},
        "picture": {"model": "wan2.7-i2v", "input": {"prompt": "a fox", "media": [{"type": "first_frame",
            "url": "https://a/1.png"}]}, "parameters": {"duration": 6, "prompt_extend": True, "watermark": False,
            "seed": 203370045, "resolution": "720P"}},
        "pictures": {"model": "wan2.7-i2v", "input": {"prompt": "a fox", "negative_prompt": "text",
            "media": [{"type": "first_frame", "url": "https://a/1.png"}, {"type": "last_frame",
            "url": "https://a/2.jpg"}]}, "parameters": {"duration": 6, "prompt_extend": True, "watermark": False,
            "seed": 203370045, "resolution": "720P"}},
    },
    "wan3.0": {
        "words": {"model": "wan3.0-t2v", "input": {"prompt": "a fox"}, "parameters": {"duration": 6,
            "prompt_extend": True, "watermark": False, "seed": 203370045, "resolution": "480P", "audio": True,
            "ratio": "16:9"}},
        "tall": {"model": "wan3.0-t2v", "input": {"prompt": "a fox", "negative_prompt": "text"},
            "parameters": {"duration": 6, "prompt_extend": True, "watermark": False, "seed": 7,
            "resolution": "720P", "audio": False, "ratio": "9:16"}},
        "picture": {"model": "wan3.0-t2v", "input": {"prompt": "a fox", "media": [{"type": "first_frame",
            "url": "https://a/1.png"}]}, "parameters": {"duration": 6, "prompt_extend": True, "watermark": False,
            "seed": 203370045, "resolution": "480P", "audio": True, "ratio": "adaptive"}},
        "pictures": {"model": "wan3.0-t2v", "input": {"prompt": "a fox", "negative_prompt": "text",
            "media": [{"type": "first_frame", "url": "https://a/1.png"}, {"type": "last_frame",
            "url": "https://a/2.jpg"}]}, "parameters": {"duration": 6, "prompt_extend": True, "watermark": False,
            "seed": 203370045, "resolution": "480P", "audio": True, "ratio": "adaptive"}},
    },
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", BUILDERS)
def test_a_model_is_asked_for_exactly_this(name: str, case: str) -> None:
    assert BUILDERS[name](CASES[case](name)) == BODIES[name][case]


@pytest.mark.parametrize(
    ("lines", "aspect", "size"),
    [
        (480, Aspect.WIDE, "832*480"), (480, Aspect.TALL, "480*832"), (480, Aspect.SQUARE, "624*624"),
        (1080, Aspect.WIDE, "1920*1080"), (1080, Aspect.TALL, "1080*1920"), (1080, Aspect.SQUARE, "1440*1440"),
    ],
)  # fmt: skip
def test_wan_2_2_is_asked_for_a_size_in_pixels(lines: int, aspect: Aspect, size: str) -> None:
    fitted = Fitted(duration_s=5, lines=lines, aspect=aspect, audio=False)
    asked = wan.request(job("wan2.2", fitted=fitted), RouteConfig(model="wan2.2-t2v-plus"))
    assert isinstance(asked["parameters"], dict)
    assert asked["parameters"]["size"] == size


@pytest.mark.parametrize(
    ("build", "lines", "word"),
    [
        (lambda job: kling.request(job, "m")[1]["settings"], 2160, "4k"),
        (lambda job: kling.request(job, "m")[1]["settings"], 1080, "1080p"),
        (lambda job: seedance.request(job, "m"), 2160, "4k"),
        (lambda job: seedance.request(job, "m"), 480, "480p"),
        (lambda job: hailuo_v2.request(job, "MiniMax-H3-Max"), 480, "480P"),
        (lambda job: hailuo_v2.request(job, "MiniMax-H3-Max"), 768, "768P"),
        (lambda job: hailuo_v2.request(job, "of tomorrow"), 1080, "2K"),
        (veo.parameters, 1080, "1080p"),
        (lambda job: omni.request(job, "m")["response_format"], 1080, "1080p"),
        (lambda job: wan.request(job, RouteConfig(model="wan2.7"))["parameters"], 720, "720P"),
        (lambda job: wan.request(job, RouteConfig(model="wan2.7"))["parameters"], 1080, "1080P"),
        (lambda job: wan.request(job, RouteConfig(model="wan3.0"))["parameters"], 480, "480P"),
        (lambda job: wan.request(job, RouteConfig(model="wan3.0"))["parameters"], 1080, "1080P"),
        (lambda job: fal_models.MODELS[VEO].inputs(job, 1), 1080, "1080p"),
    ],
)
def test_every_size_has_its_word(build: Callable[[VideoJob], dict[str, object]], lines: int, word: str) -> None:
    fitted = Fitted(duration_s=6, lines=lines, aspect=Aspect.WIDE, audio=False)
    assert build(job("any", fitted=fitted))["resolution"] == word


def test_a_negative_prompt_of_wan_ends_after_500_characters_and_a_model_for_pictures_can_be_named() -> None:
    long = wan.request(job("wan2.2", negative="n" * 501), RouteConfig(model="wan2.2-t2v-plus"))["input"]
    assert isinstance(long, dict)
    assert len(long["negative_prompt"]) == 500
    named = RouteConfig(model="wan2.2-t2v-plus", extra={"model_image": "wan-own"})
    assert wan.request(job("wan2.2", first_frame=FIRST), named)["model"] == "wan-own"
    assert wan.request(job("wan2.2"), named)["model"] == "wan2.2-t2v-plus"


def test_a_seed_stays_below_the_vendors_limit() -> None:
    for seed, sent in ((0, 0), (2**31 - 1, 2**31 - 1), (2**31, 0)):
        asked = wan.request(job("wan", seed=seed), RouteConfig(model="wan3.0"))["parameters"]
        assert isinstance(asked, dict)
        assert asked["seed"] == sent
        assert seedance.request(job("seedance", seed=seed), "seedance-1-5-pro")["seed"] == sent


def test_kling_4_at_fal_makes_up_to_30_s() -> None:
    table = fal_models.MODELS[KLING]
    assert fal_models.makes_of(table.family, table) == table.makes
    longer = fal_models.makes_of("kling/v4/pro", table)
    assert [(mode.lines, mode.durations_s[0], mode.durations_s[-1]) for mode in longer.modes] == [
        (720, 3, 30), (1080, 3, 30),
    ]  # fmt: skip


def test_replicates_kling_has_4k() -> None:
    fitted = Fitted(duration_s=6, lines=2160, aspect=Aspect.WIDE, audio=False)
    assert replicate_models.MODELS[KLING].inputs(job("kling", fitted=fitted), 1)["mode"] == "4k"


def test_which_models_carry_a_seed() -> None:
    assert {name: table.has_seed for name, table in fal_models.MODELS.items()} == {
        "veo": True, "kling": False, "seedance": True, "hailuo": False, "wan": True,
    }  # fmt: skip
    assert {name: table.family for name, table in fal_models.MODELS.items()} == {
        "veo": "fal-ai/veo3.1", "kling": "fal-ai/kling-video/v3", "seedance": "fal-ai/bytedance/seedance/v1.5/pro",
        "hailuo": "fal-ai/minimax/hailuo-2.3", "wan": "fal-ai/wan/v2.2-a14b",
    }  # fmt: skip
