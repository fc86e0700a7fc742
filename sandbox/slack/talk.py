"""A person writes an ordinary message, with an image perhaps; the app hears of it if it subscribed."""

import re
from dataclasses import dataclass

from sandbox.platform import Heard, Person
from sandbox.slack import envelopes, pictures
from sandbox.slack.drawing import payload
from sandbox.slack.errors import SlackError
from sandbox.slack.files import File, Files
from sandbox.slack.fixtures import BOT_USER_ID, NAMES, TEAM_ID, Json
from sandbox.slack.reading import escape
from sandbox.slack.response_window import ResponseWindows
from sandbox.slack.store import Channel, Message, Store
from sandbox.slack.user_actions import UserActions, heard

_IDS = {name.lower(): user for user, name in NAMES.items() if user == BOT_USER_ID or user.startswith("U0")}
_MENTION = re.compile(rf"@({'|'.join(_IDS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Messages that people write."""

    store: Store
    files: Files
    windows: ResponseWindows
    user_actions: UserActions
    subscriptions: tuple[str, ...]

    async def message(
        self, *, place: Channel, person: Person, text: str, thread: str | None, image: str | None
    ) -> Heard:
        """Post it, and tell the app what it subscribed to."""
        try:
            parent = self.store.parent(place, thread) if thread else None
            picture = await self.picture(image, person) if image else None
        except (SlackError, pictures.NoPicture) as error:
            return Heard(ok=False, error=error.error if isinstance(error, SlackError) else str(error))
        if not text and picture is None:
            return Heard(ok=False, error="no_text")
        message = Message(
            ts=self.store.mint(),
            channel=place.id,
            user=person.id,
            text=_MENTION.sub(lambda found: f"<@{_IDS[found[1].lower()]}>", escape(text)),
            files=[picture.id] if picture else [],
            subtype="file_share" if picture else "",
            thread_ts=parent.ts if parent else None,
        )
        if picture is not None:
            picture.shares.append((place.id, message.ts, place.private))
        self.store.add(message)
        texts: tuple[str, ...] = ()
        for event in self._events(place, message):
            window = self.windows.begin(user=person.id, channel=place.id, thread_ts=message.thread_ts or message.ts)
            _, before = await self.user_actions.deliver(window, envelopes.event(event, at=int(float(message.ts))))
            texts += heard(window, before).ephemeral
        return Heard(ok=True, ephemeral=texts)

    def _events(self, place: Channel, message: Message) -> list[Json]:
        """The events of this message that the app subscribed to and may see."""
        if not place.member:
            return []
        body = payload(message, with_metadata=False, file=self.files.json)
        body |= {"channel": place.id, "event_ts": message.ts, "team": TEAM_ID}
        kind = "im" if place.person else "group" if place.private else "channel"
        found = []
        if (
            f"message.{'channels' if kind == 'channel' else 'groups' if kind == 'group' else 'im'}"
            in self.subscriptions
        ):
            found.append(body | {"type": "message", "channel_type": kind})
        if "app_mention" in self.subscriptions and f"<@{BOT_USER_ID}>" in message.text:
            found.append({name: value for name, value in body.items() if name != "subtype"} | {"type": "app_mention"})
        return found

    async def picture(self, address: str, person: Person) -> File:
        """Upload an image as this person."""
        name, body = await pictures.fetch(address)
        file = self.files.issue(name=name, length=len(body), user=person.id)
        await self.files.write(file, pictures.chunks(body))
        file.completed = file.scanned = True
        return file
