"""What goes wrong, and when: a schedule that a seed decides wholly, and how each fault is done."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import redis.asyncio
from redis.exceptions import RedisError

from neverdark.stack import Stack
from tests.chaos import chat_faults
from tests.chaos.crew import Crew
from tests.chaos.lasting import Lasting, paused, read_only

DECK = {
    "kill worker": 5,
    "kill slack": 1,
    "kill discord": 1,
    "kill web": 1,
    "deploy worker": 2,
    "flush redis": 1,
    "crash redis": 1,
    "drop redis connections": 1,
    "crash postgres": 1,
    "restart postgres": 1,
    "drop postgres connections": 2,
    "pause worker": 2,
    "read-only postgres": 1,
    "storage away": 1,
    "disk full": 1,
    "a vendor lies": 6,
    "a chat lies": 3,
    **chat_faults.DECK,
}
"""Each fault, and how often it is in a deck. Decks are shuffled and dealt out one after another."""
VENDORS = ("veo", "kling", "seedance", "hailuo", "wan")
LIES = ("down", "errors", "slow", "rate_limited", "refused", "gone", "lost_reply", "hang", "fail_in_run")
CHAT_LIES = ("down", "errors", "lost_reply", "rate_limited", "slow", "broken")
LIE_S = (1.5, 6.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Args:
        after_s: since the one before.
        choice: from 0 up to but without 1; which of several it hits.
        lie: what the sandbox is told, where that is it.
    """

    what: str
    after_s: float
    choice: float
    lie: tuple[str, str, float, float] | None = None

    def __str__(self) -> str:
        if self.what in chat_faults.DECK:
            return "{}: {} {} {}, {} times".format(self.what, *chat_faults.chosen(self.choice))
        return self.what if self.lie is None else "{}: {} {}, rate {:.1f}, for {:.1f} s".format(self.what, *self.lie)


def schedule(seed: int, *, every_s: float, deck: Mapping[str, int] = DECK) -> Iterator[Fault]:
    """Faults without end; the same seed gives the same ones."""
    dice = random.Random(seed)
    while True:
        cards = [what for what, count in deck.items() for _ in range(count)]
        dice.shuffle(cards)
        for what in cards:
            yield Fault(
                what=what,
                after_s=every_s * dice.uniform(0.5, 1.5),
                choice=dice.random(),
                lie=_lie(what, dice) if what.endswith("lies") else None,
            )


def deck_size() -> int:
    return sum(DECK.values())


def _lie(what: str, dice: random.Random) -> tuple[str, str, float, float]:
    vendor = what == "a vendor lies"
    subject, kind = (
        dice.choice(options) for options in ((VENDORS, LIES) if vendor else (("slack", "discord"), CHAT_LIES))
    )
    return subject, kind, dice.choice((0.3, 0.6, 1.0)), dice.uniform(*LIE_S)


def victim(fault: Fault, crew: Crew) -> str | None:
    """The process that it ends; None where it ends none."""
    match fault.what.split():
        case ["kill" | "deploy" | "pause", "worker"]:
            return crew.workers[int(fault.choice * len(crew.workers))]
        case ["kill" | "crash" | "restart", name]:
            return name
        case _:
            return None


async def strike(fault: Fault, crew: Crew, *, http: httpx.AsyncClient, plan: Stack, lasting: Lasting) -> None:
    """Let it happen."""
    name = victim(fault, crew)
    if fault.what == "pause worker" and name is not None:
        lasting.begin(paused(crew[name].pid))
    elif fault.what == "read-only postgres":
        lasting.begin(read_only(plan.owner_url))
    elif fault.what == "storage away":
        lasting.begin(lasting.storage_away())
    elif fault.what == "disk full":
        lasting.begin(lasting.disk_full())
    elif fault.lie is not None:
        subject, kind, rate, for_s = fault.lie
        lie = {"provider": subject, "kind": kind, "rate": rate, "seconds": for_s}
        (await http.post("/api/trouble", json=lie)).raise_for_status()
    elif fault.what in chat_faults.DECK:
        await chat_faults.refuse(fault.choice, http=http)
    elif name is not None:
        if fault.what.startswith(("deploy", "restart")):
            crew[name].end()
        else:
            crew[name].kill()
    elif fault.what == "drop postgres connections":
        await _on_postgres(
            plan.owner_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND application_name = 'neverdark'",
        )
    elif fault.what == "flush redis":
        await _on_redis(plan.redis_url, "FLUSHALL")
    else:
        await _on_redis(plan.redis_url, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


async def _on_postgres(url: str, statement: str) -> None:
    """Nothing happens where it is down already."""
    try:
        conn = await asyncpg.connect(url, timeout=2)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return
    try:
        await conn.execute(statement, timeout=5)
    finally:
        await conn.close(timeout=2)


async def _on_redis(url: str, *words: str) -> None:
    client: Any = redis.asyncio.Redis.from_url(url, socket_timeout=2)
    try:
        await client.execute_command(*words)
    except (RedisError, OSError, TimeoutError):
        return
    finally:
        await client.aclose()
