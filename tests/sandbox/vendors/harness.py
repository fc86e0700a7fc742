"""What the vendors' tests share: a served sandbox, and one small client for each way to reach a vendor."""

import asyncio
import base64
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import av
import httpx
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.vendors import Vendors, asked
from sandbox.world import World

WEBHOOK_SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
State = Literal["waiting", "succeeded", "failed", "refused"]


class Server(uvicorn.Server):
    """uvicorn that says when it is up, and leaves the signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up, self.enough = asyncio.Event(), asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        """Its own looks every tenth of a second whether it is to stop: too slow for hundreds of tests."""
        await self.on_tick(0)
        await self.enough.wait()


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[str]:
    """The application behind a real uvicorn on a port of its own."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    server = Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(5):
        await server.up.wait()
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.enough.set()
        await running


@dataclass(slots=True)
class Clock:
    """Unix time, and what a test has skipped."""

    skipped_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.skipped_s


@dataclass(slots=True, kw_only=True)
class Rig:
    """A served sandbox and a client for it."""

    world: World
    vendors: Vendors
    url: str
    http: httpx.AsyncClient
    clock: Clock

    def asked(self, vendor: str) -> Any:
        return asked(self.vendors)[vendor]

    async def settled(self, see: Callable[[], Any]) -> Any:
        """Ask until the answer is true, for at most five seconds."""
        async with asyncio.timeout(5):
            while True:
                if seen := see():
                    return seen
                await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a poll showed."""

    state: State
    url: str = ""
    data: bytes = b""


class Driver:
    """One way to reach a vendor. `refused` tells how a create says no to content."""

    vendor: str
    mount: str
    seconds: float = 5
    host: str = ""

    def __init__(self, rig: Rig, key: str = "test-key") -> None:
        self.rig = rig
        self.base = f"{rig.url}/vendors/{self.mount}"
        self.key = key

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"} if self.key else {}

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        raise NotImplementedError

    def task_id(self, response: httpx.Response) -> str:
        raise NotImplementedError

    async def ask(self, task_id: str) -> httpx.Response:
        raise NotImplementedError

    async def read(self, body: Any) -> Seen:
        raise NotImplementedError

    def error(self, response: httpx.Response) -> Any:
        """The vendor's own code for what went wrong."""
        raise NotImplementedError

    async def start(self, prompt: str = "a red fox") -> str:
        response = await self.submit(prompt)
        assert response.status_code == 200, response.text
        return self.task_id(response)

    async def start_with(self, **extra: Any) -> str:
        response = await self.submit("a red fox", **extra)
        assert response.status_code == 200, response.text
        return self.task_id(response)

    async def poll(self, task_id: str) -> Seen:
        response = await self.ask(task_id)
        assert response.status_code == 200, response.text
        return await self.read(response.json())

    async def finish(self, task_id: str) -> Seen:
        async with asyncio.timeout(10):
            while True:
                if (seen := await self.poll(task_id)).state != "waiting":
                    return seen
                await asyncio.sleep(0.01)

    async def download(self, seen: Seen) -> bytes:
        if seen.data:
            return seen.data
        response = await self.rig.http.get(seen.url, headers=self.download_headers)
        assert response.status_code == 200, response.text
        assert int(response.headers["content-length"]) == len(response.content)
        return response.content

    @property
    def download_headers(self) -> dict[str, str]:
        return {}


class VeoGemini(Driver):
    vendor, mount, seconds = "veo", "google", 8
    model = "veo-3.1-generate-preview"

    @property
    def headers(self) -> dict[str, str]:
        return {"x-goog-api-key": self.key}

    @property
    def download_headers(self) -> dict[str, str]:
        return self.headers

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        body = {"instances": [{"prompt": prompt}], "parameters": {"durationSeconds": 8, **extra}}
        return await self.post(body)

    async def post(self, body: Any) -> httpx.Response:
        url = f"{self.base}/v1beta/models/{self.model}:predictLongRunning"
        return await self.rig.http.post(url, json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["name"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{self.base}/v1beta/{task_id}", headers=self.headers)

    async def read(self, body: Any) -> Seen:
        if not body.get("done"):
            return Seen(state="waiting")
        if error := body.get("error"):
            return Seen(state="refused" if error["code"] == 3 else "failed")
        answer = body["response"]["generateVideoResponse"]
        if answer.get("raiMediaFilteredCount"):
            return Seen(state="refused")
        return Seen(state="succeeded", url=answer["generatedSamples"][0]["video"]["uri"])

    def error(self, response: httpx.Response) -> Any:
        return response.json()["error"]["status"]


class VeoVertex(Driver):
    vendor, mount, seconds = "veo", "google", 8
    model = "veo-3.1-generate-001"

    @property
    def path(self) -> str:
        return f"{self.base}/v1/projects/p/locations/us-central1/publishers/google/models/{self.model}"

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        body = {"instances": [{"prompt": prompt}], "parameters": {"generateAudio": False, **extra}}
        return await self.rig.http.post(f"{self.path}:predictLongRunning", json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["name"])

    async def ask(self, task_id: str) -> httpx.Response:
        body = {"operationName": task_id}
        return await self.rig.http.post(f"{self.path}:fetchPredictOperation", json=body, headers=self.headers)

    async def read(self, body: Any) -> Seen:
        if not body.get("done"):
            return Seen(state="waiting")
        if error := body.get("error"):
            return Seen(state="refused" if error["code"] == 3 else "failed")
        if body["response"]["raiMediaFilteredCount"]:
            return Seen(state="refused")
        return Seen(state="succeeded", data=base64.b64decode(body["response"]["videos"][0]["bytesBase64Encoded"]))

    def error(self, response: httpx.Response) -> Any:
        return response.json()["error"]["status"]


class VeoOmni(Driver):
    vendor, mount, seconds = "veo", "google", 6

    @property
    def headers(self) -> dict[str, str]:
        return {"x-goog-api-key": self.key}

    @property
    def download_headers(self) -> dict[str, str]:
        return self.headers

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        body = {
            "model": "gemini-omni-1.1-flash",
            "input": prompt,
            "background": True,
            "response_format": {"type": "video", "duration": "6s", "delivery": "uri", **extra},
        }
        return await self.post(body)

    async def post(self, body: Any) -> httpx.Response:
        return await self.rig.http.post(f"{self.base}/v1/interactions", json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["id"])

    async def ask(self, task_id: str) -> httpx.Response:
        url = f"{self.base}/v1/interactions/{task_id}?stream=false"
        return await self.rig.http.get(url, headers=self.headers)

    async def read(self, body: Any) -> Seen:
        match body["status"]:
            case "queued" | "in_progress":
                return Seen(state="waiting")
            case "completed":
                content = body["steps"][0]["content"][0]
                if content["type"] == "text":
                    return Seen(state="refused")
                return Seen(state="succeeded", url=content["uri"])
            case _:
                return Seen(state="failed")

    def error(self, response: httpx.Response) -> Any:
        body = response.json()
        return (body[0] if isinstance(body, list) else body)["error"]["status"]


class Kling(Driver):
    vendor, mount = "kling", "kling"

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        return await self.post({"prompt": prompt, **extra})

    async def post(self, body: Any, path: str = "text-to-video/kling-3.0") -> httpx.Response:
        return await self.rig.http.post(f"{self.base}/{path}", json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        assert response.json()["code"] == 0
        return str(response.json()["data"]["id"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{self.base}/tasks?task_ids={task_id}", headers=self.headers)

    async def read(self, body: Any) -> Seen:
        (task,) = body["data"]
        match task["status"]:
            case "submitted" | "processing":
                return Seen(state="waiting")
            case "succeeded":
                return Seen(state="succeeded", url=task["outputs"][0]["url"])
            case _:
                return Seen(state="refused" if "risk control" in task["message"] else "failed")

    def error(self, response: httpx.Response) -> Any:
        return response.json()["code"]


class KlingLegacy(Kling):
    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        return await self.post({"model_name": "kling-v3", "prompt": prompt, **extra}, "v1/videos/text2video")

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["data"]["task_id"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{self.base}/v1/videos/text2video/{task_id}", headers=self.headers)

    async def read(self, body: Any) -> Seen:
        task = body["data"]
        match task["task_status"]:
            case "submitted" | "processing":
                return Seen(state="waiting")
            case "succeed":
                return Seen(state="succeeded", url=task["task_result"]["videos"][0]["url"])
            case _:
                return Seen(state="refused" if "risk control" in task["task_status_msg"] else "failed")


class Ark(Driver):
    vendor, mount = "seedance", "ark"
    model = "seedance-1-5-pro-251215"

    @property
    def tasks(self) -> str:
        return f"{self.base}/api/v3/contents/generations/tasks"

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        return await self.post({"model": self.model, "content": [{"type": "text", "text": prompt}], **extra})

    async def post(self, body: Any) -> httpx.Response:
        return await self.rig.http.post(self.tasks, json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["id"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{self.tasks}/{task_id}", headers=self.headers)

    async def read(self, body: Any) -> Seen:
        match body["status"]:
            case "queued" | "running":
                return Seen(state="waiting")
            case "succeeded":
                return Seen(state="succeeded", url=body["content"]["video_url"])
            case _:
                return Seen(state="refused" if "Sensitive" in body["error"]["code"] else "failed")

    def error(self, response: httpx.Response) -> Any:
        return response.json()["error"]["code"]


class MiniMax(Driver):
    vendor, mount, seconds = "hailuo", "minimax", 6
    model = "MiniMax-Hailuo-2.3"

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        return await self.post({"model": self.model, "prompt": prompt, **extra})

    async def post(self, body: Any) -> httpx.Response:
        return await self.rig.http.post(f"{self.base}/v1/video_generation", json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        assert response.json()["base_resp"]["status_code"] == 0, response.text
        return str(response.json()["task_id"])

    async def ask(self, task_id: str) -> httpx.Response:
        url = f"{self.base}/v1/query/video_generation?task_id={task_id}"
        return await self.rig.http.get(url, headers=self.headers)

    async def read(self, body: Any) -> Seen:
        match body["status"]:
            case "Preparing" | "Queueing" | "Processing":
                return Seen(state="waiting")
            case "Success":
                url = f"{self.base}/v1/files/retrieve?file_id={body['file_id']}"
                file = (await self.rig.http.get(url, headers=self.headers)).json()["file"]
                return Seen(state="succeeded", url=file["download_url"])
            case _:
                return Seen(state="refused" if body["base_resp"]["status_code"] == 1027 else "failed")

    def error(self, response: httpx.Response) -> Any:
        return response.json()["base_resp"]["status_code"]


class MiniMaxV2(Driver):
    vendor, mount, seconds = "hailuo", "minimax", 5

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        body = {"model": "MiniMax-H3", "content": [{"type": "text", "text": prompt}], **extra}
        return await self.rig.http.post(f"{self.base}/v2/video_generation", json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["id"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{self.base}/v2/query/video_generation/{task_id}", headers=self.headers)

    async def read(self, body: Any) -> Seen:
        match body["status"]:
            case "queued" | "running":
                return Seen(state="waiting")
            case "succeeded":
                return Seen(state="succeeded", url=body["content"]["video_url"])
            case _:
                return Seen(state="refused" if body["error"]["code"] == "1027" else "failed")

    def error(self, response: httpx.Response) -> Any:
        return int(response.json()["error"]["code"])


class DashScope(Driver):
    vendor, mount = "wan", "dashscope"
    model = "wan2.2-t2v-plus"

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "x-dashscope-async": "enable"}

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        return await self.post({"model": self.model, "input": {"prompt": prompt}, "parameters": extra})

    async def post(self, body: Any, path: str = "video-generation") -> httpx.Response:
        url = f"{self.base}/api/v1/services/aigc/{path}/video-synthesis"
        return await self.rig.http.post(url, json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["output"]["task_id"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{self.base}/api/v1/tasks/{task_id}", headers=self.headers)

    async def read(self, body: Any) -> Seen:
        match body["output"]["task_status"]:
            case "PENDING" | "RUNNING" | "SUSPENDED":
                return Seen(state="waiting")
            case "SUCCEEDED":
                return Seen(state="succeeded", url=body["output"]["video_url"])
            case _:
                refused = body["output"].get("code") == "DataInspectionFailed"
                return Seen(state="refused" if refused else "failed")

    def error(self, response: httpx.Response) -> Any:
        return response.json()["code"]


DRIVERS: tuple[type[Driver], ...] = (
    VeoGemini,
    VeoVertex,
    VeoOmni,
    Kling,
    KlingLegacy,
    Ark,
    MiniMax,
    MiniMaxV2,
    DashScope,
)
SUCCESSORS = (VeoOmni, MiniMaxV2)
"""Drivers whose model trouble `gone` spares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """What a clip is, looked at from outside."""

    codec: str
    seconds: float
    size: tuple[int, int]
    frames: int
    audio: str
    pictures: list[Image.Image]


def look(data: bytes) -> Video:
    """Decode a clip; gives three of its frames: the first, one in the middle, the last."""
    with av.open(io.BytesIO(data), "r") as container:
        video = container.streams.video[0]
        audio = container.streams.audio[0].codec_context.name if container.streams.audio else ""
        frames = [frame.to_image() for frame in container.decode(video)]
        return Video(
            codec=video.codec_context.name,
            seconds=float((video.duration or 0) * (video.time_base or 0)),
            size=(video.width, video.height),
            frames=len(frames),
            audio=audio,
            pictures=[frames[0], frames[len(frames) // 2], frames[-1]],
        )


def picture(colour: str = "red", size: tuple[int, int] = (640, 480), kind: str = "PNG") -> bytes:
    """An encoded picture of one colour."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, kind)
    return data.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data_uri(data: bytes) -> str:
    return f"data:image/png;base64,{base64_of(data)}"


@dataclass(slots=True, kw_only=True)
class Heard:
    """One request that a listener got."""

    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Ear:
    """Listens for callbacks. `answers` are the statuses of the next answers (then 200); it echoes challenges."""

    url: str
    heard: list[Heard]
    answers: list[int]
    echo: bool = True


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """A server that hears callbacks at any path."""
    ear = Ear(url="", heard=[], answers=[])

    async def hear(request: Request) -> Response:
        body = await request.body()
        ear.heard.append(Heard(body=body, headers=dict(request.headers)))
        status = ear.answers.pop(0) if ear.answers else 200
        challenge = json.loads(body).get("challenge")
        return JSONResponse({"challenge": challenge} if challenge and ear.echo else {}, status_code=status)

    async with serve(Starlette(routes=[Route("/{path:path}", hear, methods=["POST"])])) as url:
        ear.url = f"{url}/hook"
        yield ear


class Fal(Driver):
    """One endpoint of fal for each of the five; this one is Kling's."""

    vendor, mount, host = "kling", "fal", "fal"
    endpoint = "fal-ai/kling-video/v2.6/pro/text-to-video"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Key {self.key}"} if self.key else {}

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        url = f"{self.base}/{self.endpoint}"
        return await self.rig.http.post(url, json={"prompt": prompt, **extra}, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["response_url"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{task_id}/status", headers=self.headers)

    async def result(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(task_id, headers=self.headers)

    async def poll(self, task_id: str) -> Seen:
        status = await self.ask(task_id)
        assert status.status_code in {200, 202}, status.text
        if status.json()["status"] != "COMPLETED":
            return Seen(state="waiting")
        result = await self.result(task_id)
        if result.status_code == 200:
            return Seen(state="succeeded", url=result.json()["video"]["url"])
        refused = "content_policy_violation" in result.text or "safety" in result.text
        return Seen(state="refused" if refused else "failed")

    def error(self, response: httpx.Response) -> Any:
        return None if response.status_code == 200 else response.status_code


class Replicate(Driver):
    vendor, mount, host, seconds = "hailuo", "replicate", "replicate", 6
    model = "minimax/hailuo-2.3"

    async def submit(self, prompt: str = "a red fox", **extra: Any) -> httpx.Response:
        return await self.post({"input": {"prompt": prompt, **extra}})

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        url = f"{self.base}/v1/models/{self.model}/predictions"
        return await self.rig.http.post(url, json=body, headers={**self.headers, **headers})

    async def start(self, prompt: str = "a red fox") -> str:
        return await self.start_with(prompt=prompt)

    async def start_with(self, **extra: Any) -> str:
        response = await self.submit(**extra)
        assert response.status_code == 201, response.text
        return self.task_id(response)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["urls"]["get"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(task_id, headers=self.headers)

    async def read(self, body: Any) -> Seen:
        match body["status"]:
            case "starting" | "processing":
                return Seen(state="waiting")
            case "succeeded":
                return Seen(state="succeeded", url=body["output"])
            case _:
                return Seen(state="refused" if "E005" in (body["error"] or "") else "failed")

    def error(self, response: httpx.Response) -> Any:
        return None if response.status_code == 201 else response.status_code


AGGREGATORS: tuple[type[Driver], ...] = (Fal, Replicate)
