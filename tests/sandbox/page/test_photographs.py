"""Photographs of everything that people see, narrow and wide, light and dark, on both platforms.

The pictures lie in `.out/photographs`, for whoever wants to look at them. Asserted is what a look would find at once:
nothing stands out of its place, is cut off, covers another thing, or can hardly be read; and no card is missing.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from bots.discord.vocabulary import WORDS as DISCORD_WORDS
from core.domain.chat.vocabulary import Vocabulary
from core.replies.languages.vocabulary import using
from sandbox.discord.fixtures import CHANNEL_IDS, PEOPLE_BY_NAME
from tests.quick import some
from tests.sandbox.page.every_card import Town, every, functions
from tests.sandbox.page.looks import problems
from tests.sandbox.page.test_cards import _choose, in_discord, in_slack

pytestmark = pytest.mark.asyncio(loop_scope="module")

OUT = Path(__file__).resolve().parents[3] / ".out" / "photographs"
Opened = Callable[..., Awaitable[Page]]
NARROW: ViewportSize = {"width": 390, "height": 900}
WIDE: ViewportSize = {"width": 1400, "height": 900}
TOWNS = {
    "slack": Town(platform="slack", person="U0ANA", channel="C0GENERAL"),
    "discord": Town(platform="discord", person=str(PEOPLE_BY_NAME["ana"].id), channel=str(CHANNEL_IDS["general"])),
}
WORDS = {"slack": Vocabulary(), "discord": DISCORD_WORDS}
DRAWN = {"slack": in_slack, "discord": in_discord}
SUBJECTS = ("generations", "requests", "credits chat health rules")
LOOKS = [(viewport, scheme) for viewport in (NARROW, WIDE) for scheme in ("light", "dark")]
CASES = [(platform, subject, *look) for look in LOOKS for platform in TOWNS for subject in SUBJECTS]


async def test_every_function_that_makes_a_card_is_photographed() -> None:
    for town in TOWNS.values():
        assert set(functions()) == set(every(town))


@pytest.mark.parametrize(
    ("platform", "subject", "viewport", "scheme"),
    some(CASES, of="photographs"),
    ids=lambda value: str(value["width"]) if isinstance(value, dict) else str(value),
)
async def test_a_card_can_be_read_where_it_stands(
    opened: Opened, sandbox: Any, platform: str, subject: str, viewport: ViewportSize, scheme: str
) -> None:
    chat = getattr(sandbox, platform)
    with using(WORDS[platform]):
        made = every(TOWNS[platform])
    cards = [card for name, some_cards in made.items() if name.split(".")[0] in subject.split() for card in some_cards]
    for card in cards:
        chat.post("general", "Neverdark", card.title, bot=True, raw=DRAWN[platform](card))
    page = await opened(viewport=viewport, scheme=scheme)
    if viewport is NARROW:
        await _choose(page, platform)
    pane = page.locator(f".pane.{platform}")
    await expect(pane.locator(".message")).to_have_count(len(cards))
    await _grow(page, pane.locator(".message"), viewport)
    name = f"{platform}-{subject.split(maxsplit=1)[0]}-{viewport['width']}-{scheme}.png"
    await _photograph(pane, name)
    assert await problems(pane.locator(".message")) == [], name


async def _grow(page: Page, shown: Locator, viewport: ViewportSize) -> None:
    """Make the window as high as what is in it, so that one picture has all of it."""
    needed = await shown.evaluate_all("all => all.reduce((sum, e) => sum + e.getBoundingClientRect().height, 0) + 400")
    await page.set_viewport_size({**viewport, "height": max(viewport["height"], int(needed))})


async def _photograph(place: Locator, name: str) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    await place.screenshot(path=OUT / name)
