"""A small client for each aggregator."""

from typing import Any

import httpx

from tests.sandbox.vendors.driver import Driver, Seen


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
