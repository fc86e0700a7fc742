"""One fault, met by the product: its own steps, adapters and callbacks, real HTTP and Postgres, simulated time."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
from starlette.applications import Starlette

from benchmarks.failover.sessions import Sessions
from benchmarks.failover.simulated_time import Time
from benchmarks.faults.fault_list import Entry
from benchmarks.faults.films import is_shown_anywhere
from benchmarks.faults.place import EPOCH, REQUEST, opened
from benchmarks.faults.verdict import End, Seen
from core.db.errors import connection, transaction
from core.db.generations import attempts, claims, deliveries, snapshot
from core.db.health import route_health
from core.domain.chat.addresses import Addresses
from core.domain.chat.delivery import Kind
from core.domain.chat.pacing import ChatCall, Limit, MessageRate
from core.domain.chat.principal import Principal
from core.domain.chat.vocabulary import Vocabulary
from core.domain.generations.generation import Generation, Outcome
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import ChannelId, Installation, MessageId, PlatformName, Thread, UserId
from core.domain.requests.fallback import Elsewhere
from core.domain.requests.refusals import TooLate
from core.domain.requests.terms import Terms
from core.domain.time_scale import REAL_TIME
from core.ports import LocalClip, Posted
from core.replies.chat.card import Action, Button, Card, plain
from core.storage import ObjectStorage
from core.usecases.generations.cancel import cancel
from core.usecases.people.settings import REFUSED, choose
from core.usecases.requests.submit import VideoCommand, submit
from web.callbacks import Callbacks
from worker.context import Context
from worker.dispatcher import ClaimLimits, Dispatcher

PLATFORM = PlatformName("bench")
ANA = UserId("ana")
BETWEEN = timedelta(hours=3)
STEPS_MAX = 3000
BASE = "http://callbacks.test"
_DUE = """
SELECT claim_kind, wake_at FROM (
    SELECT 0 AS claim_kind, min(wake_at) AS wake_at FROM generations WHERE state <> 'done'
    UNION ALL SELECT 1, min(wake_at) FROM attempts WHERE state IN ('accepted', 'late')
    UNION ALL SELECT 2, min(wake_at) FROM deliveries WHERE state = 'due') due
 WHERE wake_at IS NOT NULL ORDER BY wake_at, claim_kind LIMIT 1
"""


@dataclass(slots=True)
class Message:
    key: UUID
    card: Card
    at: datetime
    file: bytes | None = None


@dataclass(slots=True)
class Chat:
    """A chat that keeps all that was said, with its files."""

    now: Callable[[], datetime]
    messages: list[Message] = field(default_factory=list)
    pace: MessageRate = field(default_factory=lambda: MessageRate(burst=10**6, every_s=1e-6))

    vocabulary = Vocabulary()

    def channel(self, thread: Thread) -> str:
        return thread.partition("/")[0]

    async def check(self) -> None:
        return

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        return ()

    def parent(self, thread: Thread) -> Thread | None:
        return None

    async def link(self, thread: Thread) -> str | None:
        return None

    def edits_end(self, thread: Thread) -> datetime | None:
        return None

    async def follow_up(self, place: Thread) -> Thread | None:
        return None

    async def delete(self, thread: Thread, message: MessageId) -> None:
        return

    def _say(self, key: UUID, card: Card, file: bytes | None = None) -> MessageId:
        self.messages.append(Message(key=key, card=card, at=self.now(), file=file))
        return MessageId(str(len(self.messages)))

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        return Posted(message=self._say(key, card), thread=Thread(f"{place}/1"))

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        return self._say(key, card)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        self.messages[int(message) - 1].card = card

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        yield {"message": self._say(key, card, clip.path.read_bytes())}

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        return None

    async def direct(self, place: Thread, user: UserId) -> Thread:
        return place

    async def aclose(self) -> None:
        return


class _NoHints:
    async def hint(self, generation_id: UUID, *, version: int) -> None:
        return


class Ours:
    """Runs the catalogue in one database, one fault after the other, each in a workspace of its own."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.now = EPOCH
        self.folder = folder
        self.sessions = Sessions(dsn, lambda: self.now)
        self._runs = count(1)

    async def close(self) -> None:
        await self.sessions.close()

    async def run(self, entry: Entry) -> Seen:
        self.now += BETWEEN
        async with connection(cast("Any", self.sessions)) as conn:
            await conn.execute(
                "TRUNCATE provider_health, provider_health_blame, provider_health_events, provider_slots, route_queue, "
                "route_limits CASCADE"
            )
        run = _Run(self, entry, next(self._runs))
        async with AsyncExitStack() as stack:
            await run.open(stack)
            return await run.seen()


class _Run:
    """One person, one command, two vendors, one worker."""

    def __init__(self, world: Ours, entry: Entry, n: int) -> None:
        self.world, self.entry, self.n = world, entry, n
        self.time = Time()
        self.began = world.now
        self.room = Chat(lambda: self.world.now)
        self.installation = Installation(f"w{n}")

    def _clock(self) -> float:
        return self.world.now.timestamp()

    async def open(self, stack: AsyncExitStack) -> None:
        """Start the vendors, and build the product's adapters to them."""
        place = await opened(self.entry, stack, self._clock)
        self.vendors, built = place.vendors, place.built
        self.routes = {vendor.dialect.route: built.routes[vendor.dialect.route] for vendor in self.vendors}
        offers = {vendor.dialect.provider: built.offers[vendor.dialect.provider] for vendor in self.vendors}
        self.terms = Terms(offers=offers, free_credits=10**6, window_s=900.0)
        self.addresses = Addresses(base=BASE, secret="s" * 32)
        pool: Any = self.world.sessions
        calls = Callbacks(addresses=self.addresses, pool=pool, hints=cast("Any", _NoHints()), checks={})
        transport = httpx.ASGITransport(app=Starlette(routes=calls.routes()))
        self.web = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=BASE))
        work = self.world.folder / str(self.n)
        work.mkdir()
        self.ctx = Context(
            pool=pool, routes=self.routes, by_provider={v.dialect.provider: (v.dialect.route,) for v in self.vendors},
            successors={}, terms=self.terms, storage=ObjectStorage((work / "store").as_uri()),
            chats={PLATFORM: self.room}, health=HealthConfig(), routing=RoutingConfig(), latency=LatencyConfig(),
            owner=f"worker:faults:{self.n}", time_scale=REAL_TIME, workdir=work, nudge=lambda _: None,
            addresses=None if self.entry.special == "no_calls" else self.addresses, progress_every_s=150.0,
        )  # fmt: skip
        self.dispatcher = Dispatcher(self.ctx, room=ClaimLimits())
        async with transaction(pool) as conn:
            await route_health.ensure(conn, dict.fromkeys(self.routes, 20), config=self.ctx.health)

    async def _ask(self) -> None:
        asked = VideoCommand(
            platform=PLATFORM, installation=self.installation, channel=ChannelId("c"), user=ANA, event=f"e{self.n}",
            place=Thread(f"c{self.n}"), request=REQUEST,
        )  # fmt: skip
        pool: Any = self.world.sessions
        if self.entry.special == "goes_on":
            admin = Principal(platform=PLATFORM, installation=self.installation, user=ANA, is_admin=True)
            await choose(admin, setting=REFUSED, value=Elsewhere.GO_ON, pool=pool, terms=self.terms)
        for _ in range(2 if self.entry.special == "twice" else 1):
            submitted = await submit(asked, pool=pool, terms=self.terms, owner="bot")
        self.id = submitted.generation_id

    def _move(self, to: datetime) -> None:
        self.world.now = max(self.world.now, to)

    async def _outside(self) -> list[tuple[datetime, Callable[[], Any]]]:
        """What happens by itself: the person cancels, vendors call."""
        found: list[tuple[datetime, Callable[[], Any]]] = []
        if self.entry.cancel_at_s is not None and not self.has_cancelled:
            found.append((self.began + timedelta(seconds=self.entry.cancel_at_s), self._cancel))
        for task in self.vendors[0].tasks.values():
            if task.callback is None:
                continue
            for n, (at, body) in enumerate(_calls(self.entry.special, begun=task.begun, ends=task.ends)):
                if (task.id, n) not in self.called:
                    when = datetime.fromtimestamp(at, UTC)
                    found.append((when, partial(self._call, task.id, n, task.callback, body)))
        return found

    async def _cancel(self) -> None:
        self.has_cancelled = True
        with suppress(TooLate):
            by = Principal(platform=PLATFORM, installation=self.installation, user=ANA, is_admin=False)
            await cancel(self.id, by=by, pool=cast("Any", self.world.sessions))

    async def _call(self, task_id: str, n: int, url: str, body: object) -> None:
        self.called.add((task_id, n))
        address = f"{url[:-4]}AAAA" if self.entry.special == "forged" else url
        await self.web.post(address, json=body)

    async def _work_all(self) -> None:
        """Run what is due, moving the clock from one moment to the next, until nothing is left to do."""
        self.called: set[tuple[str, int]] = set()
        self.has_cancelled = False
        for _ in range(STEPS_MAX):
            async with connection(self.ctx.pool) as conn:
                due = await conn.fetchrow(_DUE)
            outside = min(await self._outside(), key=lambda event: event[0], default=None)
            if outside is not None and (due is None or outside[0] <= max(due["wake_at"], self.world.now)):
                self._move(outside[0])
                await outside[1]()
            elif due is None:
                return
            else:
                self._move(due["wake_at"])
                await self._step(due["claim_kind"])
        raise AssertionError(f"{self.entry.name}: still at work after {STEPS_MAX} steps")

    async def _step(self, claim_kind: int) -> None:
        """Claim one row, and let the dispatcher do what it does with it, whatever breaks."""
        ctx, dispatcher = self.ctx, self.dispatcher
        claim: Any = (claims.claim_due, attempts.claim_due, snapshot.claim_messages)[claim_kind]
        work: Any = (dispatcher._advance, dispatcher._watch, dispatcher._deliver)[claim_kind]  # noqa: SLF001 - a worker without its loops
        async with connection(ctx.pool) as conn:
            rows = await claim(conn, owner=ctx.owner, limit=1)
            if claim_kind == 0:
                rows = await snapshot.with_attempts(conn, rows)
        for row in rows:
            await work(row)
        await dispatcher._let_go()  # noqa: SLF001 - the same

    async def seen(self) -> Seen:
        """Let it happen, and say what came of it."""
        await self._ask()
        await self._work_all()
        async with connection(self.ctx.pool) as conn:
            generation = await claims.load(conn, self.id)
            wrong = await conn.fetch("SELECT * FROM check_ledger($1)", generation.team_id if generation else None)
            kept = await conn.fetchval("SELECT coalesce(-sum(delta), 0)::int FROM entry WHERE key = $1", self.id)
            held = await conn.fetchval("SELECT coalesce(sum(held_delta), 0)::int FROM entry WHERE key = $1", self.id)
            maker = await conn.fetchval(
                "SELECT a.provider FROM generations g JOIN attempts a ON a.generation_id = g.id "
                "AND a.n = g.winner_attempt WHERE g.id = $1",
                self.id,
            )
        assert generation is not None
        results = [m for m in self.room.messages if m.key == deliveries.key_of(self.id, Kind.RESULT)]
        extras = [m for m in self.room.messages if "on the house" in m.card.title]
        handed = {hashlib.sha256(m.file).hexdigest() for m in (*results, *extras) if m.file is not None}
        return Seen(
            end=_end(generation, results),
            results=len(results),
            is_right=bool(results) and self._is_right(generation, results[-1]),
            paid=kept,
            due=self._due(generation, maker),
            jobs=(len(self.vendors[0].tasks), len(self.vendors[1].tasks)),
            cancels=sum(vendor.cancels for vendor in self.vendors),
            took_s=(results[-1].at - self.began).total_seconds() if results else 0.0,
            unused=sum(vendor.billed for vendor in self.vendors) - len(handed),
            extras=len(extras),
            is_sound=not wrong and held == 0,
            note=results[-1].card.title if results else "",
        )

    def _due(self, generation: Generation, maker: str | None) -> int:
        """What the video costs that came: of the maker's price the share that the catalogue says."""
        if generation.outcome is not Outcome.SUCCEEDED or maker is None:
            return 0
        is_first = maker == self.vendors[0].dialect.provider
        price = generation.prices[self.vendors[0 if is_first else 1].dialect.provider]
        return int(price * self.entry.expected.worth + 1e-9) if is_first else price

    def _is_right(self, generation: Generation, result: Message) -> bool:
        """The file is whole and plays, and the card says its length."""
        if generation.clip is None or result.file is None:
            return False
        said = plain(result.card)
        length = f"{round(generation.clip.duration_s)} s · "
        return length in said and is_shown_anywhere(result.file, seconds=generation.clip.duration_s)


def _end(generation: Generation, results: list[Message]) -> End:
    if not results:
        return End.NOTHING
    card = results[-1].card
    match generation.outcome:
        case Outcome.SUCCEEDED:
            return End.VIDEO if results[-1].file is not None else End.NOTHING
        case Outcome.CANCELLED:
            return End.CANCELLED
        case _:
            offers = any(
                isinstance(part, Button) and part.action is Action.AGAIN and part.primary for part in card.parts
            )
            return End.OFFERED if offers else End.TOLD


def _calls(special: str, *, begun: float, ends: float) -> list[tuple[float, object]]:
    """When the vendor calls back about a job, and with what."""
    done = {"status": "succeeded"}
    match special:
        case "early":
            return [(begun, done), (ends, done), (ends, done), (ends + 5, done)]
        case "lies":
            return [(begun + 10, {"status": "failed"}), (ends, done)]
        case "forged":
            return [(begun + 10, done)]
        case _:
            return [(ends, done)]
