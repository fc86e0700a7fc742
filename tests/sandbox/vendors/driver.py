"""What every small client of a vendor can do: submit, poll until the end, download."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from tests.patience import PATIENCE_S
from tests.sandbox.vendors.harness import Rig

State = Literal["waiting", "succeeded", "failed", "refused"]


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
        async with asyncio.timeout(PATIENCE_S):
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
