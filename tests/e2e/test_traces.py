"""One trace follows a command through bot, worker, vendor and chat, as a collector that nobody here wrote reads it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from core import tracing
from tests.e2e.conftest import Town, running, until

pytestmark = [pytest.mark.long, pytest.mark.exhaustive]  # an installation of its own
NOTHING = b"\0" * 8
PROMPT = "zebra crossing a violet bridge"


class Collector:
    """Takes OTLP over HTTP, and reads it with OpenTelemetry's own classes."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        self.keys: set[str | None] = set()
        self.bytes = b""
        collector = self

        class Taker(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.path == "/v1/traces"
                collector.take(body, self.headers.get("x-collector-key"))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def take(self, body: bytes, key: str | None) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.keys.add(key)
        self.bytes += body
        for resource in request.resource_spans:
            facts = {fact.key: fact.value.string_value for fact in resource.resource.attributes}
            process = f"{facts['service.name']} {facts['service.instance.id']}"
            self.spans += [(process, span) for scope in resource.scope_spans for span in scope.spans]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def said(span: Any) -> dict[str, str]:
    return {fact.key: fact.value.string_value for fact in span.attributes}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    taker = Collector()
    yield taker
    taker.close()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Town]:
    with running(
        tmp_path_factory.mktemp("traced"),
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.address,
        OTEL_EXPORTER_OTLP_HEADERS="X-Collector-Key=a%20key%20of%20ours",
        OTEL_BSP_SCHEDULE_DELAY="100",
    ) as town:
        yield town


def whole(collector: Collector, platform: str) -> tuple[UUID, Any]:
    """The first span of the one generation of this platform, once it has come."""

    def found() -> Any:
        return next(
            (
                span
                for _, span in list(collector.spans)
                if span.name == "generation" and said(span).get("neverdark.platform") == platform
            ),
            None,
        )

    span = until(found, within_s=90)
    return UUID(said(span)["neverdark.generation_id"]), span


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_one_trace_follows_a_command_and_survives_a_killed_worker(
    traced: Town, collector: Collector, platform: str
) -> None:
    traced.http.post("/api/speed", json={"factor": 12}).raise_for_status()
    before, worker = len(collector.spans), traced.pid("worker")
    assert traced.say(platform, f"/video {PROMPT} for {platform} tier:standard")["ok"]

    def is_watched() -> bool:
        new = [span for _, span in collector.spans[before:]]
        trace = {span.trace_id for span in new if span.name == "command video"}
        return any(span.name == "worker watch" and span.trace_id in trace for span in new)

    until(is_watched, within_s=60)
    os.kill(worker, signal.SIGKILL)
    traced.last_word(platform, f"{PROMPT} for {platform}")

    generation, first = whole(collector, platform)
    assert first.trace_id == tracing.trace_id(generation).to_bytes(16)
    assert first.parent_span_id == b""
    _complete(collector, first.trace_id)
    mine = [(process, span) for process, span in collector.spans if span.trace_id == first.trace_id]
    known = {span.span_id: span for _, span in mine}
    assert len(known) == len(mine), "no span was sent twice"
    parents = {span.name: known[span.parent_span_id] for _, span in mine if span.parent_span_id in known}
    # Whatever the killed worker had under way hangs in the air; everything else has its parent here.
    orphans = [span for _, span in mine if span is not first and span.parent_span_id not in known]
    assert all(span.name.startswith(("vendor", "step", platform)) for span in orphans), [s.name for s in orphans]

    assert parents["command video"] is first
    assert parents["worker advance"] is first
    assert parents["worker watch"] is first
    assert parents["worker deliver"] is first
    assert parents["step start"].name == "worker advance"
    # If the look that was seen found the video, the killed worker took it, too, and tells of that no more.
    assert parents.get("step adopt", parents["step start"]).name == "worker advance"
    assert parents["step store"].name in {
        "step adopt",
        "worker advance",
    }  # a killed worker leaves it for a step of its own
    assert parents["vendor submit"].name in {"step start", "step considerhedge"}  # it is slow where much is tested
    assert parents["vendor poll"].name == "worker watch"
    assert parents["vendor download"].name == "step store"
    assert _chats(mine, known, platform) >= {f"neverdark-{platform}", "neverdark-worker"}
    # A vendor may have called back as well, which `web` takes.
    assert {process.split()[0] for process, _ in mine} - {"neverdark-web"} == {
        f"neverdark-{platform}",
        "neverdark-worker",
    }
    assert len({process for process, _ in mine if process.startswith("neverdark-worker")}) == 2, "before and after"
    assert all(first.start_time_unix_nano - 5e9 <= span.start_time_unix_nano for _, span in mine)
    outcomes = {said(span).get("neverdark.outcome") for _, span in mine if span.name == "vendor submit"}
    assert outcomes == {"ok"}


def _complete(collector: Collector, trace: bytes) -> None:
    """Wait until nothing more of a trace comes in."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < 2:
        count = sum(span.trace_id == trace for _, span in list(collector.spans))
        if count != seen:
            seen, since = count, time.monotonic()
        time.sleep(0.05)


def _chats(mine: list[tuple[str, Any]], known: dict[bytes, Any], platform: str) -> set[str]:
    """The processes that have spoken to the chat for it; each call is a client's, and has its parent."""
    calls = [(process, span) for process, span in mine if span.name.startswith(f"{platform} ")]
    assert all(span.kind == span.SPAN_KIND_CLIENT for _, span in calls)
    by = {known[span.parent_span_id].name for _, span in calls if span.parent_span_id in known}
    assert by <= {"worker deliver", "generation", "command video"}, by
    return {process.split()[0] for process, _ in calls}


def test_a_refused_command_is_a_whole_trace_too(traced: Town, collector: Collector) -> None:
    before = len(collector.spans)
    traced.http.post("/api/speed", json={"factor": 1}).raise_for_status()  # none of them may be done before the last
    for n in range(5):  # more than one person may have under way
        traced.say("slack", f"/video {PROMPT} number {n} tier:draft", user="cleo")

    def refused() -> Any:
        return next(
            (span for _, span in collector.spans[before:] if said(span).get("neverdark.outcome") == "refused"), None
        )

    first = until(refused, within_s=20)
    assert first.name == "generation"
    assert first.parent_span_id == b""
    (command,) = (span for _, span in collector.spans if span.parent_span_id == first.span_id)
    assert command.name == "command video"


def test_a_command_that_asks_for_no_video_is_a_trace_of_its_own(traced: Town, collector: Collector) -> None:
    before = len(collector.spans)
    traced.say("slack", "/credits")
    mine = until(lambda: [s for _, s in collector.spans[before:] if s.name == "command credits"], within_s=20)
    assert mine[0].parent_span_id == b""


def test_nothing_that_people_write_and_no_token_is_in_what_is_sent(traced: Town, collector: Collector) -> None:
    assert collector.keys == {"a key of ours"}
    for word in ("zebra", "violet", "xoxb-", "ana", "general"):
        assert word.encode() not in collector.bytes, word
