"""Veo 3.1 through Vertex AI, with the codec of `veo`.

Facts of 2026-11-22: access tokens, polls by POST, sound by choice, and the video either in a bucket of the operator's
(`storage_uri`) or inside the answer as base64. Google lists the models as retiring on 2026-11-17 or later.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from core.domain.errors import ErrorClass, TryLater, WontWork
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.tiers import VEO
from core.http.client import MIB, HttpSettings, read_bounded
from core.http.download import fetch, origin
from core.http.responses import Answer, Call, lost
from core.ports import Poll, RouteFacts, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig
from core.providers.google import NOBODYS, Tokens, error_of, let_in, service_account
from core.providers.inline import Garbled, Sieve
from core.providers.veo import instance, parameters, polled, started

DEFAULTS = RouteConfig(
    model="veo-3.1-generate-001",
    submits_per_min=50,
    extra={"location": "us-central1", "storage_url": "https://storage.googleapis.com"},
)


def base_url_of(location: str) -> str:
    region = "" if location == "global" else f"{location}-"
    return f"https://{region}aiplatform.googleapis.com"


async def fetch_object(route: Adapter, url: str, *, key: dict[str, str], to: Path) -> None:
    """Fetch a file from a bucket of the operator's: the key is sent to the store and nowhere else."""
    store = route.config.extra["storage_url"].rstrip("/")
    if url.startswith("gs://"):
        url = f"{store}/{quote(url.removeprefix('gs://'))}"
    await fetch(route.http, url, to=to, allow_private=route.config.allow_private, trusted={origin(store): key})


class VeoVertex(Adapter):
    """The Vertex dialect. The key is a service account's JSON or an access token; `project` is needed with it."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        extra = config.extra
        config = replace(config, base_url=config.base_url or base_url_of(extra["location"]))
        facts = RouteFacts(
            key=RouteKey("veo.vertex"),
            provider=VEO,
            model=config.model or "",
            configured=bool(config.api_key and extra.get("project")),
            can_cancel=False,
            can_find=False,
            has_callbacks=False,
            usual_s=75.0,
            check_lacks="Google has no free read: it was asked for a task that is not there, and let the key in",
        )
        super().__init__(facts, config, wiring)
        self._tokens = Tokens(secret=service_account(self.key), wiring=wiring, token_url=extra.get("token_url", ""))
        self._home = f"projects/{extra.get('project', '')}/locations/{extra['location']}/publishers/google/models"

    async def submit(self, job: VideoJob) -> str:
        asked = parameters(job) | {"generateAudio": job.fitted.audio}
        if job.seed is not None:
            asked["seed"] = job.seed % 2**32
        if storage_uri := self.config.extra.get("storage_uri"):
            asked["storageUri"] = storage_uri
        body = {"instances": [instance(job)], "parameters": asked}
        return started(await self._call(Call.SUBMIT, f"/v1/{self._home}/{self.model}:predictLongRunning", body))

    async def _call(self, call: Call, path: str, body: object) -> Answer:
        answer = await self.http.call(call, "POST", path, headers=await self._tokens.bearer(call), body=body)
        if answer.status == 401:
            self._tokens.forget()
            answer = await self.http.call(call, "POST", path, headers=await self._tokens.bearer(call), body=body)
        return answer

    def _fetching(self, operation: str) -> tuple[str, dict[str, str]]:
        """The address to poll an operation at: the model that it was started with, which is in its name."""
        model, found, _ = operation.partition("/operations/")
        home = model if found and "/models/" in model else f"{self._home}/{self.model}"
        return f"/v1/{home}:fetchPredictOperation", {"operationName": operation}

    async def poll(self, task_id: str) -> Poll:
        """Poll an operation. A video in the answer is read only up to its first bytes, which prove that it is there."""
        path, body = self._fetching(task_id)
        headers = await self._tokens.bearer(Call.ASK)
        sieve = Sieve(document_max=self.http.wiring.answer_bytes_max)
        async with self.http.exchange(Call.ASK, "POST", path, headers=headers, body=body) as response:
            if response.status_code == 401:
                self._tokens.forget()
            try:
                async for chunk in response.aiter_bytes():
                    if sieve.feed(chunk) and response.status_code == 200:
                        return TaskSucceeded(clip=RemoteClip(url=None))
                sieve.close()
            except Garbled as error:
                raise lost(Call.ASK, f"HTTP {response.status_code}: {error}") from error
            return polled(self.http.answer(Call.ASK, response, bytes(sieve.document)))

    async def check(self) -> None:
        """Ask for an operation that does not exist: only a valid key gets this answer. Vertex has no free read."""
        path, _ = self._fetching("")
        operation = f"{self._home}/{self.model}/operations/{NOBODYS}"
        let_in(await self._call(Call.CHECK, path, {"operationName": operation}))

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        if clip.url is None:
            await self._inline(task_id, to)
            return
        await fetch_object(self, clip.url, key=await self._tokens.bearer(Call.ASK), to=to)

    async def _inline(self, task_id: str, to: Path) -> None:
        """Ask for the operation again and decode the video from the stream. After a break it starts over later."""
        wiring = self.http.wiring
        path, body = self._fetching(task_id)
        headers = await self._tokens.bearer(Call.ASK)
        sieve = Sieve(document_max=wiring.answer_bytes_max)
        size = 0
        with to.open("wb") as file:
            exchange = self.http.exchange(Call.ASK, "POST", path, headers=headers, body=body, total_s=wiring.download_s)
            async with exchange as response:
                if response.status_code != 200:
                    document = await read_bounded(Call.ASK, response, wiring.answer_bytes_max)
                    raise error_of(self.http.answer(Call.ASK, response, document))
                try:
                    async for chunk in response.aiter_bytes(MIB):
                        video = sieve.feed(chunk)
                        size += len(video)
                        if size > wiring.download_bytes_max:
                            raise WontWork(ErrorClass.TRANSIENT_SERVER, "the video is larger than we take")
                        await asyncio.to_thread(file.write, video)
                    sieve.close()
                except Garbled as error:
                    raise TryLater(ErrorClass.TRANSIENT_SERVER, str(error)) from error
        if not size:
            raise WontWork(ErrorClass.TASK_GONE, "the operation no longer holds a video")
