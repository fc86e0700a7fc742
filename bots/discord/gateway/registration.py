"""Publishes our commands to Discord: once for each version, by one process, and again if Discord has lost them."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
import discord
import structlog

from bots.discord.gateway.shards import ShardedClient
from bots.discord.people.callers import DISCORD
from bots.presence import Presence

log = structlog.get_logger()

AGAIN_S = 30.0
"""Seconds between tries after Discord has refused the commands: a newer version may publish valid ones."""


class Registration:
    """The commands of one process."""

    def __init__(self, client: ShardedClient, presence: Presence) -> None:
        self._client = client
        self._presence = presence
        self._task: asyncio.Task[None] | None = None
        self._commands: list[dict[str, Any]] | None = None

    def begin(self) -> None:
        """Publish in the background: commands that Discord knows already work meanwhile."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._publish(), name="commands")

    def end(self) -> None:
        """Stop the background task."""
        if self._task is not None:
            self._task.cancel()

    async def _publish(self) -> None:
        payload = await self._payload()
        while True:
            try:
                await self._presence.publish(
                    DISCORD,
                    str(self._client.application_id),
                    digest=digest_of(payload),
                    shown=self._shown,
                    send=self._sync,
                )
            except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
                log.error("commands.refused", error=type(error).__name__, why=str(error), again_in_s=AGAIN_S)
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _payload(self) -> list[dict[str, Any]]:
        """The commands with their words in every language: the same as long as the process lives, so made once."""
        if self._commands is None:
            tree = self._client.tree
            self._commands = [
                await command.get_translated_payload(tree, self._client.names)
                for command in tree._get_all_commands(guild=None)  # noqa: SLF001 - what `sync` itself sends
            ]
        return self._commands

    async def _shown(self) -> bool:
        """Whether Discord shows commands with our names: another program may have removed or replaced them."""
        shown = await self._client.http.get_global_commands(self._client.application_id or 0)
        return names_of(shown) == names_of(await self._payload())

    async def _sync(self) -> None:
        payload: Any = await self._payload()
        await self._client.http.bulk_upsert_global_commands(self._client.application_id or 0, payload=payload)


def names_of(commands: Iterable[Mapping[str, Any]]) -> set[tuple[int, str]]:
    """The kinds and names of commands, as Discord stores them."""
    return {(int(each.get("type") or 1), str(each["name"])) for each in commands}


def digest_of(payload: list[dict[str, Any]]) -> str:
    """A digest that differs between two versions of the commands."""
    words = json.dumps(sorted(payload, key=lambda each: (each.get("type", 1), each["name"])), sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:32]
