"""A raid: 2,000 members of a Discord server type /video within a minute, and threads open slowly.

    python -m benchmarks.chat.raid [--members 2000] [--over-s 60] [--channels 5] [--films 10]

The bot and a worker run as processes of their own, as in `benchmarks.chat`. The stand-in opens 20 threads in 10 s in a
channel and answers 429 beyond. The server's rule lets a member have one video a day, and some members ask twice. Some
tasks end with a film; the vendor refuses the others. Counted are root messages, threads that nothing was said in, ends,
late first words, refusals for another reason than the rule, and the ledger.
"""

import argparse
import asyncio
import json
import os
import random
import re
import time
from collections import Counter, deque
from itertools import count
from typing import Any

from aiohttp import web

from benchmarks.chat.__main__ import _connected, _environment, _ms, _running
from benchmarks.chat.platforms import CHANNEL, GUILD, BareDiscord
from benchmarks.engine.vendor import vendor
from benchmarks.engine.world import World, session, world

THREADS, WINDOW_S = 20, 10.0
FIRST_WORD_S = 3.0
TWICE = 0.05
"""Members who ask a second time: the rule refuses them."""
END_S = 1500.0
TOO_OFTEN = re.compile("a day|per day|today|tomorrow", re.IGNORECASE)


class RaidedDiscord(BareDiscord):
    """Several channels, each with its own rate of threads, and what was said where."""

    def __init__(self, *, channels: int, films: int) -> None:
        super().__init__()
        self._films = films
        self.channels = [str(int(CHANNEL) + 100 * n) for n in range(channels)]
        self.threads: dict[str, str] = {}
        self.said: Counter[str] = Counter()
        self.below: set[str] = set()
        self.limited = 0
        self.whispers: dict[int, str] = {}
        self.users: dict[int, str] = {}
        self._opened: dict[str, deque[float]] = {channel: deque() for channel in self.channels}

    def interaction(self, number: int, *, prompt: str = "a red fox") -> dict[str, Any]:
        ends = "soon" if number % 100 < self._films else "soon refused"
        told = super().interaction(number, prompt=f"{prompt} {ends}")
        channel = self.channels[number % len(self.channels)]
        told["channel_id"] = channel
        told["channel"] = told["channel"] | {"id": channel}
        told["member"]["user"] = told["member"]["user"] | {"id": self.users[number]}
        return told

    async def _on_request(self, request: web.Request) -> web.Response:
        parts = request.path.removeprefix("/api/v10").strip("/").split("/")
        match (request.method, parts):
            case ("POST", ["channels", channel, "messages", message_id, "threads"]):
                opened, now = self._opened[channel], time.monotonic()
                while opened and now - opened[0] > WINDOW_S:
                    opened.popleft()
                if len(opened) >= THREADS:
                    self.limited += 1
                    return _busy(WINDOW_S - (now - opened[0]))
                opened.append(now)
                self.threads[message_id] = channel
            case ("POST", ["channels", channel, "messages"]):
                self.said[channel] += 1
                if channel in self._opened:
                    answered = re.search(r'"message_reference".{0,60}?"message_id":\s*"?(\d+)', await request.text())
                    self.below.add(answered[1] if answered else "none")
            case ("POST", ["webhooks", _, token]):
                self.whispers[self._tokens[token]] = await request.text()
            case _:
                pass
        return await super()._on_request(request)


def _busy(retry_after_s: float) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": round(retry_after_s, 3), "global": False}
    head = {
        "content-type": "application/json", "retry-after": f"{retry_after_s:.3f}", "x-ratelimit-limit": str(THREADS),
        "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": f"{retry_after_s:.3f}", "x-ratelimit-scope": "user",
    }  # fmt: skip
    return web.Response(body=json.dumps(body).encode(), status=429, headers=head)


async def raid(servers: World, asked: argparse.Namespace) -> list[tuple[str, float, float]]:
    """What was counted, each with what is wanted."""
    discord = RaidedDiscord(channels=asked.channels, films=asked.films)
    numbers = count(1)
    with vendor(servers.clip, core=None) as shop:
        await discord.open()
        common = _environment(servers) | {
            "SEEDANCE_ARK_KEY": "bench", "SEEDANCE_ARK_BASE_URL": shop.base_url, "SEEDANCE_ARK_MAX_IN_FLIGHT": "200",
            "START_BY_S": "86400", "OPEN_PER_PERSON": "3",
        }  # fmt: skip
        with (
            _running("bots.discord", common | discord.environment()),
            _running("worker", common | discord.environment()),
        ):
            await _connected(discord)
            discord.users[0] = "800000000000000000"
            await discord.send(0)  # the workspace, its wallet and its member exist
            await _until(lambda: discord.seen.commands[0].root is not None, within_s=60)
            async with session(servers.dsn) as conn:
                await conn.execute("SELECT set_rule('discord', $1, 'videos_per_day', '*', '1'::jsonb, 1)", GUILD)
            again = set(random.Random(7).sample(range(1, asked.members + 1), round(TWICE * asked.members)))
            orders = [n for member in range(1, asked.members + 1) for n in [member] * (1 + (member in again))]
            random.Random(8).shuffle(orders)
            began = time.monotonic()
            for place, member in enumerate(orders):
                number = next(numbers)
                discord.users[number] = str(800000000000000000 + member)
                wait_s = began + asked.over_s * place / len(orders) - time.monotonic()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                await discord.send(number)
            print(f"  {len(orders)} commands in {time.monotonic() - began:.0f} s", flush=True)
            done = await _ended(servers, asked.members + 1)
            print(f"  {done} of {asked.members + 1} ended after {time.monotonic() - began:.0f} s", flush=True)
        await discord.close()
    return await _counted(servers, discord, members=asked.members, again=len(again))


async def _until(is_so: Any, *, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - what is waited for comes over a socket
            await asyncio.sleep(0.05)


async def _ended(servers: World, wanted: int) -> int:
    """How many are over, with everything said."""
    done, deadline = 0, time.monotonic() + END_S
    async with session(servers.dsn) as conn:
        while time.monotonic() < deadline:
            done = await conn.fetchval(
                "SELECT count(*) FROM generations g WHERE g.state = 'done' AND NOT EXISTS (SELECT FROM deliveries d "
                "WHERE d.generation_id = g.id AND d.state = 'due' AND d.kind IN ('root', 'progress', 'result'))"
            )
            if done >= wanted:
                break
            await asyncio.sleep(2)
    return done


async def _counted(
    servers: World, discord: RaidedDiscord, *, members: int, again: int
) -> list[tuple[str, float, float]]:
    commands = [each for number, each in discord.seen.commands.items() if number]
    late = sum(_ms(each.acknowledged, each) > 1000 * FIRST_WORD_S for each in commands)
    refused = [number for number, each in discord.seen.commands.items() if each.refused]
    unlike = sum(not TOO_OFTEN.search(discord.whispers.get(number, "")) for number in refused)
    silent = sum(each.root is None and not each.refused for each in commands)
    async with session(servers.dsn) as conn:
        twice = await conn.fetchval(
            "SELECT count(*) FROM (SELECT FROM generations GROUP BY installation, user_id HAVING count(*) > 1) n"
        )
        made = await conn.fetchval("SELECT count(*) FROM generations") - 1
        wrong = await conn.fetchval("SELECT count(*) FROM check_ledger()")
        held = await conn.fetchval("SELECT sum(held) FROM wallet")
        unsaid = await conn.fetchval(
            "SELECT count(*) FROM generations g WHERE NOT EXISTS (SELECT FROM deliveries d "
            "WHERE d.generation_id = g.id AND d.kind = 'result' AND d.state = 'done')"
        )
        ends = await conn.fetch("SELECT coalesce(outcome, state) AS how, count(*) AS n FROM generations GROUP BY 1")
    print("  ends: " + ", ".join(f"{row['n']} {row['how']}" for row in ends))
    print(
        f"  threads {len(discord.threads)}, refused by Discord {discord.limited}, said below {len(discord.below)} roots"
    )
    empty = sum(not discord.said[thread] for thread in discord.threads)
    return [
        ("members without exactly one video", abs(made - members), 0),
        ("members with two", twice, 0),
        ("second commands that were not refused", again - len(refused), 0),
        ("refusals that do not say that it is the day's allowance", unlike, 0),
        ("roots doubled", sum(each.roots > 1 for each in commands), 0),
        ("commands with neither a root nor a no", silent, 0),
        (f"first words later than {FIRST_WORD_S:.0f} s", late, 0),
        ("threads in which nothing was said", empty, 0),
        ("videos whose end was not said", unsaid, 0),
        ("credits still held", held or 0, 0),
        ("teams whose ledger does not add up", wrong, 0),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat.raid", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=2000, help="who ask, each once (2000)")
    parser.add_argument("--over-s", type=float, default=60.0, help="in which they ask (60)")
    parser.add_argument("--channels", type=int, default=5, help="in which they ask (5)")
    parser.add_argument("--films", type=int, default=10, help="of a hundred tasks end with a film (10)")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with world() as servers:
        found = asyncio.run(raid(servers, asked))
    for what, value, wanted in found:
        print(f"  {what:60} {value:10.0f}   wanted {wanted} {'met' if value == wanted else 'MISSED'}")


if __name__ == "__main__":
    main()
