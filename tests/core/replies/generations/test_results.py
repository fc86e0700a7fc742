"""What a person reads about one generation, in every state that it can be in."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, Refusal, Rule, Subject
from core.domain.generations.generation import Attempt, AttemptState, Generation, Outcome, State
from core.domain.ids import RouteKey
from core.domain.requests.fallback import Fallback
from core.domain.requests.pricing import Fitted, Rounded, Rounding
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.terms import OtherProvider
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN
from core.domain.routing.queueing import ExpectedTurn
from core.replies.chat.card import (
    Action,
    Button,
    Card,
    Fact,
    LinkButton,
    Progress,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
    plain,
)
from core.replies.generations.progress import progress
from core.replies.generations.results import result, root, title, too_large
from core.replies.generations.view import View
from tests.core.rows import NOW, attempt, generation

LABELS = {VEO: "Veo 3.1", KLING: "Kling 3.0", SEEDANCE: "Seedance 1.5", HAILUO: "Hailuo 2.3", WAN: "Wan 2.2"}
VIEW_RUNNING = attempt(AttemptState.ACCEPTED)
VIEW_FAILED = attempt(AttemptState.FAILED, error_class=ErrorClass.TRANSIENT_SERVER)


def view(*attempts: Attempt, now: datetime = NOW, **changed: Any) -> View:
    """A view; what is not a field of it is a field of its generation."""
    own = {name: changed.pop(name) for name in ("expected_s", "balance", "link") if name in changed}
    return View(generation=generation(**changed), attempts=attempts, labels=LABELS, now=now, **own)


def succeeded(*earlier: Attempt, settled: int = 227, **changed: Any) -> View:
    """Made by Kling, after whatever was tried before."""
    won = attempt(AttemptState.SUCCEEDED, len(earlier) + 1, route="kling.api")
    return view(
        *earlier,
        won,
        state=State.DELIVERING,
        outcome=Outcome.SUCCEEDED,
        winner_attempt=won.n,
        settled=settled,
        **changed,
    )


def ended(outcome: Outcome, *attempts: Attempt, **changed: Any) -> View:
    return view(*attempts, state=State.DELIVERING, outcome=outcome, settled=0, **changed)


def parts(card: Card, kind: type[Any]) -> list[Any]:
    return [part for part in card.parts if isinstance(part, kind)]


def actions(card: Card) -> list[Action]:
    return [button.action for button in parts(card, Button)]


def test_the_root_message_says_who_asked_for_what_and_what_it_costs_at_most() -> None:
    card = root(VideoRequest(prompt="a red fox", duration_s=6), credits_held=480, asked_by="ana")
    assert card.title == "ana asks for a video"
    assert card.parts == (QuotedText("a red fox"), SmallPrint("best available · 6 s · 16:9 · up to 480 credits"))
    assert "ana" not in plain(root(VideoRequest(prompt="a red fox"), credits_held=1))


def test_before_the_first_attempt_it_is_starting_and_can_be_cancelled() -> None:
    card = progress(view(state=State.QUEUED))
    assert card.title == "Starting"
    assert parts(card, Progress) == [Progress(0.0, "0:20")]
    assert actions(card) == [Action.CANCEL]


def test_while_it_renders_it_says_who_how_far_and_how_long() -> None:
    card = progress(view(VIEW_RUNNING, expected_s=60.0))
    assert card.title == "Rendering with Veo 3.1"
    assert card.tone is Tone.WORKING
    assert parts(card, Progress) == [Progress(pytest.approx(0.18), "0:12 of about 1:00")]


def test_what_the_vendor_says_of_its_progress_goes_before_our_guess() -> None:
    running = attempt(AttemptState.ACCEPTED, progress=0.5)
    assert parts(progress(view(running, expected_s=60.0)), Progress)[0].share == 0.5


def test_without_an_expectation_there_is_a_bar_without_an_end() -> None:
    assert parts(progress(view(VIEW_RUNNING)), Progress) == [Progress(None, "0:20")]


@given(elapsed_s=st.floats(0, 7200), expected_s=st.floats(1, 900), told=st.none() | st.floats(0, 1))
def test_the_bar_is_never_full_before_there_is_a_video(elapsed_s: float, expected_s: float, told: float | None) -> None:
    running = attempt(AttemptState.ACCEPTED, accepted_at=NOW, progress=told)
    shown = progress(view(running, now=NOW + timedelta(seconds=elapsed_s), expected_s=expected_s))
    assert 0 <= parts(shown, Progress)[0].share < 1


@given(earlier_s=st.floats(0, 900), later_s=st.floats(0, 900), expected_s=st.floats(1, 900))
def test_the_bar_never_goes_back(earlier_s: float, later_s: float, expected_s: float) -> None:
    running = attempt(AttemptState.ACCEPTED, accepted_at=NOW)
    shares = [
        parts(progress(view(running, now=NOW + timedelta(seconds=s), expected_s=expected_s)), Progress)[0].share
        for s in sorted((earlier_s, later_s))
    ]
    assert shares[0] <= shares[1] + 1e-9


def test_after_a_failure_it_says_why_and_who_took_over() -> None:
    taken_over = attempt(AttemptState.ACCEPTED, 2, route="kling.api")
    card = progress(view(VIEW_FAILED, taken_over))
    assert card.title == "Rendering with Kling 3.0"
    assert Text("Veo 3.1 had an error, so Kling 3.0 took over.") in card.parts


def test_a_second_try_at_the_same_provider_is_nobody_taking_over() -> None:
    card = progress(view(VIEW_FAILED, attempt(AttemptState.ACCEPTED, 2)))
    assert parts(card, Text) == []


def test_an_attempt_over_its_deadline_took_too_long() -> None:
    card = progress(view(attempt(AttemptState.LATE), attempt(AttemptState.ACCEPTED, 2, route="kling.api")))
    assert parts(card, Text) == [Text("Veo 3.1 took too long, so Kling 3.0 took over.")]


def test_while_it_waits_it_says_for_whom_why_and_what_happens_if_nobody_comes() -> None:
    rows = (VIEW_FAILED, attempt(AttemptState.REJECTED, 2, route="kling.api", error_class=ErrorClass.CAPACITY))
    card = progress(view(*rows, reason={"waiting": True, "unavailable": ["veo", "kling"]}))
    words = plain(card)
    assert card.title == "Waiting for a provider"
    assert "Veo 3.1 and Kling 3.0 cannot take it right now." in words
    assert "if none can within 15:00, all credits come back" in words
    assert actions(card) == [Action.CANCEL]


def in_queue(place: int, soonest_s: float | None = None, latest_s: float | None = None) -> View:
    """A view of a generation that waits for Veo's room."""
    turn = ExpectedTurn(route=RouteKey("veo.vertex"), provider=VEO, place=place, soonest_s=soonest_s, latest_s=latest_s)
    return replace(view(state=State.QUEUED, reason={"waiting": "full"}, window_ends=None), turn=turn)


def test_in_a_queue_it_says_the_place_and_when_the_video_may_be_there() -> None:
    card = progress(in_queue(3, 130, 235))
    assert card.title == "3rd in line"
    assert parts(card, Progress) == [Progress(None, "your video in about 2–4 min")]
    assert parts(card, Text) == [
        Text(
            "Veo 3.1 is busy right now. Teams take turns there, and yours starts by itself. "
            "If it cannot within 30 min, all credits come back."
        )
    ]
    assert actions(card) == [Action.CANCEL]


def test_without_enough_history_it_names_no_time() -> None:
    card = progress(in_queue(1))
    assert card.title == "Next in line"
    assert parts(card, Progress) == []


@pytest.mark.parametrize(
    ("place", "heading"),
    [(1, "Next in line"), (2, "2nd in line"), (11, "11th in line"), (20, "20th in line"), (23, "About 20th in line")],
)
def test_a_place_is_said_as_people_say_it(place: int, heading: str) -> None:
    assert progress(in_queue(place)).title == heading


@given(place=st.integers(21, 400), soonest_s=st.floats(0, 3600), more_s=st.floats(0, 3600), later_s=st.floats(0, 20))
def test_the_message_of_a_queue_stays_as_it_is_while_nothing_moves(
    place: int, soonest_s: float, more_s: float, later_s: float
) -> None:
    """Every change of the card is an edit: seconds do not change it, nor does one place far back."""
    shown = in_queue(place, soonest_s, soonest_s + more_s)
    after = replace(shown, now=shown.now + timedelta(seconds=later_s))
    assert progress(replace(shown, now=NOW)).title == progress(after).title
    assert parts(progress(shown), Progress) == parts(progress(after), Progress)


def test_what_is_rounded_is_said_as_soon_as_it_is_known() -> None:
    fitted = Fitted(
        duration_s=6,
        lines=768,
        aspect=Aspect.WIDE,
        audio=False,
        roundings=(
            Rounding(what=Rounded.DURATION, asked="8 s", got="6 s"),
            Rounding(what=Rounded.SOUND, asked="on", got="off"),
            Rounding(what=Rounded.PROMPT, asked="900 characters", got="800 characters"),
        ),
    )
    notes = parts(progress(view(attempt(AttemptState.ACCEPTED, route="hailuo.api", fitted=fitted))), SmallPrint)
    assert notes == [
        SmallPrint("Hailuo 2.3 does not make 8 s: you get 6 s."),
        SmallPrint("Hailuo 2.3: asked for sound on, you get it off."),
        SmallPrint("Hailuo 2.3 reads 800 characters of a description; yours has 900 characters, so its end was cut."),
    ]


def test_a_wish_to_cancel_takes_the_button_away() -> None:
    card = progress(view(VIEW_RUNNING, cancel_requested_at=NOW))
    assert actions(card) == []
    assert SmallPrint("Cancelling…") in card.parts


def test_a_provider_that_cannot_stop_is_named_and_the_next_one_can_be_cancelled_again() -> None:
    refused = {"cannot_stop": "veo"}
    card = progress(view(VIEW_RUNNING, reason=refused))
    assert actions(card) == []
    assert "Veo 3.1 cannot stop what it has begun" in plain(card)
    after = progress(view(VIEW_FAILED, attempt(AttemptState.ACCEPTED, 2, route="kling.api"), reason=refused))
    assert actions(after) == [Action.CANCEL]


def test_a_made_video_is_fetched_and_can_no_longer_be_cancelled() -> None:
    won = attempt(AttemptState.SUCCEEDED)
    card = progress(view(won, state=State.STORING, winner_attempt=1))
    assert card.title == "Veo 3.1 is done, fetching the video"
    assert actions(card) == []


def test_a_video_that_is_made_and_not_yet_fetched_is_no_start() -> None:
    """Between the poll that saw it and the step that fetches it."""
    card = progress(view(attempt(AttemptState.SUCCEEDED), state=State.RENDERING))
    assert card.title == "Veo 3.1 is done, fetching the video"
    assert not [part for part in card.parts if isinstance(part, Button)]


@pytest.mark.parametrize(
    ("shown", "heading"),
    [
        (succeeded(VIEW_FAILED), "Made by Kling 3.0 in 0:20"),
        (ended(Outcome.CANCELLED), "Cancelled after 0:20"),
        (ended(Outcome.FAILED), "Gave up after 0:20"),
        (ended(Outcome.FAILED, error_class=ErrorClass.CONTENT_POLICY), "Refused after 0:20"),
    ],
)
def test_at_the_end_the_progress_message_keeps_how_it_ended_and_how_long_it_took(shown: View, heading: str) -> None:
    card = progress(shown)
    assert card.title == heading
    assert card.buttons == ()
    assert card.ping is None, "only the result pings"


def test_a_video_comes_with_its_maker_its_price_and_a_way_to_another() -> None:
    card = result(succeeded(balance=9773))
    assert card.title == "Your video is ready, made by Kling 3.0"
    assert card.ping == "U0ANA"
    assert card.parts[0] == QuotedText("a red fox in the snow")
    assert parts(card, Fact) == [
        Fact("Paid", "227 credits"),
        Fact("Refunded", "253 credits"),
        Fact("Balance", "9773 credits"),
    ]
    assert SmallPrint("8 s · 1080p · 16:9 · with sound") in card.parts
    assert actions(card) == [Action.AGAIN, Action.EDIT]


def test_a_video_of_a_fallback_says_whose_place_it_took() -> None:
    lost = attempt(AttemptState.REJECTED, error_class=ErrorClass.CAPACITY)
    late = attempt(AttemptState.LATE, 2, route="seedance.ark")
    told = parts(result(succeeded(lost, late)), Text)
    assert told == [Text("Veo 3.1 was not available and Seedance 1.5 took too long, so Kling 3.0 made it.")]


def test_4k_and_silence_are_said_as_people_say_them() -> None:
    won = attempt(AttemptState.SUCCEEDED, fitted=Fitted(duration_s=4, lines=2160, aspect=Aspect.TALL, audio=False))
    card = result(view(won, state=State.DELIVERING, outcome=Outcome.SUCCEEDED, winner_attempt=1, settled=480))
    assert SmallPrint("4 s · 4K · 9:16 · silent") in card.parts


def test_a_video_that_cannot_be_a_file_comes_as_a_link_or_says_whom_to_ask() -> None:
    linked = too_large(succeeded(link="https://example.org/clip"))
    assert LinkButton("Watch", "https://example.org/clip") in linked.parts
    assert "Watch it with the button below" in plain(linked)
    assert "Ask whoever runs Neverdark" in plain(too_large(succeeded()))
    assert linked.ping == "U0ANA"


def test_a_refused_description_says_who_refused_and_that_it_must_be_another() -> None:
    refused = attempt(AttemptState.FAILED, route="wan.dashscope", error_class=ErrorClass.CONTENT_POLICY)
    card = result(ended(Outcome.FAILED, refused, error_class=ErrorClass.CONTENT_POLICY, balance=500))
    assert card.title == "This description was refused"
    assert "Wan 2.2 does not make this" in plain(card)
    assert actions(card) == [Action.EDIT], "the same once more would be refused once more"
    assert Fact("Refunded", "480 credits") in card.parts


@pytest.mark.parametrize(
    ("refusal", "has_picture", "heading", "told"),
    [
        (Refusal(subject=Subject.WORDS), False, "This description was refused", "its content rules forbid it"),
        (Refusal(subject=Subject.PICTURE), True, "This picture was refused", "Take another picture"),
        (Refusal(subject=Subject.PICTURE), False, "This description was refused", "Describe it differently"),
        (Refusal(subject=Subject.OUTPUT), False, "This video was refused", "That can be chance"),
        (Refusal(rule=Rule.VENDOR), False, "This description was refused", "a rule of its own forbids it"),
        (Refusal(), True, "This picture or its description was refused", "Take another picture, or describe it"),
    ],
)
@pytest.mark.parametrize("other", [None, OtherProvider(provider=KLING, credits=202)])
def test_a_refusal_says_what_was_refused_by_whose_rule_and_what_to_do(
    *, refusal: Refusal, has_picture: bool, heading: str, told: str, other: OtherProvider | None
) -> None:
    detail, error = "E005 (abc): InputImage…", ErrorClass.CONTENT_POLICY
    refused = attempt(AttemptState.FAILED, error_class=error, error_detail=detail, refusal=refusal)
    request = VideoRequest(prompt="a red fox", first_frame="key" if has_picture else None)
    card = result(replace(ended(Outcome.FAILED, refused, error_class=error, request=request), other=other))
    assert (card.title, told.lower() in plain(card).lower()) == (heading, True)
    assert "E005" not in plain(card), "a vendor's own words are for operators"
    labels = [button.label for button in parts(card, Button)]
    offered = [] if other is None else ["Kling 3.0 may make it: up to 202 credits"]
    assert labels == [*offered, "Edit and run"]
    assert ("Send it to Kling 3.0 with the button" in plain(card)) == (other is not None)


@pytest.mark.parametrize(
    ("error_class", "advice"),
    [
        (ErrorClass.INVALID_REQUEST, "Veo 3.1 does not accept this request."),
        (ErrorClass.TIMEOUT, "Tried Veo 3.1, and none could finish in time."),
        (None, "Tried Veo 3.1, and none could finish in time."),
    ],
)
def test_a_failure_says_what_was_tried_and_what_to_do(error_class: ErrorClass | None, advice: str) -> None:
    card = result(ended(Outcome.FAILED, VIEW_FAILED, error_class=error_class))
    assert advice in plain(card)
    assert re.search(r"ask again|Try again", plain(card))
    assert actions(card) == [Action.AGAIN, Action.EDIT]


def test_a_failure_before_any_attempt_says_that_nobody_was_free() -> None:
    assert "No provider was free in time" in plain(result(ended(Outcome.FAILED)))


def test_a_cancelled_video_gives_everything_back_and_can_be_made_after_all() -> None:
    card = result(ended(Outcome.CANCELLED, balance=500))
    assert parts(card, Fact) == [
        Fact("Paid", "0 credits"),
        Fact("Refunded", "480 credits"),
        Fact("Balance", "500 credits"),
    ]
    assert actions(card) == [Action.AGAIN, Action.EDIT]


def test_a_long_prompt_is_cut_for_titles() -> None:
    assert title(VideoRequest(prompt="a" * 200)) == "a" * 79 + "…"
    assert title(VideoRequest(prompt="a fox")) == "a fox"


@st.composite
def views(draw: st.DrawFn) -> View:
    states = draw(st.lists(st.sampled_from(AttemptState), max_size=4))
    rows = [
        attempt(
            state,
            n,
            route=draw(st.sampled_from(["veo.vertex", "kling.api", "wan.dashscope"])),
            error_class=draw(st.none() | st.sampled_from(ErrorClass)),
            progress=draw(st.none() | st.floats(0, 1)),
        )
        for n, state in enumerate(states, 1)
    ]
    over = draw(st.booleans())
    row: Generation = generation(
        request=VideoRequest(prompt=draw(st.text(min_size=1))),
        state=draw(st.sampled_from([State.DELIVERING, State.DONE] if over else [State.QUEUED, State.RENDERING])),
        outcome=draw(st.sampled_from(Outcome)) if over else None,
        error_class=draw(st.none() | st.sampled_from(ErrorClass)),
        winner_attempt=draw(st.sampled_from([None, *range(1, len(rows) + 1)])) if over else None,
        settled=draw(st.integers(0, 480)) if over else None,
        reason=draw(st.sampled_from([{}, {"waiting": True}, {"cannot_stop": "veo"}])),
        cancel_requested_at=draw(st.sampled_from([None, NOW])),
    )
    return View(generation=row, attempts=rows, labels=LABELS, now=NOW, expected_s=60.0, balance=12)


@given(views())
def test_whatever_the_rows_say_there_is_a_short_heading_and_exact_money(shown: View) -> None:
    for card in (progress(shown), result(shown), too_large(shown)):
        assert 0 < len(card.title) <= 80
        assert "\n" not in card.title
        told = {fact.label: fact.value for fact in parts(card, Fact)}
        if told:
            paid, refunded = (int(told[label].split()[0]) for label in ("Paid", "Refunded"))
            assert paid + refunded == shown.generation.consumed
            assert told["Balance"] == "12 credits"
    if shown.generation.outcome is not None:
        assert parts(result(shown), Fact)


@given(views())
def test_no_card_shows_an_empty_part_or_a_field_without_a_value(shown: View) -> None:
    for card in (progress(shown), result(shown)):
        for part in card.parts:
            if isinstance(part, Text | SmallPrint):
                assert part.text.strip()
            if isinstance(part, Fact):
                assert part.label
                assert part.value


def test_where_nobody_may_take_over_a_failure_says_whose_choice_that_was() -> None:
    failed = ended(Outcome.FAILED, VIEW_FAILED, error_class=ErrorClass.TIMEOUT, fallback=Fallback.NEVER)
    assert "this workspace has chosen in /settings" in plain(result(failed))
