"""A small run of chaos: the same command as the large one, with every kind of fault in it."""

import os
import re
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from neverdark.state import Home
from tests.chaos.faults import DECK, deck_size, schedule
from tests.debian import POSTGRES, cluster
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
GENERATIONS = 10
SEED = 7
FINDINGS = ("lost", "doubled", "wrongly charged", "stuck", "paid twice at vendors")


def test_the_same_seed_breaks_the_same_things_in_the_same_order() -> None:
    one, same, other = ([str(fault) for fault in islice(schedule(seed, every_s=1), 50)] for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_every_kind_of_fault_is_in_a_deck() -> None:
    dealt = {fault.what for fault in islice(schedule(SEED, every_s=1), deck_size())}
    assert dealt == set(DECK)


@pytest.mark.chaos
@pytest.mark.exhaustive
def test_no_thread_gets_a_second_video_when_a_backup_of_a_busy_hour_is_restored(test_home: Home) -> None:
    line = [sys.executable, "-m", "tests.chaos", "--restore", "--generations=24", "--speed=60"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*line, f"--home={test_home.path / 'restored'}"],
        check=False, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^threads with a second +0$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^unexplained +0$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.chaos
@pytest.mark.exhaustive
def test_the_same_with_a_postgres_15_and_the_programs_of_debian(test_home: Home, tmp_path: Path) -> None:
    if not (POSTGRES / "initdb").exists():
        pytest.skip("Debian's package postgresql-15 is not here")
    port, tools = free_port(), ["--tools", str(POSTGRES)]
    owner = f"postgresql://neverdark_admin@127.0.0.1:{port}/neverdark"
    line = [sys.executable, "-m", "tests.chaos", "--restore", "--generations=24", "--speed=60", "--owner-url", owner]
    psql: list[str | Path] = [POSTGRES / "psql", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-qc"]
    with (tmp_path / "log").open("w") as log, cluster(test_home.path / "debian", port, log):
        for sql in (
            "CREATE ROLE neverdark_admin LOGIN CREATEROLE CREATEDB",
            "CREATE DATABASE neverdark OWNER neverdark_admin",
        ):
            subprocess.run([*psql, sql], check=True, timeout=60)  # noqa: S603 - Debian's program
        done = subprocess.run(  # noqa: S603 - our own command
            [*line, *tools, f"--home={test_home.path / 'restored-15'}"],
            check=False, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=280,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.chaos
@pytest.mark.exhaustive
def test_nothing_is_lost_doubled_wrongly_charged_or_stuck_whatever_is_killed(test_home: Home) -> None:
    run = subprocess.Popen(  # noqa: S603 - our own command
        [
            *(sys.executable, "-m", "tests.chaos", f"--generations={GENERATIONS}", f"--seed={SEED}"),
            *("--once", "--every=0.5", "--speed=60", f"--home={test_home.path / 'chaos'}"),
        ],
        cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        told, _ = run.communicate(timeout=280)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGINT)
        told, _ = run.communicate(timeout=60)
    found = dict(re.findall(rf"^({'|'.join(FINDINGS)}) +(\d+)$", told, re.MULTILINE))
    assert found == dict.fromkeys(FINDINGS, "0"), told
    assert run.returncode == 0, told
    counted = re.search(r"^(\d+) generations in", told, re.MULTILINE)
    assert counted is not None
    assert int(counted[1]) >= GENERATIONS
