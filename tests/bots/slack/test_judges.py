"""Every card, view and Home that we draw, judged by Slack's types as a schema and by its SDK's models."""

from collections.abc import Iterator
from typing import Any

import pytest

from bots.slack.drawing import render, tables
from bots.slack.home import home_view
from bots.slack.requests.form import view as form_view
from bots.slack.requests.form_memory import Kept
from bots.slack.rules import panels
from core.domain.requests.drafts import Draft
from core.domain.requests.tiers import TierName
from core.domain.rules.kinds import RuleKind, Rules, WorkspaceRule
from core.domain.rules.panels import PanelName
from core.replies.chat.card import Card
from core.replies.languages.say import speaking
from core.replies.rules.listing import rules_card
from core.replies.rules.panels import panel
from core.replies.rules.presets import for_everybody, for_managers
from core.usecases.generations.overview import Overview
from tests.bots.slack.test_card_blocks import CAME, TAKES
from tests.core.rows import NOW
from tests.sandbox.page.test_cards import cards
from tests.sandbox.slack.schema import SCHEMA, request_problems
from tests.sandbox.slack.sdk_models import model_problems

NOIR = WorkspaceRule(
    id=1,
    author=None,
    at=NOW,
    kind=RuleKind.PRESET,
    subject="noir",
    value={"words": "{prompt} in *rain* <!here>", "tier": "pro"},
)
RULES = Rules(all=(NOIR,))
NOBODY = Overview(running=(), last=(), links={})


def _problems(method: str, arguments: dict[str, Any]) -> list[str]:
    return model_problems(arguments) + (request_problems(method, arguments) if SCHEMA.exists() else [])


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_card_as_a_message_with_a_plan_and_as_slacks_cards(language: str) -> None:
    with speaking(language):
        for card in (CAME, TAKES, *cards()):
            for ways in ({}, {"plan": True}, {"cards": True}):
                sent = {"channel": "C1", "text": render.text(card), "blocks": render.blocks(card, **ways)}
                assert _problems("chat.postMessage", sent) == [], (card.title, ways)


def test_a_table() -> None:
    sent = {"channel": "C1", "text": "t", "blocks": [tables.block([["Day", "Credits"], ["1", "480"]])]}
    assert _problems("chat.postMessage", sent) == []


@pytest.mark.parametrize("name", list(PanelName))
def test_every_panel(name: PanelName) -> None:
    for about in ("", "noir"):
        view = panels.view(panel(name, RULES, about=about), {"S1": "film"}, answers="", at_home=True)
        assert _problems("views.open", {"trigger_id": "1", "view": view}) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_form(language: str) -> None:
    with speaking(language):
        for draft in (Draft(text=""), Draft(text="tier:draft seconds:8", description="a red fox " * 300)):
            for kept in _kept():
                view = form_view(draft, kept, {TierName.DRAFT: 15, TierName.ULTRA: 756})
                assert _problems("views.open", {"trigger_id": "1", "view": view}) == []


def _kept() -> Iterator[Kept]:
    yield Kept(channel="C1")
    yield Kept(channel="")


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_home(language: str) -> None:
    with speaking(language):
        balance = Card(title="480 credits left")
        for presets in (None, for_managers(Rules()), for_managers(RULES), for_everybody(("noir",))):
            for managed in ((), (rules_card(RULES), rules_card(Rules()))):
                view = home_view.home(
                    balance=balance, mine=NOBODY, notices=render.blocks(balance), presets=presets, managed=managed,
                    pictures=True,
                )  # fmt: skip
                assert _problems("views.publish", {"user_id": "U1", "view": view}) == []
        closed = {"user_id": "U1", "view": home_view.closed(balance)}
        assert _problems("views.publish", closed) == []


def test_the_judges_find_what_is_wrong() -> None:
    text = {"type": "plain_text", "text": "a" * 151}
    assert model_problems({"blocks": [{"type": "header", "text": text}]})
    assert model_problems({"blocks": [{"type": "divider", "surprise": 1}]})
    assert model_problems({"blocks": [{"type": "no_such_block"}]})
    assert model_problems({"view": {"type": "modal", "title": {"type": "plain_text", "text": "t" * 25}, "blocks": []}})
