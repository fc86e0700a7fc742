"""Discord, as the sandbox has it: one guild, its REST API, its gateway and its CDN, and the people in it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.routing import BaseRoute, Mount, Route

from sandbox.discord import guild, reading
from sandbox.discord.access import Access
from sandbox.discord.callbacks import Callbacks
from sandbox.discord.channels import Channels
from sandbox.discord.commands import Commands
from sandbox.discord.files import Files
from sandbox.discord.fixtures import ALL_CHANNEL_IDS, PEOPLE, PEOPLE_BY_NAME, PRIVATE_THREADS, Permission, Rules
from sandbox.discord.gateway import Gateway
from sandbox.discord.identity import Identity
from sandbox.discord.interactions import Interactions
from sandbox.discord.limits import Meter
from sandbox.discord.modals import Modals
from sandbox.discord.model import Channel, Message
from sandbox.discord.moderator import Moderator
from sandbox.discord.options import Unsendable
from sandbox.discord.person import Client
from sandbox.discord.places import is_apart
from sandbox.discord.server import BASE, Call, Exchange, Server
from sandbox.discord.shop import Shop
from sandbox.discord.store import Store
from sandbox.discord.switchboard import switches
from sandbox.faults import Faults
from sandbox.platform import CommandHint, Heard, Person, Shortcut
from sandbox.switches import Switch
from sandbox.world import World


class Discord:
    """The stand-in for Discord; see `Platform`.

    `gateway` can reconnect, invalidate and drop its sessions. Direct messages with the bot are the channel "@name".

    Args:
        world: what all stand-ins share.
        rules: Discord's numbers; a test may want them shorter.
    """

    name: str = "discord"
    has_app_places: bool = False
    people: tuple[Person, ...] = PEOPLE
    channels: tuple[str, ...] = (*ALL_CHANNEL_IDS, *PRIVATE_THREADS)
    channel_names: Mapping[str, str] = MappingProxyType({str(number): name for name, number in ALL_CHANNEL_IDS.items()})

    switches: tuple[Switch, ...]

    def __init__(self, world: World, rules: Rules | None = None) -> None:
        rules = rules or Rules()
        self._world = world
        self.faults = Faults(on_change=lambda: world.tell({"type": "trouble"}))
        self.gateway = Gateway(world, rules, guild=self._present)
        self._files = Files(world)
        self._store = Store(rules, files=self._files, emit=self.gateway.dispatch, changed=self._tell)
        self._access = Access(self._store)
        self.shop = Shop(self._store, self.gateway.dispatch)
        self._commands = Commands(self._store.next_id)
        self._modals = Modals()
        self._interactions = Interactions(self._store, self.gateway, rules, read=reading.text_of)
        self._client = Client(self._store, self._interactions, self._commands, self._modals, rules, shop=self.shop)
        self._callbacks = Callbacks(self._store, self._interactions, self._modals, rules)
        self._meter = Meter()
        self._server = Server(world, rules, faults=self.faults, meter=self._meter, named=self._named)
        self._api = Channels(self._store, self._access, rules)
        self.switches = switches(
            store=self._store, access=self._access, server=self._server, meter=self._meter, gateway=self.gateway,
            interactions=self._interactions, shop=self.shop,
            moderator=Moderator(self._store, self.gateway.dispatch),
        )  # fmt: skip

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The last requests to the API with their answers, oldest first."""
        return tuple(self._server.exchanges)

    def routes(self) -> list[BaseRoute]:
        """REST below /api/v10, the gateway at /gateway, uploads below /cdn, all that was said at /exchanges."""
        server, identity = self._server, Identity(self._store, self.gateway)
        parts = (identity, self._commands, self._api, self._callbacks, self.shop)
        api = [route for part in parts for route in part.routes(server)]
        every = ("GET", "POST", "PUT", "PATCH", "DELETE")
        nothing = [server.route(method, "/{rest:path}", identity.nothing, bot=False) for method in every]
        told = Route("/exchanges", server.told, methods=["GET"])
        return [Mount(BASE, routes=[*api, *nothing]), told, *self.gateway.routes(), *self._files.routes()]

    def commands(self) -> tuple[CommandHint, ...]:
        """The slash commands that a person can type now."""
        return self._commands.hints()

    def hears(self) -> bool:
        """Whether the application has said which commands it has."""
        return bool(self._commands.hints())

    def shortcuts(self) -> tuple[Shortcut, ...]:
        """The application's commands in the context menu of a message."""
        return tuple(Shortcut(id=name, name=name) for name in self._commands.on_messages())

    async def shortcut(self, *, channel: str, message: str, shortcut: str, user: str) -> Heard:
        """See `shortcuts`."""
        return await self._client.use(channel=channel, message=message, command=shortcut, user=user)

    async def reply(self, *, channel: str, message: str, user: str, text: str) -> Heard:
        """A person answers a message, with its ping."""
        return await self._client.reply(channel=channel, message=message, user=user, text=text)

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
        """A person types: a slash command goes to the bot with typed options, anything else is a message."""
        return await self._client.say(channel=channel, user=user, text=text, thread=thread, image=image, files=files)

    async def press(self, *, channel: str, message: str, action: str, user: str) -> Heard:
        """A person presses the button with this custom_id."""
        return await self._client.press(channel=channel, message=message, action=action, user=user)

    async def change(self, *, modal: str, user: str, field: str, values: dict[str, str]) -> Heard:
        """Discord tells nobody what is being filled in."""
        return Heard(ok=True)

    async def submit(self, *, modal: str, user: str, values: dict[str, str]) -> Heard:
        """A person sends a modal."""
        return await self._client.submit(modal=modal, user=user, values=values)

    async def suggest(self, *, channel: str, user: str, text: str, option: str) -> list[dict[str, Any]]:
        """What the bot suggests for an option with autocomplete: [{"name", "value"}]."""
        return await self._client.suggest(channel=channel, user=user, text=text, option=option)

    async def redeliver(self) -> Heard:
        """Send the last command once more, to the byte, as after a resume of the gateway."""
        return await self._interactions.send_again()

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """The channel, oldest first, in the fixed shape of GET /api/messages."""
        return [reading.fixed(one, self._store) for one in self._listed(channel)]

    def drawn(self, channel: str) -> list[dict[str, Any]]:
        """The same for the page, with "interaction": {"user", "command"} on the answer to a command."""
        return [reading.drawn(one, self._store) for one in self._listed(channel)]

    def permit(self, channel: str, permissions: Permission) -> None:
        """Decide what the bot may do in a channel and its threads."""
        self._store.permit(ALL_CHANNEL_IDS[channel], permissions)

    def archive(self, thread: str, *, archived: bool = True, locked: bool = False) -> None:
        """Archive a thread, or lock it, as a moderator does."""
        place = self._store.channel(int(thread))
        if place.thread is not None:
            place.thread.locked = locked
            self._store.archive(place, archived=archived)

    def close_dms(self, user: str, *, closed: bool = True) -> None:
        """Make a person refuse direct messages from the bot."""
        (self._access.closed_dms.add if closed else self._access.closed_dms.discard)(int(PEOPLE_BY_NAME[user].id))

    def remove_thread(self, thread: str) -> None:
        """Delete a thread, as a moderator does."""
        self._store.remove_thread(self._store.channel(int(thread)))

    def _present(self) -> dict[str, Any] | None:
        """The guild, while the bot is in it."""
        joined_at = self._store.joined_at
        return guild.guild_create(self._store.channels.values(), joined_at=joined_at) if joined_at else None

    def _named(self, call: Call) -> set[str]:
        """What a call is about: channels by id and name, what a thread is in, messages, tokens, people."""
        about = {str(part) for part in call.path.values()} | {str(call.body.payload.get("recipient_id", ""))}
        channel = self._store.channels.get(call.path.get("channel", 0))
        if channel is not None:
            top = self._store.top(channel)
            about |= {str(top.id), top.name, channel.name, str(channel.recipient_id or "")}
        return about

    def _listed(self, channel: str) -> list[Message]:
        try:
            return reading.listed(self._client.channel(channel))
        except Unsendable:
            return []

    def _tell(self, channel: Channel, message: Message) -> None:
        """Tell the page what has changed; an ephemeral message goes to its reader alone, drawn."""
        place = channel if is_apart(channel) else self._store.top(channel)
        news = {"platform": self.name, "channel": reading.channel_name(place), "id": str(message.id)}
        if not message.ephemeral:
            self._world.tell(news | {"type": "message"})
            return
        user = reading.reader(message)
        drawn = reading.drawn(message, self._store) | ({} if message.id in channel.unlisted else {"deleted": True})
        self._world.tell(news | {"type": "ephemeral", "user": user, "drawn": drawn})
