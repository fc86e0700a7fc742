"""Slack's stand-in as a stage for `delivery_walk`: a channel for each case, and what people see there and directly."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bots.slack.api.places import Place
from bots.slack.delivery.chat import SlackChat, client
from core.domain.ids import GenerationId, Thread, UserId
from sandbox.platform import Person
from sandbox.slack import BOT_TOKEN, Slack
from sandbox.slack.store import Channel, Message
from tests.worker.delivery_walk import Order, Seen, prompt_of

BY_FILE = frozenset(
    {"files.getUploadURLExternal", "files.completeUploadExternal", "files.info", "files.delete", "upload"}
)
"""Methods that are told apart by the file: each generation has its own name for it."""
EVERYWHERE = "everywhere:"
"""Before a method: the direct message is refused as well."""


@dataclass
class SlackStage:
    """The stand-in, with more channels than a workspace begins with."""

    slack: Slack
    chat: SlackChat = field(init=False)
    _counted: int = 0
    _calls: "Counter[str]" = field(default_factory=Counter)

    def __post_init__(self) -> None:
        web = client(BOT_TOKEN, f"{self.slack.world.base_url}/slack/api/")
        self.chat = SlackChat(web, share_pause_s=0.01)
        self.slack.requests = self.slack._api.requests = deque()

    def _channel(self, n: int) -> Channel:
        name = f"case{n}"
        return self.slack.store.channels.setdefault(
            f"C0CASE{n}", Channel(id=f"C0CASE{n}", name=name, private=False, member=False)
        )

    def place(self, n: int) -> Thread:
        return Place(channel=self._channel(n).id).packed()

    def user(self, n: int) -> UserId:
        """Somebody whose direct messages are about this case alone."""
        user = UserId(f"U0CASE{n}")
        self.slack.store.people.setdefault(user, Person(name=f"case{n}", id=user, admin=False))
        return user

    def order(self, n: int, generation_id: GenerationId, order: Order) -> object:
        method = order.method.removeprefix(EVERYWHERE)
        abouts = [_file(n)] if method in BY_FILE else [self._channel(n).id]
        if method == "conversations.open":
            abouts = [self.user(n)]
        if order.method.startswith(EVERYWHERE):
            abouts.append(f"D0CASE{n}")
        faults = self.slack.faults
        return [
            faults.add(method, order.code, about=about, skip=order.skip, times=order.times, retry_after="20").id
            for about in abouts
        ]

    def lift(self, order: object) -> None:
        assert isinstance(order, list)
        for fault_id in order:
            self.slack.faults.lift(fault_id)

    def seen(self, n: int, generation_id: GenerationId) -> list[Seen]:
        found = list(self._in(self._channel(n), "channel"))
        private = self.slack.store.channels.get(f"D0CASE{n}")
        return found + (list(self._in(private, "direct")) if private else [])

    def _in(self, channel: Channel, where: str) -> Iterator[Seen]:
        for message in channel.messages.values():
            if message.by_bot:
                yield _seen(message, "thread" if message.thread_ts and where == "channel" else where)

    def calls(self, n: int, generation_id: GenerationId) -> int:
        about = {f"C0CASE{n}", f"D0CASE{n}", f"U0CASE{n}", _file(n)}
        if self._counted != len(self.slack.requests):
            self._counted = len(self.slack.requests)
            self._calls = Counter(
                word for _, arguments in self.slack.requests for word in {str(value) for value in arguments.values()}
            )
        return sum(self._calls[word] for word in about)


def _file(n: int) -> str:
    return f"{prompt_of(n).replace(' ', '-')}.mp4"


def _seen(message: Message, where: str) -> Seen:
    elements: list[Any] = [each for block in message.blocks for each in block.get("elements") or ()]
    return Seen(
        id=message.ts,
        key=message.metadata.get("event_payload", {}).get("key"),
        where=where,
        text=f"{message.text} {message.blocks}",
        can_cancel=any(each.get("action_id") == "cancel" for each in elements),
        files=len(message.files),
    )
