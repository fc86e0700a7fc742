"""The Web API's reading methods: conversations.*, users.*, team.info and auth.test."""

from dataclasses import dataclass

from sandbox.platform import Person
from sandbox.slack.arguments import Arguments
from sandbox.slack.drawing import FileJson, payload
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import (
    BOT_ID,
    BOT_NAME,
    BOT_USER_ID,
    GROUPS,
    ORG_ID,
    OTHER_TEAM_ID,
    PEOPLE,
    TEAM_ID,
    Json,
    person_called,
)
from sandbox.slack.store import Channel, Message, Store

PAGE_DEFAULT = 100
PAGE_MAX = 999
CREATED = 1_700_000_000


@dataclass(slots=True, kw_only=True)
class Rooms:
    """What the bot can read about the workspace, its people and its channels."""

    store: Store
    file: FileJson

    async def auth_test(self, args: Arguments) -> Json:
        """auth.test."""
        return {
            "ok": True,
            "url": f"https://{self.store.team.domain}.slack.com/",
            "team": self.store.team.name,
            "user": BOT_NAME.lower(),
            "team_id": self.store.team.id,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": self.store.org_wide,
        } | ({"enterprise_id": ORG_ID} if self.store.org_wide or self.store.in_organization else {})

    async def team_info(self, args: Arguments) -> Json:
        """team.info."""
        team = self.store.team
        return {"ok": True, "team": {"id": team.id, "name": team.name, "domain": team.domain, "icon": {}}}

    async def user_info(self, args: Arguments) -> Json:
        """users.info, of a person or of the bot."""
        user = args.need("user")
        if user == BOT_USER_ID:
            return {"ok": True, "user": _bot()}
        person = self.store.people.get(user)
        if person is None:
            raise SlackError("user_not_found")
        return {"ok": True, "user": self._person(person)}

    async def user_list(self, args: Arguments) -> Json:
        """users.list, on one page."""
        members = [*map(self._person, PEOPLE), _bot()]
        return {"ok": True, "members": members, "response_metadata": {"next_cursor": ""}}

    async def group_list(self, args: Arguments) -> Json:
        """usergroups.list."""
        found = [
            {"id": group, "team_id": TEAM_ID, "is_usergroup": True, "name": handle.capitalize(), "handle": handle,
             "date_delete": 0, "user_count": len(self.store.groups[group])}
            for group, (handle, _) in GROUPS.items()
        ]  # fmt: skip
        return {"ok": True, "usergroups": found}

    async def group_members(self, args: Arguments) -> Json:
        """usergroups.users.list."""
        group = args.need("usergroup")
        if group not in GROUPS:
            raise SlackError("no_such_subteam")
        return {"ok": True, "users": [person.id for person in PEOPLE if person.name in self.store.groups[group]]}

    def _person(self, person: Person) -> Json:
        shown = _person(person) | {"team_id": self.store.team.id}
        if person.name in self.store.outsiders:
            shown |= {"team_id": OTHER_TEAM_ID, "is_stranger": True}
        elif self.store.org_wide:
            shown |= {"enterprise_user": {"id": person.id, "enterprise_id": ORG_ID, "teams": [TEAM_ID]}}
        elif self.store.in_organization:
            there = {"id": person.id, "enterprise_id": ORG_ID, "teams": [self.store.team.id]}
            shown |= {"team_id": ORG_ID, "enterprise_user": there}
        return shown | {"is_restricted": person.name in self.store.guests}

    async def info(self, args: Arguments) -> Json:
        """conversations.info."""
        return {"ok": True, "channel": self._channel(self.store.seen_by_bot(args.need("channel")))}

    async def listed(self, args: Arguments) -> Json:
        """conversations.list: what the bot may know of."""
        seen = [c for c in self.store.channels.values() if c.person is None and (c.member or not c.private)]
        return {"ok": True, "channels": [*map(self._channel, seen)], "response_metadata": {"next_cursor": ""}}

    async def open(self, args: Arguments) -> Json:
        """conversations.open: the direct message with one person."""
        users = [user for user in args.text("users").split(",") if user]
        if args.text("channel"):
            channel = self.store.seen_by_bot(args.text("channel"))
        elif len(users) != 1:
            raise SlackError("invalid_arguments" if not users else "method_not_supported_for_channel_type")
        else:
            known = person_called(users[0])
            channel = self.store.direct(known.id if known is not None else users[0])
        return {"ok": True, "channel": {"id": channel.id}}

    async def join(self, args: Arguments) -> Json:
        """conversations.join: any public channel."""
        channel = self.store.seen_by_bot(args.need("channel"))
        if channel.person is not None:
            raise SlackError("method_not_supported_for_channel_type")
        if channel.name in self.store.archived:
            raise SlackError("is_archived")
        joined = {} if not channel.member else {"warning": "already_in_channel"}
        channel.member = True
        return {"ok": True, "channel": self._channel(channel), **joined}

    async def permalink(self, args: Arguments) -> Json:
        """chat.getPermalink."""
        channel = self.store.seen_by_bot(args.need("channel"))
        ts = args.need("message_ts")
        if ts not in channel.messages:
            raise SlackError("message_not_found")
        link = f"https://{self.store.team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
        return {"ok": True, "channel": channel.id, "permalink": link}

    async def history(self, args: Arguments) -> Json:
        """conversations.history: newest first, replies left out unless they were broadcast."""
        channel = self.store.writable(args.need("channel"))
        found = [m for m in channel.messages.values() if m.thread_ts is None or m.broadcast]
        return self._page(args, found[::-1])

    async def replies(self, args: Arguments) -> Json:
        """conversations.replies: the parent first, then its replies, oldest first."""
        channel = self.store.writable(args.need("channel"))
        message = channel.messages.get(args.need("ts"))
        if message is None:
            raise SlackError("thread_not_found")
        parent = channel.messages[message.thread_ts] if message.thread_ts else message
        return self._page(args, [parent, *parent.replies])

    def _page(self, args: Arguments, found: list[Message]) -> Json:
        oldest, latest = _time(args, "oldest", 0), _time(args, "latest", float("inf"))
        inclusive = args.flag("inclusive")
        within = [m for m in found if oldest < float(m.ts) < latest or (inclusive and float(m.ts) in {oldest, latest})]
        limit = max(1, min(args.number("limit", PAGE_DEFAULT), PAGE_MAX))
        cursor = args.text("cursor")
        start = next((n for n, m in enumerate(within) if m.ts == cursor), 0) if cursor else 0
        if cursor and not any(m.ts == cursor for m in within):
            raise SlackError("invalid_cursor")
        page, rest = within[start : start + limit], within[start + limit :]
        return {
            "ok": True,
            "messages": [payload(m, with_metadata=args.flag("include_all_metadata"), file=self.file) for m in page],
            "has_more": bool(rest),
            "response_metadata": {"next_cursor": rest[0].ts if rest else ""},
        }

    def _channel(self, channel: Channel) -> Json:
        if channel.person is not None:
            return {"id": channel.id, "created": CREATED, "is_im": True, "user": channel.person, "is_archived": False}
        return {
            "id": channel.id,
            "name": channel.name,
            "name_normalized": channel.name,
            "created": CREATED,
            "is_channel": not channel.private,
            "is_group": channel.private,
            "is_im": False,
            "is_mpim": False,
            "is_private": channel.private,
            "is_archived": channel.name in self.store.archived,
            "is_general": channel.name == "general",
            "is_member": channel.member,
            "num_members": len(PEOPLE) + channel.member,
            "context_team_id": TEAM_ID,
        }


def _time(args: Arguments, name: str, default: float) -> float:
    try:
        return float(args.text(name) or default)
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _person(person: Person) -> Json:
    name = person.name.capitalize()
    return {
        "id": person.id,
        "team_id": TEAM_ID,
        "name": person.name,
        "deleted": False,
        "real_name": name,
        "tz": "Europe/Amsterdam",
        "locale": person.locale,
        "profile": {"real_name": name, "display_name": person.name, "email": f"{person.name}@sandbox.invalid"},
        "is_admin": person.admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
    }


def _bot() -> Json:
    return {
        "id": BOT_USER_ID,
        "team_id": TEAM_ID,
        "name": BOT_NAME.lower(),
        "deleted": False,
        "real_name": BOT_NAME,
        "profile": {"real_name": BOT_NAME, "display_name": BOT_NAME, "bot_id": BOT_ID},
        "is_admin": False,
        "is_owner": False,
        "is_bot": True,
    }
