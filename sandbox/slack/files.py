"""Uploaded files: the upload ticket, the bytes on disk, and sharing, which happens a little after Slack said ok."""

import mimetypes
import re
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.slack.fixtures import BOT_USER_ID, TEAM_ID, Json

FILE_BYTES_MAX = 1_000_000_000
"""1 GB by common report; Slack's own pages in our hands do not say."""
FILES_MAX = 4000
_UNSAFE = re.compile(r"[^\w.\- ]+")


@dataclass(slots=True, kw_only=True, eq=False)
class File:
    """One file, from its upload ticket on. `shares` holds (channel, ts, private) once it is shared."""

    id: str
    name: str
    length: int
    path: Path
    created: float
    user: str = BOT_USER_ID
    title: str = ""
    ticket: str = ""
    uploaded: bool = False
    completed: bool = False
    scanned: bool = False
    shares: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def mimetype(self) -> str:
        """Empty until Slack has scanned the file."""
        return guess(self.name) if self.scanned else ""


def guess(name: str) -> str:
    """The media type that a file name means; nothing that a browser would run."""
    found = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return (
        found
        if found.startswith(("video/", "image/png", "image/jpeg", "image/gif", "image/webp", "audio/"))
        or (found in {"text/plain", "application/pdf", "text/csv", "application/json"})
        else "application/octet-stream"
    )


@dataclass(slots=True, kw_only=True)
class Files:
    """All files of the workspace: bytes under `home`, everything else in memory."""

    home: Path
    base_url: str
    clock: Callable[[], float]
    known: "OrderedDict[str, File]" = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        """What an earlier workspace left on disk belongs to nobody any more."""
        for left in self.home.glob("F0*"):
            left.unlink(missing_ok=True)

    def issue(self, *, name: str, length: int, user: str = BOT_USER_ID) -> File:
        """A new file without bytes, and the ticket of its upload URL."""
        file_id = "F0" + secrets.token_hex(5).upper()
        clean = _UNSAFE.sub("_", Path(name).name).strip(" .")[:200] or "file"
        self.home.mkdir(parents=True, exist_ok=True)
        file = File(
            id=file_id,
            name=clean,
            length=length,
            path=self.home / file_id,
            created=self.clock(),
            user=user,
            title=clean,
            ticket=secrets.token_urlsafe(24),
        )
        self.known[file_id] = file
        while len(self.known) > FILES_MAX:
            self.drop([next(iter(self.known))])
        return file

    def pending(self, ticket: str) -> File | None:
        """The file that an upload URL is for, until its upload is completed."""
        return next((f for f in reversed(self.known.values()) if f.ticket == ticket and not f.completed), None)

    async def write(self, file: File, chunks: AsyncIterator[bytes]) -> bool:
        """Keep the bytes of an upload; True if there are as many as were announced. A repeat replaces them."""
        part = file.path.with_suffix(f".{secrets.token_hex(4)}")
        size = 0
        try:
            with part.open("wb") as out:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > file.length:
                        return False
                    out.write(chunk)
            if size != file.length or file.id not in self.known:
                return False
            part.replace(file.path)
            file.uploaded = True
        finally:
            part.unlink(missing_ok=True)
        return True

    def drop(self, ids: list[str]) -> None:
        """Forget files and delete their bytes."""
        for file_id in ids:
            file = self.known.pop(file_id, None)
            if file is not None:
                file.path.unlink(missing_ok=True)

    def url(self, file: File) -> str:
        """Where the file is read."""
        return f"{self.base_url}/slack/files/{file.id}/{file.name.replace(' ', '%20')}"

    def upload_url(self, file: File) -> str:
        """Where the file's bytes are sent."""
        return f"{self.base_url}/slack/upload/v1/{file.ticket}"

    def json(self, file_id: str) -> Json | None:
        """The file as Slack shows it."""
        file = self.known.get(file_id)
        if file is None:
            return None
        kind = Path(file.name).suffix.removeprefix(".")
        shares: Json = {}
        for channel, ts, private in file.shares:
            shares.setdefault("private" if private else "public", {}).setdefault(channel, []).append(
                {"ts": ts, "team_id": TEAM_ID, "share_user_id": file.user, "source": "UNKNOWN"}
            )
        return {
            "id": file.id,
            "created": int(file.created),
            "timestamp": int(file.created),
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": kind if file.scanned else "",
            "pretty_type": kind.upper() if file.scanned else "",
            "user": file.user,
            "size": file.length,
            "mode": "hosted",
            "is_external": False,
            "is_public": any(not private for _, _, private in file.shares),
            "url_private": self.url(file),
            "url_private_download": self.url(file) + "?download=1",
            "permalink": self.url(file),
            "shares": shares,
            "channels": [channel for channel, _, private in file.shares if not private],
            "groups": [channel for channel, _, private in file.shares if private and channel[0] != "D"],
            "ims": [channel for channel, _, _ in file.shares if channel[0] == "D"],
        }
