"""What comes beside the result says that it is free, and who made it."""

from core.domain.generations.generation import AttemptState, Outcome, State
from core.domain.requests.tiers import KLING, VEO
from core.replies.chat.card import Button, Card, Fact, LinkButton, plain
from core.replies.generations.extras import extra, hedge_note, shrunk_result
from core.replies.generations.progress import progress
from core.replies.generations.results import result
from core.replies.generations.view import View
from tests.core.rows import NOW, RESULT, attempt, generation

LABELS = {VEO: "Veo 3.1", KLING: "Kling 3.0"}
LATE = attempt(AttemptState.SUCCEEDED, 1, result=RESULT)
WON = attempt(AttemptState.SUCCEEDED, 2, route="kling.api", result=RESULT)


def view(*attempts: object, link: str | None = None, **changed: object) -> View:
    return View(generation=generation(**changed), attempts=attempts, labels=LABELS, now=NOW, link=link)  # type: ignore[arg-type]  # a test's shorthand


DELIVERED = view(LATE, WON, state=State.DONE, outcome=Outcome.SUCCEEDED, winner_attempt=2, settled=227)
REFUNDED = view(LATE, state=State.DONE, outcome=Outcome.FAILED, settled=0)


def _links(card: Card) -> list[str]:
    return [part.url for part in card.parts if isinstance(part, LinkButton)]


def test_an_extra_take_costs_nothing_and_calls_nobody() -> None:
    card = extra(DELIVERED, LATE)
    assert card.title == "An extra take, on the house"
    assert "Veo 3.1" in plain(card)
    assert "free · " in plain(card)
    assert not any(isinstance(part, Fact) for part in card.parts)
    assert card.ping is None


def test_a_video_after_the_refund_is_free_and_calls_nobody_either() -> None:
    card = extra(REFUNDED, LATE)
    assert card.title == "Your video came after all, on the house"
    assert "You keep your credits, too." in plain(card)
    assert card.ping is None


def test_without_a_file_there_is_a_link_or_a_word_on_where_to_ask() -> None:
    assert _links(extra(DELIVERED, LATE, link="https://clips.example/1", is_attached=False)) == [
        "https://clips.example/1"
    ]
    assert "The people who run this bot" in plain(extra(DELIVERED, LATE, is_attached=False))
    assert "people who run" not in plain(extra(DELIVERED, LATE))


def test_a_video_that_was_made_smaller_says_so_and_where_the_original_is() -> None:
    linked = view(LATE, WON, link="https://x.example/w", outcome=Outcome.SUCCEEDED, winner_attempt=2, settled=227)
    assert "the button has the original" in plain(shrunk_result(linked))
    assert "the people who run this bot have the original" in plain(shrunk_result(DELIVERED))
    assert shrunk_result(linked).title == result(linked).title


def test_a_hedge_is_told_while_both_are_at_work() -> None:
    first, second = attempt(AttemptState.ACCEPTED), attempt(AttemptState.ACCEPTED, 2, route="kling.api", is_hedge=True)
    both = view(first, second)
    told = hedge_note(both)
    assert told == (
        "Veo 3.1 is taking longer than usual, so Kling 3.0 is making it too. "
        "You get whichever is ready first, and pay once."
    )
    card = progress(both)
    assert card.title == "Veo 3.1 is making your video"
    assert told in plain(card)
    assert hedge_note(view(first)) is None
    assert any(isinstance(part, Button) for part in card.parts)


def test_who_lost_a_race_is_not_blamed_for_it() -> None:
    overtaken = attempt(AttemptState.LATE, 2, route="kling.api", is_hedge=True)
    won = view(LATE, overtaken, state=State.DELIVERING, outcome=Outcome.SUCCEEDED, winner_attempt=1, settled=480)
    assert "Kling" not in plain(result(won))


def test_a_slow_one_that_was_overtaken_took_too_long() -> None:
    hedge = attempt(AttemptState.SUCCEEDED, 2, route="kling.api", is_hedge=True, result=RESULT)
    slow = attempt(AttemptState.LATE, 1)
    won = view(slow, hedge, state=State.DELIVERING, outcome=Outcome.SUCCEEDED, winner_attempt=2, settled=227)
    assert "Veo 3.1 took too long, so Kling 3.0 made it." in plain(result(won))
