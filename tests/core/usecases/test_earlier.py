"""Earlier videos: any of the team's by id or words, none of another team's, and none that was taken away."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, PlatformName, UserId
from core.usecases.generations.earlier import find, last_own, links_of
from core.usecases.requests.submit import VideoCommand, submit
from tests.bots.finished import finish
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
ANA = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("ana"), is_admin=False)
BEN, STRANGER = replace(ANA, user=UserId("ben")), replace(ANA, installation=Installation("T2"))


async def _asked(house: Pool, ask: Ask, prompt: str, **changed: object) -> str:
    order = ask(prompt=prompt, event=prompt, **changed)
    done = await submit(order, pool=house, terms=terms(free_credits=50_000), owner="bot")
    return done.generation_id.hex


async def test_words_and_ids_find_the_teams_newest_first(house: Pool, asked: Ask) -> None:
    red = await _asked(house, asked, "a red fox in the snow")
    blue = await _asked(house, asked, "a blue fox, 100%_sure", user=UserId("ben"))
    assert [each.id.hex for each in await find("FOX", by=ANA, pool=house)] == [blue, red]
    assert [each.id.hex for each in await find("snow red", by=BEN, pool=house)] == [red]
    assert [each.id.hex for each in await find("100%_s", by=ANA, pool=house)] == [blue]
    assert await find("%", by=ANA, pool=house) != [red]
    for text in (red, red[:8], f"#{red[:8].upper()}"):
        assert [each.id.hex for each in await find(text, by=BEN, pool=house)] == [red]
    assert [each.id.hex for each in await last_own(BEN, pool=house)] == [blue]


async def test_another_teams_are_not_there_neither_by_words_nor_by_id(house: Pool, asked: Ask) -> None:
    red = await _asked(house, asked, "a red fox")
    await _asked(house, asked, "a hare", installation=STRANGER.installation)
    for text in ("fox", red, red[:8]):
        assert await find(text, by=STRANGER, pool=house) == []
    assert [each.prompt for each in await last_own(STRANGER, pool=house)] == ["a hare"]


@pytest.mark.parametrize(
    "way", ["SELECT take_away($1, false)", "SELECT take_away($1, true)", "SELECT scrub_generation($1)"]
)
async def test_what_was_hidden_deleted_or_is_too_old_is_not_there(house: Pool, asked: Ask, way: str) -> None:
    red = await _asked(house, asked, "a red fox")
    (found,) = await find("fox", by=ANA, pool=house)
    await finish(house, found.id)
    (found,) = await find("fox", by=ANA, pool=house)
    addresses = Addresses(base="https://nd.example", secret="s" * 16)
    assert set(await links_of([found], pool=house, addresses=addresses, days=1)) == {found.id}
    await house.execute(way, found.id)
    for text in ("fox", red):
        assert await find(text, by=ANA, pool=house) == []
    assert await last_own(ANA, pool=house) == []
