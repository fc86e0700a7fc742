"""A request that could not begin in time is refused at once, with the tiers that could."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.db.pool import Pool
from core.domain.ids import Installation, RouteKey, generation_id
from core.domain.requests.refusals import TooBusy
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import WAN, TierName
from core.domain.routing.queueing import RouteRate, least_wait_s
from core.usecases.requests.honest_wait import check_wait
from core.usecases.requests.submit import VideoCommand, submit
from tests.bots.conftest import ROUTES
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
DRAFT = VideoRequest(prompt="a fox", tier=TierName.DRAFT)
TERMS = terms(free_credits=10_000, start_by_s=600.0)
(WAN_ROUTE,) = ROUTES[WAN]


async def _routes_take(house: Pool, slots: int) -> None:
    for routes in ROUTES.values():
        for route in routes:
            await house.execute(
                "INSERT INTO provider_health (route, slots, slots_max, hedge_tokens) VALUES ($1, $2, $2, 0)",
                route,
                slots,
            )


async def _check(asked: VideoCommand, house: Pool, request: VideoRequest = DRAFT) -> None:
    await check_wait(
        request,
        known=generation_id(platform=asked.platform, installation=asked.installation, event=asked.event),
        platform=asked.platform,
        installation=asked.installation,
        routes=ROUTES,
        guess_s=dict.fromkeys((route for routes in ROUTES.values() for route in routes), 60.0),
        pool=house,
        terms=TERMS,
    )


async def test_a_queue_that_is_too_long_is_said_at_once_with_the_tiers_that_do(house: Pool, asked: Ask) -> None:
    await _routes_take(house, slots=2)
    for n in range(20):
        await submit(replace(asked(), event=f"e{n}", request=DRAFT), pool=house, terms=TERMS, owner="bot")
        await _check(asked(), house)
    await submit(replace(asked(), event="last", request=DRAFT), pool=house, terms=TERMS, owner="bot")
    with pytest.raises(TooBusy) as refusal:
        await _check(asked(), house)
    assert refusal.value.wait_s == pytest.approx(21 * 60 / 2)
    assert [tier for tier, _ in refusal.value.quicker] == ["standard", "pro", "default", "ultra"]
    await _check(replace(asked(), event="last"), house)  # delivered again, it is taken already
    elsewhere = replace(asked(), installation=Installation("T-other"))
    await _check(elsewhere, house)  # whose turn it is before the one that asked for so many
    await _check(asked(), house, VideoRequest(prompt="a fox", tier=TierName.PRO))


async def test_where_nobody_can_tell_nobody_is_refused(house: Pool, asked: Ask) -> None:
    await _routes_take(house, slots=1)
    for n in range(30):
        await submit(replace(asked(), event=f"e{n}", request=DRAFT), pool=house, terms=TERMS, owner="bot")
    await house.execute("UPDATE provider_health SET state = 'held', until = NULL WHERE route = $1", WAN_ROUTE)
    await _check(asked(), house)


RATES = st.builds(
    RouteRate,
    route=st.sampled_from([RouteKey("a"), RouteKey("b")]),
    slots=st.integers(1, 20),
    per_s=st.none() | st.floats(0.01, 10),
    takes_s=st.none() | st.floats(1, 600),
)


@given(ahead=st.integers(0, 500), rates=st.lists(RATES, max_size=4))
def test_more_ahead_never_takes_less_and_one_more_route_never_longer(ahead: int, rates: list[RouteRate]) -> None:
    guess_s = {RouteKey("a"): 60.0, RouteKey("b"): 90.0}
    known = least_wait_s(ahead, rates, guess_s=guess_s)
    assert (known is None) == (not rates)
    if known is not None:
        more = least_wait_s(ahead + 1, rates, guess_s=guess_s)
        fewer = least_wait_s(ahead, [*rates, rates[0]], guess_s=guess_s)
        assert more is not None
        assert fewer is not None
        assert fewer <= known <= more
