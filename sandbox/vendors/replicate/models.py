"""Replicate's official video models and their inputs (checked 2026-11-22). Durations are whole numbers."""

from sandbox.vendors.inputs import Field, Spec, choice, switch, text, whole

PROMPT = text(required=True)
SEED = whole()

VEO = {
    "prompt": PROMPT,
    "duration": choice(4, 6, 8, default=8),
    "aspect_ratio": choice("16:9", "9:16"),
    "resolution": choice("720p", "1080p", default="1080p"),
    "generate_audio": switch(default=True),
    "image": text(),
    "last_frame": text(),
    "negative_prompt": text(),
    "seed": SEED,
}
VEO_FULL = {**VEO, "reference_images": Field(kind=list)}
KLING = {
    "prompt": PROMPT,
    "duration": choice(5, 10),
    "aspect_ratio": choice("16:9", "9:16", "1:1"),
    "start_image": text(),
    "image": text(),
    "negative_prompt": text(),
}
SEEDANCE_15 = {
    "prompt": PROMPT,
    "image": text(),
    "last_frame_image": text(),
    "duration": whole(2, 12, default=5),
    "aspect_ratio": choice("16:9", "9:16", "4:3", "3:4", "1:1", "21:9", "9:21"),
    "resolution": choice("720p", "480p", "1080p"),
    "fps": choice(24),
    "camera_fixed": switch(default=False),
    "generate_audio": switch(default=False),
    "seed": SEED,
}
SEEDANCE_10 = {name: rule for name, rule in SEEDANCE_15.items() if name != "generate_audio"}
SEEDANCE_2 = {**SEEDANCE_15, "duration": whole(4, 15, default=5), "generate_audio": switch(default=True)}
KLING_3 = {
    "prompt": PROMPT,
    "negative_prompt": text(),
    "mode": choice("pro", "standard", "4k"),
    "duration": whole(3, 15, default=5),
    "aspect_ratio": choice("16:9", "9:16", "1:1"),
    "generate_audio": switch(default=False),
    "start_image": text(),
    "end_image": text(),
}
HAILUO_23 = {
    "prompt": PROMPT,
    "first_frame_image": text(),
    "duration": choice(6, 10),
    "resolution": choice("768p", "1080p"),
    "prompt_optimizer": switch(default=True),
}
HAILUO_02 = {**HAILUO_23, "last_frame_image": text(), "resolution": choice("768p", "512p", "1080p")}
WAN = {
    "prompt": PROMPT,
    "num_frames": whole(81, 121, default=81),
    "frames_per_second": whole(5, 30, default=16),
    "resolution": choice("480p", "720p"),
    "aspect_ratio": choice("16:9", "9:16"),
    "seed": SEED,
}
WAN_IMAGE = {**WAN, "image": text(required=True)}


def _veo(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="veo", maker="Veo", fields=fields, seconds=8, audio=True)


def _kling() -> Spec:
    return Spec(vendor="kling", maker="Kling", fields=KLING, resolution="1080p")


def _seedance(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="seedance", maker="Seedance", fields=fields)


def _hailuo(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="hailuo", maker="Hailuo", fields=fields, seconds=6, resolution="768p")


def _wan(fields: dict[str, Field]) -> Spec:
    return Spec(vendor="wan", maker="Wan", fields=fields, resolution="480p")


MODELS: dict[str, Spec] = {
    "google/veo-3.1": _veo(VEO_FULL),
    "google/veo-3.1-fast": _veo(VEO),
    "google/veo-3": _veo(VEO),
    "kwaivgi/kling-v2.1": _kling(),
    "kwaivgi/kling-v2.5-turbo-pro": _kling(),
    "kwaivgi/kling-v2.6": _kling(),  # unconfirmed
    "kwaivgi/kling-v3-video": Spec(vendor="kling", maker="Kling", fields=KLING_3, resolution="1080p"),
    "bytedance/seedance-1.5-pro": _seedance(SEEDANCE_15),
    "bytedance/seedance-1-pro": _seedance(SEEDANCE_10),
    "bytedance/seedance-1-pro-fast": _seedance(SEEDANCE_10),
    "bytedance/seedance-1-lite": _seedance(SEEDANCE_10),
    "bytedance/seedance-2.0": _seedance(SEEDANCE_2),
    "bytedance/seedance-2.0-fast": _seedance(SEEDANCE_2),
    "minimax/hailuo-2.3": _hailuo(HAILUO_23),
    "minimax/hailuo-2.3-fast": _hailuo(HAILUO_23),
    "minimax/hailuo-02": _hailuo(HAILUO_02),
    "minimax/hailuo-02-fast": _hailuo(HAILUO_02),
    "minimax/video-01": _hailuo(HAILUO_23),
    "wan-video/wan-2.2-t2v-fast": _wan(WAN),
    "wan-video/wan-2.2-i2v-fast": _wan(WAN_IMAGE),
    "wan-video/wan-2.2-i2v-a14b": _wan(WAN_IMAGE),
}
SUCCESSORS = ("bytedance/seedance-2",)
"""Models that trouble `gone` spares."""
