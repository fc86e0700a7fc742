"""The rest of the API: who the bot is, its application, the guild and its members, and where the gateway is."""

from typing import Any

from starlette.routing import BaseRoute

from sandbox.discord import guild, payloads
from sandbox.discord.errors import ApiError, FormErrors, Refusal
from sandbox.discord.fixtures import BOT_ID, GUILD_ID, PEOPLE_BY_ID
from sandbox.discord.gateway import IDENTIFIES_A_DAY, Gateway
from sandbox.discord.server import Answer, Call, Server
from sandbox.discord.store import Store

DAY_MS = 24 * 3600 * 1000


class Identity:
    """Handlers that only look."""

    def __init__(self, store: Store, gateway: Gateway) -> None:
        self._store = store
        self._gateway = gateway

    def routes(self, server: Server) -> list[BaseRoute]:
        here = "/guilds/{guild:int}"
        return [
            server.route("GET", "/users/@me", lambda _: Answer(body=payloads.me())),
            server.route("GET", "/users/@me/guilds", self._guilds),
            server.route("GET", "/users/{user:int}", self._user),
            server.route("GET", "/oauth2/applications/@me", lambda _: Answer(body=guild.application())),
            server.route("GET", "/gateway", lambda _: Answer(body={"url": self._gateway.url}), bot=False),
            server.route("GET", "/gateway/bot", self._gateway_bot),
            server.route("GET", here, self._guild),
            server.route("GET", here + "/channels", self._channels),
            server.route("GET", here + "/threads/active", self._active),
            server.route("GET", here + "/members", self._members),
            server.route("GET", here + "/members/{user:int}", self._member),
        ]

    def nothing(self, call: Call) -> Answer:
        """For every path that the sandbox does not have."""
        raise ApiError(Refusal.NOT_FOUND)

    def _user(self, call: Call) -> Answer:
        user_id = call.path["user"]
        if user_id != BOT_ID and user_id not in PEOPLE_BY_ID:
            raise ApiError(Refusal.UNKNOWN_USER)
        return Answer(body=payloads.user(user_id))

    def _gateway_bot(self, call: Call) -> Answer:
        left = self._gateway.identifies_left
        reset_after_ms = 0 if left >= IDENTIFIES_A_DAY else DAY_MS
        limit = {
            "total": IDENTIFIES_A_DAY, "remaining": left, "reset_after": reset_after_ms, "max_concurrency": 1,
        }  # fmt: skip
        return Answer(body={"url": self._gateway.url, "shards": 1, "session_start_limit": limit})

    def _guilds(self, call: Call) -> Answer:
        """The guilds that the bot is in, a page of them."""
        errors = FormErrors()
        errors.number(call.query.get("limit"), ("limit",), low=1, high=200, default=200)
        after = errors.number(call.query.get("after"), ("after",), low=0, high=1 << 63, default=0)
        errors.check()
        is_in = self._store.joined_at is not None and after < GUILD_ID
        return Answer(body=[guild.partial()] if is_in else [])

    def _guild(self, call: Call) -> Answer:
        self._known(call)
        counts: dict[str, Any] = {}
        if call.query.get("with_counts", "").lower() in {"1", "true"}:
            people = len(PEOPLE_BY_ID) + 1
            counts = {"approximate_member_count": people, "approximate_presence_count": people}
        return Answer(body=guild.guild() | counts)

    def _channels(self, call: Call) -> Answer:
        self._known(call)
        channels = self._store.channels.values()
        return Answer(body=guild.guild_create(channels)["channels"])

    def _active(self, call: Call) -> Answer:
        """The threads that are not archived, posts of forums as well."""
        self._known(call)
        every = [one for one in self._store.channels.values() if one.thread is not None and not one.thread.archived]
        return Answer(body={"threads": [payloads.channel(one) for one in every], "members": [], "has_more": False})

    def _members(self, call: Call) -> Answer:
        self._known(call)
        errors = FormErrors()
        limit = errors.number(call.query.get("limit"), ("limit",), low=1, high=1000, default=1)
        after = errors.number(call.query.get("after"), ("after",), low=0, high=1 << 63, default=0)
        errors.check()
        ids = sorted(user_id for user_id in (BOT_ID, *PEOPLE_BY_ID) if user_id > after)
        return Answer(body=[payloads.member(user_id, designers=self._store.designers) for user_id in ids[:limit]])

    def _member(self, call: Call) -> Answer:
        self._known(call)
        user_id = call.path["user"]
        if user_id != BOT_ID and user_id not in PEOPLE_BY_ID:
            raise ApiError(Refusal.UNKNOWN_MEMBER)
        return Answer(body=payloads.member(user_id, designers=self._store.designers))

    def _known(self, call: Call) -> None:
        if call.path["guild"] != GUILD_ID:
            raise ApiError(Refusal.UNKNOWN_GUILD)
        if self._store.joined_at is None:
            raise ApiError(Refusal.MISSING_ACCESS)
