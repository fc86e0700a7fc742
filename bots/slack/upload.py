"""Puts a video into a Slack thread: three steps, of which the last may be taken once only.

What each step must not forget is handed out before the next one, so that a worker that takes over finds the share
instead of making a second one. The SDK's own helper reads the whole file into memory and forgets everything.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack import render
from bots.slack.errors import told, translated
from bots.slack.places import Place
from core.ports import ChatUnclear, LocalClip, UploadFailed
from core.replies.chat.card import Card

SHARE_LOOKS = 8
SHARE_PAUSE_S = 0.25
_CHUNK = 1 << 20


class Upload:
    """One video's way into one thread.

    Args:
        pause_s: before the second look for the share; it grows with each look.
    """

    def __init__(
        self, web: AsyncWebClient, http: httpx.AsyncClient, where: Place, *, pause_s: float = SHARE_PAUSE_S
    ) -> None:
        self._web = web
        self._http = http
        self._where = where
        self._pause_s = pause_s

    async def steps(self, clip: LocalClip, card: Card, *, memory: dict[str, str]) -> AsyncIterator[dict[str, str]]:
        """Yield what to remember before each step; the last one has "message"."""
        if memory.get("stage") == "completing" and (ts := await self._share(memory["file"])):
            yield {**memory, "message": ts}
            return
        async with translated():
            answer = await self._web.files_getUploadURLExternal(filename=clip.filename, length=clip.size)
            known = {"file": str(told(answer, "file_id")), "stage": "sending"}
            address = str(told(answer, "upload_url"))
        yield known
        await _send(self._http, address, clip.path)
        known = {**known, "stage": "completing"}
        yield known
        async with translated():
            await self._web.files_completeUploadExternal(
                files=[{"id": known["file"], "title": clip.filename}],
                channel_id=self._where.channel,
                thread_ts=self._where.ts,
                blocks=json.dumps(render.blocks(card)),
            )
        ts = await self._share(known["file"])
        if ts is None:
            raise ChatUnclear("the file was taken, but is shared nowhere")
        yield {**known, "message": ts}

    async def _share(self, file: str) -> str | None:
        """The ts of the message that shows the file; it appears a little after the upload is complete."""
        for look in range(SHARE_LOOKS):
            found = await _info(self._web, file)
            if found is None:
                return None
            for kind in ("public", "private"):
                shares = found.get("shares", {}).get(kind, {}).get(self._where.channel, [])
                if shares:
                    return str(shares[0]["ts"])
            await asyncio.sleep(self._pause_s * (look + 1))
        return None


async def _send(http: httpx.AsyncClient, url: str, path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk

    size = (await asyncio.to_thread(path.stat)).st_size
    try:
        answer = await http.post(
            url, content=chunks(), headers={"content-type": "application/octet-stream", "content-length": str(size)}
        )
    except httpx.HTTPError as error:
        raise UploadFailed(type(error).__name__) from error
    if answer.status_code != httpx.codes.OK:
        raise UploadFailed(f"the upload answered {answer.status_code}")


async def _info(web: AsyncWebClient, file: str) -> dict[str, Any] | None:
    """The file as Slack has it; None: it has none, so nothing was shared and nothing will be."""
    async with translated():
        try:
            answer = await web.files_info(file=file)
        except SlackApiError as error:
            if isinstance(error.response.data, dict) and error.response.data.get("error") == "file_not_found":
                return None
            raise
    known: dict[str, Any] = answer.get("file") or {}
    return known
