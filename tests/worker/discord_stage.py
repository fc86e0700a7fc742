"""Discord's stand-in as a stage for `delivery_walk`: a channel and a person for each case, and what people see."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import discord

from bots.discord.api.places import Place
from bots.discord.api.wire import intents
from bots.discord.delivery.chat import NONCE_MAX, DiscordChat, mark
from core.db.generations.deliveries import key_of
from core.domain.chat.delivery import Kind
from core.domain.ids import GenerationId, Thread, UserId
from sandbox.discord import BOT_TOKEN, GUILD_ID
from sandbox.discord.components import walk
from sandbox.discord.fixtures import BOT_ID, PEOPLE_BY_ID
from sandbox.discord.interactions import Callback, Interaction
from sandbox.discord.interactions import Kind as Asked
from sandbox.discord.model import Channel, ChannelKind, Content, Message, MessageFlag
from sandbox.discord.reading import text_of
from sandbox.platform import Person
from tests.sandbox.discord.harness import Sandbox
from tests.worker.delivery_walk import Order, Seen

EVERYWHERE = "everywhere:"
"""Before a method: the direct message is refused as well."""
WAIT_S = "40"
"""What a limit says: longer than discord.py itself would wait, so that the simulated clock does."""
REPEATED = tuple(f"ordered: http_{status}" for status in (500, 502, 504, 524))
FIRST_CHANNEL, FIRST_PERSON = 1_200_000_000_000_000_000, 1_300_000_000_000_000_000


@dataclass
class DiscordStage:
    """The stand-in, with more channels and people than a guild begins with.

    Args:
        asked: commands stand behind the generations, each with its "thinking" message and a token that still lives.
    """

    sandbox: Sandbox
    asked: bool = False
    chat: DiscordChat = field(init=False)
    _interactions: dict[int, Interaction] = field(default_factory=dict)
    _counted: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        client = discord.Client(intents=intents(), max_ratelimit_timeout=30.0)
        self.chat = DiscordChat(client, token=BOT_TOKEN, upload_max=10 << 20)
        self._store = self.sandbox.platform._store
        self.sandbox.platform._server.exchanges = deque()

    def close(self) -> None:
        for number in [number for number in PEOPLE_BY_ID if number >= FIRST_PERSON]:
            del PEOPLE_BY_ID[number]

    def _channel(self, n: int) -> Channel:
        number = FIRST_CHANNEL + n
        made = Channel(id=number, kind=ChannelKind.TEXT, name=f"case{n}", position=n)
        return self._store.channels.setdefault(number, made)

    def place(self, n: int) -> Thread:
        channel = self._channel(n)
        if not self.asked:
            return Place(channel=channel.id, guild=GUILD_ID).packed()
        asked = self._command(n, channel)
        root = asked.original.id if asked.original else None
        place = Place(
            channel=channel.id, guild=GUILD_ID, interaction=asked.id, root=root, interaction_token=asked.token
        )
        return place.packed()

    def _command(self, n: int, channel: Channel) -> Interaction:
        """A command that was acknowledged; then the bot died."""
        asked = Interaction(
            id=self._store.next_id(), token=f"token-{n}", kind=Asked.COMMAND, user_id=int(self.user(n)),
            channel=channel, command="video",
        )  # fmt: skip
        self.sandbox.platform._interactions._by_token[asked.token] = asked
        asked.original = self._store.post(
            channel, author_id=BOT_ID, content=Content(flags=MessageFlag.LOADING), origin=asked.origin
        )
        asked.answer = Callback.DEFERRED_MESSAGE
        self._interactions[n] = asked
        return asked

    def user(self, n: int) -> UserId:
        number = FIRST_PERSON + n
        PEOPLE_BY_ID.setdefault(number, Person(name=f"case{n}", id=str(number), admin=False))
        return UserId(str(number))

    def order(self, n: int, generation_id: GenerationId, order: Order) -> object:
        method = order.method.removeprefix(EVERYWHERE)
        if "{token}" in method:
            abouts = [f"token-{n}"]
        elif method == "POST /users/@me/channels":
            abouts = [self.user(n)]
        else:
            abouts = [str(self._channel(n).id)]
        if order.method.startswith(EVERYWHERE):
            abouts += [self.user(n)]
        faults = self.sandbox.platform.faults
        return [
            faults.add(method, order.code, about=about, skip=order.skip, times=order.times, retry_after=WAIT_S).id
            for about in abouts
        ]

    def lift(self, order: object) -> None:
        assert isinstance(order, list)
        for fault_id in order:
            self.sandbox.platform.faults.lift(fault_id)

    def seen(self, n: int, generation_id: GenerationId) -> list[Seen]:
        channel = self._channel(n)
        found = list(self._in(channel, "channel", generation_id))
        for thread in channel.threads.values():
            found += self._in(thread, "thread", generation_id)
        for other in self._store.channels.values():
            if other.recipient_id == int(self.user(n)):
                found += self._in(other, "direct", generation_id)
        return found

    def _in(self, channel: Channel, where: str, generation_id: GenerationId) -> Iterator[Seen]:
        keys = [key_of(generation_id, kind) for kind in (Kind.ROOT, Kind.PROGRESS, Kind.RESULT)]
        nonces = {message.id: nonce for nonce, (message, _) in self._store._nonces.items()}
        for message in channel.messages.values():
            if message.author_id != BOT_ID or not _says_something(message):
                continue
            ids = _ids(message)
            nonce = nonces.get(message.id, "")
            marked = [key for key in keys if any(each.endswith(mark(key)) for each in ids)]
            known = marked or [key for key in keys if nonce and key.hex[:NONCE_MAX] == nonce]
            yield Seen(
                id=str(message.id),
                key=str(known[0]) if known else None,
                where=where,
                text=text_of(message),
                can_cancel=any(each.startswith("nd:cancel:") for each in ids),
                files=len(message.content.attachments),
            )

    def empty_threads(self, n: int) -> int:
        """Threads in which nothing was ever said."""
        threads = self._channel(n).threads.values()
        return sum(not any(map(_says_something, thread.messages.values())) for thread in threads)

    def calls(self, n: int, generation_id: GenerationId) -> int:
        channel, user = self._channel(n), self.user(n)
        direct = {str(each.id) for each in self._store.channels.values() if each.recipient_id == int(user)}
        places = {str(channel.id), f"token-{n}", *direct, *map(str, channel.threads)}
        asked = self._asked()
        return round(sum(asked.get(place, 0.0) for place in (*places, user)))

    def _asked(self) -> dict[str, float]:
        """How often each channel, token and person was asked about; counted once all is over."""
        exchanges = self.sandbox.platform._server.exchanges
        while exchanges:
            exchange = exchanges.popleft()
            # /channels/{channel}/…, /webhooks/{application}/{token}/…, and /users/@me/channels with a recipient
            parts = [*exchange.path.split("/"), "", "", ""]
            asked = exchange.request if isinstance(exchange.request, dict) else {}
            about = parts[3] if parts[1] == "webhooks" else parts[2]
            # discord.py asks five times for what is one call of ours.
            weight = 0.2 if exchange.response in REPEATED else 1.0
            place = str(asked.get("recipient_id") or about)
            self._counted[place] = self._counted.get(place, 0.0) + weight
        return self._counted


def _ids(message: Message) -> list[str]:
    return [str(each.get("custom_id", "")) for each in walk(message.content.components)]


def _says_something(message: Message) -> bool:
    content = message.content
    return bool(content.text or content.embeds or MessageFlag.COMPONENTS_V2 in content.flags)
