"""The answer to /providers: what is up, and of what is not since when, why, who stands in and what comes next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.health.config import HealthConfig
from core.domain.health.provider_status import ProviderStatus, RouteStatus
from core.domain.health.route_health import HealthState, Reason, RunningProbe, Transition, new_route
from core.domain.ids import RouteKey
from core.domain.requests.tiers import KLING, SEEDANCE, TIERS, VEO, WAN, TierName
from core.replies.chat.card import Card, ListLine, Moment, Tone, plain
from core.replies.health.providers import providers

NOW = datetime(2026, 11, 22, 14, 10, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=8)
CHAINS = {tier: TIERS[tier].chain for tier in TierName}
LABELS = {VEO: "Veo 3.1", KLING: "Kling 3.0", SEEDANCE: "Seedance 1.5 Pro", WAN: "Wan 2.2"}


def _route(name: str, **changed: Any) -> RouteStatus:
    row = new_route(RouteKey(name), now=NOW - timedelta(hours=3), slots=4, hedge_tokens=0)
    figures = {key: changed.pop(key) for key in ("trouble", "relapses", "ok", "bad", "usual_s") if key in changed}
    return RouteStatus(row=replace(row, **changed), **figures)


def _trouble(reason: Reason, to: HealthState = HealthState.DEMOTED, **evidence: Any) -> Transition:
    return Transition(
        route=RouteKey("kling.api"), at=SINCE, from_state=HealthState.HEALTHY, to_state=to, reason=reason, epoch=1,
        score=6.0, until=None, evidence={"text": "3 timeouts in 9 min", **evidence},
    )  # fmt: skip


def _sick(reason: Reason = Reason.TIMEOUT, **changed: Any) -> RouteStatus:
    evidence = changed.pop("evidence", {"timeout": 3, "successes": 2})
    state = changed.pop("state", HealthState.DEMOTED)
    given = {"until": NOW + timedelta(minutes=4), "since": SINCE, "reason": reason, **changed}
    return _route("kling.api", state=state, trouble=_trouble(reason, **evidence), **given)


def _card(*kling: RouteStatus) -> Card:
    found = {
        VEO: (_route("veo.vertex", ok=98, bad=2, usual_s=75.0),),
        KLING: kling,
        SEEDANCE: (_route("seedance.ark"),),
    }
    statuses = [ProviderStatus(provider=name, label=LABELS[name], routes=routes) for name, routes in found.items()]
    return providers(statuses, chains=CHAINS, now=NOW, health=HealthConfig())


def _said(card: Card, label: str = "Kling 3.0") -> str:
    """The first line about it."""
    return next(line for line in plain(card).splitlines() if line.startswith(label)).removeprefix(label).strip()


def _wrong(card: Card, label: str = "Kling 3.0") -> str:
    """What is said to be wrong with it."""
    _, _, troubles = plain(card).partition("What is wrong:\n")
    return next(line for line in troubles.splitlines() if line.startswith(label)).removeprefix(label).strip()


def test_when_all_are_up_it_says_so_with_the_figures_of_the_day() -> None:
    card = _card(_route("kling.api", ok=1))
    assert (card.title, card.tone) == ("All 3 providers work", Tone.QUIET)
    assert _said(card, "Veo 3.1") == "working · 98 % of 100 tries, usually 1:15"
    assert _said(card) == "working · 100 % of 1 try"
    assert _said(card, "Seedance 1.5 Pro") == "working · no tries yet"


def test_a_demoted_provider_says_since_when_why_who_stands_in_and_when_it_is_probed() -> None:
    card = _card(_sick(ok=2, bad=3))
    assert (card.title, card.tone) == ("2 of 3 providers work", Tone.WARNING)
    assert _said(card) == "set aside · 40 % of 5 tries"
    assert _wrong(card) == (
        "set aside since 14:02 UTC: 3 of 5 tries timed out. Seedance 1.5 Pro stands in. Next probe in 4 min."
    )


def test_times_are_left_to_the_platform_and_an_old_one_comes_with_its_day() -> None:
    words = [word for part in _card(_sick()).parts if isinstance(part, ListLine) for word in part.words]
    assert [word for word in words if isinstance(word, Moment)] == [Moment(SINCE)]
    yesterday = replace(_sick(), trouble=replace(_trouble(Reason.RUN, run=3), at=NOW - timedelta(days=1)))
    assert "since 21 Nov, 14:10 UTC: 3 of 3 tries failed midway." in _wrong(_card(yesterday))


@pytest.mark.parametrize(
    ("reason", "evidence", "words"),
    [
        (Reason.SUBMIT, {"submit": 3}, "3 of 3 tries were turned away"),
        (Reason.RUN, {"run": 1, "timeout": 2, "successes": 4}, "3 of 7 tries failed, 2 timed out and 1 failed midway"),
        (Reason.SLOW, {"slow": 7, "successes": 12}, "7 of its last 12 videos took far longer than usual"),
        (Reason.LIVENESS, {}, "it does not answer when we ask how it is"),
        (Reason.AUTH, {}, "it does not accept our key"),
        (Reason.QUOTA, {}, "our quota or balance there is used up"),
        (Reason.OPERATOR, {"text": "maintenance"}, "an operator did it (maintenance)"),
        (Reason.PROBE_LATE, {"text": "a probe is over 1.5 × p95 old"}, "a probe is over 1.5 × p95 old"),
    ],
)
def test_every_reason_is_told_in_plain_words(reason: Reason, evidence: dict[str, Any], words: str) -> None:
    assert f": {words}. " in _wrong(_card(_sick(reason, evidence=evidence)))


def test_probes_are_told_while_they_run_and_before() -> None:
    waiting = _sick(state=HealthState.PROBING, until=None)
    assert "The next video that wants it is a probe." in _wrong(_card(waiting))
    running = _sick(state=HealthState.PROBING, until=None, probe_ok=1, probes=(RunningProbe("a/1", NOW),), relapses=2)
    assert "2 probes failed since. Being probed: 1 of 3 came through." in _wrong(_card(running))


def test_a_provider_that_does_not_answer_is_asked_again_before_it_is_probed() -> None:
    deaf = _sick(live_bad=3, live_at=NOW, until=NOW + timedelta(seconds=20))
    assert "It does not answer yet; we ask again in 20 s." in _wrong(_card(deaf))


def test_what_an_operator_holds_waits_for_the_operator() -> None:
    card = _card(_sick(Reason.OPERATOR, state=HealthState.HELD, until=None, evidence={"text": "maintenance"}))
    assert _said(card) == "out of use · no tries yet"
    assert _wrong(card).startswith(
        "out of use since 14:02 UTC: an operator did it (maintenance). Seedance 1.5 Pro stands in"
    )
    assert "An operator has to bring it back." in _wrong(card)


def test_a_provider_that_asked_us_to_wait_is_up_and_busy() -> None:
    busy = _route("kling.api", cooldown_until=NOW + timedelta(minutes=2))
    assert _said(_card(busy)) == "working · no tries yet · busy, it asked us to wait until 14:12 UTC"


def test_with_several_ways_to_a_provider_each_has_its_line_and_one_that_is_up_is_enough() -> None:
    card = _card(_sick(ok=1, bad=3), replace(_route("kling.fal"), ok=9, usual_s=100.0))
    assert (card.title, card.tone) == ("All 3 providers work, 1 of them only partly", Tone.WARNING)
    assert _said(card) == "partly working · 77 % of 13 tries, usually 1:40"
    assert _said(card, "– api") == "set aside · 25 % of 4 tries"
    assert _wrong(card, "Kling 3.0 through api") == (
        "set aside since 14:02 UTC: 3 of 5 tries timed out. Next probe in 4 min."
    )
    assert _said(card, "– fal") == "working · 100 % of 9 tries, usually 1:40"


def test_nobody_left_is_said_for_the_tiers_that_it_concerns() -> None:
    wan = replace(_sick(), row=replace(_sick().row, route=RouteKey("wan.dashscope")))
    statuses = [ProviderStatus(provider=WAN, label="Wan 2.2", routes=(wan,))]
    card = providers(statuses, chains=CHAINS, now=NOW, health=HealthConfig())
    assert card.title == "No provider works"
    assert "Nobody stands in for default and draft: those videos try it all the same, or wait." in plain(card)


def test_without_any_provider_it_says_that() -> None:
    assert providers([], chains={}, now=NOW, health=HealthConfig()).title == "No provider is configured"


@pytest.mark.parametrize(
    ("days", "says"),
    [(3, "its maker switches this model off on "), (29, "its maker switches this model off on "), (31, None),
     (-3, "its maker meant to switch this model off on ")],
)  # fmt: skip
def test_a_model_that_ends_within_a_month_is_said_to(days: int, says: str | None) -> None:
    standing = ProviderStatus(provider=VEO, label="Veo 3.1", routes=(_route("veo.vertex"),))
    ends = {RouteKey("veo.vertex"): NOW + timedelta(days=days), RouteKey("kling.api"): NOW}
    told = plain(providers([standing], chains=CHAINS, now=NOW, health=HealthConfig(), ends=ends))
    assert ("Ends soon:" in told) is (says is not None)
    assert says is None or says in told
    assert "Kling" not in told
