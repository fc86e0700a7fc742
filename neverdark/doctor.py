"""Checks what an installation needs, and says of each thing in one line whether it is there."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import asyncpg
import redis.asyncio as redis
from obstore.exceptions import BaseError

from core.db.pool import connect
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TierName
from core.queue import open_connections
from core.redis_url import read_redis_url
from core.runtime import open_providers, terms
from core.settings import Settings, key_variables
from core.storage import ObjectStorage
from neverdark.errors import CliError
from neverdark.migrate import pending

TIMEOUT_S = 10.0
POSTGRES_MIN = 15
REDIS_MIN = (6, 2)
SOON = timedelta(days=60)


_EXPECTED = (
    *(OSError, ValueError, CliError, BaseError),
    *(asyncpg.PostgresError, asyncpg.InterfaceError, redis.RedisError),
)


class Verdict(StrEnum):
    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's."""

    about: str
    verdict: Verdict
    says: str


async def examine(settings: Settings) -> list[Finding]:
    """Every check, one after the other; one that fails does not keep the rest from being made."""
    database_url = settings.database_url.get_secret_value() if settings.database_url else None
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    findings = [
        await _made("Postgres", database_url, _postgres),
        await _made("migrations", database_url, _migrations),
        await _made("ledger", database_url, _ledger),
        await _made("rights", database_url, _rights),
        await _made("Redis", redis_url, _redis),
        await _made("storage", settings.storage, _storage),
    ]
    return [*findings, *await _providers(datetime.now(UTC), settings)]


async def _made(about: str, url: str | None, check: Callable[[str], Awaitable[tuple[Verdict, str]]]) -> Finding:
    if url is None:
        return Finding(about, Verdict.WRONG, "no address is set, and no `neverdark up` runs here")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return Finding(about, *await check(url))
    except TimeoutError:
        return Finding(about, Verdict.WRONG, f"no answer in {TIMEOUT_S:g} s")
    except _EXPECTED as error:
        return Finding(about, Verdict.WRONG, _first_line(error))


async def _postgres(url: str) -> tuple[Verdict, str]:
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        version = str(await session.fetchval("SELECT current_setting('server_version')"))
        pooled = ", through a pooler" if session.through_pooler else ""
    finally:
        await session.close()
    if session.get_server_version().major < POSTGRES_MIN:
        return Verdict.WRONG, f"version {version} is too old: {POSTGRES_MIN} or newer is needed"
    return Verdict.FINE, f"version {version}{pooled}"


async def _migrations(url: str) -> tuple[Verdict, str]:
    missing = await asyncio.to_thread(pending, url)
    if missing:
        return Verdict.WRONG, f"{len(missing)} to be applied, from {missing[0]}: run `neverdark migrate`"
    return Verdict.FINE, "all applied"


async def _ledger(url: str) -> tuple[Verdict, str]:
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        if await session.fetchval("SELECT to_regprocedure('check_ledger(bigint)')") is None:
            return Verdict.WARNING, "not there yet: run `neverdark migrate`"
        wrong = await session.fetch("SELECT team_id, wrong FROM check_ledger() LIMIT 20")
    finally:
        await session.close()
    if wrong:
        return Verdict.WRONG, "; ".join(f"team {row['team_id']}: {row['wrong']}" for row in wrong)
    return Verdict.FINE, "every balance is the sum of its entries"


async def _rights(url: str) -> tuple[Verdict, str]:
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        if await session.fetchval("SELECT to_regprocedure('excess_rights(name)')") is None:
            return Verdict.WARNING, "not known yet: run `neverdark migrate`"
        excess = [str(row[0]) for row in await session.fetch("SELECT excess_rights(session_user)")]
    finally:
        await session.close()
    if excess:
        more = f" and {len(excess) - 3} things more" if len(excess) > 3 else ""
        what = f"{'; '.join(excess[:3])}{more}"
        return (
            Verdict.WARNING,
            f"the product may do more than it should: {what}. `neverdark migrate` says how to give it its own role",
        )
    return Verdict.FINE, "the product may do what it has to, and no more"


async def _redis(url: str) -> tuple[Verdict, str]:
    async with redis.Redis.from_pool(open_connections(read_redis_url(url), retries=0)) as client:
        about = await client.info("server")
        memory = await client.info("memory")
    name = "Valkey" if "valkey_version" in about else "Redis"
    version = str(about.get("valkey_version") or about["redis_version"])
    if name == "Redis" and tuple(int(part) for part in version.split(".")[:2]) < REDIS_MIN:
        return Verdict.WRONG, f"version {version} is too old: 6.2 or newer is needed"
    if (policy := memory.get("maxmemory_policy")) != "noeviction":
        return (
            Verdict.WARNING,
            f"{name} {version} may throw hints away: set maxmemory-policy to noeviction, not {policy}",
        )
    return Verdict.FINE, f"{name} {version}"


async def _storage(url: str) -> tuple[Verdict, str]:
    store = ObjectStorage(url)
    key = f"doctor/{uuid4().hex}"
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"neverdark")
        file.flush()
        await store.put(key, Path(file.name), content_type="text/plain")
    try:
        same = await store.read(key) == b"neverdark"
    finally:
        await store.delete(key)
    return (
        (Verdict.FINE, f"{url} can be written and read") if same else (Verdict.WRONG, f"{url} gives back other bytes")
    )


async def _providers(now: datetime, settings: Settings) -> list[Finding]:
    """For each provider, by which routes it can be reached, and which model is about to end. Then the first video."""
    providers = open_providers()
    try:
        findings = []
        for provider, routes in providers.by_provider.items():
            facts = [providers.routes[route].facts for route in routes]
            ready = [fact for fact in facts if fact.configured]
            for fact in ready:
                if fact.announced_end is not None and fact.announced_end - now < SOON:
                    ends = f"{fact.model} ends on {fact.announced_end:%Y-%m-%d}"
                    findings.append(Finding(provider, Verdict.WARNING, f"{ends}: its route is {fact.key}"))
            if ready:
                findings.append(Finding(provider, Verdict.FINE, ", ".join(f"{f.key} ({f.model})" for f in ready)))
            else:
                names = " or ".join(key_variables(fact.key)[0] for fact in facts)
                findings.append(Finding(provider, Verdict.WARNING, f"no key: set {names}"))
        return [*findings, *_first_video(terms(settings, providers))]
    finally:
        await providers.aclose()


def _first_video(known: Terms) -> Iterator[Finding]:
    """Whether a new team's first command, without any option, is paid by what it is given."""
    price = known.tier_prices().get(TierName.DEFAULT)
    if price is None or not known.free_credits:
        return
    said = f"a first video takes up to {price} credits, and a new team has {known.free_credits}"
    if price <= known.free_credits:
        yield Finding("free credits", Verdict.FINE, said)
    else:
        yield Finding("free credits", Verdict.WARNING, f"{said}: it is refused. Raise FREE_CREDITS.")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
