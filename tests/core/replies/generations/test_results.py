"""What a person reads about one generation, in every state that it can be in."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, Refusal, Rule, Subject
from core.domain.generations.generation import (
    Attempt,
    AttemptState,
    Clip,
    Generation,
    Outcome,
    State,
)
from core.domain.generations.passed_over import PassedOver, WhyPassed
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
    LinkButton,
    Picture,
    Progress,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
    plain,
)
from core.replies.generations.details import details
from core.replies.generations.progress import last_word, progress
from core.replies.generations.results import result, too_large
from core.replies.generations.root import file_name, root, root_now, title
from core.replies.generations.view import View
from tests.core.rows import NOW, attempt, generation

LABELS = {VEO: "Veo 3.1", KLING: "Kling 3.0", SEEDANCE: "Seedance 1.5", HAILUO: "Hailuo 2.3", WAN: "Wan 2.2"}
VIEW_RUNNING = attempt(AttemptState.ACCEPTED)
VIEW_FAILED = attempt(AttemptState.FAILED, error_class=ErrorClass.TRANSIENT_SERVER)


def view(*attempts: Attempt, now: datetime = NOW, **changed: Any) -> View:
    """A view; what is not a field of it is a field of its generation."""
    own = {name: changed.pop(name) for name in ("expected_s", "link") if name in changed}
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


def test_the_root_message_is_the_prompt_with_who_asked_and_what_it_costs_at_most() -> None:
    card = root(VideoRequest(prompt="a red fox", duration_s=6), credits_held=1480, asked_by="ana")
    assert card.title == "a red fox"
    assert card.parts == (SmallPrint("asked by ana · best available · 6 s · 16:9 · up to 1,480 credits"),)
    assert "ana" not in plain(root(VideoRequest(prompt="a red fox"), credits_held=1))
    assert Text("Waiting for an admin") in root(VideoRequest(prompt="a red fox"), credits_held=1, asks=True).parts


def test_a_prompt_longer_than_a_title_stands_below_it_too() -> None:
    card = root(VideoRequest(prompt="a fox " * 50), credits_held=1)
    assert len(card.title) <= 120
    assert parts(card, QuotedText)


CLIP = Clip(key="1/a.mp4", sha256="a", size=9, width=1920, height=1080, duration_s=8.04, has_audio=False)


def in_state(**changed: Any) -> View:
    return view(**{"state": State.QUEUED, "outcome": None, "window_ends": None, **changed})


DECLINED = {"approval": "declined"}


@pytest.mark.parametrize(
    ("shown", "status", "tone"),
    [
        (lambda: in_state(state=State.ASKING), "Waiting for an admin", Tone.WARNING),
        (lambda: in_state(reason={"waiting": "full"}), "Waiting for its turn", Tone.QUIET),
        (lambda: succeeded(clip=CLIP), "Ready · Kling 3.0 · 8 s", Tone.GOOD),
        (lambda: ended(Outcome.FAILED, error_class=ErrorClass.CONTENT_POLICY), "Refused", Tone.BAD),
        (lambda: ended(Outcome.FAILED, VIEW_FAILED), "No video this time", Tone.BAD),
        (lambda: ended(Outcome.CANCELLED), "Cancelled", Tone.QUIET),
        (lambda: ended(Outcome.CANCELLED, reason=DECLINED), "An admin declined this video", Tone.QUIET),
    ],
)
def test_the_root_message_becomes_what_it_came_to(shown: Callable[[], View], status: str, tone: Tone) -> None:
    card = root_now(shown())
    assert (card.title, card.parts[0], card.tone) == ("a red fox in the snow", Text(status), tone)
    assert card.buttons == ()
    assert card.ping is None


def test_while_nothing_special_happens_the_root_message_stays_as_it_was() -> None:
    known = in_state(state=State.RENDERING)
    assert root_now(known) == root(known.generation.request, credits_held=480)


def test_a_root_message_shows_a_still_and_who_asked_and_never_says_ready_of_what_is_nowhere() -> None:
    known = replace(succeeded(clip=CLIP, asked_by="ana"), poster="https://films.example/v/x.jpg")
    assert Picture("https://films.example/v/x.jpg", alt="a red fox in the snow") in root_now(known).parts
    assert SmallPrint("asked by ana") in root_now(known).parts
    lost = root_now(known, is_said=False)
    assert "Ready" not in plain(lost)
    assert "could not be posted" in plain(lost)


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A red fox, in the snow!", "a-red-fox-in-the-snow.mp4"),
        ("../../etc/passwd", "etc-passwd.mp4"),
        ("Ein Fuchs über Zürich", "ein-fuchs-uber-zurich.mp4"),
        ("word " * 40, "word-word-word-word-word-word-word-word-word.mp4"),
        ("狐", "video-"),
    ],
)
def test_a_file_has_the_beginning_of_the_prompt_as_its_name(prompt: str, name: str) -> None:
    assert file_name(generation(request=VideoRequest(prompt=prompt))).startswith(name)
    assert file_name(generation(request=VideoRequest(prompt=prompt)), take=2).endswith("-2.mp4")


def test_before_the_first_attempt_it_is_starting_and_can_be_cancelled() -> None:
    card = progress(view(state=State.QUEUED))
    assert card.title == "Getting started"
    assert parts(card, Progress) == [Progress(0.0, "0:20")]
    assert actions(card) == [Action.CANCEL]


def test_while_it_renders_it_says_who_how_far_and_how_long() -> None:
    card = progress(view(VIEW_RUNNING, expected_s=60.0))
    assert card.title == "Veo 3.1 is making your video"
    assert card.tone is Tone.WORKING
    (shown,) = parts(card, Progress)
    assert (shown.share, shown.note) == (pytest.approx(0.18), "0:12 of about 1:00")


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
    assert card.title == "Kling 3.0 is making your video"
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
    assert "I cannot get through to Veo 3.1 and Kling 3.0 right now." in words
    assert "if none is within 15:00, all credits come back" in words
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
            "Veo 3.1 is busy right now. Teams take turns, and yours starts by itself. "
            "If it has not started within 30 min, all credits come back."
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
            Rounding(what=Rounded.PROMPT, asked="1900 characters", got="800 characters"),
        ),
    )
    notes = parts(progress(view(attempt(AttemptState.ACCEPTED, route="hailuo.api", fitted=fitted))), SmallPrint)
    assert notes == [
        SmallPrint("Hailuo 2.3 does not make 8 s, so it is 6 s."),
        SmallPrint("Hailuo 2.3 makes no sound."),
        SmallPrint("Hailuo 2.3 reads 800 characters of a description; yours has 1,900, so its end was cut off."),
    ]


def test_a_wish_to_cancel_takes_the_button_away() -> None:
    card = progress(view(VIEW_RUNNING, cancel_requested_at=NOW))
    assert actions(card) == []
    assert SmallPrint("Cancelling…") in card.parts


def test_a_provider_that_cannot_stop_is_named_and_the_next_one_can_be_cancelled_again() -> None:
    refused = {"cannot_stop": "veo"}
    card = progress(view(VIEW_RUNNING, reason=refused))
    assert actions(card) == []
    assert "Veo 3.1 cannot stop once it has begun" in plain(card)
    after = progress(view(VIEW_FAILED, attempt(AttemptState.ACCEPTED, 2, route="kling.api"), reason=refused))
    assert actions(after) == [Action.CANCEL]


def test_a_made_video_is_fetched_and_can_no_longer_be_cancelled() -> None:
    won = attempt(AttemptState.SUCCEEDED)
    card = progress(view(won, state=State.STORING, winner_attempt=1))
    assert card.title == "Almost there: fetching your video from Veo 3.1"
    assert actions(card) == []


def test_a_video_that_is_made_and_not_yet_fetched_is_no_start() -> None:
    """Between the poll that saw it and the step that fetches it."""
    card = progress(view(attempt(AttemptState.SUCCEEDED), state=State.RENDERING))
    assert card.title == "Almost there: fetching your video from Veo 3.1"
    assert not [part for part in card.parts if isinstance(part, Button)]


@pytest.mark.parametrize("outcome", Outcome)
def test_a_message_that_is_over_and_whose_result_is_not_up_has_nothing_to_press_and_does_not_say_done(
    outcome: Outcome,
) -> None:
    card = progress(succeeded() if outcome is Outcome.SUCCEEDED else ended(outcome))
    assert card.buttons == ()
    assert not re.search("done|ready|made", plain(card).lower())


@pytest.mark.parametrize(
    ("shown", "heading"),
    [
        (succeeded(VIEW_FAILED), "Made in 0:20"),
        (ended(Outcome.CANCELLED), "Cancelled"),
        (ended(Outcome.FAILED), "No video this time"),
    ],
)
def test_a_progress_message_that_stays_has_a_last_word_without_anything_that_looks_alive(
    shown: View, heading: str
) -> None:
    card = last_word(shown, is_said=True)
    assert card.title == heading
    assert parts(card, Progress) == []
    assert card.buttons == ()
    assert card.ping is None, "only the result pings"
    assert "could not be posted" in last_word(shown, is_said=False).title


def test_a_video_comes_with_a_word_its_price_and_what_it_is() -> None:
    card = result(succeeded(clip=CLIP))
    assert card.title == "Your video is ready"
    assert card.ping == "U0ANA"
    assert parts(card, Text) == [], "nothing was different"
    assert parts(card, SmallPrint) == [SmallPrint("227 credits (253 back) · 1080p · 8 s · silent · AI-generated")]
    assert actions(card) == [Action.AGAIN, Action.EDIT]
    assert "balance" not in plain(card).lower(), "what the team has left is nobody else's business"


def test_where_nothing_comes_back_nothing_is_said_of_it() -> None:
    told = parts(result(succeeded(settled=480)), SmallPrint)
    assert [each.text.split(" · ")[0] for each in told] == ["480 credits"]


def test_a_video_of_a_fallback_says_whose_place_it_took() -> None:
    lost = attempt(AttemptState.REJECTED, error_class=ErrorClass.CAPACITY)
    late = attempt(AttemptState.LATE, 2, route="seedance.ark")
    told = parts(result(succeeded(lost, late)), Text)
    assert told == [Text("Veo 3.1 was unavailable and Seedance 1.5 took too long, so Kling 3.0 made it.")]


@pytest.mark.parametrize(
    ("why", "told"),
    [
        (WhyPassed.TROUBLE, "Veo 3.1 was having trouble, so Kling 3.0 made it."),
        (WhyPassed.FULL, "Veo 3.1 was too busy, so Kling 3.0 made it."),
        (WhyPassed.HELD, "Veo 3.1 could not be used, so Kling 3.0 made it."),
        (WhyPassed.UNABLE, "Veo 3.1 cannot make this one, so Kling 3.0 made it."),
    ],
)
def test_who_was_set_aside_without_an_attempt_is_told_of_too(why: WhyPassed, told: str) -> None:
    won = attempt(AttemptState.SUCCEEDED, route="kling.api", passed=(PassedOver(provider=VEO, why=why),))
    made = view(won, state=State.DELIVERING, outcome=Outcome.SUCCEEDED, winner_attempt=1, settled=227)
    assert parts(result(made), Text) == [Text(told)]
    shown = details(made.generation, made.attempts, labels=LABELS, seed=None, prompt_max=None)
    assert SmallPrint(told) in shown.parts
    running = view(replace(won, state=AttemptState.ACCEPTED), state=State.RENDERING)
    assert Text(told.replace("made it", "is making it")) in progress(running).parts


def test_who_was_set_aside_and_who_failed_are_told_of_in_one_line() -> None:
    lost = attempt(AttemptState.REJECTED, route="kling.api", error_class=ErrorClass.CAPACITY)
    won = attempt(
        AttemptState.SUCCEEDED,
        2,
        route="seedance.ark",
        passed=(PassedOver(provider=VEO, why=WhyPassed.TROUBLE),),
    )
    made = view(lost, won, state=State.DELIVERING, outcome=Outcome.SUCCEEDED, winner_attempt=2, settled=227)
    told = "Veo 3.1 was having trouble and Kling 3.0 was unavailable, so Seedance 1.5 made it."
    assert parts(result(made), Text) == [Text(told)]


def test_4k_and_silence_are_said_as_people_say_them() -> None:
    won = attempt(AttemptState.SUCCEEDED, fitted=Fitted(duration_s=4, lines=2160, aspect=Aspect.TALL, audio=False))
    card = result(view(won, state=State.DELIVERING, outcome=Outcome.SUCCEEDED, winner_attempt=1, settled=480))
    assert SmallPrint("480 credits · 4K · 4 s · silent · AI-generated") in card.parts


def test_a_video_that_cannot_be_a_file_comes_as_a_link_or_says_whom_to_ask() -> None:
    linked = too_large(succeeded(link="https://example.org/clip"))
    assert LinkButton("Watch", "https://example.org/clip") in linked.parts
    assert "watch it with the button" in plain(linked)
    assert "The people who run this bot" in plain(too_large(succeeded()))
    assert linked.ping == "U0ANA"


def test_a_refused_description_says_who_refused_and_that_it_must_be_another() -> None:
    refused = attempt(AttemptState.FAILED, route="wan.dashscope", error_class=ErrorClass.CONTENT_POLICY)
    card = result(ended(Outcome.FAILED, refused, error_class=ErrorClass.CONTENT_POLICY))
    assert card.title == "This description was refused"
    assert "The content rules of Wan 2.2 forbid this." in plain(card)
    assert actions(card) == [Action.EDIT], "the same once more would be refused once more"
    assert SmallPrint("It cost nothing: 480 credits are back.") in card.parts


@pytest.mark.parametrize(
    ("refusal", "has_picture", "heading", "told"),
    [
        (
            Refusal(subject=Subject.WORDS),
            False,
            "This description was refused",
            "The content rules of Veo 3.1 forbid this",
        ),
        (Refusal(subject=Subject.PICTURE), True, "This picture was refused", "Take another picture"),
        (Refusal(subject=Subject.PICTURE), False, "This description was refused", "Describe it differently"),
        (Refusal(subject=Subject.OUTPUT), False, "This video was refused", "That can be chance"),
        (Refusal(rule=Rule.VENDOR), False, "This description was refused", "A house rule of Veo 3.1 forbids this"),
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
    offered = [] if other is None else ["Ask Kling 3.0: up to 202 credits"]
    assert labels == [*offered, "Edit and run"]
    assert ("Or send it to Kling 3.0 with the button" in plain(card)) == (other is not None)


@pytest.mark.parametrize(
    ("error_class", "advice"),
    [
        (ErrorClass.INVALID_REQUEST, "Veo 3.1 did not accept this request."),
        (ErrorClass.TIMEOUT, "Veo 3.1 tried, and could not finish in time."),
        (None, "Veo 3.1 tried, and could not finish in time."),
    ],
)
def test_a_failure_says_what_was_tried_and_what_to_do(error_class: ErrorClass | None, advice: str) -> None:
    card = result(ended(Outcome.FAILED, VIEW_FAILED, error_class=error_class))
    assert advice in plain(card)
    assert re.search(r"ask again|Try again", plain(card))
    assert actions(card) == [Action.AGAIN, Action.EDIT]


def test_a_failure_before_any_attempt_says_that_nobody_was_free() -> None:
    assert "Every provider was busy" in plain(result(ended(Outcome.FAILED)))


def test_a_cancelled_video_gives_everything_back_and_can_be_made_after_all() -> None:
    card = result(ended(Outcome.CANCELLED))
    assert parts(card, SmallPrint) == [SmallPrint("It cost nothing: 480 credits are back.")]
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
    return View(generation=row, attempts=rows, labels=LABELS, now=NOW, expected_s=60.0)


@given(views())
def test_whatever_the_rows_say_there_is_a_short_heading_and_at_most_four_lines_above_a_video(shown: View) -> None:
    for card in (progress(shown), result(shown), too_large(shown), last_word(shown, is_said=True), root_now(shown)):
        assert len(card.title) <= 120
        assert "\n" not in card.title
        assert "Refunded 0" not in plain(card)
    if shown.generation.outcome is Outcome.SUCCEEDED:
        assert len(plain(result(shown)).splitlines()) <= 4


@given(views())
def test_no_card_shows_an_empty_part_or_a_field_without_a_value(shown: View) -> None:
    for card in (progress(shown), result(shown)):
        for part in card.parts:
            if isinstance(part, Text | SmallPrint):
                assert part.text.strip()


def test_where_nobody_may_take_over_a_failure_says_whose_choice_that_was() -> None:
    failed = ended(Outcome.FAILED, VIEW_FAILED, error_class=ErrorClass.TIMEOUT, fallback=Fallback.NEVER)
    assert "as set in /settings" in plain(result(failed))
