"""Checks the servers below the service: Postgres with its schema and clock, Redis, the storage, and the local disk."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import redis.asyncio as redis

from core.db import workers
from core.db.pool import connect
from core.domain.errors import NotStored, StorageAway
from core.queue import open_connections
from core.redis_url import read_redis_url
from core.storage import ObjectStorage
from neverdark.doctor.findings import TIMEOUT_S, Finding, fine, warning, wrong
from neverdark.migrate import pending

POSTGRES_MIN = 15
REDIS_MIN = (6, 2)
SKEW_WARNED_S = 2.0
SKEW_MAX_S = 30.0
"""Seconds between two clocks at most: signed links and tokens are valid for minutes; Slack allows five."""
WRITTEN = b"neverdark"
DISK_WARNED = 5 << 30
DISK_LEAST = 1 << 30
"""Bytes that the clips under way and the media processes of one worker may need at once."""
MIGRATE = "run `neverdark migrate`"
_LACKING = """
SELECT c.relname FROM pg_class c, unnest(CASE
       WHEN c.relkind = 'v' OR c.relname = ANY (ledger_tables()) THEN '{SELECT}'::text[]
       ELSE '{SELECT,INSERT,UPDATE,DELETE}' END) needed
 WHERE c.relowner = (SELECT relowner FROM pg_class WHERE oid = 'generations'::regclass) AND c.relkind IN ('r', 'p', 'v')
   AND c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('link_code', 'schema_migrations')
   AND NOT has_table_privilege(session_user, c.oid, needed)
 GROUP BY c.relname ORDER BY c.relname
"""
"""The tables and views with which the product may do less than `allow_product_role` gives."""


async def postgres(url: str) -> Finding:
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        version = str(await session.fetchval("SELECT current_setting('server_version')"))
        reads_only = await session.fetchval("SELECT current_setting('transaction_read_only')") == "on"
        pooled = ", through a pooler" if session.through_pooler else ""
    finally:
        await session.close()
    if session.get_server_version().major < POSTGRES_MIN:
        return wrong("Postgres", f"version {version} is too old", f"{POSTGRES_MIN} or newer is needed")
    if reads_only:
        return wrong("Postgres", "it can be read only", "let DATABASE_URL lead to the primary")
    return fine("Postgres", f"version {version}{pooled}")


async def owner(url: str) -> Finding:
    """Whether the role that changes the schema can log in."""
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        name = str(await session.fetchval("SELECT session_user"))
    finally:
        await session.close()
    return fine("owner", f"{name} is let in, who changes the schema")


async def migrations(url: str) -> Finding:
    missing = await asyncio.to_thread(pending, url)
    if missing:
        return wrong("migrations", f"{len(missing)} to be applied, from {missing[0]}", MIGRATE)
    return fine("migrations", "all applied")


async def working(url: str) -> Finding:
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        if await session.fetchval("SELECT to_regclass('workers')") is None:
            return warning("workers", "not known yet", MIGRATE)
        alive = await workers.alive(session)
    finally:
        await session.close()
    if not alive:
        return warning("workers", "none is alive: nothing is made", "start `neverdark worker`")
    return fine("workers", f"{alive} alive")


async def ledger(url: str) -> Finding:
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        if await session.fetchval("SELECT to_regprocedure('check_ledger(bigint)')") is None:
            return warning("ledger", "not there yet", MIGRATE)
        bad = await session.fetch("SELECT team_id, wrong FROM check_ledger() LIMIT 20")
    finally:
        await session.close()
    if bad:
        named = "; ".join(f"team {row['team_id']}: {row['wrong']}" for row in bad)
        return wrong("ledger", named, "see “the ledger” in docs/operations.md before anything else is booked")
    return fine("ledger", "every balance is the sum of its entries")


async def rights(url: str) -> Finding:
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        if await session.fetchval("SELECT to_regprocedure('excess_rights(name)')") is None:
            return warning("rights", "not known yet", MIGRATE)
        lacking = [str(row[0]) for row in await session.fetch(_LACKING)]
        excess = [str(row[0]) for row in await session.fetch("SELECT excess_rights(session_user)")]
    finally:
        await session.close()
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        return wrong("rights", f"the product may not do what it has to with {', '.join(lacking[:3])}{more}", MIGRATE)
    if not excess:
        return fine("rights", "the product may do what it has to, and no more")
    more = f" and {len(excess) - 3} things more" if len(excess) > 3 else ""
    what = f"the product may do more than it should: {'; '.join(excess[:3])}{more}"
    return warning("rights", what, "`neverdark migrate` says how to give it its own role")


async def clock(url: str, ours: Callable[[], datetime]) -> Finding:
    """Whether this machine and the database agree on the time, which is read between two looks at our clock."""
    session = await connect(url, timeout_s=TIMEOUT_S)
    try:
        before = ours()
        theirs: datetime = await session.fetchval("SELECT clock_timestamp()")
        after = ours()
    finally:
        await session.close()
    off_s = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    if off_s <= SKEW_WARNED_S:
        return fine("clock", "this machine and the database agree")
    says = f"this machine and the database are {off_s:.0f} s apart"
    remedy = "set both by NTP (`timedatectl set-ntp true`)"
    return wrong("clock", says, remedy) if off_s > SKEW_MAX_S else warning("clock", says, remedy)


async def hints(url: str) -> Finding:
    async with redis.Redis.from_pool(open_connections(read_redis_url(url), retries=0)) as client:
        about = await client.info("server")
        memory = await client.info("memory")
    name = "Valkey" if "valkey_version" in about else "Redis"
    version = str(about.get("valkey_version") or about["redis_version"])
    if name == "Redis" and tuple(int(part) for part in version.split(".")[:2]) < REDIS_MIN:
        return wrong("Redis", f"version {version} is too old", "6.2 or newer is needed")
    if (policy := memory.get("maxmemory_policy")) != "noeviction":
        says = f"{name} {version} may throw hints away"
        return warning("Redis", says, f"set maxmemory-policy to noeviction, not {policy}")
    return fine("Redis", f"{name} {version}")


async def storage(url: str) -> Finding:
    store = ObjectStorage(url)
    key = f"doctor/{uuid4().hex}"
    with tempfile.NamedTemporaryFile() as file:
        file.write(WRITTEN)
        file.flush()
        try:
            await store.put(key, Path(file.name), content_type="text/plain")
        except StorageAway as error:
            remedy = "see that STORAGE_URL is right, and that this machine may write there"
            return wrong("storage", f"{url} cannot be written ({error})", remedy)
    remedy = "see that what STORAGE_URL leads to may be read as well as written"
    try:
        same = await store.read(key) == WRITTEN
        # The store answers "not found" and "not allowed" with the same error.
    except (StorageAway, NotStored) as error:
        return wrong("storage", f"{url} can be written and cannot be read ({error})", remedy)
    if not same:
        return wrong("storage", f"{url} gives back other bytes", "look for a cache or a proxy in front of it")
    try:
        await store.delete(key)
    except StorageAway as error:
        remedy = "let us remove files there: what is too old or reported has to go"
        return warning("storage", f"{url} can be written and read, but nothing can be removed ({error})", remedy)
    return fine("storage", f"{url} can be written and read")


def disk(home: Path) -> Finding:
    """Whether clips under way have room on this disk. If the folder does not exist, the nearest parent is checked."""
    home = home.expanduser().absolute()
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    remedy = "make room, or set NEVERDARK_HOME to a folder on a larger disk"
    if free < DISK_LEAST:
        return wrong("disk", f"{there} has {_gib(free)} GiB left, and a worker may need {_gib(DISK_LEAST)}", remedy)
    if free < DISK_WARNED:
        return warning("disk", f"{there} has {_gib(free)} GiB left", remedy)
    return fine("disk", f"{there} has {_gib(free)} GiB left")


def _gib(count: int) -> str:
    return f"{count / (1 << 30):.1f}"
