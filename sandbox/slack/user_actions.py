"""What a person does in Slack: typing, pressing, sending a modal; and what that person gets to see of it in time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.platform import CommandHint, Heard, Person
from sandbox.slack import envelopes
from sandbox.slack.buttons import pressed
from sandbox.slack.drawing import FileJson, payload
from sandbox.slack.envelopes import Envelope
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import BOT_NAME, BOT_USER_ID, SLACKBOT_ID, Json
from sandbox.slack.hooks import Hooks
from sandbox.slack.mentions import written_out
from sandbox.slack.posting import Posting
from sandbox.slack.response_window import Answer, ResponseWindow, ResponseWindows
from sandbox.slack.sockets import Sockets
from sandbox.slack.store import Channel, Message, Store

INVITE, REMOVE = "/invite", "/remove"
BUILT_IN = (
    CommandHint(command=INVITE, description=f"Bring @{BOT_NAME} into this channel"),
    CommandHint(command=REMOVE, description=f"Send @{BOT_NAME} out of this channel"),
)


def invalid_command(name: str) -> str:
    """Slack's words for a command that nobody has."""
    return (
        f"{name} is not a valid command. In Slack, all messages that start with the “/” character are interpreted as "
        "commands. If you are trying to send a message and not run a command, "
        "try preceding the “/” with an empty space."
    )


@dataclass(slots=True, kw_only=True)
class UserActions:
    """Commands and presses.

    Args:
        listen_s: how long the answer to a deed waits for something that only its person sees.
    """

    store: Store
    windows: ResponseWindows
    sockets: Sockets | Posting
    hooks: Hooks
    file: FileJson
    commands: tuple[CommandHint, ...]
    listen_s: float
    _last: tuple[ResponseWindow, Envelope, str] | None = field(default=None)

    async def command(self, *, place: Channel, person: Person, typed: str) -> Heard:
        """A person runs a slash command."""
        name, _, text = typed.strip().partition(" ")
        if name in {INVITE, REMOVE} and text.strip().lstrip("@").lower() == BOT_NAME.lower():
            return self._membership(place, person, invited=name == INVITE)
        if name not in {hint.command for hint in self.commands}:
            return _no(invalid_command(name))
        window = self.windows.begin(user=person.id, channel=place.id, command=typed.strip())
        envelope = envelopes.command(
            window,
            name=name,
            text=written_out(text.strip()),
            place=place,
            person=person,
            response_url=self.hooks.url(window),
        )
        self._last = (window, envelope, name)
        return await self._run(window, envelope, name)

    async def redeliver(self) -> Heard:
        """Send the last command's envelope again, to the byte."""
        if self._last is None:
            return Heard(ok=False, error="No command was sent yet.")
        return await self._run(*self._last)

    async def press(self, *, place: Channel, ts: str, action: str, person: Person) -> Heard:
        """A person presses something in a message."""
        message = self.store.find(place.id, ts)
        if message is None or message.only_for not in {None, person.id}:
            return Heard(ok=False, error="message_not_found")
        found = pressed(message.blocks, action)
        if found is None:
            return Heard(ok=False, error="action_not_found")
        window = self.windows.begin(
            user=person.id, channel=place.id, message=(place.id, ts), thread_ts=message.thread_ts
        )
        envelope = envelopes.press(
            window,
            pressed=found,
            message=message,
            shown=payload(message, with_metadata=True, file=self.file),
            place=place,
            person=person,
            response_url=self.hooks.url(window),
            at=self.store.mint(),
        )
        answer, before = await self.deliver(window, envelope)
        if answer.unheard or answer.late:
            return Heard(ok=False, error="dispatch_failed" if answer.unheard else "operation_timeout")
        return heard(window, before)

    async def shortcut(self, *, place: Channel, ts: str, callback_id: str, person: Person) -> Heard:
        """A person uses one of the app's shortcuts on a message. Ephemeral ones have none."""
        message = self.store.find(place.id, ts)
        if message is None or message.only_for is not None:
            return Heard(ok=False, error="message_not_found")
        window = self.windows.begin(
            user=person.id, channel=place.id, message=(place.id, ts), thread_ts=message.thread_ts
        )
        shown = payload(message, with_metadata=False, file=self.file)
        body = envelopes.shortcut(
            window, callback_id=callback_id, message=message, shown=shown, place=place, person=person
        )
        answer, before = await self.deliver(
            window, envelopes.seal("interactive", body | {"response_url": self.hooks.url(window)})
        )
        if answer.unheard or answer.late:
            return Heard(ok=False, error="dispatch_failed" if answer.unheard else "operation_timeout")
        return heard(window, before)

    async def deliver(
        self, window: ResponseWindow, envelope: Envelope, *, settle: Callable[[Json], None] = lambda _said: None
    ) -> tuple[Answer, int]:
        """Send an envelope, then listen until its person saw an answer, or the time is over.

        `settle` does what the acknowledgement's payload asks for, at once. Returns the acknowledgement, and how much
        the ear had heard before: a redelivered command has an old ear.
        """
        before, window.modal = len(window.texts), None
        window.news.clear()
        self.windows.listening.add(window)
        try:
            end = asyncio.get_running_loop().time() + self.listen_s
            answer = await self.tell(window, envelope)
            if answer.late or answer.unheard:
                return answer, before
            if answer.payload:
                self.hooks.requests.append(("ack", answer.payload))
            settle(answer.payload)
            if answer.payload.get("response_action") in {None, "clear"}:
                async with asyncio.timeout_at(end):
                    await window.news.wait()
        except TimeoutError:
            pass
        finally:
            self.windows.listening.discard(window)
        return answer, before

    async def tell(self, window: ResponseWindow, envelope: Envelope) -> Answer:
        """Send an envelope whose answer its person finds elsewhere, and wait for the acknowledgement alone."""
        sent = envelopes.as_sent(envelope, store=self.store, user=window.user)
        return await self.sockets.send(sent, envelope_id=envelope.id)

    async def _run(self, window: ResponseWindow, envelope: Envelope, name: str) -> Heard:
        def settle(said: Json) -> None:
            if said.get("text") or said.get("blocks"):
                self.hooks.respond(window, said)

        try:
            answer, before = await self.deliver(window, envelope, settle=settle)
        except SlackError:
            return _no(f'{name} failed with the error "invalid_command_response"')
        if answer.unheard:
            return _no(f'{name} failed with the error "dispatch_failed"')
        if answer.late:
            late = f'{name} failed with the error "operation_timeout"'
            return Heard(ok=False, ephemeral=(*window.texts[before:], late), modal=window.modal, error=late)
        return heard(window, before)

    def _membership(self, place: Channel, person: Person, *, invited: bool) -> Heard:
        """Slack's own /invite and /remove, for the bot."""
        if place.person is not None:
            return _no("You can’t do that in a direct message.")
        if place.member != invited:
            place.member = invited
            deed = "added to" if invited else "removed from"
            text = f"<@{BOT_USER_ID}> was {deed} #{place.name} by <@{person.id}>."
            self.store.add(Message(ts=self.store.mint(), channel=place.id, user=SLACKBOT_ID, text=text))
        return Heard(ok=True)


def heard(window: ResponseWindow, before: int) -> Heard:
    """All that came to an ear since it had heard `before` texts."""
    return Heard(ok=True, ephemeral=tuple(window.texts[before:]), modal=window.modal)


def _no(sentence: str) -> Heard:
    return Heard(ok=False, ephemeral=(sentence,), error=sentence)
