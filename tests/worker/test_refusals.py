"""A refusal of one is not a refusal of all: what goes on, what is offered, what the person and the operator read."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from core.db.generations import claims, deliveries
from core.domain.chat.delivery import Kind
from core.domain.chat.principal import Principal
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Generation, Outcome
from core.domain.ids import ChannelId, Installation, UserId
from core.domain.requests.fallback import Elsewhere
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import KLING, VEO, TierName
from core.usecases.people.settings import REFUSED, choose
from core.usecases.requests.again import again
from core.usecases.requests.submit import VideoCommand, submit
from tests.rows import one_row
from tests.worker.sim import PLATFORM, Sim, world
from tests.worker.strangers import Message

ADMIN = Principal(platform=PLATFORM, installation=Installation("w"), user=UserId("ana"), is_admin=True)
PROMPT = "a fox called Bernadette"


async def _goes_on(sim: Sim) -> None:
    terms = replace(sim.terms, free_credits=10_000)
    await choose(ADMIN, setting=REFUSED, value=Elsewhere.GO_ON, pool=sim.pool, terms=terms)


async def _ended(sim: Sim) -> Generation:
    await sim.ask(PROMPT)
    await sim.run()
    async with sim.pool.acquire() as conn:
        found = await claims.load(conn, sim.id)
    assert found is not None
    assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
    return found


def _last(sim: Sim) -> Message:
    key = deliveries.key_of(sim.id, Kind.RESULT)
    return next(m for messages in sim.chat.threads.values() for m in messages if m.key == key)


def _submits(sim: Sim) -> tuple[int, int]:
    veo, kling = sim.vendors.values()
    return veo.submits, kling.submits


EDIT = "Edit and run"


async def test_a_request_that_one_does_not_accept_is_made_by_the_next(
    database: str, tmp_path: Path, clip: Path
) -> None:
    with capture_logs() as logs:
        async with world(database, tmp_path, clip, veo=["invalid"], kling=["ok"]) as sim:
            ended = await _ended(sim)
            assert (ended.outcome, ended.settled) == (Outcome.SUCCEEDED, ended.prices[KLING])
            assert _submits(sim) == (1, 1)
            assert "Veo did not accept the request, so Kling made it." in _last(sim).text
    [told] = [line for line in logs if line["event"] == "route.request_not_accepted"]
    assert (told["log_level"], told["field"], told["people"]) == ("error", "seed", 1)
    assert "`seed` is not supported" in told["vendor_says"]
    assert not any("Bernadette" in str(line) for line in logs), "a vendor quotes the prompt; the log does not"


async def test_it_ends_when_every_provider_refuses_the_request(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["invalid"], kling=["invalid"]) as sim:
        ended = await _ended(sim)
        assert (ended.outcome, ended.error_class, ended.settled) == (Outcome.FAILED, ErrorClass.INVALID_REQUEST, 0)
        assert _submits(sim) == (1, 1)
        assert "Veo and Kling did not accept this request." in _last(sim).text


async def test_a_refused_output_gets_one_more_try_at_the_same_vendor(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["filters", "ok"], kling=["ok"]) as sim:
        ended = await _ended(sim)
        assert (ended.outcome, ended.settled) == (Outcome.SUCCEEDED, ended.prices[VEO])
        assert _submits(sim) == (2, 0)


@pytest.mark.parametrize("word", ["faces", "filters"])
async def test_what_only_this_vendor_refuses_is_offered_to_the_next_with_its_price(
    word: str, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=[word], kling=["ok"]) as sim:
        ended = await _ended(sim)
        assert (ended.outcome, ended.error_class, ended.settled) == (Outcome.FAILED, ErrorClass.CONTENT_POLICY, 0)
        assert _submits(sim) == ({"faces": 1, "filters": 2}[word], 0)
        price = sim.terms.quote(ended.request).by_provider[KLING]
        (label, subject), (other, _) = _last(sim).buttons
        assert other == EDIT
        assert label == f"Ask Kling: up to {price} credits"
        request = await again(UUID(subject), by=sim.ana, pool=sim.pool)
        assert request.without == (VEO,)
        assert sim.terms.quote(request).credits == price, "what the button says is what is held"


@pytest.mark.parametrize("word", ["faces", "filters"])
async def test_where_the_workspace_wants_it_the_next_provider_is_asked_without_a_question(
    word: str, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=[word], kling=["ok"]) as sim:
        await _goes_on(sim)
        ended = await _ended(sim)
        assert (ended.outcome, ended.settled) == (Outcome.SUCCEEDED, ended.prices[KLING])
        assert _submits(sim)[1] == 1


async def test_a_rule_that_everybody_has_ends_it_and_offers_nothing(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["violent"], kling=["ok"]) as sim:
        await _goes_on(sim)
        ended = await _ended(sim)
        assert (ended.outcome, ended.settled) == (Outcome.FAILED, 0)
        assert (_submits(sim), [label for label, _ in _last(sim).buttons]) == ((1, 0), [EDIT])
        assert _last(sim).title == "This description was refused"


async def test_what_several_people_meet_within_minutes_counts_against_the_route(
    database: str, tmp_path: Path, clip: Path
) -> None:
    with capture_logs() as logs:
        async with world(database, tmp_path, clip, veo=["invalid"], kling=["ok"]) as sim:
            for n in range(6):
                asked = VideoCommand(
                    platform=PLATFORM, installation=Installation("w"), channel=ChannelId("c"), user=UserId(f"u{n}"),
                    event=f"{n}", place=sim.place, request=VideoRequest(prompt=PROMPT, tier=TierName.ULTRA),
                )  # fmt: skip
                await submit(asked, pool=sim.pool, terms=sim.terms, owner="bot")
            await sim.run()
            made = await sim.admin.fetchval("SELECT count(*) FROM generations WHERE outcome = 'succeeded'")
            moved = await one_row(
                sim.admin,
                "SELECT to_state, reason FROM provider_health_events WHERE route = 'veo.r1' ORDER BY epoch LIMIT 1",
            )
            assert (made, tuple(moved)) == (6, ("demoted", "not_accepted"))
    told = [line["people"] for line in logs if line["event"] == "route.request_not_accepted"]
    assert told == [1, 3], "the operator hears of it once, and once more when several people meet it"
