"""What a chat stand-in offers to the page and to the sandbox's HTTP API: one shape for Slack and for Discord."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from starlette.routing import BaseRoute

from sandbox.faults import Faults
from sandbox.switches import Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the sandbox. `admin`: a Slack workspace admin, a Discord member with Manage Server."""

    name: str
    id: str
    admin: bool
    locale: str = "en-US"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of a modal that is open.

    `files`: how many files it takes; its value is their addresses, one a line. `live`: the app hears of every change.
    `labels`: what people read of each option; without them the options themselves. `many`: several may be chosen, with
    commas between them. `hint`: what stands below the label. `optional`: it may be left empty.
    """

    name: str
    label: str
    value: str
    multiline: bool = False
    options: tuple[str, ...] = ()
    files: int = 0
    live: bool = False
    labels: tuple[str, ...] = ()
    many: bool = False
    hint: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Modal:
    """A modal that one person has open."""

    id: str
    title: str
    fields: tuple[Field, ...]
    submit: str = "Submit"
    text: str = ""
    raw: dict[str, Any] | None = None
    """The platform's own payload, for the page; None: it draws the fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came back within 3 s of a command, a press or a submit; `ephemeral` is what only that person saw.

    `errors`: what is wrong in a modal that was sent, by the name of its field; `error` says the same in one text.
    """

    ok: bool
    ephemeral: tuple[str, ...] = ()
    modal: Modal | None = None
    error: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHint:
    """A slash command for the input's completion: `/video`, its description and its options."""

    command: str
    description: str
    options: tuple[dict[str, Any], ...] = field(default=())
    """Each: {"name", "description", "choices": [values], "required": bool}, and "file": true for one that is a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """One of the app's entries in the menu of a message."""

    id: str
    name: str


class Platform(Protocol):
    """A chat platform's stand-in.

    Every change to a message is told to the world as {"type": "message", "platform", "channel", "id"}; a message that
    only one person sees as {"type": "ephemeral", "platform", "channel", "user", "drawn": {...}}.
    """

    name: str
    people: tuple[Person, ...]
    channels: tuple[str, ...]
    channel_names: Mapping[str, str]
    """Channels' names by the ids that messages mention them with."""
    has_app_places: bool
    """Whether the app has places of its own beside messages; the page asks the platform for them."""
    faults: Faults
    """Errors on order."""
    switches: tuple[Switch, ...]
    """What else can be set."""

    def routes(self) -> list[BaseRoute]:
        """What the platform's own API answers, below /{name}: `/slack/api/…`, `/discord/api/v10/…`."""
        ...

    def commands(self) -> tuple[CommandHint, ...]:
        """The slash commands that a person can type now."""
        ...

    def hears(self) -> bool:
        """Whether a bot is there to hear a command."""
        ...

    async def say(
        self,
        *,
        channel: str,
        user: str,
        text: str,
        thread: str | None = None,
        image: str | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Heard:
        """A person types `text`: a slash command goes to the bot, anything else is a message.

        `image` is the address of a picture that goes along; `files` are those for options of a command, by their names.
        """
        ...

    def shortcuts(self) -> tuple[Shortcut, ...]:
        """What a person can do with a message besides answering it."""
        ...

    async def shortcut(self, *, channel: str, message: str, shortcut: str, user: str) -> Heard:
        """A person uses a shortcut on a message."""
        ...

    async def press(self, *, channel: str, message: str, action: str, user: str) -> Heard:
        """A person presses the button `action` (Slack's action_id, Discord's custom_id) of a message."""
        ...

    async def submit(self, *, modal: str, user: str, values: dict[str, str]) -> Heard:
        """A person sends a modal that `say` or `press` opened."""
        ...

    async def change(self, *, modal: str, user: str, field: str, values: dict[str, str]) -> Heard:
        """A person has changed a `live` field of a modal that is open; `values` are all that it holds now."""
        ...

    async def redeliver(self) -> Heard:
        """Send the last command to the bot once more, to the byte."""
        ...

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """The channel, oldest first, in the fixed shape of `GET /api/messages`.

        {"id", "user", "text", "edits": n, "actions": [{"action", "label"}],
         "files": [{"name", "mimetype", "size", "url"}], "thread": [the same shape]}

        `text` is all that a person can read in the message: text, blocks, embeds, link labels; never button labels.
        """
        ...

    def drawn(self, channel: str) -> list[dict[str, Any]]:
        """The same messages for the page.

        The shape of `messages` plus "at" (unix s), "bot": bool, "edited": bool, and "raw": the platform's own payload
        ({"text", "blocks"} or {"content", "embeds", "components", "flags"}).
        """
        ...


@runtime_checkable
class Suggesting(Protocol):
    """A platform whose app is asked for suggestions while a command is typed."""

    async def suggest(self, *, channel: str, user: str, text: str, option: str) -> list[dict[str, Any]]:
        """What is suggested for an option."""
        ...


@runtime_checkable
class Answerable(Protocol):
    """A platform where a message can be answered beside its thread, which tells its author."""

    async def reply(self, *, channel: str, message: str, user: str, text: str) -> Heard:
        """A person answers a message."""
        ...
