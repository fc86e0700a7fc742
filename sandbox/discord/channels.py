"""The API of channels, messages and threads, as a bot uses it with its token."""

from typing import Any

from starlette.routing import BaseRoute

from sandbox.discord import payloads
from sandbox.discord.access import Access
from sandbox.discord.errors import ApiError, FormErrors, Refusal
from sandbox.discord.fixtures import BOT_ID, GUILD_ID, Permission, Rules
from sandbox.discord.forms import Body, MessageForm
from sandbox.discord.model import POSTS, Channel, ChannelKind, Content, Message, MessageFlag, MessageKind
from sandbox.discord.server import Answer, Call, Server
from sandbox.discord.store import Store

ARCHIVE_MIN = (60, 1440, 4320, 10080)
HISTORY_MAX = 100


class Channels:
    """Handlers below /channels, and opening direct messages."""

    def __init__(self, store: Store, access: Access, rules: Rules) -> None:
        self._store = store
        self._access = access
        self._rules = rules

    def routes(self, server: Server) -> list[BaseRoute]:
        channel, messages = "/channels/{channel:int}", "/channels/{channel:int}/messages"
        message = messages + "/{message:int}"
        return [
            server.route("GET", channel, self._show),
            server.route("PATCH", channel, self._change),
            server.route("POST", channel + "/typing", self._type),
            server.route("GET", messages, self._history),
            server.route("POST", messages, self._post),
            server.route("GET", message, self._read),
            server.route("PATCH", message, self._edit),
            server.route("DELETE", message, self._delete),
            server.route("POST", message + "/threads", self._thread_on),
            server.route("POST", channel + "/threads", self._thread),
            server.route("POST", "/users/@me/channels", self._dm),
        ]

    def _show(self, call: Call) -> Answer:
        return Answer(body=payloads.channel(self._access.channel(call.path["channel"])))

    def _change(self, call: Call) -> Answer:
        """Change a thread: its name, whether it is archived or locked. Other channels are not the bot's to change."""
        channel, fields = self._access.thread(call.path["channel"]), call.body.payload
        thread = channel.thread
        if thread is None:
            raise ApiError(Refusal.MISSING_PERMISSIONS)
        if thread.archived and fields.get("archived") is not False:
            raise ApiError(Refusal.ARCHIVED)
        errors = FormErrors()
        name = channel.name
        if fields.get("name") is not None:
            name = errors.text(fields["name"], ("name",), low=1, high=100)
        minutes = _minutes(fields, errors, thread.auto_archive_min)
        slowmode = errors.number(
            fields.get("rate_limit_per_user"), ("rate_limit_per_user",), low=0, high=21600, default=thread.slowmode_s
        )
        errors.check()
        if fields.get("locked") is not None:
            self._access.channel(channel.id, Permission.MANAGE_THREADS)
            thread.locked = bool(fields["locked"])
        channel.name, thread.auto_archive_min, thread.slowmode_s = name, minutes, slowmode
        if fields.get("archived") is not None:
            self._store.archive(channel, archived=bool(fields["archived"]))
        self._store.touch_thread(channel)
        return Answer(body=payloads.channel(channel))

    def _type(self, call: Call) -> Answer:
        self._access.to_post(call.path["channel"])
        return Answer(status=204)

    def _history(self, call: Call) -> Answer:
        """Newest first. Without the permission to read history there is none."""
        channel = self._access.channel(call.path["channel"])
        errors = FormErrors()
        limit = errors.number(call.query.get("limit"), ("limit",), low=1, high=HISTORY_MAX, default=50)
        marks: dict[str, int] = {
            key: errors.number(call.query[key], (key,), low=0, high=1 << 63, default=0)
            for key in ("around", "before", "after")
            if key in call.query
        }
        if len(marks) > 1:
            errors.add((), "MESSAGE_QUERY_MUTUALLY_EXCLUSIVE", "Only one of before, after and around may be given.")
        errors.check()
        if channel.kind is not ChannelKind.DM and Permission.READ_MESSAGE_HISTORY not in channel.permissions:
            return Answer(body=[])
        found = _select(list(channel.messages.values()), marks, limit)
        return Answer(body=[self._store.json(message) for message in reversed(found)])

    def _post(self, call: Call) -> Answer:
        channel = self._access.to_post(call.path["channel"])
        fields = call.body.payload
        nonce = fields.get("nonce")
        first = self._store.repeated(str(nonce)) if nonce is not None and fields.get("enforce_nonce") else None
        if first is not None:
            return Answer(body=self._store.json(first, nonce=nonce))
        content = self._content(call, channel)
        self._store.archive(channel, archived=False)
        message = self._store.post(
            channel,
            author_id=BOT_ID,
            content=content,
            kind=MessageKind.REPLY if fields.get("message_reference") else MessageKind.DEFAULT,
            reference=self._reference(fields.get("message_reference"), channel),
            nonce=nonce,
        )
        return Answer(body=self._store.json(message, nonce=nonce))

    def _read(self, call: Call) -> Answer:
        _, message = self._access.message(call.path["channel"], call.path["message"])
        return Answer(body=self._store.json(message))

    def _edit(self, call: Call) -> Answer:
        message = self._access.to_edit(call.path["channel"], call.path["message"])
        channel = self._store.channel(message.channel_id)
        content = self._content(call, channel, before=message.content)
        content.flags &= ~MessageFlag.LOADING
        self._store.rewrite(message, content)
        return Answer(body=self._store.json(message))

    def _delete(self, call: Call) -> Answer:
        self._store.delete(self._access.to_delete(call.path["channel"], call.path["message"]))
        return Answer(status=204)

    def _content(self, call: Call, channel: Channel, *, before: Content | None = None) -> Content:
        """What the body says, checked against the limits and against what the bot may send here."""
        form = MessageForm(call.body, files=self._store.files, upload_bytes=self._rules.upload_bytes)
        if call.body.payload.get("embeds"):
            self._access.channel(channel.id, Permission.EMBED_LINKS)
        if call.body.uploads:
            self._access.channel(channel.id, Permission.ATTACH_FILES)
        self._reference(call.body.payload.get("message_reference"), channel)
        ids = [self._store.next_id() for _ in call.body.uploads]
        return form.read(ids=ids, channel_id=channel.id, before=before)

    def _reference(self, given: Any, channel: Channel) -> dict[str, Any] | None:
        """The message that is replied to. It must be here, unless the reply says that it may be gone."""
        if not isinstance(given, dict):
            return None
        wanted = str(given.get("message_id", ""))
        if not wanted.isdecimal() or int(wanted) not in channel.messages:
            if given.get("fail_if_not_exists") is not False:
                errors = FormErrors()
                errors.add(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
                errors.check()
            return None
        self._access.channel(channel.id, Permission.READ_MESSAGE_HISTORY)
        reference: dict[str, Any] = {"type": 0, "message_id": wanted, "channel_id": str(channel.id)}
        return reference | ({} if channel.kind is ChannelKind.DM else {"guild_id": str(GUILD_ID)})

    def _thread_on(self, call: Call) -> Answer:
        """Open a thread on a message. Its id is the message's; a message has one at most."""
        channel = self._parent(call)
        root = self._store.message(channel, call.path["message"])
        if self._store.thread_of(root) is not None:
            raise ApiError(Refusal.HAS_THREAD)
        news = channel.kind is ChannelKind.ANNOUNCEMENT
        return self._open(
            call, channel, root=root, kind=ChannelKind.ANNOUNCEMENT_THREAD if news else ChannelKind.PUBLIC_THREAD
        )

    def _thread(self, call: Call) -> Answer:
        """Open a thread on no message; private, unless the body asks for a public one. In a forum it is a post."""
        if (forum := self._access.channel(call.path["channel"])).kind in POSTS:
            return self._new_post(call, forum)
        kind = ChannelKind.PRIVATE_THREAD
        if call.body.payload.get("type") == ChannelKind.PUBLIC_THREAD:
            kind = ChannelKind.PUBLIC_THREAD
        return self._open(call, self._parent(call), root=None, kind=kind)

    def _parent(self, call: Call) -> Channel:
        channel = self._access.channel(call.path["channel"])
        if channel.kind not in {ChannelKind.TEXT, ChannelKind.ANNOUNCEMENT}:
            raise ApiError(Refusal.WRONG_CHANNEL_TYPE)
        return channel

    def _new_post(self, call: Call, forum: Channel) -> Answer:
        """A post in a forum: sending messages there is what it takes."""
        self._access.channel(forum.id, Permission.SEND_MESSAGES)
        if forum.wants_tag and not _may_be_used(call.body.payload.get("applied_tags")):
            raise ApiError(Refusal.WANTS_TAG)
        errors = FormErrors()
        name = errors.text(call.body.payload.get("name"), ("name",), low=1, high=100)
        minutes = _minutes(call.body.payload, errors, 4320)
        errors.check()
        said = call.body.payload.get("message")
        body = Body(payload=said if isinstance(said, dict) else {}, uploads=call.body.uploads)
        if body.uploads:
            self._access.channel(forum.id, Permission.ATTACH_FILES)
        form = MessageForm(body, files=self._store.files, upload_bytes=self._rules.upload_bytes)
        content = form.read(ids=[self._store.next_id() for _ in body.uploads], channel_id=forum.id)
        thread, message = self._store.open_post(forum, name=name, content=content, auto_archive_min=minutes)
        return Answer(status=201, body=payloads.channel(thread) | {"message": self._store.json(message)})

    def _open(self, call: Call, parent: Channel, *, root: Message | None, kind: ChannelKind) -> Answer:
        is_private = kind is ChannelKind.PRIVATE_THREAD
        self._access.channel(
            parent.id, Permission.CREATE_PRIVATE_THREADS if is_private else Permission.CREATE_PUBLIC_THREADS
        )
        errors = FormErrors()
        name = errors.text(call.body.payload.get("name"), ("name",), low=1, high=100)
        minutes = _minutes(call.body.payload, errors, 4320)
        errors.check()
        thread = self._store.open_thread(parent, root=root, name=name, kind=kind, auto_archive_min=minutes)
        return Answer(status=201, body=payloads.channel(thread))

    def _dm(self, call: Call) -> Answer:
        recipient = str(call.body.payload.get("recipient_id", ""))
        user_id = self._access.recipient(int(recipient) if recipient.isdecimal() else 0)
        return Answer(body=payloads.channel(self._store.dm(user_id)))


def _may_be_used(tags: Any) -> bool:
    """Whether a post is marked with tags that the bot may use."""
    free = {tag["id"] for tag in payloads.TAGS if not tag["moderated"]}
    return bool(tags) and {str(tag) for tag in tags} <= free


def _minutes(fields: dict[str, Any], errors: FormErrors, default: int) -> int:
    minutes = fields.get("auto_archive_duration")
    if minutes is None:
        return default
    if minutes not in ARCHIVE_MIN:
        errors.one_of(("auto_archive_duration",), ARCHIVE_MIN)
        return default
    return int(minutes)


def _select(messages: list[Message], marks: dict[str, int], limit: int) -> list[Message]:
    """Part of a channel's history, oldest first."""
    if "after" in marks:
        return [one for one in messages if one.id > marks["after"]][:limit]
    if "before" in marks:
        return [one for one in messages if one.id < marks["before"]][-limit:]
    if "around" in marks:
        below = [one for one in messages if one.id <= marks["around"]][-(limit // 2 + 1) :]
        above = [one for one in messages if one.id > marks["around"]][: limit - len(below)]
        return below + above
    return messages[-limit:]
