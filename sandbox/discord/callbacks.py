"""How the bot answers an interaction: the first callback, and the followups that its token allows for 15 minutes."""

from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute

from sandbox.discord.commands import choices
from sandbox.discord.errors import ApiError, FormErrors, Refusal
from sandbox.discord.fixtures import APPLICATION_ID, BOT_ID, GUILD_ID, Rules
from sandbox.discord.forms import Body, MessageForm
from sandbox.discord.interactions import Callback, Interaction, Interactions, Kind
from sandbox.discord.modals import Modals
from sandbox.discord.model import NO_FLAGS, Content, Message, MessageFlag, MessageKind
from sandbox.discord.server import Answer, Call, Server
from sandbox.discord.store import Store

EPHEMERAL = int(MessageFlag.EPHEMERAL)

FOLLOWUPS_MAX = 5
"""For an app that a person has brought along."""

Answering = Callable[[Interaction, Body], Message | None]


class Callbacks:
    """Handlers below /interactions and /webhooks."""

    def __init__(self, store: Store, interactions: Interactions, modals: Modals, rules: Rules) -> None:
        self._store = store
        self._interactions = interactions
        self._modals = modals
        self._rules = rules
        self._answers: dict[Callback, Answering] = {
            Callback.MESSAGE: self._say,
            Callback.DEFERRED_MESSAGE: self._defer,
            Callback.DEFERRED_UPDATE: self._defer_update,
            Callback.UPDATE: self._update,
            Callback.AUTOCOMPLETE: self._suggest,
            Callback.MODAL: self._ask,
        }

    def routes(self, server: Server) -> list[BaseRoute]:
        callback = "/interactions/{interaction:int}/{token}/callback"
        hook = "/webhooks/{application:int}/{token}"
        original, message = hook + "/messages/@original", hook + "/messages/{message:int}"
        return [
            server.route("POST", callback, self._answer, bot=False),
            server.route("POST", hook, self._followup, bot=False),
            *(server.route("GET", path, self._read, bot=False) for path in (original, message)),
            *(server.route("PATCH", path, self._edit, bot=False) for path in (original, message)),
            *(server.route("DELETE", path, self._delete, bot=False) for path in (original, message)),
        ]

    def _answer(self, call: Call) -> Answer:
        interaction = self._interactions.find(call.path["interaction"], call.path["token"])
        kind = _kind(interaction, call.body.payload.get("type"))
        data = call.body.payload.get("data")
        body = Body(payload=data if isinstance(data, dict) else {}, uploads=call.body.uploads)
        message = self._answers[kind](interaction, body)
        interaction.answer = kind
        interaction.touch(settles=kind not in {Callback.DEFERRED_MESSAGE, Callback.DEFERRED_UPDATE})
        if call.query.get("with_response", "").lower() not in {"1", "true"}:
            return Answer(status=204)
        return Answer(body=self._described(interaction, message))

    def _described(self, interaction: Interaction, message: Message | None) -> dict[str, Any]:
        """What `with_response` gives; the message itself only where it was made or changed at once."""
        shown: dict[str, Any] = {"id": str(interaction.id), "type": int(interaction.kind)}
        shown |= {"channel_id": str(interaction.channel.id), "guild_id": str(GUILD_ID)}
        if message is None:
            return {"interaction": shown}
        shown |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral,
        }
        if interaction.answer not in {Callback.MESSAGE, Callback.UPDATE}:
            return {"interaction": shown}
        resource = {"type": int(interaction.answer), "message": self._store.json(message)}
        return {"interaction": shown, "resource": resource}

    def _say(self, interaction: Interaction, body: Body) -> Message:
        return self._new(interaction, self._content(interaction, body, ephemeral=_wants_secrecy(body)))

    def _defer(self, interaction: Interaction, body: Body) -> Message:
        flags = MessageFlag.LOADING | (MessageFlag.EPHEMERAL if _wants_secrecy(body) else NO_FLAGS)
        return self._new(interaction, Content(flags=flags))

    def _defer_update(self, interaction: Interaction, body: Body) -> Message | None:
        interaction.original = interaction.source
        return interaction.source

    def _update(self, interaction: Interaction, body: Body) -> Message | None:
        if interaction.source is None:
            raise ApiError(Refusal.UNKNOWN_MESSAGE)
        source = interaction.source
        self._store.rewrite(source, self._content(interaction, body, before=source.content))
        interaction.original = source
        _show(interaction, source)
        return source

    def _suggest(self, interaction: Interaction, body: Body) -> None:
        errors = FormErrors()
        suggested = choices(body.payload.get("choices"), errors, ("data", "choices"))
        errors.check()
        interaction.choices = suggested

    def _ask(self, interaction: Interaction, body: Body) -> None:
        interaction.modal = self._modals.open(interaction, body.payload)

    def _new(self, interaction: Interaction, content: Content) -> Message:
        """A message that answers; the first one is the original."""
        is_first = interaction.original is None and interaction.answer is None
        message = self._store.post(
            interaction.channel,
            author_id=BOT_ID,
            content=content,
            kind=MessageKind.COMMAND if is_first and interaction.kind is Kind.COMMAND else MessageKind.DEFAULT,
            origin=interaction.origin,
        )
        if is_first:
            interaction.original = message
        _show(interaction, message)
        return message

    def _content(
        self, interaction: Interaction, body: Body, *, before: Content | None = None, ephemeral: bool = False
    ) -> Content:
        form = MessageForm(body, files=self._store.files, upload_bytes=self._rules.upload_bytes)
        ids = [self._store.next_id() for _ in body.uploads]
        return form.read(ids=ids, channel_id=interaction.channel.id, before=before, ephemeral=ephemeral)

    def _followup(self, call: Call) -> Answer:
        """One message more; after a defer the first one takes the place of the "thinking" message."""
        interaction = self._by_token(call)
        original = interaction.original
        if original is not None and original.loading:
            self._complete(interaction, original, call.body)
            return Answer(body=self._store.json(original))
        if interaction.is_brought and interaction.followups >= FOLLOWUPS_MAX:
            raise ApiError(Refusal.TOO_MANY_FOLLOWUPS)
        interaction.followups += 1
        content = self._content(interaction, call.body, ephemeral=_wants_secrecy(call.body))
        message = self._new(interaction, content)
        interaction.touch(settles=True)
        return Answer(body=self._store.json(message))

    def _read(self, call: Call) -> Answer:
        return Answer(body=self._store.json(self._message(call, self._by_token(call))))

    def _edit(self, call: Call) -> Answer:
        interaction = self._by_token(call)
        message = self._message(call, interaction)
        self._complete(interaction, message, call.body)
        return Answer(body=self._store.json(message))

    def _delete(self, call: Call) -> Answer:
        interaction = self._by_token(call)
        message = self._message(call, interaction)
        self._store.delete(message)
        interaction.touch()
        if message in interaction.mine:
            interaction.mine.remove(message)
        if message is interaction.original and message.loading:
            message.content.flags &= ~MessageFlag.LOADING
        return Answer(status=204)

    def _complete(self, interaction: Interaction, message: Message, body: Body) -> None:
        """Edit a message; what was only a "thinking" message becomes the answer, seen by the same people."""
        was_loading = message.loading
        before = message.content
        if was_loading:
            before = Content(flags=before.flags & ~MessageFlag.LOADING)
        content = self._content(interaction, body, before=before)
        self._store.rewrite(message, content, shows=not was_loading)
        _show(interaction, message)
        interaction.touch(settles=True)

    def _by_token(self, call: Call) -> Interaction:
        if call.path["application"] != APPLICATION_ID:
            raise ApiError(Refusal.UNKNOWN_WEBHOOK)
        return self._interactions.by_token(call.path["token"])

    def _message(self, call: Call, interaction: Interaction) -> Message:
        """A message that this interaction made or changed, as long as it is there."""
        channel = interaction.channel
        wanted = call.path.get("message") or (interaction.original.id if interaction.original else 0)
        message = channel.messages.get(wanted) or channel.unlisted.get(wanted)
        if message is None and interaction.source is not None and interaction.source.id == wanted:
            message = interaction.source  # the first message of a forum's post is listed in the forum
        if message is None:
            raise ApiError(Refusal.UNKNOWN_MESSAGE)
        own = message.origin is not None and message.origin.id == interaction.id
        if not own and message is not interaction.source:
            raise ApiError(Refusal.UNKNOWN_MESSAGE)
        return message


def _show(interaction: Interaction, message: Message) -> None:
    """Note an ephemeral message, new or changed, as something that its person got of this interaction."""
    if message.ephemeral and message not in interaction.mine:
        interaction.mine.append(message)


def _legal(interaction: Interaction) -> tuple[Callback, ...]:
    """The callbacks that this interaction may be answered with."""
    if interaction.kind is Kind.AUTOCOMPLETE:
        return (Callback.AUTOCOMPLETE,)
    legal = [Callback.MESSAGE, Callback.DEFERRED_MESSAGE]
    if interaction.source is not None:
        legal += [Callback.DEFERRED_UPDATE, Callback.UPDATE]
    if interaction.kind is not Kind.MODAL:
        legal.append(Callback.MODAL)
    return tuple(legal)


def _kind(interaction: Interaction, value: Any) -> Callback:
    """The callback type that a body asks for, if it is legal here."""
    legal = _legal(interaction)
    for kind in legal:
        if value == kind:
            return kind
    errors = FormErrors()
    errors.one_of(("type",), [int(kind) for kind in legal])
    raise errors.refusal()


def _wants_secrecy(body: Body) -> bool:
    flags = body.payload.get("flags")
    return isinstance(flags, int) and bool(flags & EPHEMERAL)
