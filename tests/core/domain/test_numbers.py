"""Every limit, default and word of the domain by its number: what is compared with its own name, a slip passes."""

import dataclasses
from enum import StrEnum

import pytest

from core.domain.chat.pacing import MessageRate
from core.domain.credits import credit_commands, money
from core.domain.errors import ErrorClass
from core.domain.generations import generation, polling, retry, state_reason, steps
from core.domain.generations.retry import POLICIES, Effect, Policy, Stage
from core.domain.health import config as health_config
from core.domain.health import events, health_score, route_health, transitions
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import ProviderName
from core.domain.requests import fallback, pictures, pricing, refusals, request, terms, tiers
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN, ResolutionChoice, Tier, TierName
from core.domain.routing import decisions, queueing
from core.domain.routing.latency import prior
from core.domain.time_scale import TimeScale

E = ErrorClass

HEALTH = {
    "success_weight": 0.35, "submit_failure_weight": 1.75, "run_failure_weight": 2.0, "overdue_weight": 1.0,
    "very_overdue_weight": 2.0, "timeout_weight": 2.5, "half_life_s": 1800, "damping": (1.0, 0.5),
    "damping_window_s": 1800, "threshold_min": 5.0, "threshold_max": 9.0, "threshold_slope": 2.0,
    "threshold_rate": 60.0, "rate_window_s": 3600, "slow_window_s": 3600, "slow_of": 12, "slow_least": 6,
    "slow_share": 0.5, "free_check_every_s": 60, "free_checks_bad": 3, "free_check_stale_s": 180, "recheck_s": 30,
    "quick_base_s": 30, "quick_cap_s": 300, "costly_base_s": 60, "costly_cap_s": 600, "jitter": 0.2,
    "backoff_max": 8, "backoff_decay_s": 1800, "probe_window_max": 8, "probes_to_restore": 3, "probe_idle_s": 900,
    "probe_late_factor": 1.5, "hold_auth_s": 300, "hold_quota_s": 1800, "hold_model_gone_s": 1800,
    "cooldown_base_s": 15, "cooldown_cap_s": 600, "cooldown_again_s": 120, "slots": 20, "slot_shrink": 0.7,
    "slot_grow_every": 10, "panic_every_s": 5, "panic_burst": 5, "hedge_share": 0.05, "hedge_burst": 10.0,
    "not_accepted_people": 3, "not_accepted_window_s": 600, "refusals_window_s": 900, "refusals_least": 20,
    "refusals_share": 0.5,
}  # fmt: skip
ROUTING = {
    "window_s": 900, "accepted_max": 4, "submits_max": 14, "quick_retry_s": 2, "clean_score": 0.1,
    "retry_waits_s": (5, 10), "panic_waits_s": (5, 10, 20, 40, 60), "idle_waits_s": (5, 10, 20, 40, 60),
    "slot_wait_s": 5, "line_look_s": 30, "shortest_wait_s": 0.5, "probe_spare_s": 120, "probe_late_factor": 1.5,
    "extra_share": 0.2, "extra_plus": 10, "extra_window_s": 600, "hedge_late_factor": 1.5,
    "hedge_reserve_factor": 1.3, "hedge_look_s": 5,
}  # fmt: skip
LATENCY = {
    "history_s": 604_800, "samples_least": 50, "samples_max": 1_000, "rise_a_day": 0.10, "day_s": 86_400,
    "refresh_s": 600, "timeout_factor": 2.5, "timeout_min_s": 180, "timeout_max_s": 600,
}  # fmt: skip


@pytest.mark.parametrize(
    ("made", "expected"), [(HealthConfig(), HEALTH), (RoutingConfig(), ROUTING), (LatencyConfig(), LATENCY)]
)
def test_every_number_of_health_and_routing_is_the_one_that_was_simulated(
    made: HealthConfig | RoutingConfig | LatencyConfig, expected: dict[str, object]
) -> None:
    assert dataclasses.asdict(made) == expected


def test_a_world_that_runs_faster_has_shorter_durations_and_the_same_counts() -> None:
    made = RoutingConfig().scaled(TimeScale(10))
    assert (made.window_s, made.retry_waits_s, made.submits_max, made.clean_score) == (90, (0.5, 1.0), 14, 0.1)
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="above 0"):
            TimeScale(wrong)
    assert RoutingConfig().scaled(TimeScale(0.5)).window_s == 1800


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (request, {"PROMPT_MAX": 4000, "DURATION_MIN_S": 2, "DURATION_MAX_S": 15,
                   "DURATION_DEFAULT_S": 8}),
        (pictures, {"MIB": 1_048_576, "PICTURE_BYTES_MAX": 20_971_520, "PICTURE_PIXELS_MAX": 50_000_000,
                    "BYTES_WRITTEN_MAX": 7_340_032, "SIDE_MIN": 300, "RATIO_MAX": 2.5,
                    "PIXELS_MAX_BY_KIND": {"JPEG": 50_000_000, "PNG": 24_500_000, "HEIF": 24_500_000,
                                           "AVIF": 16_777_216, "WEBP": 12_582_912}}),
        (pricing, {"MICROS": 1_000_000}),
        (polling, {"POLL_LEAST_S": 2.0, "POLL_MOST_S": 30.0, "GROWTH": 0.08, "SPARSE_GROWTH": 0.15, "LAG_MOST_S": 0.5,
                   "BUSY_MOST": 0.8, "BUSY_LEAST": 0.5, "RISES_S": 10.0, "FALLS_S": 20.0, "LOAD_START": 1.0,
                   "LOAD_MAX": 3.0, "MISSING_POLLS": 3, "MISSING_FOR_S": 60.0, "MISSING_EVERY_S": 20.0,
                   "AGAIN_LEAST_S": 3.0, "AGAIN_MOST_S": 60.0, "AGAIN_GROWTH": 0.25}),
        (queueing, {"BURST_SHARE": 5}),
        (credit_commands, {"DIGITS_MAX": 9}),
        (health_score, {"_HALF_LIVES": 6, "_REMEMBERED": 24}),
        (transitions, {"_TIMERS_MAX": 6}),
        (steps, {"CLAIMS_MAX": 12}),
    ],
)  # fmt: skip
def test_limits_are_what_they_are(module: object, expected: dict[str, object]) -> None:
    assert {name: getattr(module, name) for name in expected} == expected


def test_defaults_are_what_they_are() -> None:
    made = terms.Terms(offers={})
    assert (made.credits_per_usd, made.free_credits, made.window_s, made.start_by_s, made.approve_by_s) == (
        150, 500, 900.0, 1800.0, 86_400.0,
    )  # fmt: skip
    assert (made.time_scale.factor, made.last_resort, made.patience) == (1.0, {}, {})
    assert (pictures.Sides().least, pictures.Sides().most) == (300, 4096)
    assert refusals.PictureTooLarge(bytes_max=1).pixels_max == 24_500_000
    assert [MessageRate(burst=burst, every_s=1).kept for burst in (1, 2, 5, 6)] == [0, 1, 2, 3]
    guess = prior(100)
    assert (guess.p5_s, guess.p50_s, guess.p90_s, guess.p95_s, guess.samples) == (50, 100, 170, 200, 0)
    asked = request.VideoRequest(prompt="a fox")
    assert dataclasses.asdict(asked) == {
        "prompt": "a fox", "tier": "default", "aspect": "16:9", "duration_s": None, "audio": None, "negative": "",
        "seed": None, "first_frame": None, "last_frame": None, "without": (), "extends": None,
        "is_veiled": False, "is_shown": True, "is_private": False, "excluded": (), "too_dear": (),
    }  # fmt: skip


def _tier(
    name: TierName, chain: tuple[ProviderName, ...], lines: tuple[int, int], picture: ResolutionChoice,
    *, audio: bool, patience_s: float, blurb: str,
) -> Tier:  # fmt: skip
    return Tier(
        name=name, chain=chain, lines_min=lines[0], lines_max=lines[1], picture=picture, audio=audio,
        patience_s=patience_s, blurb=blurb,
    )  # fmt: skip


def test_the_menu_is_what_the_readme_says() -> None:
    best, least = ResolutionChoice.BEST, ResolutionChoice.LEAST
    assert list(tiers.TIERS.values()) == [
        _tier(TierName.DEFAULT, (VEO, KLING, SEEDANCE, HAILUO, WAN), (720, 1080), best, audio=True, patience_s=60,
              blurb="the best that is up, with sound"),
        _tier(TierName.ULTRA, (VEO, KLING), (1080, 2160), best, audio=True, patience_s=240, blurb="4K with sound"),
        _tier(TierName.PRO, (KLING, SEEDANCE), (720, 1080), best, audio=False, patience_s=120, blurb="1080p"),
        _tier(TierName.STANDARD, (SEEDANCE, HAILUO), (720, 1080), least, audio=False, patience_s=60,
              blurb="720p, a good everyday price"),
        _tier(TierName.DRAFT, (WAN,), (480, 720), least, audio=False, patience_s=60,
              blurb="480p, cheap and quick to try an idea"),
    ]  # fmt: skip
    assert (VEO, KLING, SEEDANCE, HAILUO, WAN) == ("veo", "kling", "seedance", "hailuo", "wan")


def test_what_each_class_of_error_means_is_one_table() -> None:
    bad, none, hold = Effect.BAD, Effect.NONE, Effect.HOLD
    assert dict(POLICIES) == {
        E.TRANSIENT_SERVER: Policy(effect=bad, quick_retry=True),
        E.CAPACITY: Policy(effect=bad, quick_retry=True),
        E.TIMEOUT: Policy(effect=bad),
        E.TASK_GONE: Policy(effect=bad),
        E.RATE_LIMITED: Policy(effect=Effect.COOLDOWN),
        E.AUTH: Policy(effect=hold, alerts=True),
        E.QUOTA_EXHAUSTED: Policy(effect=hold, alerts=True),
        E.MODEL_GONE: Policy(effect=hold, alerts=True),
        E.INVALID_REQUEST: Policy(effect=none, alerts=True),
        E.CONTENT_POLICY: Policy(effect=none, ends=True),
        E.OUTCOME_UNKNOWN: Policy(effect=none),
        E.CANCELLED: Policy(effect=none),
    }
    assert retry.policy(E.TIMEOUT, stage=Stage.SUBMIT) == Policy(effect=bad, quick_retry=True)
    assert retry.policy(E.TIMEOUT, stage=Stage.RUN) == POLICIES[E.TIMEOUT]
    assert retry.policy(E.CAPACITY, stage=Stage.RUN) == Policy(effect=bad)
    assert retry.policy(E.OUTCOME_UNKNOWN, stage=Stage.SUBMIT) == POLICIES[E.OUTCOME_UNKNOWN]
    assert dataclasses.asdict(Policy(effect=none)) == {
        "effect": "none", "ends": False, "alerts": False, "quick_retry": False,
    }  # fmt: skip


WORDS: dict[type[StrEnum], str] = {
    fallback.Elsewhere: "offer go_on",
    events.AttemptKind: "normal probe retry panic hedge",
    events.Overdueness: "p95 very",
    route_health.HealthState: "healthy demoted probing held",
    route_health.Reason: (
        "new submit not_accepted run timeout slow liveness probe_submit probe_run probe_late due hold_ended released"
        " probes_ok unwanted auth quota model_gone operator"
    ),
    Effect: "none bad cooldown hold",
    Stage: "submit run",
    retry.AfterRefusal: "again elsewhere end",
    generation.State: "asking queued rendering storing delivering done",
    generation.AttemptState: "intended accepted rejected ambiguous abandoned succeeded failed late",
    fallback.Fallback: "never same_tier any",
    TierName: "default ultra pro standard draft",
    ResolutionChoice: "best least",
    pricing.Sound: "never choice always",
    pricing.Rounded: "duration resolution aspect sound prompt",
    request.Aspect: "16:9 9:16 1:1 4:3 3:4 21:9",
    generation.Outcome: "succeeded failed cancelled",
    state_reason.Approval: "declined lapsed",
    money.MoneyStatus: (
        "ok replayed key_conflict unknown_team insufficient over_member_budget over_channel_budget over_team_budget"
        " needs_approval frozen unknown_hold already_settled exceeds_hold not_settled exceeds_kept expired"
        " unknown_member no_budget exceeds_budget unknown_code used same_team not_linked"
    ),
    money.AlertKind: "budget low_balance",
    money.EntryKind: "grant free consume settle refund expire move_out move_in gift",
    money.BudgetScope: "member channel team",
    money.BudgetPeriod: "day month",
}
"""Words that rows, settings and messages hold: a changed one would not be read by the next release."""


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_words_that_are_stored_stay_as_they_are(kind: type[StrEnum]) -> None:
    assert " ".join(kind) == WORDS[kind]


def test_the_turns_of_a_plan_have_their_order() -> None:
    turns = decisions.CandidateOrder
    assert [(turn.name, int(turn)) for turn in turns] == [("AGAIN", 0), ("UNTRIED", 1), ("RETRY", 2), ("PANIC", 3)]


def test_what_a_row_begins_with() -> None:
    made = health_config.HealthConfig()
    standing = events.Standing()
    assert (standing.counted, standing.factor, made.slots) == (0.0, 1.0, 20)
