"""Every card about a generation, drawn by both platforms' renderers, photographed narrow and wide, light and dark.

The pictures lie in the test's own folder, for whoever wants to look at them: `pytest tests/sandbox/page/test_cards.py
--basetemp=…`. What is asserted is that nothing is wider than its place, and that each card is there.
"""

import io
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from playwright.async_api import Page, ViewportSize, expect

from bots.discord.drawing import layout as discord_layout
from bots.discord.drawing import render as discord_render
from bots.slack.drawing import render as slack_render
from core.domain.errors import ErrorClass
from core.domain.generations.generation import AttemptState, Clip, Outcome, State
from core.domain.ids import ProviderName, UserId
from core.domain.requests import refusals
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import OtherProvider
from core.domain.requests.tiers import KLING, VEO, TierName
from core.domain.requests.variations import HigherTier, Variations
from core.domain.routing.queueing import ExpectedTurn
from core.replies.chat.card import Card
from core.replies.generations.extras import extra
from core.replies.generations.progress import progress
from core.replies.generations.results import result, too_large
from core.replies.generations.root import root, root_now
from core.replies.generations.show import shown as in_gallery
from core.replies.generations.view import View
from core.replies.languages.say import speaking
from core.replies.requests.help import video
from core.replies.requests.refusals import refused
from sandbox.discord.fixtures import PEOPLE_BY_NAME
from tests.core.rows import NOW, RESULT, attempt, generation
from tests.core.terms import terms
from tests.quick import of_each_kind

pytestmark = pytest.mark.asyncio(loop_scope="module")

Opened = Callable[..., Awaitable[Page]]
NARROW: ViewportSize = {"width": 390, "height": 4200}
WIDE: ViewportSize = {"width": 1400, "height": 4200}
LOOKS = [(viewport, scheme) for viewport in (NARROW, WIDE) for scheme in ("light", "dark")]
LABELS: dict[ProviderName, str] = {VEO: "Veo 3.1", KLING: "Kling 3.0"}
CLIP = Clip(key="1/a.mp4", sha256="a", size=9, width=1920, height=1080, duration_s=8.0, has_audio=False)
LOST = attempt(AttemptState.FAILED, error_class=ErrorClass.CAPACITY)
WON = attempt(AttemptState.SUCCEEDED, 2, route="kling.api", result=RESULT)
LONG = "a lighthouse keeper climbs the stairs while the storm throws spray against the windows, " * 3
ANA = UserId(PEOPLE_BY_NAME["ana"].id)
WIDER = """all => {
  const edge = (e) => e.closest(".pane").getBoundingClientRect().right;
  return all.filter((e) => e.getBoundingClientRect().right > edge(e)).map((e) => e.textContent.slice(0, 60));
}"""
"""What stands out of its pane on the right."""


def view(*attempts: Any, **changed: Any) -> View:
    row = generation(**{"asked_by": "ana", **changed})
    return View(generation=row, attempts=attempts, labels=LABELS, now=NOW, expected_s=60.0, link=None)


def cards() -> Iterator[Card]:
    """Each state that a generation can be in, and the cards about asking."""
    made = {"state": State.DONE, "outcome": Outcome.SUCCEEDED, "winner_attempt": 2, "settled": 227, "clip": CLIP}
    ready = view(LOST, WON, **made)
    policy = attempt(AttemptState.FAILED, error_class=ErrorClass.CONTENT_POLICY)
    blocked = {"state": State.DONE, "outcome": Outcome.FAILED, "error_class": ErrorClass.CONTENT_POLICY, "settled": 0}
    queued = view(state=State.QUEUED, reason={"waiting": "full"}, window_ends=None)
    turn = ExpectedTurn(route=LOST.route, provider=VEO, place=3, soonest_s=130, latest_s=235)
    asking = view(state=State.ASKING, consumed=0)
    yield root(VideoRequest(prompt="a red fox in the snow"), credits_held=1480, asked_by="ana")
    yield root(VideoRequest(prompt=LONG), credits_held=480, asked_by="ana")
    yield root_now(asking)
    yield root_now(queued)
    yield root_now(ready)
    yield root_now(view(policy, **blocked))
    yield root_now(view(state=State.DONE, outcome=Outcome.CANCELLED, settled=0))
    yield progress(view(state=State.QUEUED))
    yield progress(replace(queued, turn=turn))
    yield progress(view(LOST, attempt(AttemptState.ACCEPTED, 2, route="kling.api")))
    yield progress(asking)
    yield too_large(replace(ready, link="https://films.example/v/x"))
    yield result(replace(view(policy, **blocked), other=OtherProvider(provider=KLING, credits=202)))
    yield result(view(LOST, state=State.DONE, outcome=Outcome.FAILED, error_class=ErrorClass.TIMEOUT, settled=0))
    yield result(view(state=State.DONE, outcome=Outcome.CANCELLED, settled=0))
    yield refused(refusals.Insufficient(needed=1480, balance=1200, affordable=(("pro", 135), ("draft", 15))))
    yield refused(refusals.TooBusy(wait_s=timedelta(minutes=40).total_seconds(), allowed_s=1800.0, quicker=()))
    yield video(terms().tier_prices(), examples=("/video a red fox in the snow", "/video a fox tier:pro aspect:9:16"))


def with_videos() -> Iterator[Card]:
    """What comes with a video of its own."""
    ready = view(
        LOST, WON, state=State.DONE, outcome=Outcome.SUCCEEDED, winner_attempt=2, settled=227, clip=CLIP, user_id=ANA
    )
    choices = Variations(again=480, higher=HigherTier(tier=TierName.ULTRA, credits=1480, more=1000), extend=480)
    yield result(replace(ready, variations=choices, link="https://films.example/v/x"))
    yield extra(ready, WON, clip=CLIP)
    yield in_gallery(title="A red fox", prompt=LONG, user=ANA, subject=str(ready.generation.id), is_entry=True)


def in_slack(card: Card) -> dict[str, Any]:
    return {"text": slack_render.text(card), "blocks": slack_render.blocks(card)}


def in_discord(card: Card) -> dict[str, Any]:
    buttons = discord_render.view(card, mark="")
    return {
        "content": discord_render.ping(card)[0] or "",
        "embeds": [discord_render.embed(card).to_dict()],
        "components": buttons.to_components() if buttons is not None else [],
        "flags": 0,
    }


def framed_in_discord(card: Card) -> dict[str, Any]:
    """The same with a video, which the stand-in would have given an address."""
    file = discord.File(io.BytesIO(b""), filename="fox.mp4", spoiler=card.title.startswith("An extra"))
    drawn = discord_layout.layout(card, mark="", file=file).to_components()
    return {"content": "", "embeds": [], "components": drawn, "flags": 1 << 15}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("platform", "drawn", "framed"),
    [("slack", in_slack, in_slack), ("discord", in_discord, framed_in_discord)],
)
async def test_every_card_fits_its_place_narrow_and_wide_light_and_dark(
    opened: Opened,
    sandbox: Any,
    tmp_path: Path,
    platform: str,
    drawn: Callable[[Card], dict[str, Any]],
    framed: Callable[[Card], dict[str, Any]],
    language: str,
    clip: Any,
) -> None:
    chat = getattr(sandbox, platform)
    with speaking(language):
        shown = list(cards())
        for card in shown:
            chat.post("general", "Neverdark", card.title, bot=True, raw=drawn(card))
        for card in (videos := list(with_videos())):
            veiled = framed is framed_in_discord and card.title.startswith("An extra")
            files = [{**each, "name": f"{'SPOILER_' if veiled else ''}{each['name']}"} for each in clip]
            chat.post("general", "Neverdark", card.title, bot=True, raw=framed(card), files=files)
    for viewport, scheme in of_each_kind(LOOKS, lambda look: look[0]["width"], of=f"{platform} {language}"):
        page = await opened(viewport=viewport, scheme=scheme)
        if viewport is NARROW:
            await _choose(page, platform)
        pane = page.locator(f".pane.{platform}")
        await expect(pane.locator(".message")).to_have_count(len(shown) + len(videos))
        name = f"{platform}-{language}-{viewport['width']}-{scheme}.png"
        await pane.screenshot(path=tmp_path / name)
        assert (tmp_path / name).stat().st_size > 10_000
        assert await pane.locator(".message *").evaluate_all(WIDER) == [], name


async def _choose(page: Page, platform: str) -> None:
    """Where there is room for one platform only."""
    await page.locator(".views").get_by_text(platform.capitalize(), exact=True).click()
