"""Which shards a process has, and that all processes together identify no faster than Discord lets them."""

import asyncio
import time

import pytest

from bots.discord.gateway.shards import shards_of
from bots.discord.settings import DiscordSettings
from bots.presence import Presence
from core.settings import SettingsError
from tests.bots.conftest import AWAY, OpenService


def _known(count: int | None, words: str | None) -> DiscordSettings:
    return DiscordSettings(discord_shard_count=count, discord_shards=words)  # type: ignore[call-arg]  # has defaults


@pytest.mark.parametrize(
    ("count", "words", "shards"),
    [
        (None, None, (None, None)),
        (4, None, (4, None)),
        (4, "0-1", (4, [0, 1])),
        (16, "3, 8-10 3", (16, [3, 8, 9, 10])),
        (1, "0", (1, [0])),
    ],
)
def test_a_process_has_the_shards_that_its_variables_name(
    count: int | None, words: str | None, shards: tuple[int | None, list[int] | None]
) -> None:
    assert shards_of(_known(count, words)) == shards


@pytest.mark.parametrize(
    ("count", "words"), [(None, "0-1"), (4, "0-4"), (4, "4"), (4, "2-1"), (4, "a"), (4, ","), (4, "-1")]
)
def test_shards_that_cannot_be_are_one_sentence(count: int | None, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        shards_of(_known(count, words))
    assert "DISCORD_SHARDS" in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_racing_processes_identify_one_after_another(open_service: OpenService) -> None:
    async with open_service() as one, open_service() as other:
        began = time.monotonic()
        at: list[float] = []

        async def identify(presence: Presence) -> None:
            await presence.turn("discord:identify:1:0", every_s=0.1)
            at.append(time.monotonic() - began)

        await asyncio.gather(*(identify(service.presence) for service in (one, other) for _ in range(3)))
        await one.presence.turn("discord:identify:1:1", every_s=60)
    assert [after >= 0.1 * turn - 0.02 for turn, after in enumerate(sorted(at))] == [True] * 6
    assert time.monotonic() - began < 10, "another bucket waits for nobody"


async def test_without_postgres_a_process_keeps_its_own_pace(open_service: OpenService) -> None:
    async with open_service(dsn=AWAY) as video_service:
        began = time.monotonic()
        for _ in range(3):
            await video_service.presence.turn("discord:identify:1:0", every_s=0.1)
    assert time.monotonic() - began >= 0.2
