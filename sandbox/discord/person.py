"""What a person does in Discord's own client: typing, pressing a button, sending a modal."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from sandbox.discord import payloads, reading
from sandbox.discord.commands import Commands
from sandbox.discord.components import STRING_SELECT, walk
from sandbox.discord.dropped_files import fetched, of_ones_own
from sandbox.discord.files import Upload
from sandbox.discord.fixtures import BOT_ID, BOT_NAME, GUILD_ID, PEOPLE_BY_NAME, Permission, Rules, permissions_of
from sandbox.discord.forms import CONTENT_MAX, mentioned
from sandbox.discord.interactions import Interactions, Kind
from sandbox.discord.modals import Modals, Open, file_inputs, fill
from sandbox.discord.model import POSTS, Attachment, Channel, ChannelKind, Content, Message, MessageKind
from sandbox.discord.options import Unsendable, parse
from sandbox.discord.places import is_apart
from sandbox.discord.shop import Shop
from sandbox.discord.store import Store
from sandbox.platform import Heard

GUILD_CONTEXT, DM_CONTEXT = 0, 1
TITLE_MAX = 100


class Client:
    """The client of everybody in the sandbox."""

    def __init__(
        self, store: Store, interactions: Interactions, commands: Commands, modals: Modals, rules: Rules, *, shop: Shop
    ) -> None:
        self._store = store
        self._interactions = interactions
        self._commands = commands
        self._modals = modals
        self._rules = rules
        self._shop = shop

    def channel(self, name: str, *, reader: str = "") -> Channel:
        """A channel by its name, or direct messages with the bot by @name; those are for their own person only."""
        if reader and name.startswith("@") and name != f"@{reader}":
            raise Unsendable(f"There is no channel {name}.")
        if name.startswith("@") and (person := PEOPLE_BY_NAME.get(name[1:])):
            return self._store.dm(int(person.id))
        for channel in self._store.channels.values():
            if is_apart(channel) and channel.name == name and not self._store.top(channel).deleted:
                return channel
        raise Unsendable(f"There is no channel {name}.")

    async def say(
        self,
        *,
        channel: str,
        user: str,
        text: str,
        thread: str | None,
        image: str | None,
        files: Mapping[str, str] | None = None,
    ) -> Heard:
        """Type a slash command, or else a message. `files`: addresses for the options of a command that take files."""
        try:
            place = self._place(channel, thread, reader=user)
            user_id = _user(user)
            addresses = dict(files or {}) | ({"": image} if image is not None else {})
            attachments = {name: await self._upload(address, place) for name, address in addresses.items()}
            if text.startswith("/"):
                return await self._command(text, place, user_id, attachments)
            self._post(text.strip(), place, user_id, list(attachments.values()))
        except Unsendable as objection:
            return Heard(ok=False, error=str(objection))
        return Heard(ok=True)

    async def reply(self, *, channel: str, message: str, user: str, text: str) -> Heard:
        """Answer a message, with its ping."""
        try:
            user_id = _user(user)
            found, place = self._find(self.channel(channel, reader=user), message, user_id)
        except Unsendable as objection:
            return Heard(ok=False, error=str(objection))
        reference = {"type": 0, "message_id": str(found.id), "channel_id": str(place.id)}
        guild = {} if place.kind is ChannelKind.DM else {"guild_id": str(GUILD_ID)}
        content = Content(text=text, mentions=[found.author_id])
        self._store.post(place, author_id=user_id, content=content, kind=MessageKind.REPLY, reference=reference | guild)
        return Heard(ok=True)

    async def use(self, *, channel: str, message: str, command: str, user: str) -> Heard:
        """Use a command of a message's context menu."""
        try:
            user_id = _user(user)
            found, place = self._find(self.channel(channel, reader=user), message, user_id)
            known = self._commands.on_messages().get(command)
            if known is None:
                raise Unsendable(f"There is no command {command}.")
        except Unsendable as objection:
            return Heard(ok=False, error=str(objection))
        data = {
            "id": known["id"],
            "name": known["name"],
            "type": known["type"],
            "target_id": str(found.id),
            "resolved": {"messages": {str(found.id): self._store.json(found)}},
        }
        _, heard = await self._interactions.send(kind=Kind.COMMAND, user_id=user_id, channel=place, data=data)
        return heard

    async def press(self, *, channel: str, message: str, action: str, user: str) -> Heard:
        """Press a button, or choose an option of a menu: the menu's id and the option's value, with a colon between."""
        try:
            user_id = _user(user)
            found, place = self._find(self.channel(channel, reader=user), message, user_id)
            if (sku := reading.sku_of(found, action)) is not None:  # the bot hears nothing of such a press
                self._shop.buy(user_id, sku)
                return Heard(ok=True)
            button = _button(found, action)
        except Unsendable as objection:
            return Heard(ok=False, error=str(objection))
        data: dict[str, Any] = {
            "custom_id": button["custom_id"],
            "component_type": button["type"],
            "id": button["id"],
        }
        if button["type"] == STRING_SELECT:
            data["values"] = [action.removeprefix(f"{button['custom_id']}:")]
        _, heard = await self._interactions.send(
            kind=Kind.COMPONENT, user_id=user_id, channel=place, data=data, source=found
        )
        return heard

    async def submit(self, *, modal: str, user: str, values: dict[str, str]) -> Heard:
        """Send a modal. It stays open until the bot has taken it."""
        try:
            user_id = _user(user)
            opened = self._modals.get(modal, user_id)
            fill(opened, values)  # nothing is uploaded for a form that the client would not send
            uploaded, attachments = await self._uploads(opened, values)
            rows = fill(opened, values | uploaded)
        except Unsendable as refusal:
            return Heard(ok=False, error=str(refusal))
        data: dict[str, Any] = {"custom_id": opened.custom_id, "components": rows}
        if attachments:
            data["resolved"] = {"attachments": {str(one.id): payloads.attachment(one) for one in attachments}}
        _, heard = await self._interactions.send(
            kind=Kind.MODAL,
            user_id=user_id,
            channel=opened.channel,
            data=data,
            source=opened.source,
            trigger=opened.trigger,
        )
        if heard.ok:
            self._modals.close(modal)
        return heard

    async def _uploads(self, opened: Open, values: dict[str, str]) -> tuple[dict[str, str], list[Attachment]]:
        """The files of a form: by input their ids, and what was uploaded."""
        made: dict[str, str] = {}
        every: list[Attachment] = []
        for name in file_inputs(opened):
            kept = [await self._upload(address, opened.channel) for address in values.get(name, "").split()]
            made[name] = " ".join(str(one.id) for one in kept)
            every.extend(kept)
        return made, every

    async def suggest(self, *, channel: str, user: str, text: str, option: str) -> list[dict[str, Any]]:
        """The bot's suggestions for an option with autocomplete, while a command is typed."""
        try:
            place, user_id = self.channel(channel, reader=user), _user(user)
            name, *words = text.removeprefix("/").split()
            command = self._known(name, place, user_id)
            partial = {**command, "options": [{**each, "required": False} for each in command.get("options", [])]}
            data = parse(partial, words, locale=self._interactions.locale)
        except Unsendable:
            return []
        for each in data.get("options", []):
            if each["name"] == option:
                each["focused"] = True
        interaction, _ = await self._interactions.send(
            kind=Kind.AUTOCOMPLETE, user_id=user_id, channel=place, data=data
        )
        return interaction.choices

    def _post(self, text: str, place: Channel, user_id: int, attachments: list[Attachment]) -> None:
        if not text and not attachments:
            raise Unsendable("There is nothing to send.")
        if len(text) > CONTENT_MAX:
            raise Unsendable(f"Your message is too long: {len(text)} of {CONTENT_MAX} characters.")
        text = text.replace(f"@{BOT_NAME}", f"<@{BOT_ID}>")  # as picked from the client's list
        mentions = mentioned(text, {str(BOT_ID), *(person.id for person in PEOPLE_BY_NAME.values())})
        content = Content(text=text, attachments=attachments, mentions=mentions)
        if place.kind in POSTS:
            self._store.open_post(place, name=text.partition("\n")[0][:TITLE_MAX], content=content, author_id=user_id)
            return
        self._store.archive(place, archived=False)
        self._store.post(place, author_id=user_id, content=content)

    async def _command(self, text: str, place: Channel, user_id: int, files: Mapping[str, Attachment]) -> Heard:
        if place.kind in POSTS:
            raise Unsendable(f"Everything in #{place.name} is a post: use the command in one of them.")
        name, *words = text.removeprefix("/").split() or [""]
        known = self._known(name, place, user_id)
        data = parse(known, words, files, locale=self._interactions.locale, threads=self._threads())
        _, heard = await self._interactions.send(kind=Kind.COMMAND, user_id=user_id, channel=place, data=data)
        return heard

    def _threads(self) -> dict[str, dict[str, Any]]:
        """By name, as the API has them."""
        return {each.name: payloads.channel(each) for each in self._store.channels.values() if each.thread is not None}

    def _known(self, name: str, place: Channel, user_id: int) -> dict[str, Any]:
        """A command that this person may use here."""
        command = self._commands.find(name)
        if command is None:
            raise Unsendable(f"There is no command /{name}.")
        needed = command["default_member_permissions"]
        if needed is not None and not _may(user_id, int(needed)):
            raise Unsendable("You do not have permission to use this command.")
        is_brought = self._store.joined_at is None and place.kind is not ChannelKind.DM
        if is_brought and 1 not in (command.get("integration_types") or []):
            raise Unsendable(f"There is no command /{name}.")
        contexts = command.get("contexts")
        here = DM_CONTEXT if place.kind is ChannelKind.DM else GUILD_CONTEXT
        hidden_in_dm = here == DM_CONTEXT and (not command["dm_permission"] or "guild_id" in command)
        if hidden_in_dm or (contexts is not None and here not in contexts):
            raise Unsendable(f"/{name} cannot be used here.")
        return command

    def _place(self, channel: str, thread: str | None, *, reader: str) -> Channel:
        place = self.channel(channel, reader=reader)
        if thread is None:
            return place
        found = place.threads.get(int(thread)) if thread.isdecimal() else None
        if found is None:
            raise Unsendable("There is no thread on this message.")
        return found

    def _find(self, place: Channel, message: str, user_id: int) -> tuple[Message, Channel]:
        """A message that this person sees, in the channel or in a thread of it."""
        wanted = int(message) if message.isdecimal() else 0
        for each in (place, *place.threads.values()):
            if wanted in each.messages:
                return each.messages[wanted], each.threads.get(wanted, each) if each.kind in POSTS else each
            unlisted = each.unlisted.get(wanted)
            if unlisted is not None and unlisted.origin is not None and unlisted.origin.user_id == user_id:
                return unlisted, each
        raise Unsendable("This message is gone.")

    async def _upload(self, address: str, place: Channel) -> Attachment:
        """Upload a file, as a person does who drops it into the client: one from the web, or one of their own."""
        if address.startswith("data:"):
            filename, data = of_ones_own(address, self._rules.upload_bytes)
        else:
            data = await fetched(address, self._rules.upload_bytes)
            filename = httpx.URL(address).path.rsplit("/", 1)[-1] or "image.png"
        return await asyncio.to_thread(
            self._store.files.keep,
            Upload(filename=filename, data=data),
            attachment_id=self._store.next_id(),
            channel_id=place.id,
        )


def _user(name: str) -> int:
    if name not in PEOPLE_BY_NAME:
        raise Unsendable(f"There is nobody called {name}.")
    return int(PEOPLE_BY_NAME[name].id)


def _may(user_id: int, needed: int) -> bool:
    """Nothing needed means administrators only; in the sandbox those are who manages the guild."""
    own = permissions_of(user_id)
    return Permission.MANAGE_GUILD in own if needed == 0 else (int(own) & needed) == needed


def _button(message: Message, action: str) -> dict[str, Any]:
    if action not in {one["action"] for one in reading.actions(message)}:
        raise Unsendable("This message has no such button, or it cannot be pressed now.")
    components = [one for one in walk(message.content.components) if one.get("custom_id")]
    exact = next((one for one in components if one["custom_id"] == action), None)
    return exact or next(one for one in components if action.startswith(f"{one['custom_id']}:"))
