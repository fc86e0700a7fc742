"""What a message may say: a request's body read into `Content`, or refused as Discord refuses it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.components import TEXT, Checker, walk
from sandbox.discord.embeds import read_embeds
from sandbox.discord.errors import ApiError, FormErrors, Refusal
from sandbox.discord.files import Files, Upload
from sandbox.discord.fixtures import PEOPLE_BY_ID
from sandbox.discord.model import Attachment, Content, MessageFlag

CONTENT_MAX = 2000
FILES_MAX = 10
NONCE_MAX = 25
LEGACY_FIELDS = ("content", "embeds", "poll", "sticker_ids")

_USER = re.compile(r"<@!?(\d+)>")
_GIVEN_FLAGS = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's JSON and its files by their number in files[n]."""

    payload: dict[str, Any] = field(default_factory=dict)
    uploads: dict[int, Upload] = field(default_factory=dict)


class MessageForm:
    """Reads one message body.

    Nothing is refused before `read` returns; then the uploads are kept, and whoever does not post them must forget
    them again.

    Args:
        body: what came in.
        files: where uploads are kept.
        upload_bytes: how large one file may be.
    """

    def __init__(self, body: Body, *, files: Files, upload_bytes: int) -> None:
        self._body = body
        self._files = files
        self._upload_bytes = upload_bytes
        self._errors = FormErrors()

    def read(
        self, *, ids: "list[int]", channel_id: int, before: Content | None = None, ephemeral: bool = False
    ) -> Content:
        """The message that the body makes, or makes of `before`. `ids` has one fresh id for each upload."""
        payload = self._body.payload
        base = before or Content()
        self._nonce()
        text = base.text
        if "content" in payload or before is None:
            text = self._errors.text(payload.get("content"), ("content",), high=CONTENT_MAX).strip()
        flags = self._flags(base.flags)
        if ephemeral:
            flags |= MessageFlag.EPHEMERAL
        if any(len(upload.data) > self._upload_bytes for upload in self._body.uploads.values()):
            raise ApiError(Refusal.TOO_LARGE)
        kept = self._kept(base)
        fresh = self._fresh(ids, channel_id=channel_id, ephemeral=MessageFlag.EPHEMERAL in flags)
        try:
            content = self._content(base, text=text, flags=flags, attachments=[*kept, *fresh], is_new=before is None)
            self._errors.check()
            _refuse_empty(content)
        except ApiError:
            for attachment in fresh:
                self._files.forget(attachment)
            raise
        return content

    def _content(
        self, base: Content, *, text: str, flags: MessageFlag, attachments: list[Attachment], is_new: bool
    ) -> Content:
        payload = self._body.payload
        by_name = {one.filename: one for one in attachments}
        v2 = MessageFlag.COMPONENTS_V2 in flags
        if v2:
            self._refuse_legacy(base)
        embeds, components = base.embeds, base.components
        if "embeds" in payload or is_new:
            embeds = read_embeds(payload.get("embeds"), self._errors, by_name)
        if "components" in payload or is_new:
            components = Checker(self._errors, v2=v2, attachments=by_name).read(payload.get("components"))
        mentions = base.mentions
        if v2 and ("components" in payload or is_new):
            text_displays = [one["content"] for one in walk(components) if one.get("type") == TEXT]
            mentions = _mentions("\n".join(text_displays), payload.get("allowed_mentions"))
        elif "content" in payload:
            mentions = _mentions(text, payload.get("allowed_mentions"))
        return Content(
            text=text, embeds=embeds, components=components, attachments=attachments, flags=flags, mentions=mentions
        )

    def _flags(self, before: MessageFlag) -> MessageFlag:
        """Components V2 cannot be taken off again; the platform's own flags stay as they are."""
        given = self._errors.number(
            self._body.payload.get("flags"), ("flags",), low=0, high=1 << 30, default=int(before & _GIVEN_FLAGS)
        )
        kept = before & (~_GIVEN_FLAGS | MessageFlag.COMPONENTS_V2)
        return kept | (MessageFlag(given) & _GIVEN_FLAGS)

    def _nonce(self) -> None:
        nonce = self._body.payload.get("nonce")
        if isinstance(nonce, str):
            self._errors.text(nonce, ("nonce",), high=NONCE_MAX)

    def _refuse_legacy(self, base: Content) -> None:
        payload = self._body.payload
        stays = {"content": base.text, "embeds": base.embeds}
        for name in LEGACY_FIELDS:
            if payload.get(name, stays.get(name)):
                code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
                message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                self._errors.add((name,), code, message)

    def _kept(self, base: Content) -> list[Attachment]:
        """The attachments that stay: all, unless the body lists those to keep."""
        listed = self._body.payload.get("attachments")
        if listed is None and "attachments" not in self._body.payload:
            return base.attachments
        wanted = {str(one.get("id")) for one in self._errors.objects(listed, ("attachments",), high=FILES_MAX)}
        return [one for one in base.attachments if str(one.id) in wanted]

    def _fresh(self, ids: list[int], *, channel_id: int, ephemeral: bool) -> list[Attachment]:
        if len(self._body.uploads) > FILES_MAX:
            self._errors.add(("attachments",), "BASE_TYPE_MAX_LENGTH", f"Must be {FILES_MAX} or fewer in length.")
            return []
        described = {
            str(one.get("id")): one.get("description")
            for one in self._body.payload.get("attachments") or []
            if isinstance(one, dict)
        }
        fresh = []
        for fresh_id, (number, upload) in zip(ids, sorted(self._body.uploads.items()), strict=True):
            known = Upload(filename=upload.filename, data=upload.data, description=described.get(str(number)))
            kept = self._files.keep(known, attachment_id=fresh_id, channel_id=channel_id, ephemeral=ephemeral)
            fresh.append(kept)
        return fresh


def _refuse_empty(content: Content) -> None:
    if not (content.text or content.embeds or content.components or content.attachments):
        raise ApiError(Refusal.EMPTY_MESSAGE)


def mentioned(text: str, known: Collection[str]) -> list[int]:
    """Whom a text names, each once, of those that there are."""
    return list(dict.fromkeys(int(found) for found in _USER.findall(text) if found in known))


def _mentions(text: str, allowed: Any) -> list[int]:
    """The people whom a text pings: all it names, unless `allowed_mentions` leaves them out."""
    known = mentioned(text, {str(user_id) for user_id in PEOPLE_BY_ID})
    if not isinstance(allowed, dict) or "users" in (allowed.get("parse") or []):
        return known
    listed = {str(user_id) for user_id in allowed.get("users") or []}
    return [user_id for user_id in known if str(user_id) in listed]
