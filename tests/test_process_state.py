"""Nothing that a test does to its process reaches the next one."""

import logging
import os
import signal
import sys
from pathlib import Path

import pytest
import structlog

from core import log as logs
from core import metrics, outages
from tests.process_state import restored


class Wanted:
    log_format = "json"
    log_level = "DEBUG"

    def secrets(self) -> tuple[str, ...]:
        return ()


def state() -> dict[str, object]:
    """What the fixture promises to put back."""
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "path": list(sys.path),
        "root": (logging.getLogger().level, list(logging.getLogger().handlers)),
        "ours": logging.getLogger("core").level,
        "logging": structlog.is_configured(),
        "fields": structlog.contextvars.get_contextvars(),
        "on_hangup": signal.getsignal(signal.SIGHUP),
        "open": outages.open_ones(),
    }


def test_whatever_a_test_does_to_its_process_is_undone(tmp_path: Path) -> None:
    before = state()
    with restored():
        os.environ["KLING_API_KEY"] = "left behind"
        del os.environ["PATH"]
        os.chdir(tmp_path)
        sys.path.insert(0, str(tmp_path))
        logs.configure(Wanted())  # type: ignore[arg-type]  # a class with the same attributes
        structlog.contextvars.bind_contextvars(generation="g1")
        signal.signal(signal.SIGHUP, lambda *_: None)  # `nohup` has it ignored from the start
        outages.away("postgres", "it was stopped")
        assert outages.open_ones() == {"postgres"}
        assert {name for name, value in state().items() if value != before[name]} == set(before)
    assert state() == before


def test_a_logger_that_was_set_up_meanwhile_is_as_new(capsys: pytest.CaptureFixture[str]) -> None:
    with restored():
        logs.configure(Wanted())  # type: ignore[arg-type]  # a class with the same attributes
        outages.away("postgres", "it was stopped")
        assert '"event": "outage.began"' in capsys.readouterr().err
    with structlog.testing.capture_logs() as said:
        outages.away("postgres", "it was stopped")
    assert [line["event"] for line in said] == ["outage.began"]


def test_nothing_is_counted_when_a_test_begins() -> None:
    labelled, plain = metrics.OUTAGES.labels("postgres"), metrics.READY
    with restored():
        metrics.OUTAGES.labels("postgres").inc()
        plain.set(1)
        assert metrics.OUTAGES.labels("postgres")._value.get() == 1
    assert labelled is not metrics.OUTAGES.labels("postgres")
    assert (metrics.OUTAGES.labels("postgres")._value.get(), plain._value.get()) == (0, 0)
