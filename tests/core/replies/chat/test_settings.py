"""The answer to /settings: what holds and what it means, and menus with every value."""

import pytest

from core.domain.chat.principal import Outsiders
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, plain
from core.replies.chat.settings import settings

MEANS = {
    Fallback.NEVER: "only the tier's first provider",
    Fallback.SAME_TIER: "the other providers of the tier take over",
    Fallback.ANY: "whoever can",
}


@pytest.mark.parametrize("now", Fallback)
def test_what_holds_is_said_in_a_line_and_every_value_is_in_a_menu_with_a_mark_at_the_one_that_holds(
    now: Fallback,
) -> None:
    panels = (Button(Action.RULES, "Limits …", "limits"),)
    card = settings(fallback=now, last_resort={}, keep_days=90, panels=panels)
    assert not card.buttons
    assert [[choice.subject for choice in menu.choices] for menu in card.menus] == [
        [f"fallback={each.value}" for each in Fallback],
        [f"refused={each.value}" for each in Elsewhere],
        [f"outsiders={each.value}" for each in Outsiders],
        ["limits"],
    ]
    marked = [choice.subject for menu in card.menus for choice in menu.choices if choice.label.startswith("✓ ")]
    assert marked == [f"fallback={now.value}", "refused=offer", "outsiders=nobody"]
    assert all(menu.picks for menu in card.menus)
    assert plain(card).count(MEANS[now]) == 1
    assert not any(words in plain(card) for other, words in MEANS.items() if other is not now)


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
    assert "prompts, pictures and videos for 1 day;" in plain(card)
    assert "/settings keep:30" in plain(card)


@pytest.mark.parametrize("now", Outsiders)
def test_whom_a_workspace_lets_in_is_said_and_can_be_changed(now: Outsiders) -> None:
    card = settings(fallback=Fallback.ANY, last_resort={}, keep_days=90, outsiders=now, changed=now)
    (menu,) = [menu for menu in card.menus if menu.choices[0].subject.startswith("outsiders=")]
    assert [each.subject for each in menu.choices] == [f"outsiders={each.value}" for each in Outsiders]
    assert [each.subject for each in menu.choices if each.label.startswith("✓ ")] == [f"outsiders={now.value}"]
    assert card.title.startswith("Changed: ")
