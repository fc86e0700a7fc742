"""fal's endpoints and their inputs (checked 2026-11-22). Durations are strings everywhere."""

from sandbox.vendors.inputs import Field, Spec, choice, number, switch, text, whole

PROMPT = text(required=True)
SEED = whole(-1)
WIDE = choice("16:9", "9:16")
WIDE_AUTO = choice("auto", "16:9", "9:16")
SQUARE = choice("16:9", "9:16", "1:1")
IMAGE = text(required=True)


def _strings(first: int, last: int, *, default: str) -> Field:
    return choice(*(str(seconds) for seconds in range(first, last + 1)), default=default)


VEO = {
    "prompt": PROMPT,
    "aspect_ratio": WIDE,
    "duration": choice("4s", "6s", "8s", default="8s"),
    "resolution": choice("720p", "1080p", "4k"),
    "generate_audio": switch(default=True),
    "negative_prompt": text(),
    "seed": SEED,
    "auto_fix": switch(default=True),
    "safety_tolerance": choice("1", "2", "3", "4", "5", "6", default="4"),
}
VEO_IMAGE = {**VEO, "image_url": IMAGE, "aspect_ratio": WIDE_AUTO}
VEO_FRAMES = {**VEO, "first_frame_url": IMAGE, "last_frame_url": IMAGE, "aspect_ratio": WIDE_AUTO}
KLING_25 = {
    "prompt": PROMPT,
    "duration": choice("5", "10"),
    "aspect_ratio": SQUARE,
    "negative_prompt": text(default="blur, distort, and low quality"),
    "cfg_scale": number(0, 1, default=0.5),
}
KLING_25_IMAGE = {**KLING_25, "image_url": IMAGE, "tail_image_url": text()}
KLING_26 = {**KLING_25, "generate_audio": switch(default=True)}
KLING_26_IMAGE = {**KLING_26, "start_image_url": IMAGE, "end_image_url": text(), "voice_ids": Field(kind=list)}
KLING_3 = {
    **KLING_26,
    "duration": _strings(3, 15, default="5"),
    "multi_prompt": Field(kind=list),
    "shot_type": text(),
}
KLING_3_IMAGE = {**KLING_3, "start_image_url": IMAGE, "end_image_url": text(), "elements": Field(kind=list)}
KLING_4 = {**KLING_3, "duration": _strings(3, 30, default="5")}
KLING_4_IMAGE = {**KLING_3_IMAGE, "duration": _strings(3, 30, default="5")}
SEEDANCE_15 = {
    "prompt": PROMPT,
    "aspect_ratio": choice("16:9", "21:9", "4:3", "1:1", "3:4", "9:16", "auto"),
    "resolution": choice("480p", "720p", "1080p", default="720p"),
    "duration": _strings(4, 12, default="5"),
    "generate_audio": switch(default=True),
    "camera_fixed": switch(default=False),
    "seed": SEED,
    "enable_safety_checker": switch(default=True),
}
SEEDANCE_10 = {
    **{name: rule for name, rule in SEEDANCE_15.items() if name != "generate_audio"},
    "aspect_ratio": choice("16:9", "21:9", "4:3", "1:1", "3:4", "9:16", "9:21", "auto"),
    "duration": _strings(2, 12, default="5"),
    "num_frames": whole(29, 289),
}
SEEDANCE_2 = {
    **SEEDANCE_15,
    "duration": _strings(4, 15, default="5"),
    "resolution": choice("720p", "480p", "1080p", "4k"),
}
HAILUO = {"prompt": PROMPT, "duration": choice("6", "10"), "prompt_optimizer": switch(default=True)}
HAILUO_02_IMAGE = {**HAILUO, "image_url": IMAGE, "end_image_url": text(), "resolution": choice("768P", "512P")}
HAILUO_PRO = {"prompt": PROMPT, "prompt_optimizer": switch(default=True)}
WAN = {
    "prompt": PROMPT,
    "negative_prompt": text(),
    "num_frames": whole(17, 161, default=81),
    "frames_per_second": whole(4, 60, default=16),
    "resolution": choice("720p", "580p", "480p"),
    "aspect_ratio": SQUARE,
    "seed": SEED,
    "num_inference_steps": whole(2, 40, default=27),
    "guidance_scale": number(1, 10, default=3.5),
    "guidance_scale_2": number(1, 10, default=4),
    "shift": number(1, 10, default=5),
    "acceleration": choice("regular", "none"),
    "enable_safety_checker": switch(default=False),
    "enable_output_safety_checker": switch(default=False),
    "enable_prompt_expansion": switch(default=False),
    "interpolator_model": text(),
    "video_quality": text(),
    "video_write_mode": text(),
}
_TURBO = ("prompt", "resolution", "aspect_ratio", "seed", "acceleration", "enable_safety_checker", "video_quality")
WAN_TURBO = {name: WAN[name] for name in _TURBO}
WAN_IMAGE = {"image_url": IMAGE, "end_image_url": text(), "aspect_ratio": choice("auto", "16:9", "9:16", "1:1")}


def _veo(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="veo", maker="Veo", fields=fields, seconds=8, audio=True)


def _kling(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="kling", maker="Kling", fields=fields, resolution="1080p")


def _seedance(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="seedance", maker="Seedance", fields=fields)


def _hailuo(fields: dict[str, Field], *, resolution: str = "768p") -> Spec:
    return Spec(vendor="hailuo", maker="Hailuo", fields=fields, seconds=6, resolution=resolution)


def _wan(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="wan", maker="Wan", fields=fields)


def _with_image(fields: dict[str, Field]) -> dict[str, Field]:
    return {**fields, "image_url": IMAGE, "end_image_url": text()}


ENDPOINTS: dict[str, Spec] = {
    **{f"fal-ai/veo3.1{speed}": _veo(VEO) for speed in ("", "/fast", "/lite")},
    **{f"fal-ai/veo3.1{speed}/image-to-video": _veo(VEO_IMAGE) for speed in ("", "/fast", "/lite")},
    **{f"fal-ai/veo3.1{speed}/first-last-frame-to-video": _veo(VEO_FRAMES) for speed in ("", "/fast", "/lite")},
    **{f"fal-ai/kling-video/v2.5-turbo/{grade}/text-to-video": _kling(KLING_25) for grade in ("pro", "standard")},
    **{
        f"fal-ai/kling-video/v2.5-turbo/{grade}/image-to-video": _kling(KLING_25_IMAGE) for grade in ("pro", "standard")
    },
    "fal-ai/kling-video/v2.6/pro/text-to-video": _kling(KLING_26),
    "fal-ai/kling-video/v2.6/pro/image-to-video": _kling(KLING_26_IMAGE),
    **{f"fal-ai/kling-video/v3/{grade}/text-to-video": _kling(KLING_3) for grade in ("pro", "standard")},
    **{f"fal-ai/kling-video/v3/{grade}/image-to-video": _kling(KLING_3_IMAGE) for grade in ("pro", "standard")},
    **{f"kling/v4/{grade}/text-to-video": _kling(KLING_4) for grade in ("pro", "standard")},
    **{f"kling/v4/{grade}/image-to-video": _kling(KLING_4_IMAGE) for grade in ("pro", "standard")},
    "fal-ai/bytedance/seedance/v1.5/pro/text-to-video": _seedance(SEEDANCE_15),
    "fal-ai/bytedance/seedance/v1.5/pro/image-to-video": _seedance(_with_image(SEEDANCE_15)),
    **{
        f"fal-ai/bytedance/seedance/v1/{size}/text-to-video": _seedance(SEEDANCE_10)
        for size in ("pro", "pro/fast", "lite")
    },
    **{
        f"fal-ai/bytedance/seedance/v1/{size}/image-to-video": _seedance(_with_image(SEEDANCE_10))
        for size in ("pro", "pro/fast", "lite")
    },
    **{f"bytedance/seedance-2.0{speed}/text-to-video": _seedance(SEEDANCE_2) for speed in ("", "/fast")},
    **{f"bytedance/seedance-2.0{speed}/image-to-video": _seedance(_with_image(SEEDANCE_2)) for speed in ("", "/fast")},
    "bytedance/seedance-2.5/text-to-video": _seedance(SEEDANCE_2),
    "bytedance/seedance-2.5/image-to-video": _seedance(_with_image(SEEDANCE_2)),
    **{f"fal-ai/minimax/{model}/standard/text-to-video": _hailuo(HAILUO) for model in ("hailuo-2.3", "hailuo-02")},
    "fal-ai/minimax/hailuo-2.3/standard/image-to-video": _hailuo({**HAILUO, "image_url": IMAGE}),
    "fal-ai/minimax/hailuo-2.3-fast/standard/image-to-video": _hailuo({**HAILUO, "image_url": IMAGE}),
    "fal-ai/minimax/hailuo-02/standard/image-to-video": _hailuo(HAILUO_02_IMAGE),
    "fal-ai/minimax/hailuo-02-fast/image-to-video": _hailuo({**HAILUO, "image_url": IMAGE}, resolution="512p"),
    **{
        f"fal-ai/minimax/{model}/pro/text-to-video": _hailuo(HAILUO_PRO, resolution="1080p")
        for model in ("hailuo-2.3", "hailuo-02")
    },
    **{
        f"fal-ai/minimax/{model}/pro/image-to-video": _hailuo(_with_image(HAILUO_PRO), resolution="1080p")
        for model in ("hailuo-2.3", "hailuo-2.3-fast", "hailuo-02")
    },
    "fal-ai/wan/v2.2-a14b/text-to-video": _wan(WAN),
    "fal-ai/wan/v2.2-a14b/text-to-video/turbo": _wan(WAN_TURBO),
    "fal-ai/wan/v2.2-a14b/image-to-video": _wan({**WAN, **WAN_IMAGE}),
    "fal-ai/wan/v2.2-a14b/image-to-video/turbo": _wan({**WAN_TURBO, **WAN_IMAGE}),
    "fal-ai/wan/v2.2-5b/text-to-video": _wan(WAN),
}
