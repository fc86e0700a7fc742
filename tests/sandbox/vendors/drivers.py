"""A small client for each way to reach a vendor."""

from typing import Any

import httpx

from tests.sandbox.vendors.driver import Driver, Seen
from tests.sandbox.vendors.drivers_aggregators import Fal, Replicate
from tests.sandbox.vendors.drivers_google import VeoGemini, VeoOmni, VeoVertex


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
        content = [{"type": "text", "text": prompt}]
        body = {"model": "MiniMax-H3", "content": content, "ratio": "16:9", **extra}
        return await self.rig.http.post(f"{self.base}/v2/video_generation", json=body, headers=self.headers)

    def task_id(self, response: httpx.Response) -> str:
        return str(response.json()["task_id"])

    async def ask(self, task_id: str) -> httpx.Response:
        return await self.rig.http.get(f"{self.base}/v2/query/video_generation/{task_id}", headers=self.headers)

    async def read(self, body: Any) -> Seen:
        task = body["task"]
        match task["status"]:
            case "queued" | "running":
                return Seen(state="waiting")
            case "succeeded":
                return Seen(state="succeeded", url=task["content"]["url"])
            case _:
                return Seen(state="refused" if task["error"]["code"] == "1027" else "failed")

    def error(self, response: httpx.Response) -> Any:
        return int(response.json()["error"]["message"].rpartition("(")[2].rstrip(")"))


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
AGGREGATORS: tuple[type[Driver], ...] = (Fal, Replicate)
SUCCESSORS = (VeoOmni, MiniMaxV2)
"""Drivers whose model trouble `gone` spares."""
