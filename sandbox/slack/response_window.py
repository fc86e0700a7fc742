"""What one interaction leads to: its trigger, its response URL, and what its person hears back within a few seconds."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.platform import Modal
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import APP_ID, TEAM_ID, Json

TRIGGER_S = 3.0
RESPONSE_URL_S = 30 * 60
RESPONSE_URL_USES = 5
KEPT_MAX = 2000
LINGER_S = 0.3
"""How long is listened behind what everybody sees: words for one person alone may come right behind it."""


@dataclass(slots=True, kw_only=True, eq=False)
class ResponseWindow:
    """One interaction of one person, with the answers to it so far.

    `message` names the message that was pressed (channel, ts); None for a command. `command` is what was typed, until
    an answer in the channel has shown it there.
    """

    user: str
    channel: str
    trigger: str
    token: str
    born: float
    command: str = ""
    message: tuple[str, str] | None = None
    thread_ts: str | None = None
    trigger_used: bool = False
    uses: int = 0
    texts: list[str] = field(default_factory=list)
    modal: Modal | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, text: str) -> None:
        """The person was shown an ephemeral message."""
        self.texts.append(text)
        self.news.set()

    def see(self, modal: Modal | None) -> None:
        """A modal opened for the person, or changed."""
        self.modal = modal
        self.news.set()


@dataclass(slots=True, kw_only=True)
class ResponseWindows:
    """The interactions of the last half hour, found by trigger, by response URL, or by person."""

    clock: Callable[[], float]
    trigger_s: float = TRIGGER_S
    by_trigger: "OrderedDict[str, ResponseWindow]" = field(default_factory=OrderedDict)
    by_token: "OrderedDict[str, ResponseWindow]" = field(default_factory=OrderedDict)
    listening: set[ResponseWindow] = field(default_factory=set)

    def begin(
        self,
        *,
        user: str,
        channel: str,
        command: str = "",
        message: tuple[str, str] | None = None,
        thread_ts: str | None = None,
    ) -> ResponseWindow:
        """A new interaction with a trigger and a response token of its own."""
        window = ResponseWindow(
            user=user,
            channel=channel,
            trigger=f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}",
            token=f"{TEAM_ID}/{APP_ID}/{secrets.token_urlsafe(24)}",
            born=self.clock(),
            command=command,
            message=message,
            thread_ts=thread_ts,
        )
        self.by_trigger[window.trigger] = window
        self.by_token[window.token] = window
        for kept in (self.by_trigger, self.by_token):
            while len(kept) > KEPT_MAX:
                kept.popitem(last=False)
        return window

    def exchange(self, trigger: str) -> ResponseWindow:
        """Spend a trigger: once, and within three seconds."""
        window = self.by_trigger.get(trigger)
        if window is None:
            raise SlackError("invalid_trigger_id", ("[ERROR] invalid `trigger_id`",))
        if window.trigger_used:
            raise SlackError("exchanged_trigger_id")
        if self.clock() - window.born > self.trigger_s:
            raise SlackError("expired_trigger_id")
        window.trigger_used = True
        return window

    def answer(self, token: str) -> ResponseWindow:
        """Spend one of the five uses of a response URL, within half an hour."""
        window = self.by_token.get(token)
        if window is None or self.clock() - window.born > RESPONSE_URL_S:
            raise SlackError("expired_url")
        if window.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        window.uses += 1
        return window

    def tell(self, *, user: str, text: str) -> None:
        """A person was shown an ephemeral message that belongs to no interaction: all that listen for them hear it."""
        for window in self.listening:
            if window.user == user:
                window.hear(text)

    def posted(self, *, channel: str, thread_ts: str | None) -> None:
        """The app posted for everybody: whoever asked for it there, by a command, a button or words, has an answer.

        A modal names no channel (`""`): a new message in any of them is its answer.
        """
        for window in self.listening:
            if window.channel in {"", channel} and window.thread_ts == thread_ts:
                asyncio.get_running_loop().call_later(LINGER_S, window.news.set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an app's acknowledgement said; `late` if none came in time, `unheard` if nobody is connected."""

    payload: Json = field(default_factory=dict)
    late: bool = False
    unheard: bool = False
