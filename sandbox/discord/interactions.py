"""Interactions: what a person does with the bot, how it reaches the bot, and what the person hears within 3 s."""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.errors import ApiError, Refusal
from sandbox.discord.fixtures import APPLICATION_ID, GUILD_ID, Rules, permissions_of
from sandbox.discord.gateway import Gateway
from sandbox.discord.model import Channel, ChannelKind, Message, Origin
from sandbox.discord.store import Store
from sandbox.platform import Heard, Modal

REMEMBERED = 10_000
NO_ANSWER = "The application did not respond"

Reader = Callable[[Message], str]
"""All that a person can read in a message."""


class Kind(IntEnum):
    """The interaction types that the sandbox sends."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    """The ways to answer an interaction."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """One thing that a person did.

    `born` is on the monotonic clock. `source` is the message whose component was used. `answer` is the first callback,
    `original` the message it made or changed, `mine` the ephemeral messages that it brought its person. `settled` is
    set when there is something to see, each of `watched` whenever the bot touches it.
    """

    id: int
    token: str
    kind: Kind
    user_id: int
    is_brought: bool = False
    """The person has brought the app along to a guild that its bot is not in."""
    followups: int = 0
    channel: Channel
    command: str = ""
    source: Message | None = None
    trigger: dict[str, Any] | None = None
    born: float = field(default_factory=time.monotonic)
    answer: Callback | None = None
    dead: bool = False
    original: Message | None = None
    mine: list[Message] = field(default_factory=list)
    modal: Modal | None = None
    choices: list[dict[str, Any]] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    watched: list[asyncio.Event] = field(default_factory=list)

    @property
    def origin(self) -> Origin:
        """What a message that answers this says of it."""
        metadata: dict[str, Any] = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": payloads.user(self.user_id),
            "authorizing_integration_owners": {"0": str(GUILD_ID)},
        }
        if self.kind is Kind.COMPONENT and self.source is not None:
            metadata["interacted_message_id"] = str(self.source.id)
        if self.kind is Kind.MODAL and self.trigger is not None:
            metadata["triggering_interaction_metadata"] = self.trigger
        return Origin(id=self.id, kind=int(self.kind), user_id=self.user_id, command=self.command, metadata=metadata)

    def touch(self, *, settles: bool = False) -> None:
        """Note that the bot did something with it."""
        for each in self.watched:
            each.set()
        if settles:
            self.settled.set()


class Interactions:
    """Sends interactions to the bot and waits for what comes back."""

    def __init__(self, store: Store, gateway: Gateway, rules: Rules, *, read: Reader) -> None:
        self._store = store
        self._gateway = gateway
        self._rules = rules
        self._read = read
        self.locale = rules.locale
        """The language of people."""
        self._dead_before: float | None = None
        self._by_token: OrderedDict[str, Interaction] = OrderedDict()
        self._last_command: tuple[Interaction, str] | None = None

    @property
    def tokens_dead(self) -> bool:
        """The tokens of all that was asked before this was set have expired; what is asked from then on lives."""
        return self._dead_before is not None

    @tokens_dead.setter
    def tokens_dead(self, on: bool) -> None:
        self._dead_before = time.monotonic() if on else None

    async def send(
        self,
        *,
        kind: Kind,
        user_id: int,
        channel: Channel,
        data: dict[str, Any],
        source: Message | None = None,
        trigger: dict[str, Any] | None = None,
    ) -> tuple[Interaction, Heard]:
        """Send one interaction to the bot and hear what its person hears of it."""
        interaction = Interaction(
            id=self._store.next_id(),
            token=secrets.token_urlsafe(48),
            kind=kind,
            user_id=user_id,
            is_brought=self._store.joined_at is None and channel.kind is not ChannelKind.DM,
            channel=channel,
            command=_command_name(data) if kind is Kind.COMMAND else "",
            source=source,
            trigger=trigger,
        )
        self._by_token[interaction.token] = interaction
        if len(self._by_token) > REMEMBERED:
            self._by_token.popitem(last=False)
        text = json.dumps(self._payload(interaction, data))
        if kind is Kind.COMMAND:
            self._last_command = (interaction, text)
        self._gateway.dispatch_text("INTERACTION_CREATE", text)
        return interaction, await self._hear(interaction, interaction.settled)

    async def send_again(self) -> Heard:
        """Send the last command once more, to the byte, as after a resume."""
        if self._last_command is None:
            return Heard(ok=False, error="No command has been sent yet.")
        interaction, text = self._last_command
        heard_before = len(interaction.mine)
        interaction.watched.append(touched := asyncio.Event())
        self._gateway.dispatch_text("INTERACTION_CREATE", text)
        return await self._hear(interaction, touched, since=heard_before)

    def find(self, interaction_id: int, token: str) -> Interaction:
        """The interaction that a callback is for, while it may still be answered."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise ApiError(Refusal.UNKNOWN_INTERACTION)
        interaction.touch()
        if interaction.answer is not None:
            raise ApiError(Refusal.ALREADY_ACKNOWLEDGED)
        if interaction.dead or time.monotonic() - interaction.born > self._rules.answer_s:
            raise ApiError(Refusal.UNKNOWN_INTERACTION)
        return interaction

    def by_token(self, token: str) -> Interaction:
        """The answered interaction that a followup is for, while its token lives."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.answer is None:
            raise ApiError(Refusal.UNKNOWN_WEBHOOK)
        is_old = self._dead_before is not None and interaction.born < self._dead_before
        if is_old or time.monotonic() - interaction.born > self._rules.token_s:
            raise ApiError(Refusal.BAD_TOKEN)
        return interaction

    async def _hear(self, interaction: Interaction, event: asyncio.Event, *, since: int = 0) -> Heard:
        """Wait for the answer, then a moment for what comes right behind it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._rules.answer_s):
                await event.wait()
                await asyncio.sleep(self._rules.linger_s)
        if interaction.answer is None:
            interaction.dead = True
            return Heard(ok=False, ephemeral=(NO_ANSWER,))
        texts = tuple(self._read(message) for message in interaction.mine[since:])
        return Heard(ok=True, ephemeral=texts, modal=interaction.modal)

    def _payload(self, interaction: Interaction, data: dict[str, Any]) -> dict[str, Any]:
        """INTERACTION_CREATE's data."""
        channel, user_id = interaction.channel, interaction.user_id
        permissions = str(int(permissions_of(user_id)))
        made: dict[str, Any] = {
            "id": str(interaction.id),
            "application_id": str(APPLICATION_ID),
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel": payloads.channel(channel) | {"permissions": permissions},
            "channel_id": str(channel.id),
            "locale": self.locale,
            "app_permissions": str(int(channel.permissions)),
            "entitlements": [],
            "entitlement_sku_ids": [],
            "attachment_size_limit": self._rules.upload_bytes,
        }
        if interaction.source is not None:
            made["message"] = self._store.json(interaction.source)
        if channel.kind is ChannelKind.DM:
            owners = {"user": payloads.user(user_id), "authorizing_integration_owners": {"0": "0"}}
            return made | owners | {"context": 1}
        is_brought = self._store.joined_at is None
        return made | {
            "guild_id": str(GUILD_ID),
            "guild": {"id": str(GUILD_ID), "locale": self._rules.guild_locale, "features": []},
            "guild_locale": self._rules.guild_locale,
            "member": payloads.member(user_id, designers=self._store.designers) | {"permissions": permissions},
            "authorizing_integration_owners": {"1": str(user_id)} if is_brought else {"0": str(GUILD_ID)},
            "context": 0,
        }


def _command_name(data: dict[str, Any]) -> str:
    """A command's name with its subcommands, as Discord shows it."""
    name, options = str(data["name"]), data.get("options", [])
    while options and options[0]["type"] in {1, 2}:
        name, options = f"{name} {options[0]['name']}", options[0].get("options", [])
    return name
