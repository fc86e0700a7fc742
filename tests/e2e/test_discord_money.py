"""Discord's own shop and every panel of the settings, from the button to the ledger, over real sockets."""

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from core.domain.rules.panels import PanelName
from core.replies.rules.panels import title_of
from tests.e2e.conftest import Town, until
from tests.e2e.discord_town import WITHIN_S, turn, turned
from tests.e2e.whispers import Whispers, action, whispers


def _buy(town: Town, heard: Whispers, label: str, *, channel: str = "general", user: str = "ben") -> None:
    """Open the shop, press one of its buttons, and pay."""
    body = {"platform": "discord", "channel": channel, "user": user, "text": "/buy"}
    card = heard.told(user, lambda: town.http.post("/api/say", json=body).raise_for_status(), button=label)
    pressed = {"platform": "discord", "channel": channel, "user": user, "message": card["id"]}
    assert town.http.post("/api/press", json=pressed | {"action": action(card, label)}).json()["ok"]


def _thanks(town: Town, user: str) -> list[dict[str, Any]]:
    return [each for each in town.messages("discord", f"@{user}") if "Thank you!" in each["text"]]


def _is_thanked(town: Town, user: str, times: int) -> bool:
    return len(_thanks(town, user)) == times


def test_a_subscription_is_credited_for_each_month_and_a_refund_takes_the_newest_one_back(town: Town) -> None:
    before, monthly = town.balance("discord"), "1000 credits a month"
    with whispers(town, "discord") as heard:
        _buy(town, heard, f"Buy {monthly}", user="cleo")
    until(lambda: town.balance("discord") == before + 1000, within_s=WITHIN_S)
    (bought,) = [each for each in _sales(town) if monthly in each]
    turn(town, renewed=[bought])
    until(lambda: town.balance("discord") == before + 2000, within_s=WITHIN_S)
    turn(town, paid_back=[*_undone(town), bought])
    until(lambda: town.balance("discord") == before + 1000, within_s=WITHIN_S)


def _sales(town: Town) -> list[str]:
    every = town.http.get("/api/switches", params={"platform": "discord"}).json()["switches"]
    found: list[str] = next(each["choices"] for each in every if each["name"] == "paid_back")
    return found


def test_what_is_bought_is_credited_once_and_goes_back_when_discord_pays_it_back(town: Town) -> None:
    before = town.balance("discord")
    with whispers(town, "discord") as heard:
        for number in (1, 2):  # the same may be bought again, once it is used up
            _buy(town, heard, "Buy 500 credits")
            until(partial(_is_thanked, town, "ben", number), within_s=WITHIN_S)
    assert town.balance("discord") == before + 1000
    sales = _sales(town)[-2:]
    turn(town, paid_back=[sales[0]])
    until(lambda: town.balance("discord") == before + 500, within_s=WITHIN_S)
    turn(town, paid_back=sales)
    until(lambda: town.balance("discord") == before, within_s=WITHIN_S)


@pytest.mark.exhaustive
def test_a_sale_and_a_refund_that_the_gateway_never_tells_of_are_found_after_a_restart(town: Town) -> None:
    """Out of order as well: the refund of one is known before its sale."""
    before = town.balance("discord")
    with turned(town, silent_shop=True), whispers(town, "discord") as heard:
        for _ in range(2):
            _buy(town, heard, "Buy 2000 credits")
        kept, undone = _sales(town)[-2:]
        turn(town, silent_shop=False, paid_back=[*_undone(town), undone])
        town.neverdark("stop", "discord")
        town.neverdark("start", "discord")
    until(lambda: _quietly(town) == before + 2000, within_s=WITHIN_S)
    turn(town, paid_back=[*_undone(town), kept])
    until(lambda: town.balance("discord") == before, within_s=WITHIN_S)


def _quietly(town: Town) -> int | None:
    """The balance, while the bot may be on its way."""
    with suppress(AssertionError):
        return town.balance("discord")
    return None


def _undone(town: Town) -> list[str]:
    every = town.http.get("/api/switches", params={"platform": "discord"}).json()["switches"]
    found: list[str] = next(each["value"] for each in every if each["name"] == "paid_back")
    return found


FILLED: dict[PanelName, dict[str, str]] = {
    PanelName.RESULTS: {"from": "1100000000000000103", "to": "1100000000000000102"},
    PanelName.GUESTS: {"who": "guests", "videos_per_day": "3"},
    PanelName.SUPPORTERS: {"who": "level_1", "videos_per_day": "9"},
    PanelName.PRESETS: {"name": "friday", "words": "{prompt}, neon, rain"},
    PanelName.DEFAULTS: {"channels": "1100000000000000103", "seconds": "5"},
}
"""What the panels need that cannot be sent as they open; all others are sent as they are."""
UNDONE: dict[PanelName, dict[str, str]] = {
    PanelName.RESULTS: {"from": "1100000000000000103", "to": ""},
    PanelName.GUESTS: {"who": "guests", "videos_per_day": "off"},
    PanelName.SUPPORTERS: {"who": "level_1", "videos_per_day": "off"},
    PanelName.PRESETS: {"name": "friday", "words": ""},
    PanelName.DEFAULTS: {"channels": "1100000000000000103", "seconds": ""},
}


@pytest.mark.exhaustive
def test_every_panel_of_the_settings_opens_is_sent_and_answers(town: Town) -> None:
    with whispers(town, "discord") as heard:
        for name in PanelName:
            title = "Links and gallery" if name is PanelName.SHARING else title_of(name)
            for values in (FILLED, UNDONE):
                told = heard.panel(title, values.get(name, {}))
                assert "Changed" in told or "As it was" in told, (name, told)
        rules = heard.say("/settings show:rules", words="Rules of videos here")["text"]
    assert "friday" not in rules
