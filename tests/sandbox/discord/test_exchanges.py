"""What was said to the API, read from outside."""

from typing import Any

import discord
import httpx

from sandbox.discord.server import Exchange
from tests.sandbox.discord.harness import Sandbox, assert_all_legal


async def test_what_was_said_is_read_from_any_point_on(
    sandbox: Sandbox, worker: discord.Client, http: httpx.AsyncClient
) -> None:
    async def told(after: object) -> dict[str, Any]:
        answer = await http.get(f"{sandbox.world.base_url}/discord/exchanges", params={"after": str(after)})
        found: dict[str, Any] = answer.json()
        return found

    await sandbox.channel(worker).send("one")
    first = await told(0)
    read = [Exchange(**each) for each in first["exchanges"]]
    assert read == list(sandbox.platform.exchanges)
    assert_all_legal(read)
    await sandbox.channel(worker).send("two")
    second = await told(first["last"])
    assert [each["request"]["content"] for each in second["exchanges"]] == ["two"]
    assert second["last"] == first["last"] + 1
    assert (await told(second["last"]))["exchanges"] == []
    assert len((await told("nothing"))["exchanges"]) == second["last"]
