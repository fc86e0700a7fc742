"""The wheel: it has all it needs, and makes a video where there is no checkout."""

import json
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from neverdark.state import Home
from tests.shipping.conftest import ROOT

pytestmark = [pytest.mark.long, pytest.mark.exhaustive]
START_S = 180.0


def until(look: Callable[[], Any], *, within_s: float = START_S) -> Any:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {within_s} s")


def test_everything_that_git_keeps_of_a_package_is_in_the_wheel(wheel: Path) -> None:
    """A file that is read at run time and was not packed is missed far away from here."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    folders = ("neverdark", "bots", "core", "worker", "web", "sandbox")
    kept = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kept - packed == set()
    migrations = {f"core/migrations/{path.name}" for path in (ROOT / "migrations").glob("*.sql")}
    assert migrations
    assert migrations - packed == set()
    assert not [name for name in packed if name.startswith(("tests/", "benchmarks/", "docs/"))]


def test_the_installed_program_says_which_version_it_is(installed: Path, elsewhere: dict[str, str]) -> None:
    said = subprocess.check_output(
        [installed / "neverdark", "--version"], text=True, env=elsewhere, cwd=elsewhere["HOME"]
    )
    assert said.startswith("neverdark 0.")
    where = subprocess.check_output(
        [installed / "python", "-c", "import core, sandbox; print(core.__file__, sandbox.__file__)"],
        text=True, env=elsewhere, cwd=elsewhere["HOME"],
    )  # fmt: skip
    assert str(ROOT) not in where


def test_the_manifest_of_the_slack_app_is_printed(installed: Path, elsewhere: dict[str, str]) -> None:
    said = subprocess.check_output(
        [installed / "neverdark", "manifest"], text=True, env=elsewhere, cwd=elsewhere["HOME"]
    )
    assert json.loads(said) == json.loads((ROOT / "bots" / "slack" / "manifest.json").read_text())


def test_what_was_installed_makes_a_video(installed: Path, elsewhere: dict[str, str], test_home: Home) -> None:
    here = (
        test_home.path / installed.parents[1].name
    )  # not below pytest's own folder, through which Postgres' user may not pass
    here.mkdir()
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, web = one.getsockname()[1], other.getsockname()[1]
    environment = {**elsewhere, "NEVERDARK_PORT": str(port), "WEB_PORT": str(web)}
    log = here / "up.log"
    with log.open("w") as output, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        up = subprocess.Popen(
            [installed / "neverdark", "up"], env=environment, cwd=here, stdout=output, stderr=subprocess.STDOUT
        )
        try:

            def asked(method: str, path: str, **how: Any) -> dict[str, Any]:
                """What the sandbox answers; nothing while it does not, as long as `up` runs."""
                assert up.poll() is None, log.read_text()
                try:
                    answer: dict[str, Any] = http.request(method, path, **how).json()
                except httpx.HTTPError:
                    return {}
                return answer

            def said(text: str) -> dict[str, Any]:
                body = {"platform": "slack", "channel": "general", "user": "ana", "text": text}
                answer = asked("POST", "/api/say", json=body)
                return answer if answer.get("ok") else {}

            until(lambda: "credits" in str(said("/credits").get("ephemeral")))
            asked("POST", "/api/speed", json={"factor": 45})
            until(lambda: said("/video a red fox in the snow tier:draft"))

            def came() -> bool:
                query = {"platform": "slack", "channel": "general"}
                messages = asked("GET", "/api/messages", params=query).get("messages", [])
                return any("AI-generated" in word["text"] for root in messages for word in root["thread"])

            until(came)
            assert list(here.rglob("*.mp4")), log.read_text()
            ready = until(lambda: _ready(web))
            assert ready == {"postgres": "ok", "migrations": "ok", "redis": "ok", "workers": "1 alive"}
            doctor = subprocess.run(
                [installed / "neverdark", "doctor", "--json"], env=environment, cwd=here, check=False,
                capture_output=True, text=True, timeout=120,
            )  # fmt: skip
            assert doctor.returncode == 0, doctor.stdout + doctor.stderr
            assert {"about": "migrations", "verdict": "fine", "says": "all applied"}.items() <= next(
                finding for finding in json.loads(doctor.stdout) if finding["about"] == "migrations"
            ).items()
            status = subprocess.check_output(
                [installed / "neverdark", "status", "--json"], env=environment, cwd=here, text=True, timeout=60
            )
            running = {process["name"]: process["state"] for process in json.loads(status)["processes"]}
            assert running == dict.fromkeys(running, "running"), log.read_text()
        finally:
            up.send_signal(signal.SIGINT)
            try:
                up.wait(timeout=60)
            finally:
                up.kill()


def _ready(port: int) -> Any:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10)
    except httpx.HTTPError:
        return None
    return answer.json() if answer.status_code == 200 else None
