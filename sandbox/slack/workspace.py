"""The Slack stand-in: one workspace with its people, channels and the Neverdark app, over real HTTP and WebSocket."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import Faults
from sandbox.platform import CommandHint, Heard, Modal, Person, Shortcut
from sandbox.slack.api import CONNECT, SCOPES, Api
from sandbox.slack.arguments import Arguments
from sandbox.slack.chat import Chat
from sandbox.slack.drawing import drawn, shown
from sandbox.slack.faults import HANG_S, WebApiFaults
from sandbox.slack.files import Files
from sandbox.slack.fixtures import (
    APP_ID,
    BOT_TOKEN,
    COMMANDS,
    PEOPLE,
    PLACES,
    SHORTCUTS,
    SUBSCRIPTIONS,
    Json,
    Team,
    person_called,
)
from sandbox.slack.hooks import Hooks
from sandbox.slack.limits import LENIENT, Limits, Meter
from sandbox.slack.methods import methods_of, methods_of_surfaces
from sandbox.slack.modals import Modals
from sandbox.slack.person_api import PersonApi
from sandbox.slack.posting import Posting
from sandbox.slack.response_window import TRIGGER_S, ResponseWindows
from sandbox.slack.rooms import Rooms
from sandbox.slack.sockets import Sockets
from sandbox.slack.store import MESSAGES_MAX, Message, Store
from sandbox.slack.surfaces import Surfaces
from sandbox.slack.switchboard import switches
from sandbox.slack.talk import Talk
from sandbox.slack.uploads import Uploads
from sandbox.slack.user_actions import BUILT_IN, UserActions
from sandbox.slack.views import Views
from sandbox.world import World

ANSWER_S = 3.0


class Slack:
    """Slack, as a bot and its people see it.

    Args:
        world: whose trouble, news, home folder and address it uses.
        commands: the app's slash commands.
        subscriptions: the bot events that the app asked for, such as `app_mention` or `message.channels`.
        limits: how often each method may be called; `STRICT` is Slack's own measure.
        share_s: how long after files.completeUploadExternal a file's message appears.
        ack_s: how long the app has to acknowledge.
        listen_s: how long `say`, `press` and `submit` wait for something that only their person sees.
        trigger_s: how long a trigger_id lives.
        hang_s: how late answers come while the trouble `hang` is on.
        messages_max: how many messages a channel keeps.
        clock: unix seconds.
        team: which workspace it is.
        posting: the app is reached at an address; without it, through a socket.

    `requests` keeps the last things that the app sent, as (method, arguments): Web API calls, and as `response_url` and
    `ack` the bodies of those. `uploads.withhold` and `sockets.disconnect` and `drop` make trouble of their own.
    """

    name = "slack"
    has_app_places = True

    def __init__(
        self,
        world: World,
        *,
        commands: tuple[CommandHint, ...] = COMMANDS,
        subscriptions: tuple[str, ...] = SUBSCRIPTIONS,
        limits: Limits = LENIENT,
        share_s: float = 0.5,
        ack_s: float = ANSWER_S,
        listen_s: float = ANSWER_S,
        trigger_s: float = TRIGGER_S,
        hang_s: float = HANG_S,
        messages_max: int = MESSAGES_MAX,
        clock: Callable[[], float] = time.time,
        team: Team | None = None,
        posting: Posting | None = None,
    ) -> None:
        self.people: tuple[Person, ...] = PEOPLE
        self.channels: tuple[str, ...] = tuple(place.name for place in PLACES)
        self.channel_names: Mapping[str, str] = {place.id: place.name for place in PLACES}
        self.world = world
        self.sockets = Sockets(ack_s=ack_s)
        self.files = Files(home=world.home / "slack", base_url=world.base_url, clock=clock)
        self.store = Store(
            clock=clock, messages_max=messages_max, on_change=self._changed, on_drop=self.files.drop,
            team=team or Team(),
        )  # fmt: skip
        self.tokens: dict[str, float] = {BOT_TOKEN: float("inf")} if team is None else {}
        self.granted = SCOPES
        self._clock = clock
        self._file = self.files.json
        self._windows = ResponseWindows(clock=clock, trigger_s=trigger_s)
        self.views = Views(windows=self._windows, clock=clock, on_modal=self._modal)
        self.uploads = Uploads(store=self.store, files=self.files, share_s=share_s)
        self._chat = Chat(store=self.store, windows=self._windows, file=self._file)
        weather = WebApiFaults(world=world, hang_s=hang_s)
        self.faults = Faults(on_change=lambda: world.tell({"type": "trouble"}))
        self.meter = Meter(limits=limits, clock=clock)
        methods = methods_of(
            rooms=Rooms(store=self.store, file=self._file), chat=self._chat, uploads=self.uploads, views=self.views
        ) | {CONNECT: self._connect}
        self._api = Api(
            methods=methods, meter=self.meter, weather=weather, faults=self.faults, named=self._named,
            refused=self._refused, granted=lambda: self.granted,
        )  # fmt: skip
        self.call, self.around = self._api.call, self._api.around
        self.requests = self._api.requests
        self._weather = weather
        hooks = Hooks(
            store=self.store, windows=self._windows, chat=self._chat, weather=weather, base_url=world.base_url,
            requests=self.requests, faults=self.faults,
        )  # fmt: skip
        self._hooks = hooks
        self._actions = UserActions(
            store=self.store,
            windows=self._windows,
            sockets=posting or self.sockets,
            hooks=hooks,
            file=self._file,
            commands=commands,
            listen_s=listen_s,
        )
        self.surfaces = Surfaces(
            store=self.store, views=self.views, windows=self._windows, actions=self._actions,
            grant=self.tokens.__setitem__, tell=lambda news: world.tell(news | {"platform": self.name}),
        )  # fmt: skip
        methods |= methods_of_surfaces(self.surfaces)
        self.switches = switches(
            store=self.store, uploads=self.uploads, sockets=self.sockets, hooks=hooks, meter=self.meter
        )
        self._talk = Talk(
            store=self.store,
            files=self.files,
            windows=self._windows,
            user_actions=self._actions,
            subscriptions=subscriptions,
        )
        self._modals = Modals(views=self.views, windows=self._windows, user_actions=self._actions, talk=self._talk)

    def routes(self) -> list[BaseRoute]:
        """The Web API, response URLs, uploads and files, and the socket: to be mounted at /slack."""
        return [
            *self._api.routes(),
            *self._hooks.routes(),
            *PersonApi(self.surfaces).routes(),
            *self.uploads.routes(),
            Route("/upload/v1/{ticket}", self._upload, methods=["POST"]),
            self.sockets.route(),
        ]

    def commands(self) -> tuple[CommandHint, ...]:
        """The app's commands, then Slack's own two that matter to a bot."""
        return (*self._actions.commands, *BUILT_IN)

    def hears(self) -> bool:
        """Whether the app is connected, or reached at an address."""
        return isinstance(self._actions.sockets, Posting) or bool(self.sockets.connections)

    def shortcuts(self) -> tuple[Shortcut, ...]:
        """The app's entries in the menu of a message."""
        return SHORTCUTS

    async def shortcut(self, *, channel: str, message: str, shortcut: str, user: str) -> Heard:
        """A person uses a shortcut on a message."""
        place, person = self.store.named(channel), person_called(user)
        if place is None or person is None:
            return Heard(ok=False, error="channel_not_found" if place is None else "user_not_found")
        return await self._actions.shortcut(place=place, ts=message, callback_id=shortcut, person=person)

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
        """A person types `text`; see `Platform`. A slash command does not work in a thread, nor with a file."""
        place, person = self.store.named(channel), person_called(user)
        if place is None or person is None or place.person not in {None, person.id}:
            return Heard(ok=False, error="channel_not_found" if place is None else "user_not_found")
        if not text.startswith("/"):
            return await self._talk.message(place=place, person=person, text=text, thread=thread, image=image)
        name = text.split(maxsplit=1)[0]
        if thread is not None:
            return Heard(ok=False, error=f"{name} is not supported in threads. Sorry!")
        if image is not None or files:
            return Heard(ok=False, error=f"Slack cannot send a file with a command such as {name}.")
        return await self._actions.command(place=place, person=person, typed=text)

    async def press(self, *, channel: str, message: str, action: str, user: str) -> Heard:
        """A person presses something; `action` is an action_id, or `action_id:value`. Links work too."""
        place, person = self.store.named(channel), person_called(user)
        if place is None or person is None:
            return Heard(ok=False, error="channel_not_found" if place is None else "user_not_found")
        return await self._actions.press(place=place, ts=message, action=action, person=person)

    async def submit(self, *, modal: str, user: str, values: dict[str, str]) -> Heard:
        """A person sends a modal; `values` by block_id (the fields' names) or action_id."""
        person = person_called(user)
        if person is None:
            return Heard(ok=False, error="user_not_found")
        return await self._modals.submit(modal=modal, person=person, values=values)

    async def change(self, *, modal: str, user: str, field: str, values: dict[str, str]) -> Heard:
        """A person changes a field of a modal that is open."""
        person = person_called(user)
        if person is None:
            return Heard(ok=False, error="user_not_found")
        return await self._modals.change(modal=modal, person=person, field=field, values=values)

    async def dismiss(self, *, modal: str, user: str) -> Heard:
        """A person closes a modal without sending it."""
        person = person_called(user)
        if person is None:
            return Heard(ok=False, error="user_not_found")
        return await self._modals.dismiss(modal=modal, person=person)

    async def redeliver(self) -> Heard:
        """The last command's envelope once more, to the byte."""
        return await self._actions.redeliver()

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """See `Platform`. Direct messages are the channels `@ana` and so on."""
        place = self.store.named(channel)
        return [shown(message, file=self._file) for message in place.roots()] if place else []

    def drawn(self, channel: str) -> list[dict[str, Any]]:
        """See `Platform`."""
        place = self.store.named(channel)
        return [drawn(message, file=self._file) for message in place.roots()] if place else []

    def whispers(self, channel: str, user: str) -> list[dict[str, Any]]:
        """The ephemeral messages that a person sees in a channel, oldest first, in the shape of `drawn`."""
        place, person = self.store.named(channel), person_called(user)
        if place is None or person is None:
            return []
        mine = [m for m in self.store.whispers.values() if (m.channel, m.only_for) == (place.id, person.id)]
        return [drawn(message, file=self._file) for message in mine]

    def _changed(self, message: Message) -> None:
        place = self.store.channels[message.channel]
        if place.name not in self.channels:
            self.channels = (*self.channels, place.name)
        news: dict[str, Any] = {"platform": self.name, "channel": place.name, "thread": message.thread_ts}
        if message.only_for is None:
            self.world.tell(news | {"type": "message", "id": message.ts})
            return
        gone = self.store.find(message.channel, message.ts) is None
        shape = drawn(message, file=self._file)
        user = next(person.name for person in PEOPLE if person.id == message.only_for)
        self.world.tell(news | {"type": "ephemeral", "user": user, "drawn": shape, "deleted": gone})

    def _modal(self, user: str, modal: Modal | None) -> None:
        name = next(person.name for person in PEOPLE if person.id == user)
        shape = None if modal is None else asdict(modal)
        self.world.tell({"type": "modal", "platform": self.name, "user": name, "modal": shape})

    async def _upload(self, request: Request) -> Response:
        file = self.files.pending(request.path_params["ticket"])
        fault = self.faults.hit("upload", (file.name, file.id) if file is not None else ())
        return await self._weather.around(request, lambda: self.uploads.receive(request), writes=True, fault=fault)

    def _named(self, args: Arguments) -> tuple[str, ...]:
        """The channels, people and files that a call concerns, by id and by name."""
        words = [args.text(name) for name in ("channel", "channel_id", "users", "user", "filename", "file")]
        wanted = args.given("files")
        words += [str(item.get("id")) for item in wanted or () if isinstance(item, dict)]
        found = [self.store.named(word) for word in words if word]
        files = [self.files.known[word].name for word in words if word in self.files.known]
        return (*words, *files, *(each.name for each in found if each is not None))

    def _refused(self, token: str) -> str | None:
        if token not in self.tokens:
            return "invalid_auth" if self.tokens else "account_inactive"
        return "token_expired" if self.tokens[token] <= self._clock() else None

    async def _connect(self, args: Arguments) -> Json:
        """apps.connections.open."""
        url = f"{args.text('host')}/slack/socket?ticket={self.sockets.ticket()}&app_id={APP_ID}"
        return {"ok": True, "url": url}
