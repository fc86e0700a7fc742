"""A small client for each of Google's dialects."""

import base64
from typing import Any

import httpx

from tests.sandbox.vendors.driver import Driver, Seen


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
