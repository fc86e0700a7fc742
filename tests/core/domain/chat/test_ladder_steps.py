"""Each step of the ladder by example: what follows which answer, at, below and above every limit.

The properties in test_delivery.py say that a message always ends; these say how it gets there.
"""

from dataclasses import replace

import pytest

from core.domain.chat.chat_errors import (
    AccessLost,
    CardRefused,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatPending,
    ChatUnclear,
    FileRefused,
    PlaceGone,
    ThreadRefused,
    UploadFailed,
)
from core.domain.chat.delivery import (
    ACCESS_PAUSES_S,
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

UNCLEAR, AWAY = ChatUnclear("internal_error"), ChatAway("ClientConnectorError")
LATE_S = GIVE_UP_AFTER_S + 1
SAID, TOLD_NOBODY = End(alarm=False), End(alarm=True)


def result(**changed: object) -> Rung:
    return Rung(kind=Kind.RESULT, **{"form": Form.FILE, **changed})  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("rung", "error", "follows"),
    [
        # What may pass: uncounted, and growing with the time that it has gone on.
        (result(), ChatBusy(retry_after_s=300), Again(in_s=300, counts=False)),
        (result(age_s=60), ChatBusy(retry_after_s=2), Again(in_s=10, counts=False)),
        (result(), ChatPending(look_in_s=7), Again(in_s=7, counts=False)),
        (result(), AWAY, Again(in_s=1, counts=False)),
        (result(age_s=3599), AWAY, Again(in_s=60, counts=False)),
        (result(age_s=3600), AWAY, Again(in_s=600, counts=False)),
        # After a day what may pass does not count as passing any more.
        (result(age_s=GIVE_UP_AFTER_S), AWAY, Again(in_s=600, counts=False)),
        (result(age_s=LATE_S), AWAY, TOLD_NOBODY),
        (result(age_s=LATE_S), UNCLEAR, TOLD_NOBODY),
        (result(age_s=LATE_S, is_last=True), AWAY, TOLD_NOBODY),
        (Rung(kind=Kind.PROGRESS, is_last=True, age_s=LATE_S), AWAY, SAID),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, age_s=LATE_S), AWAY, Edit(Edits.LAST_ONLY)),
        # What may still be under way is looked for when it can be seen.
        (result(), ChatUnclear("TimeoutError", look_in_s=30), Again(in_s=30, counts=True)),
        (result(tries=5), ChatUnclear("TimeoutError", look_in_s=3), Again(in_s=pause_s(5), counts=True)),
        # A file.
        (result(), FileRefused(limit=8_000_000), AsFile(8_000_000)),
        (result(), FileRefused(limit=1), AsFile(1)),
        (result(), FileRefused(limit=0), AsWords()),
        (result(), FileRefused(), AsWords()),
        (result(form=Form.SMALLER), FileRefused(limit=1000), AsWords()),
        (result(form=Form.WORDS), FileRefused(), AsPlain()),
        (result(form=Form.WORDS, is_plain=True), FileRefused(), To(Where.CHANNEL)),
        # A card.
        (result(), CardRefused("invalid_blocks"), AsPlain()),
        (result(is_plain=True), CardRefused("invalid_blocks"), AsWords()),
        (result(is_plain=True, form=Form.WORDS), CardRefused("invalid_blocks"), To(Where.CHANNEL)),
        (result(is_plain=True, form=Form.WORDS, where=Where.DIRECT), CardRefused("x"), TOLD_NOBODY),
        # A place.
        (result(), ThreadRefused("thread_not_found"), To(Where.CHANNEL)),
        (result(where=Where.CHANNEL), ThreadRefused("x"), AsWords()),
        (result(where=Where.CHANNEL, form=Form.WORDS), ThreadRefused("x"), To(Where.FOLLOW_UP)),
        (result(), PlaceGone("is_archived"), To(Where.FOLLOW_UP)),
        (result(where=Where.FOLLOW_UP), PlaceGone("x"), To(Where.DIRECT)),
        (result(where=Where.DIRECT), PlaceGone("x"), AsWords()),
        (result(where=Where.DIRECT, form=Form.WORDS), PlaceGone("x"), TOLD_NOBODY),
        (Rung(kind=Kind.ROOT), ThreadRefused("x"), To(Where.FOLLOW_UP)),
        (result(places=frozenset({Where.DIRECT})), PlaceGone("x"), To(Where.DIRECT)),
    ],
)
def test_what_follows_an_answer_to_a_post(rung: Rung, error: ChatError, follows: Next) -> None:
    assert after(rung, error) == follows


@pytest.mark.parametrize("tries", range(1, len(ACCESS_PAUSES_S) + 2))
@pytest.mark.parametrize(
    ("rung", "then"),
    [
        (result(form=Form.WORDS), TOLD_NOBODY),
        (result(), AsWords()),
        (Rung(kind=Kind.PROGRESS), SAID),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING), Edit(Edits.LAST_ONLY)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, is_last=True), Edit(Edits.LAST_WORD)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.LAST_WORD, is_last=True), SAID),
        (Rung(kind=Kind.ROOT_EDIT, edits=Edits.GOING, is_last=True), SAID),
    ],
)
def test_credentials_that_were_taken_are_waited_for_ever_longer_and_not_for_ever(
    rung: Rung, then: Next, tries: int
) -> None:
    """Also at the end of a message that is up: a token that was exchanged a moment ago must leave no running bar."""
    lost = AccessLost("token_revoked")
    waits = Again(in_s=ACCESS_PAUSES_S[tries - 1], counts=True) if tries <= len(ACCESS_PAUSES_S) else then
    assert after(replace(rung, tries=tries, age_s=GIVE_UP_AFTER_S), lost) == waits
    assert after(replace(rung, tries=tries, age_s=LATE_S), lost) == then


def test_the_pauses_without_credentials_are_five_minutes_in_all_and_the_first_ones_short() -> None:
    assert list(ACCESS_PAUSES_S) == sorted(ACCESS_PAUSES_S)
    assert ACCESS_PAUSES_S[0] < 10
    assert 300 <= sum(ACCESS_PAUSES_S) <= 400


def test_a_missing_scope_for_files_does_not_hold_up_the_words() -> None:
    assert after(result(), AccessLost("missing_scope", needed="files:write", is_scope=True)) == AsWords()
    words = result(form=Form.WORDS)
    assert after(words, AccessLost("missing_scope", is_scope=True)) == Again(in_s=ACCESS_PAUSES_S[0], counts=True)


@pytest.mark.parametrize(
    ("error", "tries_max", "then"),
    [
        (UNCLEAR, 6, AsWords()),
        (UploadFailed("the upload answered 500"), 4, AsWords()),
    ],
)
def test_what_is_unclear_is_tried_a_few_times_with_growing_pauses(error: ChatError, tries_max: int, then: Next) -> None:
    tries = 1
    while isinstance(follows := after(result(tries=tries, is_plain=True), error), Again):
        assert follows == Again(in_s=pause_s(tries), counts=True)
        tries += 1
    assert (tries, follows) == (tries_max, then)


def test_an_unclear_word_is_kept_trying_where_no_other_place_is_left() -> None:
    last = result(form=Form.WORDS, where=Where.DIRECT, tries=30)
    assert after(last, UNCLEAR) == Again(in_s=pause_s(30), counts=True)
    assert after(Rung(kind=Kind.PROGRESS, tries=30), UNCLEAR) == SAID


@pytest.mark.parametrize(
    ("tries", "seconds"), [(0, 0.5), (1, 1), (2, 2), (5, 16), (6, 32), (7, 60), (8, 60), (40, 600), (10_000, 600)]
)
def test_a_pause_doubles_up_to_its_most(tries: int, seconds: float) -> None:
    assert pause_s(tries) == seconds


@pytest.mark.parametrize(
    ("rung", "follows"),
    [
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING), Edit(Edits.LAST_ONLY)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.LAST_ONLY), SAID),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, is_last=True), Edit(Edits.LAST_WORD)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.GOING, is_last=True, stays=True), Edit(Edits.REMOVE)),
        (Rung(kind=Kind.PROGRESS, edits=Edits.REMOVE, is_last=True), SAID),
        (Rung(kind=Kind.PROGRESS, edits=Edits.LAST_WORD, is_last=True), SAID),
        (Rung(kind=Kind.ROOT_EDIT, edits=Edits.GOING), SAID),
    ],
)
def test_a_refused_edit_shows_less_and_never_posts(rung: Rung, follows: Next) -> None:
    assert after(rung, ChatError("edit_window_closed")) == follows


def test_the_words_of_rows_stay_as_they_are() -> None:
    """They are in the database of every installation."""
    assert [kind.value for kind in Kind] == ["root", "progress", "result", "pick", "extra", "root_edit"]
    assert Rung(kind=Kind.ROOT).age_s == 0.0
