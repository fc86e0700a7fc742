"""Everything that takes an id from a person looks it up with them: same team, or it does not exist."""

import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from importlib import import_module
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

import pytest

from core import usecases
from core.db.credits import budgets, workspace_links
from core.db.generations import claims
from core.db.people import teams
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.credits.credit_commands import Give, SetBudget, Whose
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.generations.generation import Generation
from core.domain.ids import GenerationId, Installation, PlatformName, Thread, UserId
from core.domain.requests.refusals import (
    NoGift,
    NotAnAdmin,
    NothingToExtend,
    NothingToShare,
    NotOverYet,
    NotYours,
    UnknownGeneration,
)
from core.storage import ObjectStorage
from core.usecases.credits.balance import balance
from core.usecases.credits.budgets import overview, set_budget
from core.usecases.credits.gift import gift
from core.usecases.credits.statement import history
from core.usecases.generations.bring_here import bring_here
from core.usecases.generations.cancel import cancel
from core.usecases.generations.details import details, share
from core.usecases.generations.pick import pick
from core.usecases.generations.remove import deletable, delete, hide, report
from core.usecases.requests.again import again, better, changed
from core.usecases.requests.approve import approve, decline
from core.usecases.requests.extend import extend
from core.usecases.requests.later import LaterChange, change_later
from core.usecases.requests.submit import VideoCommand, submit
from tests.core.terms import terms
from tests.places import workspace
from tests.quick import of_each_kind

Ask = Callable[..., VideoCommand]
Use = Callable[[UUID, Principal, Pool], Awaitable[object]]

TERMS = terms(free_credits=1000)
SLACK, DISCORD = PlatformName("slack"), PlatformName("discord")
OWNER = UserId("77")
HERE = Principal(platform=DISCORD, installation=Installation("G1"), user=OWNER, is_admin=False)

USES: dict[str, Use] = {
    "again": lambda key, by, pool: again(key, by=by, pool=pool),
    "changed": lambda key, by, pool: changed(key, by=by, pool=pool),
    "extend": lambda key, by, pool: extend(key, by=by, pool=pool, storage=ObjectStorage("file:///nowhere")),
    "pick": lambda key, by, pool: pick(key, by=by, pool=pool, has_links=False),
    "better": lambda key, by, pool: better(key, by=by, pool=pool, terms=TERMS),
    "details": lambda key, by, pool: details(key, by=by, pool=pool),
    "share": lambda key, by, pool: share(key, by=by, pool=pool, addresses=None, days=1),
    "report": lambda key, by, pool: report(key, by=by, pool=pool, terms=TERMS),
    "deletable": lambda key, by, pool: deletable(key, by=by, pool=pool),
    "delete": lambda key, by, pool: delete(key, by=by, pool=pool),
    "hide": lambda key, by, pool: hide(key, by=by, pool=pool),
    "approve": lambda key, by, pool: approve(key, by=by, pool=pool, terms=TERMS),
    "decline": lambda key, by, pool: decline(key, by=by, pool=pool, terms=TERMS),
    "cancel": lambda key, by, pool: cancel(key, by=by, pool=pool),
}
FOR_ADMINS = {"approve", "decline", "hide"}
FOR_MANAGERS = {"cancel", "delete", "deletable"}
"""Whoever asked for it may do it, and the admins."""
NOT_YET = {
    "share": NothingToShare,
    "extend": NothingToExtend,
    "pick": UnknownGeneration,
    "delete": NotOverYet,
    "deletable": NotOverYet,
    "hide": NotOverYet,
}
"""What they say of a generation that waits: it is theirs, and there is nothing to be had of it."""
FOR_OPERATORS = {"cancel_as_operator", "retry"}
"""They are reached from the command line of the service's own machine alone."""
NO_GENERATION = {
    "load": "a draft is found by its id and by the person and workspace that it belongs to, in one statement",
    "vote": "found by the video and the workspace whose gallery it is in, in one statement",
    "withdraw": "found by the video, the workspace and the person whose it is, in one statement",
    "enter": "one's own only, and there has to be a contest: tests of the show",
    "propose": "the id is what was asked for in the same command",
    "bring_here": "one's own only: the test below",
    "change_later": "a planned video is looked for among the person's own: the test below",
    "no_longer": "a worker's, about a workflow step that it has just claimed",
    "known": "what the use cases about a result look it up with",
    "usable": "what the use cases about a result look it up with",
    "check_wait": "the id is what the request would become; nothing is looked up by it for anybody to see",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Somebody who presses. `is_of_team`: the generation exists for them."""

    by: Principal
    is_of_team: bool


def _who(platform: PlatformName, installation: str, user: str, **how: Any) -> Principal:
    return Principal(
        platform=platform, installation=Installation(installation), user=UserId(user), **{"is_admin": True, **how}
    )


CASES = {
    "an admin here": Case(by=replace(HERE, is_admin=True), is_of_team=True),
    "whoever asked": Case(by=HERE, is_of_team=True),
    "a member here": Case(by=_who(DISCORD, "G1", "78", is_admin=False), is_of_team=True),
    "an admin of a linked workspace": Case(by=_who(SLACK, "T1", "U1"), is_of_team=True),
    "a member of a linked workspace": Case(by=_who(SLACK, "T1", "U2", is_admin=False), is_of_team=True),
    "an admin of another server": Case(by=_who(DISCORD, "G2", "1"), is_of_team=False),
    "whoever asked, in another server": Case(by=_who(DISCORD, "G2", OWNER), is_of_team=False),
    "the same ids on another platform": Case(by=_who(SLACK, "G1", OWNER), is_of_team=False),
    "a workspace that was linked once": Case(by=_who(SLACK, "T2", "U1"), is_of_team=False),
    "a workspace that was never seen": Case(by=_who(SLACK, "T9", "U1"), is_of_team=False),
    "a workspace without a name": Case(by=_who(DISCORD, "", OWNER), is_of_team=False),
    "somebody else, directly": Case(by=_who(DISCORD, "user:1", "1", direct=True), is_of_team=False),
    "whoever asked, directly": Case(
        by=_who(DISCORD, f"user:{OWNER}", OWNER, is_admin=False, direct=True), is_of_team=True
    ),
    "their namesake on another platform, directly": Case(by=_who(SLACK, "D1", OWNER, direct=True), is_of_team=False),
}


def _takes_an_id() -> set[str]:
    """Every use case with a parameter that names one thing."""
    found = set()
    for module in pkgutil.walk_packages(usecases.__path__, "core.usecases."):
        loaded = import_module(module.name)
        for name, thing in inspect.getmembers(loaded, inspect.iscoroutinefunction):
            parameters = inspect.signature(thing).parameters.values()
            own = thing.__module__ == loaded.__name__ and not name.startswith("_")
            if own and any(parameter.annotation in {UUID, GenerationId} for parameter in parameters):
                found.add(name)
    return found


def test_every_use_case_that_takes_an_id_is_in_the_table() -> None:
    assert _takes_an_id() == USES.keys() | FOR_OPERATORS | NO_GENERATION.keys()


async def _world(house: Pool, asked: Ask) -> Generation:
    """A server with a generation that waits for an admin, a workspace linked to it, one that was, and a stranger."""
    async with house.acquire() as conn:
        home = await teams.ensure(conn, platform=DISCORD, installation=HERE.installation, user=OWNER, free_credits=1000)
        await budgets.set_approval(conn, team_id=home.team_id, above=10)
        for installation in ("T1", "T2"):
            place = workspace(SLACK, installation)
            code = (await workspace_links.link(conn, team_id=home.team_id, member=home.member_id)).code
            member = (await teams.ensure(conn, **place, user=UserId("U1"), free_credits=5)).member_id
            assert (await workspace_links.redeem(conn, code=code, **place, member=member)).status.moved
        await workspace_links.unlink(conn, platform=SLACK, installation=Installation("T2"), member=member)
        await teams.ensure(conn, platform=DISCORD, installation=Installation("G2"), user=OWNER, free_credits=1000)
    order = asked(platform=DISCORD, installation=HERE.installation, user=OWNER)
    submitted = await submit(order, pool=house, terms=TERMS, owner="bot")
    return await _row(house, submitted.generation_id)


async def _row(house: Pool, generation_id: GenerationId) -> Generation:
    async with house.acquire() as conn:
        found = await claims.load(conn, generation_id)
    assert found is not None
    return found


SHOWN = of_each_kind([(use, case) for use in USES for case in CASES], itemgetter(0), of="tenancy")


@pytest.mark.parametrize(("use", "case"), SHOWN)
async def test_same_team_or_it_does_not_exist(house: Pool, asked: Ask, use: str, case: str) -> None:
    generation = await _world(house, asked)
    who = CASES[case]
    expected: type[Exception] | None = None
    if use in FOR_ADMINS and not who.by.is_admin:
        expected = NotAnAdmin
    elif not who.is_of_team:
        expected = UnknownGeneration
    elif use in FOR_MANAGERS and not who.by.is_admin and who.by.user != OWNER:
        expected = NotYours
    else:
        expected = NOT_YET.get(use)
    if expected is None:
        await USES[use](generation.id, who.by, house)
        return
    entries = await house.fetchval("SELECT count(*) FROM entry")
    with pytest.raises(expected):
        await USES[use](generation.id, who.by, house)
    assert await _row(house, generation.id) == generation
    assert await house.fetchval("SELECT count(*) FROM entry WHERE kind <> 'free'") <= entries


@pytest.mark.parametrize("use", USES)
async def test_what_is_anothers_and_what_is_nobodys_is_told_in_the_same_words(
    house: Pool, asked: Ask, use: str
) -> None:
    generation = await _world(house, asked)
    stranger = CASES["an admin of another server"].by
    said = []
    for key in (generation.id, uuid4()):
        with pytest.raises(UnknownGeneration) as refusal:
            await USES[use](key, stranger, house)
        said.append((type(refusal.value), refusal.value.args))
    assert said[0] == said[1]


@pytest.mark.parametrize("case", CASES)
async def test_ones_own_is_nobody_elses(house: Pool, asked: Ask, case: str) -> None:
    generation = await _world(house, asked)
    by = CASES[case].by
    if by.is_same_person(platform=DISCORD, installation=HERE.installation, user=OWNER):
        assert await bring_here(generation.id, Thread("elsewhere"), by=by, pool=house) in {True, False}
        return
    with pytest.raises(UnknownGeneration):
        await bring_here(generation.id, Thread("elsewhere"), by=by, pool=house)
    with pytest.raises(UnknownGeneration):
        await change_later(generation.id, LaterChange.CANCEL, by=by, pool=house)


async def test_budgets_gifts_and_pages_never_leave_the_callers_own_team(house: Pool, asked: Ask) -> None:
    """They name people, channels and lines; each is looked up in the caller's own workspace."""
    await _world(house, asked)
    stranger = CASES["an admin of another server"].by
    order = SetBudget(whose=Whose(scope=BudgetScope.MEMBER, user=OWNER), period=BudgetPeriod.MONTH, cap=50)
    await set_budget(stranger, order, pool=house, terms=TERMS)
    assert (await overview(replace(HERE, is_admin=True), pool=house, terms=TERMS)).budgets == ()
    given = Give(receiver=UserId("1"), amount=5, giver=OWNER)
    with pytest.raises(NoGift):
        await gift(stranger, given, event="e", pool=house, terms=TERMS)
    newest = await house.fetchval("SELECT max(seq) FROM entry")
    ours = await history(replace(HERE, is_admin=True), before=None, pool=house, terms=TERMS)
    theirs = await history(stranger, before=newest + 1, pool=house, terms=TERMS)
    team = (await balance(stranger, channel=None, pool=house, terms=TERMS)).budgets
    assert {budget.cap for budget in team} == {50}
    assert not {line.booked.key for line in ours.lines} & {line.booked.key for line in theirs.lines}
