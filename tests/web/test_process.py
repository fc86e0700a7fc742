"""The process itself: says when it is ready, ends well when it is told to, and speaks plainly of what it lacks."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from core.settings import settings
from neverdark.doctor import Verdict
from neverdark.doctor.address import address
from tests.patience import PATIENCE_S
from tests.quick import some
from tests.servers import free_port


def environment(database: str, redis_url: str, home: Path, **more: str) -> dict[str, str]:
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DATABASE_URL": database, "REDIS_URL": redis_url, "NEVERDARK_HOME": str(home), "WEB_PORT": str(port),
        "LOG_FORMAT": "json", "NEVERDARK_ENV_FILE": str(home / "none"), "PYTHONUNBUFFERED": "1", **more,
    }  # fmt: skip


@contextmanager
def started(env: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """It runs while the test does, however the test ends."""
    command = [sys.executable, "-m", "neverdark", "web"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", some([signal.SIGTERM, signal.SIGINT], of="signals to web"))
def test_it_says_when_it_is_ready_and_ends_well(
    database: str, redis_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    env = environment(database, redis_url, tmp_path)
    with started(env) as process:
        assert process.stderr is not None
        assert any("web.ready" in line for line in process.stderr)
        ready = httpx.get(f"http://127.0.0.1:{env['WEB_PORT']}/readyz", timeout=PATIENCE_S)
        assert (ready.status_code, set(ready.json().values())) == (200, {"ok", "none is alive"})
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(20) == 0
    assert "web.stopped" in rest
    assert "Traceback" not in rest


def test_a_scrape_as_the_page_has_it_finds_what_the_database_knows(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    with started(environment(database, redis_url, tmp_path)) as process:
        assert process.stderr is not None
        assert any("web.ready" in line for line in process.stderr)
        (note,) = (tmp_path / "run" / "metrics").glob("*.json")
        target = json.loads(note.read_text())[0]["targets"][0]
        text = httpx.get(f"http://{target}/metrics", timeout=PATIENCE_S).text
    for name in (
        "workers_alive 0.0",
        "deliveries_due 0.0",
        'due_lag_seconds{kind="attempts"} 0.0',
        "event_loop_lag_seconds_count",
    ):
        assert f"neverdark_{name}" in text


async def test_the_doctor_sees_that_it_is_ours_and_takes_our_signatures(
    database: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environment(database, redis_url, tmp_path)
    env |= {"PUBLIC_URL": f"http://127.0.0.1:{env['WEB_PORT']}", "LINK_SECRET": "a-secret-of-32-characters-or-so"}
    for name in ("PUBLIC_URL", "LINK_SECRET"):
        monkeypatch.setenv(name, env[name])
    with started(env) as process:
        assert process.stderr is not None
        assert any("web.ready" in line for line in process.stderr)
        ours = await address(settings(), outside=True)
        monkeypatch.setenv("LINK_SECRET", "another-secret-of-32-characters")
        other = await address(settings(), outside=True)
    assert [found.verdict for found in ours] == [Verdict.FINE, Verdict.FINE], ours
    assert [found.verdict for found in other] == [Verdict.FINE, Verdict.WRONG], other


_MANY = {
    "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "shh", "SLACK_SIGNING_SECRET": "secret",
    "SLACK_TOKEN_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}  # fmt: skip


LACKS: list[tuple[dict[str, str], str]] = [
    ({"PUBLIC_URL": "https://video.example"}, "LINK_SECRET is not set"),
    ({"TOPUP_SECRET": "short"}, "TOPUP_SECRET wants whsec_"),
    ({"SLACK_SIGNING_SECRET": "secret"}, "SLACK_BOT_TOKEN is not set"),
    ({"SLACK_CLIENT_ID": "1.2"}, "SLACK_CLIENT_SECRET is not set"),
    (_MANY, "PUBLIC_URL is not set"),
    (_MANY | {"SLACK_TOKEN_KEY": "short"}, "SLACK_TOKEN_KEY wants a key"),
    ({"WEB_HOST": "203.0.113.1"}, "can't be listened on"),
]


@pytest.mark.parametrize(("more", "says"), some(LACKS, of="what web lacks"))
def test_what_it_lacks_is_one_sentence(
    database: str, redis_url: str, tmp_path: Path, more: dict[str, str], says: str
) -> None:
    with started(environment(database, redis_url, tmp_path, **more)) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    assert says in said
    assert "Traceback" not in said
