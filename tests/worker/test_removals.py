"""What was deleted or hidden goes: every message, and with a deletion all files and words. The ledger stays."""

from pathlib import Path
from typing import Any

import pytest

from core.db.generations import results
from core.db.generations.next_due import next_due
from core.domain.chat.chat_errors import ChatAway, ChatBusy, EditRefused
from core.domain.chat.principal import Principal
from core.domain.errors import StorageAway
from core.domain.ids import UserId
from core.domain.requests.refusals import NotAnAdmin, NotOverYet, ResultGone
from core.usecases.generations.remove import delete, hide
from core.usecases.requests.again import again
from tests.rows import one_row
from tests.worker.sim import PLATFORM, Sim, world
from worker.removals import once


def _who(sim: Sim, user: str, *, is_admin: bool = False) -> Principal:
    return Principal(platform=PLATFORM, installation=sim.installation, user=UserId(user), is_admin=is_admin)


def _up(sim: Sim) -> int:
    return sum(len(messages) for messages in sim.chat.threads.values())


def _files(sim: Sim) -> list[Path]:
    store = sim.world.folder / str(sim.run_n) / "store"
    return [path for path in store.rglob("*") if path.is_file()]


async def _ledger(sim: Sim) -> list[Any]:
    return [
        tuple(row) for row in await sim.admin.fetch("SELECT seq, kind, delta, held_delta, key FROM entry ORDER BY seq")
    ]


class Refusing:
    """The platform or the storage refuses at first."""

    def __init__(self, inner: Any, name: str, error: Exception, *, times: int) -> None:
        self._inner, self._name, self._error, self._times = inner, name, error, times

    def __getattr__(self, name: str) -> Any:
        if name != self._name or self._times <= 0:
            return getattr(self._inner, name)
        self._times -= 1

        async def refuse(*_: Any, **__: Any) -> None:
            raise self._error

        return refuse


async def test_deleting_takes_messages_files_words_and_the_link_and_leaves_the_ledger(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        before = await _ledger(sim)
        assert _up(sim)
        assert _files(sim)
        await delete(sim.id, by=sim.ana, pool=sim.pool)
        with pytest.raises(ResultGone):
            await again(sim.id, by=sim.ana, pool=sim.pool)
        await once(sim.ctx)
        assert _up(sim) == 0
        assert _files(sim) == []
        row = await one_row(sim.admin, "SELECT request ->> 'prompt' AS prompt, clip, scrubbed_at FROM generations")
        assert (row["prompt"], row["clip"]) == ("", None)
        assert row["scrubbed_at"] is not None
        assert await sim.admin.fetchval("SELECT count(*) FROM clip_link WHERE revoked_at IS NULL") == 0
        assert await _ledger(sim) == before
        assert await sim.admin.fetchval("SELECT done_at IS NOT NULL FROM removals")


async def test_while_another_look_finds_nothing_the_loop_asks_nothing(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        await delete(sim.id, by=sim.ana, pool=sim.pool)
        sim.ctx.no_removals.lasts(60.0)
        await once(sim.ctx)
        assert _up(sim), "it has not even asked"
        found = (await next_due(sim.admin)).removals
        assert found is not None
        assert found <= 0, "and the other look sees what is due"
        sim.ctx.no_removals.lasts(found)
        await once(sim.ctx)
        assert _up(sim) == 0
        assert (await next_due(sim.admin)).removals is None


async def test_hiding_is_for_admins_and_keeps_the_file(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        with pytest.raises(NotAnAdmin):
            await hide(sim.id, by=sim.ana, pool=sim.pool)
        await hide(sim.id, by=_who(sim, "boss", is_admin=True), pool=sim.pool)
        await once(sim.ctx)
        assert _up(sim) == 0
        assert _files(sim)
        with pytest.raises(ResultGone):
            await again(sim.id, by=sim.ana, pool=sim.pool)
        # And deleted afterwards, its file goes, too.
        await delete(sim.id, by=sim.ana, pool=sim.pool)
        await once(sim.ctx)
        assert _files(sim) == []


async def test_what_is_not_over_is_not_deleted(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        with pytest.raises(NotOverYet):
            await delete(sim.id, by=sim.ana, pool=sim.pool)
        await sim.run()
        assert _up(sim)


@pytest.mark.parametrize("error", [ChatAway("down"), ChatBusy(retry_after_s=7)], ids=["away", "busy"])
async def test_a_platform_that_is_away_is_waited_for(
    database: str, tmp_path: Path, clip: Path, error: Exception
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        await delete(sim.id, by=sim.ana, pool=sim.pool)
        sim.ctx.chats[PLATFORM] = Refusing(sim.chat, "delete", error, times=2)  # type: ignore[index]  # a dict
        for _ in range(2):
            await once(sim.ctx)
            assert _files(sim)
            await sim.admin.execute("UPDATE removals SET wake_at = nd_now()")
        await once(sim.ctx)
        assert _up(sim) == 0
        assert _files(sim) == []


async def test_a_storage_that_is_away_is_waited_for_and_a_message_that_must_stay_is_left(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        before = _up(sim)
        await delete(sim.id, by=sim.ana, pool=sim.pool)
        sim.ctx.chats[PLATFORM] = Refusing(sim.chat, "delete", EditRefused("cant_delete_message"), times=1)  # type: ignore[index]  # a dict
        object.__setattr__(sim.ctx, "storage", Refusing(sim.ctx.storage, "delete_below", StorageAway("full"), times=1))
        await once(sim.ctx)
        assert _files(sim)
        await sim.admin.execute("UPDATE removals SET wake_at = nd_now()")
        await once(sim.ctx)
        assert _up(sim) == 1 < before
        assert _files(sim) == []


async def test_two_workers_take_one_result_away_once(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        await delete(sim.id, by=sim.ana, pool=sim.pool)
        async with sim.pool.acquire() as one, sim.pool.acquire() as other:
            claimed = [await results.claim_due(conn, limit=5) for conn in (one, other)]
        assert [len(each) for each in claimed] == [1, 0]


async def test_a_late_video_of_a_hidden_result_is_not_offered(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        await hide(sim.id, by=_who(sim, "boss", is_admin=True), pool=sim.pool)
        await sim.admin.execute(
            "INSERT INTO deliveries (generation_id, kind, attempt, key) VALUES ($1, 'extra', 9, gen_random_uuid())",
            sim.id,
        )
        assert await sim.admin.fetchval("SELECT count(*) FROM deliveries WHERE kind = 'extra'") == 0
