"""A raid: 2,000 members of a Discord server type /video within a minute, and threads open slowly.

    python -m benchmarks.chat.raid [--members 2000] [--over-s 60] [--channels 5] [--films 10] [--end-s 1380]

The bot and a worker run as processes of their own, as in `benchmarks.chat`. The stand-in opens 20 threads in 10 s in a
channel and answers 429 beyond. The server's rule lets a member have one video a day, and some members ask twice. Some
tasks end with a film; the vendor refuses the words of the others, sooner or later. When all is over, every member is
looked at: one root message, one end below it as a person sees it, no Cancel left, and credits taken for a film and for
nothing else.
"""

import argparse
import asyncio
import os
import random
import re
import time
from collections.abc import Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.chat.__main__ import _connected, _environment, _ms, _running
from benchmarks.chat.platforms import GUILD
from benchmarks.chat.raided import RaidedDiscord
from benchmarks.engine.vendor import vendor
from benchmarks.engine.world import World, session, world
from bots.discord.delivery.limits import PACE

FIRST_WORD_S = 3.0
TWICE = 0.05
"""Members who ask a second time: the rule refuses them. They are some who get a film: what fails counts no more."""
END_S = 1380.0
LATE_S = 20.0
"""Whoever asked so much earlier than somebody else has a vendor earlier: the time that a thread may take."""
TOO_OFTEN = re.compile("a day|per day|today|tomorrow", re.IGNORECASE)
RAW = re.compile(r"Traceback|Exception|Error\b|our fault|HTTP \d|\b50\d\d\d\b")

Verdicts = list[tuple[str, float, float]]


async def raid(servers: World, asked: argparse.Namespace) -> Verdicts:
    """What was counted, each with what is wanted."""
    discord = RaidedDiscord(channels=asked.channels, films=asked.films)
    with vendor(servers.clip, core=None) as shop:
        await discord.open()
        ours = {
            "SEEDANCE_ARK_KEY": "bench", "SEEDANCE_ARK_BASE_URL": shop.base_url, "SEEDANCE_ARK_MAX_IN_FLIGHT": "200",
            "SEEDANCE_ARK_ALLOW_PRIVATE": "true", "SEEDANCE_ARK_SUBMITS_PER_MIN": "6000",
            "START_BY_S": "86400", "OPEN_PER_PERSON": "3",
        }  # fmt: skip
        environment = _environment(servers) | discord.environment() | ours
        with _running("bots.discord", environment) as bot, _running("worker", environment) as worker:
            with _sampled({"bot": bot, "worker": worker}) as most_mb:
                again = await _asked(servers, discord, asked)
                done = await _ended(servers, asked.members + 1, within_s=asked.end_s)
            print(f"  {done} of {asked.members + 1} ended; MB at the end: {most_mb()}", flush=True)
        await discord.close()
    return await _counted(servers, discord, members=asked.members, again=again)


async def _asked(servers: World, discord: RaidedDiscord, asked: argparse.Namespace) -> int:
    """Everybody asks; how many asked twice."""
    await _connected(discord)
    discord.users[0] = _user(0)
    await discord.send(0)  # the workspace, its wallet and its member exist
    async with asyncio.timeout(60):
        while discord.seen.commands[0].root is None:  # noqa: ASYNC110 - what is waited for comes over a socket
            await asyncio.sleep(0.05)
    async with session(servers.dsn) as conn:
        await conn.execute("SELECT set_rule('discord', $1, 'videos_per_day', '*', '1'::jsonb, 1)", GUILD)
    with_a_film = [member for member in range(1, asked.members + 1) if member % 100 < asked.films]
    again = set(random.Random(7).sample(with_a_film, min(len(with_a_film), round(TWICE * asked.members))))
    orders = [n for member in range(1, asked.members + 1) for n in [member] * (1 + (member in again))]
    random.Random(8).shuffle(orders)
    numbers, began = count(1), time.monotonic()
    for place, member in enumerate(orders):
        number = next(numbers)
        discord.users[number] = _user(member)
        wait_s = began + asked.over_s * place / len(orders) - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        await discord.send(number)
    print(f"  {len(orders)} commands in {time.monotonic() - began:.0f} s", flush=True)
    return len(again)


def _user(member: int) -> str:
    return str(800000000000000000 + member)


@contextmanager
def _sampled(pids: Mapping[str, int]) -> Any:
    """How much memory some processes take, measured at each call."""

    def resident_mb() -> str:
        return ", ".join(f"{name} {_resident_mb(pid):.0f}" for name, pid in pids.items())

    yield resident_mb


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _ended(servers: World, wanted: int, *, within_s: float) -> int:
    """How many are over, with everything said; waits for all, and tells how far it is."""
    began, told = time.monotonic(), 0.0
    async with session(servers.dsn) as conn:
        while True:
            done: int = await conn.fetchval(
                "SELECT count(*) FROM generations g WHERE g.state = 'done' AND NOT EXISTS (SELECT FROM deliveries d "
                "WHERE d.generation_id = g.id AND d.state = 'due')"
            )
            passed_s = time.monotonic() - began
            if done >= wanted or passed_s > within_s:
                return done
            if passed_s - told >= 60:
                told = passed_s
                print(f"  {done} ended {passed_s:.0f} s after the last command", flush=True)
            await asyncio.sleep(2)


async def _counted(servers: World, discord: RaidedDiscord, *, members: int, again: int) -> Verdicts:
    commands = {number: each for number, each in discord.seen.commands.items() if number}
    late = sum(_ms(each.acknowledged, each) > 1000 * FIRST_WORD_S for each in commands.values())
    refused = [number for number, each in commands.items() if each.refused]
    unlike = sum(not TOO_OFTEN.search(" ".join(discord.whispers.get(number, []))) for number in refused)
    silent = sum(each.root is None and not each.refused for each in commands.values())
    roots = [discord.roots[discord.root_of[number]] for number, each in commands.items() if not each.refused]
    begun = [number for number, each in commands.items() if each.root is not None and not each.refused]
    by_member = [discord.users[number] for number in begun]
    empty = sum(not discord.roots[thread].said for thread in discord.threads)
    words = [str(each) for root in roots for each in root.said.values()]
    words += [each for whispers in discord.whispers.values() for each in whispers]
    print(f"  threads {len(discord.threads)}, refused by Discord {discord.limited}, roots {len(roots)}")
    often = ", ".join(f"{n / len(commands):.2f} {kind}" for kind, n in discord.requests.most_common())
    print(f"  requests a command: {often}")
    print(
        f"  floor: {len(roots) - len(discord.threads)} without a thread are answered in their channel, which takes "
        f"{1 / PACE.every_s:g} a second after {PACE.burst} at once: {discord.slowest_s():.0f} s in the fullest channel"
    )
    waits_ms = [_ms(each.acknowledged, each) for each in commands.values()]
    roots_ms = [_ms(each.root, each) for each in commands.values() if each.root is not None]
    for what, each_ms in (("first word", waits_ms), ("root", roots_ms)):
        print(f"  {what} p50 {median(each_ms):.0f}, most {max(each_ms):.0f} ms")
    seen: Verdicts = [
        ("members without a root message", members - len(set(by_member)), 0),
        ("members with more than one", len(begun) - len(set(by_member)), 0),
        ("roots doubled", sum(each.roots > 1 for each in commands.values()), 0),
        ("messages that belong to no root message", discord.strays.total(), 0),
        ("threads in which nothing was said", empty, 0),
        ("commands with neither a root nor a no", silent, 0),
        (f"first words later than {FIRST_WORD_S:.0f} s", late, 0),
        ("second commands that were not refused", again - len(refused), 0),
        ("refusals that do not say that it is the day's allowance", unlike, 0),
        ("messages with a raw error", sum(bool(RAW.search(each)) for each in words), 0),
        ("members who see a Cancel in the end", sum(root.can_be_cancelled for root in roots), 0),
        ("members with more than one film", sum(root.films > 1 for root in roots), 0),
    ]  # fmt: skip
    return seen + await _in_the_books(servers, members=members, films=sum(root.films for root in roots))


async def _in_the_books(servers: World, *, members: int, films: int) -> Verdicts:
    """What the database says of them."""
    async with session(servers.dsn) as conn:

        async def number(query: str, *values: Any) -> float:
            return float(await conn.fetchval(query, *values) or 0)

        ends = await conn.fetch(
            "SELECT coalesce(outcome, state) AS how, coalesce(reason->>'kind', '') AS why, count(*) AS n, "
            "max(done_at - created_at) AS most FROM generations GROUP BY 1, 2 ORDER BY 1, 2"
        )
        print("  ends: " + ", ".join(f"{row['n']} {row['how']} {row['why']} within {row['most']}" for row in ends))
        delivered = await number("SELECT count(*) FROM generations WHERE outcome = 'succeeded'")
        first = "SELECT user_id FROM generations ORDER BY created_at LIMIT 1"
        made = await number("SELECT count(*) FROM generations") - 1
        return [
            ("members without exactly one video", abs(made - members), 0),
            ("members with two", await number(
                "SELECT count(*) FROM (SELECT FROM generations GROUP BY user_id HAVING count(*) > 1) n"), 0),
            ("videos that have not ended", await number("SELECT count(*) FROM generations WHERE state <> 'done'"), 0),
            ("videos whose end was not said", await number(
                "SELECT count(*) FROM generations g WHERE NOT EXISTS (SELECT FROM deliveries d "
                "WHERE d.generation_id = g.id AND d.kind = 'result' AND d.state = 'done')"), 0),
            ("films made and not seen, or seen and not made", abs(delivered - films - await number(
                f"SELECT count(*) FROM generations WHERE outcome = 'succeeded' AND user_id = ({first})")), 0),  # noqa: S608 - our own words
            ("videos whose credits are not explained", await number(
                "SELECT count(*) FROM generations g, LATERAL (SELECT coalesce(-sum(e.delta), 0) AS paid, "
                "count(*) FILTER (WHERE e.kind = 'consume') AS takes FROM entry e WHERE e.key = g.id) l "
                "WHERE l.takes <> 1 OR l.paid <> g.settled OR (g.settled > 0) <> (g.outcome = 'succeeded')"), 0),
            ("credits still held", await number("SELECT sum(held) FROM wallet"), 0),
            ("teams whose ledger does not add up", await number("SELECT count(*) FROM check_ledger()"), 0),
            (f"videos begun after somebody's who asked {LATE_S:.0f} s later", await number(
                "WITH begun AS (SELECT g.created_at, min(a.accepted_at) AS at FROM generations g "
                "JOIN attempts a ON a.generation_id = g.id GROUP BY g.id) "
                "SELECT count(*) FROM begun b WHERE EXISTS (SELECT FROM begun o "
                "WHERE o.created_at > b.created_at + $1 * interval '1 s' AND o.at < b.at)", LATE_S), 0),
        ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat.raid", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=2000, help="who ask, each once (2000)")
    parser.add_argument("--over-s", type=float, default=60.0, help="in which they ask (60)")
    parser.add_argument("--channels", type=int, default=5, help="in which they ask (5)")
    parser.add_argument("--films", type=int, default=10, help="of a hundred members get a film (10)")
    parser.add_argument("--end-s", type=float, default=END_S, help=f"how long their ends are waited for ({END_S:.0f})")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with world() as servers:
        found = asyncio.run(raid(servers, asked))
    for what, value, wanted in found:
        print(f"  {what:60} {value:10.0f}   wanted {wanted} {'met' if value == wanted else 'MISSED'}")


if __name__ == "__main__":
    main()
