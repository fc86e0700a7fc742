"""Whatever is posted, a vendor answers in its own words: nothing in here may raise."""

import copy
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from sandbox.vendors import Vendors, vendor_mounts
from sandbox.vendors.callbacks import tls
from sandbox.world import World
from tests.sandbox.vendors.harness import data_uri, picture

FRAME = data_uri(picture())
BARE = FRAME.partition(",")[2]
MEDIA = {"bytesBase64Encoded": BARE, "mimeType": "image/png"}
VEO = {
    "instances": [{"prompt": "x", "image": MEDIA, "lastFrame": MEDIA}],
    "parameters": {"durationSeconds": 8, "aspectRatio": "16:9", "resolution": "720p", "sampleCount": 1, "seed": 1},
}
OMNI = {
    "model": "gemini-omni-1.1-flash",
    "input": [{"type": "user_input", "content": [{"type": "text", "text": "x"}]}],
    "background": True,
    "response_format": {"type": "video", "duration": "6s", "delivery": "uri"},
    "labels": {"a": "b"},
}
KLING = {"prompt": "x", "settings": {"duration": 5, "audio": "off"}, "options": {"external_task_id": "e"}}
KLING_IMAGE = {"contents": [{"type": "prompt", "text": "x"}, {"type": "first_frame", "url": BARE}], "settings": {}}
KLING_LEGACY = {"model_name": "kling-v3", "prompt": "x", "duration": "5", "multi_prompt": [], "cfg_scale": 0.5}
ARK = {
    "model": "seedance-1-5-pro-251215",
    "content": [
        {"type": "text", "text": "x --dur 5"},
        {"type": "image_url", "image_url": {"url": FRAME}, "role": "first_frame"},
    ],
    "duration": 5,
    "ratio": "adaptive",
}
MINIMAX = {"model": "MiniMax-Hailuo-02", "prompt": "x", "first_frame_image": FRAME, "duration": 6, "resolution": "768P"}
MINIMAX_2 = {"model": "MiniMax-H3", "content": [{"type": "text", "text": "x"}], "duration": 5, "ratio": "16:9"}
WAN = {"model": "wan2.2-i2v-plus", "input": {"prompt": "x", "img_url": FRAME}, "parameters": {"resolution": "480P"}}
FAL = {"prompt": "x", "image_url": FRAME, "duration": "5", "seed": 4, "cfg_scale": 0.5}
REPLICATE = {"input": {"prompt": "x", "duration": 6}, "webhook_events_filter": ["completed"]}
FLOWS = [
    ("google/v1beta/models/veo-3.1-generate-preview:predictLongRunning", VEO),
    ("google/v1/projects/p/locations/l/publishers/google/models/veo-3.1-generate-001:predictLongRunning", VEO),
    ("google/v1/interactions", OMNI),
    ("kling/text-to-video/kling-3.0", KLING),
    ("kling/image-to-video/kling-3.0", KLING_IMAGE),
    ("kling/v1/videos/text2video", KLING_LEGACY),
    ("kling/tasks", {"limit": 5, "filters": [{"key": "status", "values": ["failed"]}]}),
    ("ark/api/v3/contents/generations/tasks", ARK),
    ("minimax/v1/video_generation", MINIMAX),
    ("minimax/v2/video_generation", MINIMAX_2),
    ("dashscope/api/v1/services/aigc/video-generation/video-synthesis", WAN),
    ("fal/fal-ai/kling-video/v2.5-turbo/pro/image-to-video", FAL),
    ("replicate/v1/models/minimax/hailuo-2.3/predictions", REPLICATE),
]
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    2**70,
    "",
    "x" * 5000,
    "\x00",
    "9:0",
    "0s",
    [],
    {},
    [[]],
    {"a": {}},
    ["x"],
    FRAME,
)
KEYS = ("k", "poor-k", "")


def mutated(body: Any, dice: random.Random) -> Any:
    """The body with one to three things in it removed, replaced or added."""
    body = copy.deepcopy(body)
    for _ in range(dice.randint(1, 3)):
        place = body
        for _ in range(dice.randint(0, 3)):
            inner = [
                v for v in (place.values() if isinstance(place, dict) else place) if isinstance(v, dict | list) and v
            ]
            if not inner:
                break
            place = dice.choice(inner)
        if not place:
            continue
        key = dice.choice(list(place) if isinstance(place, dict) else range(len(place)))
        match dice.randrange(3):
            case 0:
                del place[key]
            case 1:
                place[key] = copy.deepcopy(dice.choice(ODD))
            case _ if isinstance(place, dict):
                place[dice.choice(("nonsense", "seed", "prompt", "image"))] = copy.deepcopy(dice.choice(ODD))
            case _:
                place.append(copy.deepcopy(dice.choice(ODD)))
    return body


@pytest_asyncio.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that raises what the application raises."""
    vendors = Vendors(World(home=tmp_path, base_url="http://sandbox", factor=2000, seed=1))
    transport = httpx.ASGITransport(Starlette(routes=vendor_mounts(vendors)))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox/vendors/", verify=tls()) as client:
        yield client
    await vendors.close()


@pytest.mark.parametrize(("path", "body"), FLOWS)
async def test_no_body_breaks_a_vendor(http: httpx.AsyncClient, path: str, body: Any) -> None:
    dice = random.Random(path)
    answered = set()
    for number in range(120):
        key = KEYS[0] if number % 10 else dice.choice(KEYS)
        word = "Key" if path.startswith("fal/") else "Bearer"
        headers = {"x-dashscope-async": "enable", "authorization": f"{word} {key}", "x-goog-api-key": key}
        response = await http.post(path, json=mutated(body, dice), headers=headers)
        assert response.status_code < 500, response.text
        answered.add(response.status_code)
        if response.headers.get("content-type", "").endswith("json"):
            assert response.json() is not None
    assert len(answered) > 1 or "minimax/v1" in path  # some were taken and some refused


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"x"', b"null", b"{" * 5000, b'{"a":' * 3000])
@pytest.mark.parametrize("path", [path for path, _ in FLOWS])
async def test_what_is_no_json_object_is_refused(http: httpx.AsyncClient, path: str, body: bytes) -> None:
    word = "Key" if path.startswith("fal/") else "Bearer"
    headers = {"x-dashscope-async": "enable", "authorization": f"{word} k", "x-goog-api-key": "k"}
    response = await http.post(path, content=body, headers=headers)
    assert response.status_code in {200, 400, 422}
    if response.status_code == 200:  # MiniMax
        assert response.json()["base_resp"]["status_code"] == 2013


@pytest.mark.parametrize("mount", ["google", "kling", "ark", "minimax", "dashscope", "fal", "replicate"])
async def test_no_path_or_query_breaks_a_vendor(http: httpx.AsyncClient, mount: str) -> None:
    paths = (
        "tasks?task_ids=,,&external_task_ids=",
        "v1/files/retrieve?file_id=x",
        "api/v1/tasks?page_no=x",
        "api/v3/contents/generations/tasks?page_size=0",
        "cdn/x.mp4?Expires=9999999999&Signature=%C3%A9",
        "v1/predictions?cursor=-1",
        "v1/models/requests/by-endpoint?endpoint_id=x&start=y",
        "v1beta/files/:download?alt=media",
        "storage/v1/b//o/?alt=media",
        "a/b/requests/c/status",
        "%00/%ff",
        "v1/query/video_generation?task_id=%00",
    )
    headers = {"authorization": f"{'Key' if mount == 'fal' else 'Bearer'} k", "x-goog-api-key": "k"}
    for path in paths:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            response = await http.request(method, f"{mount}/{path}", headers=headers)
            assert response.status_code < 500
