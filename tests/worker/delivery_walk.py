"""Walks many generations at once through a chat platform's stand-in, each with a fault of its own, and holds the
contract: none silent, none doubled, none with a live Cancel after the end, none stuck, every credit explained.

The engine's own code runs on real Postgres with a simulated clock; the platform's adapter speaks to a stand-in over a
real socket. A platform needs a `Stage`, which says how its stand-in is told to refuse and what people see of it, and a
table of `Case`s.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from structlog.testing import capture_logs

from core.db.errors import transaction
from core.db.generations.claims import StaleError
from core.db.generations.deliveries import key_of
from core.db.pool import Pool, open_pool
from core.domain.chat.delivery import Kind
from core.domain.generations.generation import State
from core.domain.ids import ChannelId, GenerationId, Installation, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.ports import Chat
from core.replies.chat.card import Card
from core.usecases.requests.submit import VideoCommand, submit
from tests.rows import one_row
from tests.worker.kills import Fuse
from tests.worker.script import Script
from tests.worker.sim import CREDITS, FOREVER, PLATFORM, Sim, runs
from worker.advance import advance
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.steps.deliver import deliver
from worker.steps.watch import watch

if TYPE_CHECKING:
    from worker.context import Context

AT_ONCE = 8
"""Each has a session of its own with Postgres, which has to learn all functions anew."""
EDITS_OFTEN_S, EDITS_SELDOM_S = 5.0, 30.0
"""How far apart the edits of a progress message are: many where edits are refused, a few where other things are."""
ROUNDS_MAX = 20_000
CALLS_MAX = 120
"""That the platform gets about one generation, however long it refuses."""
ENDS_WITHIN = timedelta(hours=26)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the platform is told to refuse: this method with this code, after so many calls, so often (None: always)."""

    method: str
    code: str
    skip: int = 0
    times: int | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One generation's fate.

    Args:
        kind: cases of one kind are refused in the same place with an answer of the same class.
        orders: what is refused of its messages.
        lifted_after_s: when all of it ends; None: never.
        undeliverable: there is no way to say it: the only ones that may end with a refund.
        files: how many there must be in the end; None: as it comes.
        where: the kind of place that its last word must come to; None: any.
    """

    name: str
    orders: tuple[Order, ...]
    kind: str = ""
    lifted_after_s: float | None = None
    undeliverable: bool = False
    files: int | None = None
    where: str | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A message that a person can see. `where`: thread, channel or direct."""

    id: str
    key: str | None
    where: str
    text: str
    can_cancel: bool
    files: int


class Stage(Protocol):
    """One platform's stand-in with its adapter."""

    @property
    def chat(self) -> Chat[Card]: ...

    def place(self, n: int) -> Thread:
        """The channel that belongs to the n-th case alone."""

    def user(self, n: int) -> UserId: ...

    def order(self, n: int, generation_id: GenerationId, order: Order) -> object:
        """Have it refused, for this case only. Returns what `lift` takes."""

    def lift(self, order: object) -> None: ...

    def seen(self, n: int, generation_id: GenerationId) -> list[Seen]:
        """All messages of this generation that are to be seen, by anybody."""

    def calls(self, n: int, generation_id: GenerationId) -> int:
        """How often the platform was asked for something about it."""


@dataclass(kw_only=True)
class Walked:
    """A case with what became of it."""

    n: int
    case: Case
    id: GenerationId
    orders: list[object]
    asked_at: datetime


def prompt_of(n: int) -> str:
    """What the n-th case asks for, and so what its file is called."""
    return f"fox {n} in the snow"


class Walk:
    """Many generations in one simulated run."""

    def __init__(self, sim: Sim, stage: Stage, pool: Pool, *, progress_every_s: float) -> None:
        self.sim, self.stage, self.pool = sim, stage, pool
        self.ctx: Context = replace(sim.ctx, pool=pool, chats={PLATFORM: stage.chat}, progress_every_s=progress_every_s)
        self.dispatcher = Dispatcher(self.ctx, room=ClaimLimits())
        self.walked: list[Walked] = []
        self.logged: list[Any] = []

    async def begin(self, cases: Sequence[Case], *, together: bool = False) -> None:
        """Ask for all of them. `together`: in one workspace, else each in its own."""
        for n, case in enumerate(cases):
            asked = VideoCommand(
                platform=PLATFORM,
                installation=Installation("w" if together else f"w{n}"),
                channel=ChannelId(f"c{n}"),
                user=self.stage.user(n),
                event=f"e{n}",
                place=self.stage.place(n),
                request=VideoRequest(prompt=prompt_of(n), tier=TierName.ULTRA),
            )
            submitted = await submit(asked, pool=self.pool, terms=self.sim.terms, owner="bot")
            orders = [self.stage.order(n, submitted.generation_id, order) for order in case.orders]
            one = Walked(n=n, case=case, id=submitted.generation_id, orders=orders, asked_at=self.sim.world.now)
            self.walked.append(one)
        await self.sim.admin.execute(
            "UPDATE team SET alert_channel = 'alerts', alert_platform = 'nowhere', alert_installation = 'x'"
        )

    async def run(self) -> None:
        """Until nothing is due any more."""
        with capture_logs() as self.logged:
            for _ in range(ROUNDS_MAX):
                if not await self._step():
                    return
        raise AssertionError("still at work")

    async def _step(self) -> bool:
        lifts = [
            one.asked_at + timedelta(seconds=one.case.lifted_after_s)
            for one in self.walked
            if one.case.lifted_after_s is not None and one.orders
        ]
        outside = min(lifts, default=FOREVER)
        [(claim_loop, due_at)] = await self.sim.admin.fetch("SELECT * FROM sim_next($1)", outside)
        if lifts and (due_at is None or outside <= due_at):
            await self.sim.world.move_to(outside)
            self._lift()
            return True
        if due_at is None:
            return False
        self.sim.world.now = max(self.sim.world.now, due_at)
        dispatcher = self.dispatcher
        claim: Any = (dispatcher._claim_generations, dispatcher._claim_attempts, dispatcher._claim_deliveries)[
            claim_loop
        ]
        rows = await claim(AT_ONCE)
        await asyncio.gather(*(self._do(claim_loop, row) for row in rows))
        return True

    def _lift(self) -> None:
        for one in self.walked:
            after = one.case.lifted_after_s
            if after is not None and one.asked_at + timedelta(seconds=after) <= self.sim.world.now:
                for order in one.orders:
                    self.stage.lift(order)
                one.orders = []

    async def _do(self, claim_loop: int, row: Any) -> None:
        try:
            if claim_loop == 0:
                await advance(row, self.ctx)
            elif claim_loop == 1:
                await watch(row, self.ctx, self.sim.poll_batcher, load=1.0)
            else:
                await deliver(row, self.ctx)
        except StaleError:
            return

    async def problems(self) -> list[str]:
        """What does not hold, a line for each."""
        found = []
        for one in self.walked:
            found += [f"{one.case.name}: {problem}" for problem in await self._problems(one)]
        if bad := await self.sim.admin.fetch("SELECT * FROM check_ledger(NULL)"):
            found.append(f"the ledger: {bad}")
        return found

    async def _problems(self, one: Walked) -> list[str]:
        admin, case = self.sim.admin, one.case
        row = await one_row(admin, "SELECT * FROM generations WHERE id = $1", one.id)
        messages = await admin.fetch("SELECT * FROM deliveries WHERE generation_id = $1", one.id)
        seen = self.stage.seen(one.n, one.id)
        memories = {message["kind"]: json.loads(message["memory"]) for message in messages}
        state = {message["kind"]: message["state"] for message in messages}
        found = []
        if row["state"] != State.DONE or "due" in state.values():
            found.append(f"stuck: {row['state']}, {state}")
        elif row["done_at"] - row["created_at"] > ENDS_WITHIN:
            found.append(f"it took {row['done_at'] - row['created_at']}")
        found += self._said(one, state, seen)
        found += self._root_tells(one, row["outcome"], state, seen)
        progress = [each for each in seen if each.key == str(key_of(one.id, Kind.PROGRESS))]
        last = {each.where for each in seen if each.key == str(key_of(one.id, Kind.RESULT)) or each.files}
        if lost := [each.text for each in progress if each.where in last and "I cannot write" in each.text]:
            found.append(f"it stands where it says that nothing can stand: {lost}")
        shown = [each.text for each in progress if each.where in last]
        is_removed = memories.get(Kind.PROGRESS, {}).get("edits", "going") in {"going", "last_only"}
        if shown and is_removed and state.get("result") == "done":
            found.append(f"the progress stays beside the result: {shown}")
        if live := [each.text for each in seen if each.can_cancel]:
            found.append(f"a live Cancel: {live}")
        funds = await one_row(admin, "SELECT * FROM credit_balance($1)", row["team_id"])
        kept = 0 if state.get("result") == "gone" else row["settled"]
        if (funds["balance"], funds["held"]) != (CREDITS - (kept or 0), 0):
            found.append(f"credits: {dict(funds)} with {row['settled']} settled and the result {state.get('result')}")
        lost = [
            line["code"]
            for line in self.logged
            if line["event"] == "delivery.no_access" and line["generation_id"] == str(one.id)
        ]
        of = f"{row['platform']}:{row['installation']}"
        over = sum(line["event"] == "access.back" and line["of"] == of for line in self.logged)
        if any(count > 1 + over for count in Counter(lost).values()):
            found.append(f"more than one line about one loss of access, which was over {over} times: {lost}")
        if (calls := self.stage.calls(one.n, one.id)) > CALLS_MAX:
            found.append(f"{calls} calls")
        if state.get("result") == "gone":
            found += await self._told(one)
        elif case.undeliverable:
            found.append("it was delivered although nothing can deliver it: the case is wrong")
        return found

    def _said(self, one: Walked, state: dict[str, str], seen: list[Seen]) -> list[str]:
        found, keys = [], Counter(each.key for each in seen if each.key)
        result_key, progress_key = (str(key_of(one.id, kind)) for kind in (Kind.RESULT, Kind.PROGRESS))
        if doubled := [key for key, count in keys.items() if count > 1]:
            found.append(f"doubled: {[each.text for each in seen if each.key in doubled]}")
        files = sum(each.files for each in seen)
        results = [each for each in seen if each.key == result_key or each.files]
        if state.get("result") == "gone":
            if not one.case.undeliverable:
                found.append("undeliverable, although there was a way")
            if results:
                found.append(f"given up and said all the same: {[each.text for each in results]}")
            return found
        if early := [each.text for each in seen if each.key == progress_key and "Your video is ready" in each.text]:
            found.append(f"said twice: {early}")
        if len(results) != 1:
            found.append(f"the last word is to be seen {len(results)} times")
        elif one.case.where is not None and results[0].where != one.case.where:
            found.append(f"the last word came to the {results[0].where}")
        elif results[0].where == "direct" and "directly" not in results[0].text:
            found.append(f"nobody is told why it comes directly: {results[0].text}")
        if files > 1 or (one.case.files is not None and files != one.case.files):
            found.append(f"{files} files")
        return found

    def _root_tells(self, one: Walked, outcome: str | None, state: dict[str, str], seen: list[Seen]) -> list[str]:
        """Where nothing was refused of it, the root message says what it came to."""
        roots = [each.text for each in seen if each.key == str(key_of(one.id, Kind.ROOT))]
        if one.case.orders or not roots or state.get("root_edit") != "done":
            return []
        word = {"succeeded": "Ready", "cancelled": "Cancelled"}.get(str(outcome), "Refused")
        return [] if all(word in text for text in roots) else [f"the root does not tell: {roots}"]

    async def _told(self, one: Walked) -> list[str]:
        found = []
        alerts = await self.sim.admin.fetchval(
            "SELECT count(*) FROM alert WHERE generation_id = $1 AND kind = 'undelivered'", one.id
        )
        if alerts != 1:
            found.append(f"{alerts} alerts to the team")
        said = [
            line
            for line in self.logged
            if line["event"] == "delivery.undeliverable" and line["generation_id"] == str(one.id)
        ]
        if not said or any(line["log_level"] != "error" for line in said):
            found.append("no ERROR for the operator")
        return found


def kind_of(code: str, classes: Mapping[str, Sequence[str]]) -> str:
    """The class of a platform's answer. One that stands in none is a kind of its own, and so is a mere HTTP status."""
    name = next((name for name, codes in classes.items() if code in codes), code)
    return f"{name} by status" if code.startswith("http_") else name


@asynccontextmanager
async def walking(
    stage: Stage,
    *,
    database: str,
    folder: Path,
    clip: Path,
    script: Script | None = None,
    progress_every_s: float = EDITS_SELDOM_S,
) -> AsyncIterator[Walk]:
    """A simulated run with room for many generations."""
    async with runs(database, folder, clip) as world, open_pool(database, size_max=10) as pool:
        sim = await world.begin(script or Script(calls_back=False), fuse=Fuse())
        async with transaction(pool) as conn:
            await conn.execute("UPDATE provider_health SET slots = 5000, slots_max = 5000")
        yield Walk(sim, stage, pool, progress_every_s=progress_every_s)


async def walked_well(walk: Walk, cases: Sequence[Case]) -> None:
    """Walk all cases, and hold the contract.

    Raises:
        AssertionError: it does not hold; the message has a line for each case.
    """
    await walk.begin(cases)
    await walk.run()
    problems = await walk.problems()
    assert not problems, f"{len(problems)} of {len(cases)}:\n" + "\n".join(problems)
