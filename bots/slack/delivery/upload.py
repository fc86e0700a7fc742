"""Uploads a video into a Slack thread in three steps, of which the last may be done only once.

The facts of each step are yielded before the next one, so that a worker that takes over finds the shared file instead
of sharing a second one. The SDK's own helper reads the whole file into memory and keeps no facts.

Slack accepts a file and shows it later, after a scan for malware: usually in seconds, at times in a minute. Until then
the file is not uploaded again; and before a new upload, the old file is looked for in the thread and deleted.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import already, translated, word
from bots.slack.api.places import Place
from bots.slack.drawing import render
from core.domain.chat.chat_errors import (
    ChatAway,
    ChatBusy,
    ChatError,
    ChatPending,
    ChatUnclear,
    FileRefused,
    UploadFailed,
)
from core.ports import LocalClip
from core.replies.chat.card import Card
from core.replies.chat.words import cut

log = structlog.get_logger()

SHARE_LOOKS = 8
"""Looks for the shared file right after the third step."""
SHARE_PAUSE_S = 0.25
LOOK_AGAIN_S = {"waiting": (5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0), "completing": (5.0, 10.0, 20.0, 40.0, 60.0)}
"""Seconds between later looks, after Slack accepted the file, and after an unclear answer."""
TITLE_MAX = 80
_CHUNK = 1 << 20
_REMEMBERED = ("file", "stage", "looks", "in")

Memory = dict[str, str]


class Upload:
    """The upload of one video into one thread.

    Args:
        key: the delivery's key, by which its message is found.
        pause_s: seconds before the second look for the shared file; grows with each look.
    """

    def __init__(
        self, web: AsyncWebClient, http: httpx.AsyncClient, where: Place, *, key: UUID, pause_s: float = SHARE_PAUSE_S
    ) -> None:
        self._web = web
        self._http = http
        self._where = where
        self._key = key
        self._pause_s = pause_s
        self._is_blind = False

    async def steps(self, clip: LocalClip, card: Card, *, memory: Memory) -> AsyncIterator[Memory]:
        """Yield the facts to store before each step; the last yield has "message".

        Raises:
            ChatPending: Slack accepted the file and does not show it yet: repeat the call to look again.
            ChatError
        """
        known = {key: memory[key] for key in _REMEMBERED if memory.get(key)}
        if known.get("stage") in LOOK_AGAIN_S:
            if (ts := await self._looked_for(known)) is None and (pause_s := _pause_s(known)) is not None:
                yield {**known, "looks": str(_looks(known) + 1)}
                raise ChatPending(look_in_s=pause_s)
            if ts is None:
                await self._take_back(known)
                yield {**known, "stage": "", "looks": "0"}
                raise UploadFailed("the file was shown nowhere")
            yield {**known, "message": ts}
            return
        if known.get("stage") != "sent":
            known = await self._begun(clip)
            upload_url = known.pop("url")
            yield known
            await _send(self._http, upload_url, clip.path)
        known |= {"stage": "completing", "looks": "0", "in": self._where.channel}
        yield known
        try:
            await self._complete(clip, card, known["file"])
        except (ChatUnclear, UploadFailed):
            raise
        except ChatError:
            yield {**known, "stage": "sent"}  # the last step was refused: the steps before it stay done
            raise
        known["stage"] = "waiting"
        yield known
        ts = await self._share(known, looks=SHARE_LOOKS)
        if ts is None and self._is_blind:
            ts = await self._in_thread(known["file"])
        if ts is None:
            raise ChatPending(look_in_s=LOOK_AGAIN_S["waiting"][0])
        yield {**known, "message": ts}

    async def _begun(self, clip: LocalClip) -> Memory:
        async with translated("files.getUploadURLExternal"):
            answer = await self._web.files_getUploadURLExternal(filename=clip.filename, length=clip.size)
            return {"file": word(answer, "file_id"), "stage": "sending", "url": word(answer, "upload_url")}

    async def _complete(self, clip: LocalClip, card: Card, file: str) -> None:
        blocks = render.blocks(card)
        if blocks:
            blocks[0] = {**blocks[0], "block_id": str(self._key)}
        words: dict[str, Any] = {"blocks": json.dumps(blocks)} if blocks else {"initial_comment": render.text(card)}
        async with translated("files.completeUploadExternal"):
            await self._web.files_completeUploadExternal(
                files=[{"id": file, "title": cut(clip.alt, TITLE_MAX) or clip.filename}],
                channel_id=self._where.channel,
                thread_ts=self._where.ts,
                **words,
            )

    async def _looked_for(self, known: Memory) -> str | None:
        """The ts of the message that shows the file of an earlier try."""
        ts = await self._share(known, looks=1)
        if ts is None and (self._is_blind or _pause_s(known) is None):
            ts = await self._in_thread(known["file"])
        return ts

    async def _share(self, known: Memory, *, looks: int) -> str | None:
        """The ts of the message that shows the file, by Slack's facts about the file."""
        for look in range(looks):
            if look:
                await asyncio.sleep(self._pause_s * look)
            found = await self._info(known["file"])
            if not found:
                return None
            for kind in ("public", "private"):
                shares = found.get("shares", {}).get(kind, {}).get(known.get("in", self._where.channel), [])
                if shares:
                    return str(shares[0]["ts"])
        return None

    async def _info(self, file: str) -> dict[str, Any]:
        """Slack's facts about the file; empty where Slack has or tells none: then the thread is searched."""
        try:
            async with translated("files.info"):
                answer = await self._web.files_info(file=file)
        except (ChatAway, ChatBusy):
            raise
        except ChatUnclear:
            return {}  # the file does not exist
        except ChatError as error:
            log.error("slack.cannot_look", method="files.info", why=str(error))
            self._is_blind = True
            return {}
        known: dict[str, Any] = answer.get("file") or {}
        return known

    async def _in_thread(self, file: str) -> str | None:
        """The ts of the message that shows the file, found in the thread."""
        if self._where.ts is None:
            return None
        try:
            async with translated("conversations.replies"):
                answer = await self._web.conversations_replies(
                    channel=self._where.channel, ts=self._where.ts, limit=100
                )
        except (ChatAway, ChatBusy):
            raise
        except ChatError:
            return None  # the thread cannot be read: Slack's facts about the file have to do
        messages: list[dict[str, Any]] = answer.get("messages") or []
        return next((str(m["ts"]) for m in messages if any(f.get("id") == file for f in m.get("files") or ())), None)

    async def _take_back(self, known: Memory) -> None:
        """Delete the old file, so that it does not appear after the new one."""
        try:
            async with translated("files.delete"):
                with already("file_not_found", "file_deleted"):
                    await self._web.files_delete(file=known["file"])
        except (ChatAway, ChatBusy, ChatUnclear):
            raise
        except ChatError as error:
            raise FileRefused from error  # the old file may still appear, so no second one is uploaded


def _looks(known: Memory) -> int:
    return int(known.get("looks", "0"))


def _pause_s(known: Memory) -> float | None:
    """Seconds before the next look; None after the last one."""
    pauses, done = LOOK_AGAIN_S[known["stage"]], _looks(known)
    return pauses[done] if done < len(pauses) else None


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
