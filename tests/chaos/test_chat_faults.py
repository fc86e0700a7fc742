"""Chat faults of a run: each can be drawn, and the sandbox knows the method that it names."""

from tests.chaos.chat_faults import DECK, REFUSALS, TIMES_MAX, chosen
from tests.chaos.faults import schedule


def test_every_refusal_is_drawn_by_some_number() -> None:
    drawn = {chosen(n / 1000)[:3] for n in range(1000)}
    assert drawn == {(platform, method, code) for platform, known in REFUSALS.items() for method, code in known}
    assert {chosen(n / 1000)[3] for n in range(1000)} == set(range(1, TIMES_MAX + 1))


def test_a_deck_of_chat_faults_is_dealt_like_any_other() -> None:
    faults = schedule(1, every_s=1.0, deck=DECK)
    assert {next(faults).what for _ in range(8)} == {"a chat refuses"}
