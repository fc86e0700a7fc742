"""Many videos at once in one workspace, at Slack's true measure: hardly an edit is refused, and every result comes."""

from datetime import UTC, datetime
from pathlib import Path

from sandbox.slack import STRICT
from tests.sandbox.slack.conftest import serving
from tests.worker.delivery_walk import Case, Walk, walking
from tests.worker.script import Script
from tests.worker.slack_stage import SlackStage

VIDEOS = 14
TAKES_S = 150.0
CASES = [Case(name=f"video {n}", orders=(), files=1, where="thread") for n in range(VIDEOS)]


class Clock:
    """The simulated time, for Slack's own limits."""

    def __init__(self) -> None:
        self.walk: Walk | None = None

    def __call__(self) -> float:
        now = self.walk.sim.world.now if self.walk is not None else datetime(2026, 11, 22, tzinfo=UTC)
        return now.timestamp()


async def test_fourteen_videos_in_fourteen_channels_have_hardly_an_edit_refused(
    database: str, tmp_path: Path, clip: Path
) -> None:
    clock = Clock()
    script = Script(calls_back=False, veo_takes_s=TAKES_S)
    options = {"share_s": 0.0, "limits": STRICT, "clock": clock}
    async with serving(tmp_path / "slack", options) as slack:
        stage = SlackStage(slack)
        async with walking(stage, database=database, folder=tmp_path, clip=clip, script=script) as walk:
            clock.walk = walk
            await walk.begin(CASES, together=True)
            await walk.run()
            found = [
                problem
                for one in walk.walked
                for problem in walk._said(one, {"result": "done"}, stage.seen(one.n, one.id))
            ]
            assert found == []
            late = await walk.sim.admin.fetchval("SELECT max(done_at - created_at) FROM generations")
        await stage.chat.aclose()
    edits = [method for method, _ in slack.requests].count("chat.update")
    assert edits >= VIDEOS, "progress is shown"
    assert slack.meter.refused["chat.update"] < 0.05 * edits, (slack.meter.refused, edits)
    assert slack.meter.refused["chat.postMessage"] == slack.meter.refused["post"] == 0
    assert late.total_seconds() < TAKES_S + 60, "results wait for no edits"
