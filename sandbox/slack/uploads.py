"""The three-step upload: the Web API's files.* methods, the upload URL, and the page a file is read from."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.slack.arguments import Arguments
from sandbox.slack.chat import checked_blocks
from sandbox.slack.errors import SlackError
from sandbox.slack.files import FILE_BYTES_MAX, File, Files, guess
from sandbox.slack.fixtures import BOT_USER_ID, Json
from sandbox.slack.store import Message, Store

CHANNELS_MAX = 100
CHUNK = 1 << 20
LATE_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What files.completeUploadExternal was asked to post, and where."""

    channel: str
    thread_ts: str | None
    text: str
    blocks: list[Json]
    files: list[File]


@dataclass(slots=True, kw_only=True)
class Uploads:
    """files.getUploadURLExternal, the upload, files.completeUploadExternal, files.info.

    Args:
        share_s: how long after `ok` the message appears and `shares` fills in.
        withhold: so many of the next completions answer ok and never share, as Slack has been seen to do.
    """

    store: Store
    files: Files
    share_s: float = 0.5
    withhold: int = 0
    _late: list[tuple[asyncio.TimerHandle, list[File], list[Share]]] = field(default_factory=list)

    def routes(self) -> list[Route]:
        """Where bytes are read. The upload URL itself is mounted with the trouble around it."""
        return [Route("/files/{id}/{name}", self._read, methods=["GET", "HEAD"])]

    async def get_url(self, args: Arguments) -> Json:
        """files.getUploadURLExternal."""
        name, length = args.need("filename"), args.number("length", 0)
        if length <= 0:
            raise SlackError("missing_argument", ("[ERROR] missing required field: length",))
        if length > FILE_BYTES_MAX:
            raise SlackError("file_upload_size_restricted")
        file = self.files.issue(name=name, length=length)
        return {"ok": True, "upload_url": self.files.upload_url(file), "file_id": file.id}

    async def receive(self, request: Request) -> Response:
        """The upload URL: raw bytes, or one file of a form. 200 means stored."""
        file = self.files.pending(request.path_params["ticket"])
        if file is None:
            return PlainTextResponse("Not found", 404)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form(max_files=1) as form:
                sent = next((value for value in form.values() if isinstance(value, UploadFile)), None)
                stored = sent is not None and await self.files.write(file, _chunks(sent))
        else:
            stored = await self.files.write(file, request.stream())
        return PlainTextResponse(f"OK - {file.length}" if stored else "Bad length", 200 if stored else 400)

    async def complete(self, args: Arguments) -> Json:
        """files.completeUploadExternal: once for a file, after its bytes came; shares it a moment later."""
        wanted = args.given("files")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(item, dict) for item in wanted):
            raise SlackError("invalid_arguments", ("[ERROR] missing required field: files",))
        files = [self._ready(str(item.get("id"))) for item in wanted]
        shares = self._shares(args, files)
        for file, item in zip(files, wanted, strict=True):
            file.completed = True
            file.title = str(item.get("title") or file.name)
        if self.withhold > 0 and shares:
            self.withhold -= 1
        else:
            handle = asyncio.get_running_loop().call_later(self.share_s, self._share, files, shares)
            self._late = [one for one in self._late if not one[0].cancelled()][-LATE_MAX:]
            self._late.append((handle, files, shares))
        return {"ok": True, "files": [{"id": file.id, "title": file.title} for file in files]}

    def share_now(self) -> None:
        """Whatever is still to be shared is shared at this moment."""
        for handle, files, shares in self._late:
            if not handle.cancelled():
                handle.cancel()
                self._share(files, shares)
        self._late.clear()

    async def delete(self, args: Arguments) -> Json:
        """files.delete: the app's own file, wherever it was shared, and what was still to be shared of it."""
        file = self.files.known.get(args.need("file"))
        if file is None:
            raise SlackError("file_not_found")
        for handle, files, _ in self._late:
            if file in files:
                handle.cancel()
        for channel, ts, _ in file.shares:
            message = self.store.find(channel, ts)
            if message is not None:
                self.store.remove(message)
        self.files.drop([file.id])
        return {"ok": True}

    async def info(self, args: Arguments) -> Json:
        """files.info: unknown until the upload is completed; `shares` fills in late."""
        file = self.files.known.get(args.need("file"))
        if file is None or not file.completed:
            raise SlackError("file_not_found")
        return {"ok": True, "file": self.files.json(file.id), "comments": [], "response_metadata": {"next_cursor": ""}}

    def _ready(self, file_id: str) -> File:
        file = self.files.known.get(file_id)
        if file is None or not file.uploaded or file.completed:
            raise SlackError("file_not_found")
        return file

    def _shares(self, args: Arguments, files: list[File]) -> list[Share]:
        names = [name.strip() for name in args.text("channels").split(",") if name.strip()]
        if args.text("channel_id"):
            names.insert(0, args.text("channel_id"))
        thread, comment, blocks = args.text("thread_ts"), args.text("initial_comment"), args.given("blocks")
        if len(names) > CHANNELS_MAX:
            raise SlackError("channels_limit_exceeded")
        if thread and len(names) != 1:
            raise SlackError("invalid_arguments", ("[ERROR] `thread_ts` needs one channel",))
        shares = []
        for name in dict.fromkeys(names):
            channel = self.store.writable(name)
            shares.append(
                Share(
                    channel=channel.id,
                    thread_ts=self.store.parent(channel, thread).ts if thread else None,
                    text=comment,
                    blocks=checked_blocks(blocks) if blocks and not comment else [],
                    files=files,
                )
            )
        return shares

    def _share(self, files: list[File], shares: list[Share]) -> None:
        self._late = [(due, late, rest) for due, late, rest in self._late if late is not files]
        for file in files:
            file.scanned = True
        for share in shares:
            place = self.store.channels[share.channel]
            if share.thread_ts is not None and share.thread_ts not in place.messages:
                continue
            message = Message(
                ts=self.store.mint(),
                channel=share.channel,
                user=BOT_USER_ID,
                text=share.text,
                blocks=share.blocks,
                files=[file.id for file in files],
                thread_ts=share.thread_ts,
            )
            for file in files:
                file.shares.append((share.channel, message.ts, place.private))
            self.store.add(message)

    async def _read(self, request: Request) -> Response:
        file = self.files.known.get(request.path_params["id"])
        if file is None or not file.uploaded:
            return PlainTextResponse("Not found", 404)
        kind = "attachment" if "download" in request.query_params else "inline"
        return FileResponse(
            file.path,
            media_type=guess(file.name),
            filename=file.name,
            content_disposition_type=kind,
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"},
        )


async def _chunks(sent: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await sent.read(CHUNK):
        yield chunk
