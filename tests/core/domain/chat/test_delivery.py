"""The ladder of a message: from every rung it ends in bounded time, and never climbs back or ends without a word."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.chat_errors import (
    AccessLost,
    CardRefused,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatPending,
    ChatUnclear,
    EditRefused,
    FileRefused,
    PlaceGone,
    ThreadRefused,
    UploadFailed,
)
from core.domain.chat.delivery import (
    GIVE_UP_AFTER_S,
    Again,
    AsFile,
    AsPlain,
    AsWords,
    Edit,
    Edits,
    End,
    Form,
    Kind,
    Next,
    Rung,
    To,
    Where,
    after,
    pause_s,
)

ANSWERS: tuple[Callable[[], ChatError], ...] = (
    lambda: ChatAway("ClientConnectorError"),
    lambda: ChatBusy(retry_after_s=300),
    lambda: ChatPending(look_in_s=120),
    lambda: ChatUnclear("internal_error"),
    lambda: UploadFailed("the upload answered 500"),
    lambda: CardRefused("invalid_blocks"),
    lambda: FileRefused(limit=8_000_000),
    FileRefused,
    lambda: ThreadRefused("thread_not_found"),
    lambda: PlaceGone("is_archived"),
    lambda: EditRefused("edit_window_closed"),
    lambda: AccessLost("missing_scope", needed="chat:write"),
    lambda: ChatError("something new"),
)
REFUSALS = (CardRefused, FileRefused, ThreadRefused, PlaceGone, EditRefused, ChatError)
STEPS_MAX = 1500
"""A day of waits of two minutes is the longest way down."""

answers = st.sampled_from(ANSWERS).map(lambda make: make())
posts = st.builds(
    Rung,
    kind=st.sampled_from([kind for kind in Kind if kind is not Kind.ROOT_EDIT]),
    where=st.sampled_from(Where),
    form=st.sampled_from(Form),
    is_plain=st.booleans(),
    places=st.frozensets(st.sampled_from(Where)),
    has_link=st.booleans(),
    tries=st.integers(1, 20),
    age_s=st.floats(0, 2 * GIVE_UP_AFTER_S),
)
edits = st.builds(
    Rung,
    kind=st.sampled_from([Kind.PROGRESS, Kind.ROOT_EDIT]),
    edits=st.sampled_from(Edits),
    is_last=st.booleans(),
    stays=st.booleans(),
    is_plain=st.booleans(),
)


def _moved(rung: Rung, follows: Next) -> Rung | None:
    """The rung that the worker stands on afterwards; None: it is over."""
    match follows:
        case Again(in_s=in_s, counts=counts):
            return replace(rung, tries=rung.tries + counts, age_s=rung.age_s + in_s)
        case AsPlain():
            return replace(rung, is_plain=True, tries=1)
        case AsFile():
            return replace(rung, form=Form.SMALLER, tries=1)
        case AsWords():
            return replace(rung, form=Form.WORDS, tries=1)
        case To(where=where):
            form = Form.FILE if rung.kind in {Kind.RESULT, Kind.EXTRA} else Form.WORDS
            return replace(rung, where=where, form=form, is_plain=False, tries=1)
        case Edit(edits=left):
            return replace(rung, edits=left, tries=1, is_last=True)  # the end of the generation comes next
        case End():
            return None
        case _:
            assert_never(follows)


def _height(rung: Rung) -> tuple[int, int, int, bool]:
    return (int(rung.edits or 0), rung.where, rung.form, rung.is_plain)


@given(rung=posts | edits, told=st.lists(answers, min_size=1, max_size=30))
def test_whatever_a_platform_answers_a_message_goes_down_and_ends_within_bounds(
    rung: Rung, told: list[ChatError]
) -> None:
    at: Rung | None = rung
    for n in range(STEPS_MAX):
        assert at is not None
        follows = after(at, told[n % len(told)])
        further = _moved(at, follows)
        if further is None:
            return
        assert _height(further) >= _height(at), (at, told[n % len(told)], follows)
        if isinstance(follows, Again):
            assert 0 < follows.in_s <= 3600
        else:
            assert _height(further) > _height(at), (at, follows)
        at = further
    raise AssertionError(f"never ends: {at}")


@given(rung=posts, told=answers)
def test_a_message_that_somebody_waits_for_never_ends_without_an_alarm(rung: Rung, told: ChatError) -> None:
    follows = after(rung, told)
    if isinstance(follows, End):
        assert follows.alarm == (rung.kind in {Kind.ROOT, Kind.RESULT})


@given(rung=edits, told=answers)
def test_a_refused_edit_is_never_a_reason_to_post(rung: Rung, told: ChatError) -> None:
    follows = after(rung, told)
    assert isinstance(follows, Again | AsPlain | Edit | End)
    assert not (isinstance(follows, End) and follows.alarm)


@given(rung=posts, told=st.sampled_from([ChatAway("x"), ChatBusy(retry_after_s=9), ChatPending(look_in_s=9)]))
def test_a_platform_that_is_away_or_asks_to_wait_costs_no_try_and_no_rung_for_a_day(
    rung: Rung, told: ChatError
) -> None:
    follows = after(replace(rung, age_s=min(rung.age_s, GIVE_UP_AFTER_S)), told)
    assert isinstance(follows, Again)
    assert not follows.counts


@given(rung=posts)
def test_an_outage_of_posts_is_sat_out_where_there_is_no_rung_below(rung: Rung) -> None:
    last = replace(rung, where=Where.DIRECT, form=Form.WORDS, kind=Kind.RESULT, age_s=min(rung.age_s, GIVE_UP_AFTER_S))
    assert isinstance(after(last, ChatUnclear("500")), Again)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_every_refusal_of_a_result_has_a_rung_below_it_and_none_is_taken_twice(
    refusal: Callable[[], ChatError],
) -> None:
    at, seen = Rung(kind=Kind.RESULT, form=Form.FILE), []
    while True:
        follows = after(at, refusal())
        seen.append(follows)
        further = _moved(at, follows)
        if further is None:
            break
        at = further
    assert at.where is Where.DIRECT
    assert seen[-1] == End(alarm=True)
    assert len(seen) <= 16


@pytest.mark.parametrize(
    ("rung", "error", "follows"),
    [
        (Rung(kind=Kind.RESULT, form=Form.FILE), FileRefused(limit=9), AsFile(9)),
        (Rung(kind=Kind.RESULT, form=Form.SMALLER), FileRefused(limit=9), AsWords()),
        (Rung(kind=Kind.RESULT, form=Form.FILE), AccessLost("missing_scope", is_scope=True), AsWords()),
        (Rung(kind=Kind.RESULT, form=Form.FILE), UploadFailed(), Again(in_s=1.0, counts=True)),
        (Rung(kind=Kind.RESULT, form=Form.FILE, tries=4), UploadFailed(), AsWords()),
        (Rung(kind=Kind.RESULT, form=Form.FILE, tries=4, has_link=False), UploadFailed(), Again(in_s=8, counts=True)),
        (Rung(kind=Kind.RESULT), CardRefused("invalid_blocks"), AsPlain()),
        (Rung(kind=Kind.RESULT, is_plain=True), CardRefused("invalid_blocks"), To(Where.CHANNEL)),
        (Rung(kind=Kind.RESULT), ThreadRefused(), To(Where.CHANNEL)),
        (Rung(kind=Kind.RESULT), PlaceGone(), To(Where.FOLLOW_UP)),
        (Rung(kind=Kind.RESULT, places=frozenset({Where.DIRECT})), PlaceGone(), To(Where.DIRECT)),
        (Rung(kind=Kind.RESULT, where=Where.DIRECT), PlaceGone(), End(alarm=True)),
        (Rung(kind=Kind.ROOT), ThreadRefused(), To(Where.FOLLOW_UP)),
        (Rung(kind=Kind.RESULT, tries=6), AccessLost("token_revoked"), End(alarm=True)),
        (Rung(kind=Kind.PROGRESS, is_plain=True), CardRefused("no"), End(alarm=False)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING), EditRefused(), Edit(Edits.LAST_ONLY)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, is_last=True), EditRefused(), Edit(Edits.LAST_WORD)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.LAST_ONLY, is_last=True), PlaceGone(), Edit(Edits.LAST_WORD)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.LAST_WORD, is_last=True), PlaceGone(), End(alarm=False)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, is_last=True), CardRefused("no"), Edit(Edits.LAST_WORD)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.LAST_WORD, is_last=True), CardRefused("no"), AsPlain()),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, is_last=True, stays=True), EditRefused(), Edit(Edits.REMOVE)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.REMOVE, is_last=True, stays=True), PlaceGone(), End(alarm=False)),
        (Rung(kind=Kind.ROOT_EDIT, edits=Edits.GOING), CardRefused("no picture"), AsPlain()),
        (Rung(kind=Kind.ROOT_EDIT, edits=Edits.GOING, is_plain=True), CardRefused("no"), End(alarm=False)),
        (Rung(kind=Kind.ROOT_EDIT, edits=Edits.GOING), EditRefused(), End(alarm=False)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, tries=6), AccessLost("missing_scope"), Edit(Edits.LAST_ONLY)),
        (Rung(kind=Kind.RESULT, age_s=GIVE_UP_AFTER_S + 1), ChatBusy(), End(alarm=True)),
    ],
)
def test_what_follows_each_answer(rung: Rung, error: ChatError, follows: Next) -> None:
    assert after(rung, error) == follows


def test_pauses_grow_and_have_an_end() -> None:
    pauses = [pause_s(tries) for tries in range(1, 40)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[8], pauses[-1]) == (1.0, 60.0, 600.0)
