"""Spans: nothing of them while they are off, the same ids in every process, and a collector that is away."""

import builtins
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from core import outages, tracing
from core.otlp import OtlpTracer
from core.runtime import traced
from core.trace_settings import TraceSettings


@pytest.fixture(autouse=True)
def _off() -> Iterator[None]:
    yield
    tracing.use(None)
    outages._since.clear()


def test_the_sdk_is_not_even_imported_while_it_is_off() -> None:
    look = "import sys, worker.__main__, web.__main__; print([name for name in sys.modules if 'opentelemetry' in name])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=120)  # noqa: S603 - our own
    assert done.stdout.strip() == "[]"


def test_a_span_that_nobody_wants_is_the_same_object_each_time() -> None:
    with tracing.span("one", {}) as first, tracing.span("two", {}) as second:
        first.note("what", "nothing")
    assert first is second


@given(st.uuids(), st.uuids())
def test_each_generation_has_a_trace_of_its_own(one: Any, other: Any) -> None:
    assert tracing.trace_id(one) == tracing.trace_id(one)
    assert 0 < tracing.trace_id(one) < 1 << 128
    assert 0 < tracing.first_span_id(one) < 1 << 64
    if one != other:
        assert tracing.trace_id(one) != tracing.trace_id(other)
        assert tracing.first_span_id(one) != tracing.first_span_id(other)


def _tracer(*, share: float, port: int = 1) -> OtlpTracer:
    return OtlpTracer(process="worker", endpoint=f"http://127.0.0.1:{port}", headers={}, share=share)


def _chosen(tracer: OtlpTracer, generation: Any) -> bool:
    with tracer.span("step", {}, kind=tracing.SpanKind.WORK, generation=generation) as made:
        return bool(made._made.is_recording())  # type: ignore[attr-defined]  # what it opens


async def test_all_processes_choose_the_same_share_of_generations() -> None:
    bot, worker = _tracer(share=0.25), _tracer(share=0.25)
    generations = [uuid4() for _ in range(400)]
    chosen = [_chosen(bot, each) for each in generations]
    assert chosen == [_chosen(worker, each) for each in generations]
    assert 60 < sum(chosen) < 140


async def test_a_collector_that_is_away_is_one_line_and_holds_nothing_up() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        tracer = _tracer(share=1, port=taken.getsockname()[1])
        tracing.use(tracer)
        with capture_logs() as lines:
            for _ in range(2):
                tracing.whole(uuid4(), began=datetime.now(UTC), said={})
                tracer._provider.force_flush(7000)
            await tracer.aclose()
    assert [line["event"] for line in lines] == ["outage.began"]
    assert lines[0]["server"] == "traces"


async def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.delitem(sys.modules, "core.otlp", raising=False)
    whole = builtins.__import__

    def without(name: str, *args: Any, **how: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(name)
        return whole(name, *args, **how)

    monkeypatch.setattr(builtins, "__import__", without)
    with capture_logs() as lines:
        async with traced(process="worker"):
            assert tracing._tracer is None
    assert lines == [
        {"event": "traces.not_installed", "install": "pip install 'neverdark[otel]'", "log_level": "warning"}
    ]


def test_headers_are_written_as_everywhere() -> None:
    found = TraceSettings(  # type: ignore[call-arg]  # the rest has defaults
        otel_exporter_otlp_headers=SecretStr("X-One=a%20b, two=c=d,,")
    ).headers
    assert found == {"x-one": "a b", "two": "c=d"}
