"""The limits and tables of the domain by their numbers: what is compared with its own name, a slip passes."""

import dataclasses

import pytest

from core.domain import backoff, text
from core.domain.chat.pacing import MessageRate
from core.domain.credits import credit_commands
from core.domain.errors import ErrorClass
from core.domain.generations import polling, retry, steps
from core.domain.generations.retry import POLICIES, Effect, Policy, Stage
from core.domain.health import health_score, transitions
from core.domain.health.config import RoutingConfig
from core.domain.ids import ProviderName
from core.domain.requests import pictures, pricing, reading, request, tiers
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN, ResolutionChoice, Tier, TierName
from core.domain.routing import queueing
from core.domain.routing.latency import prior
from core.domain.time_scale import TimeScale

E = ErrorClass


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
                   "DURATION_DEFAULT_S": 8, "TAKES_MAX": 4, "REFERENCES_MAX": 4}),
        (pictures, {"MIB": 1_048_576, "PICTURE_BYTES_MAX": 20_971_520, "PICTURE_PIXELS_MAX": 50_000_000,
                    "BYTES_WRITTEN_MAX": 7_340_032, "SIDE_MIN": 300, "RATIO_MAX": 2.5,
                    "PIXELS_MAX_BY_KIND": {"JPEG": 50_000_000, "PNG": 24_500_000, "HEIF": 24_500_000,
                                           "AVIF": 16_777_216, "WEBP": 12_582_912}}),
        (pricing, {"MICROS": 1_000_000}),
        (polling, {"POLL_LEAST_S": 2.0, "POLL_MOST_S": 30.0, "GROWTH": 0.08, "SPARSE_GROWTH": 0.15, "LAG_MOST_S": 0.5,
                   "BUSY_MOST": 0.8, "BUSY_LEAST": 0.5, "RISES_S": 10.0, "FALLS_S": 20.0, "LOAD_START": 1.0,
                   "LOAD_MAX": 3.0, "MISSING_POLLS": 3, "MISSING_FOR_S": 60.0, "MISSING_EVERY_S": 20.0,
                   "AGAIN_LEAST_S": 3.0, "AGAIN_MOST_S": 60.0, "AGAIN_GROWTH": 0.25,
                   "EARLY_ONE_IN": 8, "EARLY_SHARE": 0.5}),
        (reading, {"ROUNDS_MAX": 6, "CACHED_MAX": 64}),
        (queueing, {"BURST_SHARE": 5, "NEAR": 10, "TURN_SHARE": 4}),
        (text, {"TEXT_MAX": 20_000, "NAME_MAX": 80, "NOTE_MAX": 200, "MARKS_MAX": 4}),
        (backoff, {"_DOUBLINGS_MAX": 32}),
        (credit_commands, {"DIGITS_MAX": 9}),
        (health_score, {"_HALF_LIVES": 6, "_REMEMBERED": 24}),
        (transitions, {"_TIMERS_MAX": 6}),
        (steps, {"CLAIMS_MAX": 12}),
    ],
)  # fmt: skip
def test_limits_are_what_they_are(module: object, expected: dict[str, object]) -> None:
    assert {name: getattr(module, name) for name in expected} == expected


def test_what_follows_from_few_numbers() -> None:
    assert [MessageRate(burst=burst, every_s=1).kept for burst in (1, 2, 5, 6)] == [0, 1, 2, 3]
    guess = prior(100)
    assert (guess.p5_s, guess.p50_s, guess.p90_s, guess.p95_s, guess.samples) == (50, 100, 170, 200, 0)


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
