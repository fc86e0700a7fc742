"""The answer to /settings: what holds, what each value means, and a button for each."""

import pytest

from core.domain.chat.principal import Outsiders
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, plain
from core.replies.chat.settings import settings


@pytest.mark.parametrize("now", Fallback)
def test_what_holds_is_marked_and_every_value_has_its_meaning_and_its_button(now: Fallback) -> None:
    card = settings(fallback=now, last_resort={}, keep_days=90)
    buttons = [part for part in card.parts if isinstance(part, Button)]
    wanted = [
        *(f"fallback={each.value}" for each in Fallback),
        *(f"refused={each.value}" for each in Elsewhere),
        *(f"outsiders={each.value}" for each in Outsiders),
    ]
    assert [(b.action, b.subject) for b in buttons] == [(Action.CHOOSE, subject) for subject in wanted]
    holds = [b.subject for b in buttons if b.primary and b.label.startswith("✓")]
    assert holds == [f"fallback={now.value}", "refused=offer", "outsiders=nobody"]
    for words in ("only the tier's first provider", "the other providers of the tier take over", "nothing is paid"):
        assert words in plain(card)


def test_a_last_resort_is_named_where_there_is_one() -> None:
    named = plain(
        settings(
            fallback=Fallback.ANY, last_resort={TierName.PRO: "Wan 2.2", TierName.DRAFT: "Kling 3.0"}, keep_days=90
        )
    )
    assert "as a last resort Wan 2.2 for pro and Kling 3.0 for draft." in named
    assert "the same as the tier" in plain(settings(fallback=Fallback.ANY, last_resort={}, keep_days=90))


def test_a_change_is_the_first_thing_that_is_said() -> None:
    assert (
        settings(fallback=Fallback.NEVER, last_resort={}, keep_days=90, changed=Fallback.NEVER).title
        == "Changed: Never fall back"
    )


def test_for_how_long_things_are_kept_is_said_and_how_to_change_it() -> None:
    card = settings(fallback=Fallback.ANY, last_resort={}, keep_days=1, changed=1)
    assert card.title == "Changed: kept for 1 day"
    assert "deleted here after 1 day." in plain(card)
    assert "/settings keep:30" in plain(card)


@pytest.mark.parametrize("now", Outsiders)
def test_whom_a_workspace_lets_in_is_said_and_can_be_changed(now: Outsiders) -> None:
    card = settings(fallback=Fallback.ANY, last_resort={}, keep_days=90, outsiders=now, changed=now)
    buttons = [part for part in card.parts if isinstance(part, Button) and part.subject.startswith("outsiders=")]
    assert [b.subject for b in buttons] == [f"outsiders={each.value}" for each in Outsiders]
    assert [b.subject for b in buttons if b.primary] == [f"outsiders={now.value}"]
    assert card.title.startswith("Changed: ")
