"""Every form that there is, and Slack's Home, filled in as people see them."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import discord

from bots.discord.credits import credit_forms
from bots.discord.requests import form as discord_form
from bots.discord.rules import panels as discord_panels
from bots.slack.home import home_view
from bots.slack.requests import animate
from bots.slack.requests import form as slack_form
from bots.slack.requests.form_memory import kept
from bots.slack.rules import panels as slack_panels
from core.domain.credits.money import TeamLimits
from core.domain.generations.generation import Outcome, State
from core.domain.ids import ChannelId, Installation, PlatformName
from core.domain.requests.drafts import Draft
from core.domain.rules.kinds import EVERYBODY, RuleKind
from core.domain.rules.panels import PanelName
from core.replies.rules import listing, presets
from core.replies.rules.panels import panel
from core.usecases.generations.overview import Overview
from sandbox.discord.modals import Modals
from sandbox.platform import Modal
from tests.core.domain.rules.cases import rules
from tests.core.rows import NOW
from tests.core.terms import terms
from tests.sandbox.page.every_card import LONG, Town, every

FILLED = Draft(text='tier:pro seconds:5 audio:off seed:7 negative:"text, people"', description=LONG)
_IDS = count(1)
"""Each form has an id of its own: the page shows one that was closed no second time."""
HELD = rules(
    (RuleKind.TIERS, EVERYBODY, ("draft", "standard")),
    (RuleKind.PRESET, "noir", {"words": "film noir, rain", "tier": "pro", "aspect": "21:9"}),
)


def of_slack() -> Iterator[tuple[str, dict[str, Any]]]:
    """The views that open as modals, by name."""
    prices = terms().tier_prices()
    yield "blank", slack_form.view(slack_form.blank(), kept("C0GENERAL", "", slack_form.blank()), prices)
    yield "filled", slack_form.view(FILLED, kept("", "", FILLED), prices)
    memory = {"channel": "C0GENERAL", "files": ["F1", "F2", "F3"], "answers": ""}
    yield "animate", animate.form(memory, prices, name="a fox.png", count=3)
    for name in PanelName:
        yield name.value, slack_panels.view(panel(name, HELD), {"S0TEAM": "designers"}, answers="")


def of_discord() -> Iterator[tuple[str, Modal]]:
    """The modals, as its stand-in shows them, by name."""
    prices = terms().tier_prices()
    yield "blank", _shown(discord_form.form(Draft(text=""), None, prices))
    yield "filled", _shown(discord_form.form(FILLED, None, prices))
    for name in PanelName:
        yield name.value, _shown(discord_panels.modal(panel(name, HELD)))
    limits = TeamLimits(
        approval_above=1000, low_balance=200, alert_platform=PlatformName("discord"),
        alert_installation=Installation("1"), alert_channel=ChannelId("1"),
    )  # fmt: skip
    for form in credit_forms.CreditForm:
        yield f"credits-{form.value}", _shown(credit_forms.modal(form, limits=limits))


def home(town: Town) -> dict[str, Any]:
    """The Home of somebody who looks after the workspace."""
    cards = every(town)
    videos: list[Any] = [
        SimpleNamespace(
            id=n, prompt=LONG, tier="pro", state=State.DONE, outcome=Outcome.SUCCEEDED, credits=227, created_at=NOW,
            done_at=NOW + timedelta(minutes=2), has_clip=True, consumed=480,
        )
        for n in range(6)
    ]  # fmt: skip
    return home_view.home(
        balance=cards["credits.balance.balance"][0],
        mine=Overview(running=videos[:2], last=videos, links={}),
        notices=[],
        presets=presets.for_managers(HELD),
        managed=[cards["chat.settings.settings"][0], listing.rules_card(HELD)],
        pictures=False,
    )


def _shown(modal: discord.ui.Modal) -> Modal:
    asked: Any = SimpleNamespace(
        id=next(_IDS), user_id=1, channel=None, source=None, origin=SimpleNamespace(metadata={})
    )
    return Modals().open(asked, modal.to_dict())
