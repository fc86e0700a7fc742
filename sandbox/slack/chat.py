"""The Web API's chat.* methods: posting, updating and deleting the bot's own messages."""

import json
from dataclasses import dataclass

from sandbox.slack.arguments import Arguments
from sandbox.slack.blockkit import MESSAGE_CHARACTERS_MAX, characters, message_problems, named_blocks
from sandbox.slack.drawing import FileJson, payload, words
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import BOT_USER_ID, Json, person_called
from sandbox.slack.response_window import ResponseWindows
from sandbox.slack.store import Message, Store

TEXT_CUT = 40_000
UPDATE_TEXT_MAX = 4000
MARKDOWN_MAX = 12_000
ATTACHMENTS_MAX = 100
METADATA_BYTES_MAX = 8000
"""Slack gives no number for metadata_too_large; this one is ours."""
NO_WORDS = "This message contains interactive elements."


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says, checked. None: the argument was not given."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None


CARDS = frozenset({"card", "carousel"})


def content(args: Arguments) -> Content:
    """The content that the arguments carry, or Slack's complaint about it."""
    text, markdown = args.given("text"), args.text("markdown_text")
    blocks = args.given("blocks")
    if markdown:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_MAX:
            raise SlackError("msg_too_long")
        blocks = [{"type": "markdown", "text": markdown}]
    return Content(
        text=None if text is None else str(text),
        blocks=None if blocks is None else checked_blocks(blocks),
        attachments=_attachments(args.given("attachments")),
        metadata=_metadata(args.given("metadata")),
    )


def checked_blocks(blocks: object) -> list[Json]:
    """The blocks with their ids filled in, or what is wrong with them in Slack's words."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if problems := message_problems(blocks):
        raise SlackError("invalid_blocks", tuple(f"[ERROR] {problem}" for problem in problems))
    if characters(blocks) > MESSAGE_CHARACTERS_MAX:
        raise SlackError("msg_blocks_too_long")
    return named_blocks(blocks)


@dataclass(slots=True, kw_only=True)
class Chat:
    """chat.postMessage, chat.update, chat.delete and chat.postEphemeral."""

    store: Store
    windows: ResponseWindows
    file: FileJson

    def _content(self, args: Arguments) -> Content:
        said = content(args)
        if self.store.no_cards and any(block["type"] in CARDS for block in said.blocks or ()):
            raise SlackError("invalid_blocks", ("[ERROR] unsupported type: card [json-pointer:/blocks/0/type]",))
        return said

    async def post(self, args: Arguments) -> Json:
        """chat.postMessage: in a channel the bot is in, in a thread of it, or to a person."""
        channel = self.store.postable(args.need("channel"))
        said = self._content(args)
        if not (said.text or said.blocks or said.attachments):
            raise SlackError("no_text")
        thread = args.text("thread_ts")
        parent = self.store.parent(channel, thread) if thread else None
        message = self.store.add(
            Message(
                ts=self.store.mint(),
                channel=channel.id,
                user=BOT_USER_ID,
                text=(said.text or (NO_WORDS if said.blocks else ""))[:TEXT_CUT],
                blocks=said.blocks or [],
                attachments=said.attachments or [],
                metadata=said.metadata or {},
                thread_ts=parent.ts if parent else None,
                broadcast=args.flag("reply_broadcast"),
            )
        )
        self.windows.posted(channel=channel.id, thread_ts=message.thread_ts)
        shown = payload(message, with_metadata=True, file=self.file)
        return {"ok": True, "channel": channel.id, "ts": message.ts, "message": shown}

    async def update(self, args: Arguments) -> Json:
        """chat.update: text without blocks removes the blocks; metadata stays unless it is given."""
        channel = self.store.seen_by_bot(args.need("channel"))
        message = channel.messages.get(args.need("ts"))
        if message is None:
            raise SlackError("message_not_found")
        if not message.by_bot:
            raise SlackError("cant_update_message")
        if channel.name in self.store.archived:
            raise SlackError("is_inactive")
        if len(args.text("text")) > UPDATE_TEXT_MAX:
            raise SlackError("msg_too_long")
        said = self._content(args)
        if not (said.text or said.blocks or said.attachments):
            raise SlackError("no_text")
        self.apply(message, said)
        shown = payload(message, with_metadata=True, file=self.file)
        return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}

    def apply(self, message: Message, said: Content) -> None:
        """Put new content in a message, by chat.update's rules; an edit that changes nothing is none."""
        before = (message.text, message.blocks, message.attachments, message.metadata)
        if said.blocks is not None:
            message.blocks = said.blocks
        elif said.text is not None:
            message.blocks = []
        if said.attachments is not None:
            message.attachments = said.attachments
        if said.text is not None:
            message.text = said.text
        if said.metadata is not None:
            message.metadata = said.metadata
        if (message.text, message.blocks, message.attachments, message.metadata) != before:
            message.edited_ts = "" if said.blocks else f"{self.store.clock():.6f}"
            self.store.changed(message)

    async def delete(self, args: Arguments) -> Json:
        """chat.delete."""
        channel = self.store.seen_by_bot(args.need("channel"))
        message = channel.messages.get(args.need("ts"))
        if message is None:
            raise SlackError("message_not_found")
        if not message.by_bot:
            raise SlackError("cant_delete_message")
        self.store.remove(message)
        return {"ok": True, "channel": channel.id, "ts": message.ts}

    async def whisper(self, args: Arguments) -> Json:
        """chat.postEphemeral: one person of the channel sees it, once."""
        channel = self.store.writable(args.need("channel"))
        person = person_called(args.need("user"))
        if person is None or channel.person not in {None, person.id}:
            raise SlackError("user_not_in_channel")
        said = self._content(args)
        if not (said.text or said.blocks or said.attachments):
            raise SlackError("no_text")
        thread = args.text("thread_ts")
        message = self.store.add(
            Message(
                ts=self.store.mint(),
                channel=channel.id,
                user=BOT_USER_ID,
                text=(said.text or "")[:TEXT_CUT],
                blocks=said.blocks or [],
                attachments=said.attachments or [],
                thread_ts=self.store.parent(channel, thread).ts if thread else None,
                only_for=person.id,
            )
        )
        self.windows.tell(user=person.id, text=words(message))
        return {"ok": True, "message_ts": message.ts}


def _attachments(found: object) -> list[Json] | None:
    if found is None:
        return None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise SlackError("invalid_attachments")
    if len(found) > ATTACHMENTS_MAX:
        raise SlackError("too_many_attachments")
    for item in found:
        if item.get("blocks"):
            checked_blocks(item["blocks"])
    return found


def _metadata(found: object) -> Json | None:
    """Metadata's shape: scalars, one level of objects, and arrays of such objects."""
    if found is None or found == {}:
        return None if found is None else {}
    if not isinstance(found, dict):
        raise SlackError("invalid_metadata_format")
    event, facts = found.get("event_type"), found.get("event_payload", {})
    if not isinstance(event, str) or not event or not isinstance(facts, dict):
        raise SlackError("invalid_metadata_schema")
    if not all(_fits(value) for value in facts.values()):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(found)) > METADATA_BYTES_MAX:
        raise SlackError("metadata_too_large")
    return found


def _fits(value: object) -> bool:
    def flat(item: object) -> bool:
        return isinstance(item, dict) and all(isinstance(inner, str | int | float | bool) for inner in item.values())

    return (
        isinstance(value, str | int | float | bool)
        or flat(value)
        or (isinstance(value, list) and all(map(flat, value)))
    )
