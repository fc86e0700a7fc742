"""Wake-up hints over arq and Redis: with them, work begins at once; they may be lost at any time.

Two verbs: `Hints.hint` says that a generation is due, `run_hints` calls a handler for each hint. Postgres holds the
truth, and the dispatcher finds all work without hints. arq 0.28 dies on any Redis error and its settings have traps,
so no other module uses it.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast
from uuid import UUID

import msgpack
import structlog
from arq.connections import ArqRedis
from arq.constants import expires_extra_ms, job_key_prefix
from arq.jobs import serialize_job
from arq.worker import Worker, func
from redis.asyncio import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from core import outages
from core.redis_url import RedisAddress, read_redis_url

log = structlog.get_logger()

QUEUE = "arq:neverdark"
CHANNEL = "arq:neverdark:hint"
"""The channel that announces new jobs, so that workers need not ask for them all the time."""
FALLBACK_S = 5.0
"""Seconds between looks at the queue without an announcement, because one may get lost; the dispatcher needs none."""
FOLLOW_S = 0.02
"""Seconds until the next look after some hints were taken, because there may be more."""
HINT_TIMEOUT_S = 0.25
"""Seconds to send a hint. The bot has answered before, so a person does not wait for Redis."""
HANDLE_TIMEOUT_S = 5
LISTEN_S = 4.0
"""Seconds, shorter than the connections' own timeout, which would report silence as an outage."""
CLOSE_TIMEOUT_S = 1.0
_RESTART_MAX_S = 5.0
_CANCELS_MAX = 5

Handler = Callable[[UUID], None]
"""Notes a hint and returns at once."""


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def _unpack(data: bytes) -> Any:
    return msgpack.unpackb(data)


class _SentinelPool(SentinelConnectionPool):
    """Connections to the master, which also close those to the sentinels; redis-py does not close them."""

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's signature
        await super().disconnect(inuse_connections)
        for sentinel in self.sentinel_manager.sentinels:
            await sentinel.aclose()


def _redis(url: str, *, retries: int) -> ArqRedis:
    pool = open_connections(read_redis_url(url), retries=retries)
    return ArqRedis(pool, job_serializer=_pack, job_deserializer=_unpack, default_queue_name=QUEUE)


def open_connections(address: RedisAddress, *, retries: int) -> ConnectionPool:
    """Connections to the address; with Sentinel, to the server that is the master when one is opened."""
    login: dict[str, Any] = {"username": address.user, "password": address.password, "db": address.db}
    # OSError, too: redis-py raises it while it connects, and arq's worker would die of it.
    patience: dict[str, Any] = {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 15,
        "retry": Retry(ExponentialBackoff(cap=2, base=0.05), retries),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError, OSError],
    }
    if address.path is not None:
        return ConnectionPool(connection_class=UnixDomainSocketConnection, path=address.path, **login, **patience)
    tcp = {**patience, "socket_keepalive": True}
    tls = dict(address.tls or {})
    if address.master is not None:
        secure = {"ssl": True, **tls} if address.tls is not None else {}
        to_them = {"socket_timeout": 2, "socket_connect_timeout": 2, **address.sentinel, **secure}
        sentinels = Sentinel(list(address.hosts), sentinel_kwargs=to_them, **tcp)  # type: ignore[no-untyped-call]  # it is
        return _SentinelPool(address.master, sentinels, **secure, **login, **tcp)  # type: ignore[no-untyped-call]  # as above
    host, port = address.hosts[0]
    kind = SSLConnection if address.tls is not None else Connection
    return ConnectionPool(connection_class=kind, host=host, port=port, **tls, **login, **tcp)


class Hints:
    """Sends hints; those of a burst are sent together. It opens no connection before the first one."""

    def __init__(self, url: str) -> None:
        self._redis = _redis(url, retries=0)
        self._gathered: dict[UUID, int] = {}
        self._next: asyncio.Future[bool] | None = None
        self._sending: asyncio.Task[None] | None = None

    async def hint(self, generation_id: UUID, *, version: int) -> bool:
        """Send a hint that a generation is due. Never raises. False: it was not sent; the dispatcher finds the row.

        Args:
            version: the row's version after the commit that caused the hint, so that each cause makes exactly one job.
        """
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        sent = self._next
        self._gathered[generation_id] = version
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(), name="hints")
        return await asyncio.shield(sent)

    async def _send(self) -> None:
        """Send the gathered hints, and those that gather meanwhile, one exchange for each lot."""
        while self._next is not None:
            lot, sent = self._gathered, self._next
            self._gathered, self._next = {}, None
            went = False
            try:
                went = await self._exchange(lot)
            finally:
                sent.set_result(went)

    async def _exchange(self, lot: Mapping[UUID, int]) -> bool:
        """Do what arq's enqueue_job does, for many jobs at once; a job that exists is overwritten."""
        now_ms = round(time.time() * 1000)
        pipe = self._redis.pipeline(transaction=False)
        for generation_id, version in lot.items():
            job_id = f"adv:{generation_id}:{version}"
            job = serialize_job("advance", (generation_id.bytes,), {}, None, now_ms, serializer=_pack)
            pipe.psetex(job_key_prefix + job_id, expires_extra_ms, job)
            pipe.zadd(QUEUE, {job_id: now_ms})
        pipe.publish(CHANNEL, b"")
        try:
            async with asyncio.timeout(HINT_TIMEOUT_S):
                await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("hint.lost", hints=len(lot), error=type(error).__name__)
            outages.away("redis", type(error).__name__)
            await self._drop()
            return False
        outages.back("redis")
        return True

    async def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            async with asyncio.timeout(1):
                return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def aclose(self) -> None:
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=HINT_TIMEOUT_S * 2)
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._redis.aclose(close_connection_pool=True)
        except (RedisError, OSError, TimeoutError):
            log.debug("hints.close_failed")

    async def _drop(self) -> None:
        """Drop all connections, because one that was cut off in the middle of an exchange cannot be used again."""
        try:
            async with asyncio.timeout(HINT_TIMEOUT_S):
                await self._redis.connection_pool.disconnect()
        except (RedisError, OSError, TimeoutError):
            log.debug("hint.not_disconnected")


async def run_hints(url: str, handler: Handler, *, max_jobs: int = 100) -> None:
    """Call the handler for each hint until cancelled. After an outage of Redis, arq's worker is started again."""
    pause_s = 0.1
    while True:
        started = asyncio.get_running_loop().time()
        worker = _worker(url, handler, max_jobs=max_jobs)
        # In a task of its own, because arq may swallow a cancellation.
        running = [
            asyncio.create_task(worker.async_run(), name="arq"),
            asyncio.create_task(_listen(worker), name="hints.listen"),
        ]
        try:
            ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        except (RedisError, OSError) as error:
            log.debug("hints.interrupted", error=type(error).__name__, again_in_s=pause_s)
            outages.away("redis", type(error).__name__)
        finally:
            await stop_tasks([*running, *worker.tasks.values()])
            await _close(worker)
        if asyncio.get_running_loop().time() - started > 60:
            pause_s = 0.1
        await asyncio.sleep(pause_s)
        pause_s = min(_RESTART_MAX_S, pause_s * 2)


class _Worker(Worker):
    """arq's worker, which asks for jobs only after an announcement; arq's own asks fifty times a second."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.told = asyncio.Event()

    async def main(self) -> None:
        while True:
            self.told.clear()
            await self._poll_iteration()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_S if self.tasks else FALLBACK_S):
                    await self.told.wait()


async def _listen(worker: _Worker) -> None:
    """Wake the worker at each announcement; ends with the connection."""
    async with worker.pool.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(CHANNEL)
        worker.told.set()  # jobs from before the connection are looked for
        while True:
            if await channel.get_message(timeout=LISTEN_S) is not None:
                worker.told.set()


def _worker(url: str, handler: Handler, *, max_jobs: int) -> _Worker:
    async def advance(ctx: dict[str, Any], generation: bytes) -> None:
        handler(UUID(bytes=generation))

    return _Worker(
        functions=[func(cast("Any", advance), name="advance", max_tries=1, timeout=HANDLE_TIMEOUT_S, keep_result=0)],
        queue_name=QUEUE,
        redis_pool=_redis(url, retries=3),
        handle_signals=False,
        max_jobs=max_jobs,
        queue_read_limit=2000,
        max_tries=1,
        keep_result=0,
        log_results=False,
        allow_abort_jobs=False,
        health_check_interval=10,
        job_serializer=_pack,
        job_deserializer=_unpack,
    )


async def stop_tasks(tasks: Iterable[asyncio.Task[Any]], *, again_s: float = 1.0) -> None:
    """Cancel tasks until they have ended; their errors are ignored.

    Once is not enough, because arq 0.28 and redis-py 5.3 sometimes swallow a cancellation.
    """
    known = set(tasks)
    left = {task for task in known if not task.done()}
    for _ in range(_CANCELS_MAX):
        if not left:
            break
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again_s)
    if left:
        log.warning("tasks.left", names=[task.get_name() for task in left])
    await asyncio.gather(*(known - left), return_exceptions=True)


async def _close(worker: Worker) -> None:
    try:
        async with asyncio.timeout(1):
            await worker.pool.aclose(close_connection_pool=True)
    except (RedisError, OSError, TimeoutError):
        log.debug("hints.close_failed")
