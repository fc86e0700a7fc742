"""Sends spans to a collector by OpenTelemetry's SDK, over OTLP and HTTP. The only module that knows the SDK.

It comes with the extra `otel`. A thread of the SDK sends spans from a queue of limited size: while the collector is
away, spans are lost, but no video is.
"""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from importlib.metadata import version
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from core import outages, tracing
from core.tracing import Noting, Said

SERVER = "traces"
SEND_S = 5.0
FLUSH_S = 2.0
"""Seconds that a stopping process waits until its last spans are accepted."""
_KINDS = {
    tracing.SpanKind.WORK: SpanKind.INTERNAL,
    tracing.SpanKind.CALL: SpanKind.CLIENT,
    tracing.SpanKind.COMMAND: SpanKind.SERVER,
}
_given: ContextVar[tuple[int, int] | None] = ContextVar("given", default=None)


class OtlpTracer:
    """Sends the spans of one process.

    Args:
        process: its name, such as worker or web.
        endpoint: the collector's base address.
        headers: sent along, by name.
        share: the share of generations that is traced, from 0 to 1. All processes choose the same ones.
    """

    def __init__(self, *, process: str, endpoint: str, headers: Mapping[str, str], share: float) -> None:
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=dict(headers), timeout=SEND_S)
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)  # an outage is one line, and ours
        self._chosen: Sampler = TraceIdRatioBased(share)
        self._provider = TracerProvider(
            resource=_resource(process),
            sampler=ParentBased(self._chosen),
            id_generator=_Ids(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(_Told(exporter)))
        self._tracer = self._provider.get_tracer("neverdark", version("neverdark"))

    @contextmanager
    def span(
        self, name: str, said: Mapping[str, Said], *, kind: tracing.SpanKind, generation: UUID | None
    ) -> Iterator[Noting]:
        with self._tracer.start_as_current_span(
            name,
            context=self._under(generation),
            kind=_KINDS[kind],
            attributes=_named(said, generation),
            record_exception=False,  # an error's text may quote a stranger
            set_status_on_exception=False,
        ) as made:
            try:
                yield _Open(made)
            except BaseException as error:
                made.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def whole(self, generation: UUID, *, began: datetime, said: Mapping[str, Said]) -> None:
        token = _given.set((tracing.trace_id(generation), tracing.first_span_id(generation)))
        try:
            made = self._tracer.start_span(
                "generation",
                context=Context(),
                attributes=_named(said, generation),
                start_time=round(began.timestamp() * 1e9),
            )
        finally:
            _given.reset(token)
        made.end()

    async def aclose(self) -> None:
        """Send the spans that are left, as far as the collector accepts them at once."""
        # In a thread that the end of the process does not wait for, because the SDK retries for long.
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        for _ in range(round(FLUSH_S / 0.02)):
            if not ending.is_alive():
                return
            await asyncio.sleep(0.02)

    def _under(self, generation: UUID | None) -> Context | None:
        """The parent of a new span: the current span (None), or the first span of its generation."""
        here = trace.get_current_span().get_span_context()
        if generation is None:
            return None if here.is_valid else Context()
        known = tracing.trace_id(generation)
        if here.is_valid and here.trace_id == known:
            return None
        is_chosen = self._chosen.should_sample(None, known, "generation").decision is not Decision.DROP
        first = SpanContext(
            trace_id=known,
            span_id=tracing.first_span_id(generation),
            is_remote=True,
            trace_flags=TraceFlags(TraceFlags.SAMPLED if is_chosen else TraceFlags.DEFAULT),
        )
        return trace.set_span_in_context(NonRecordingSpan(first), Context())


class _Open:
    def __init__(self, made: Span) -> None:
        self._made = made

    def note(self, name: str, value: Said) -> None:
        self._made.set_attribute(f"neverdark.{name}", value)


class _Ids(IdGenerator):
    """Random ids, except those of a generation's first span."""

    def __init__(self) -> None:
        self._chance = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        given = _given.get()
        return self._chance.generate_trace_id() if given is None else given[0]

    def generate_span_id(self) -> int:
        given = _given.get()
        return self._chance.generate_span_id() if given is None else given[1]


class _Told(SpanExporter):
    """An exporter that reports outages of the collector as those of any server."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            outages.back(SERVER)
        else:
            outages.away(SERVER, "the collector takes no spans")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _resource(process: str) -> Resource:
    return Resource.create(
        {
            "service.name": f"neverdark-{process}",
            "service.namespace": "neverdark",
            "service.version": version("neverdark"),
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
    )


def _named(said: Mapping[str, Said], generation: UUID | None) -> dict[str, Said]:
    named = {f"neverdark.{name}": value for name, value in said.items()}
    return named if generation is None else {**named, "neverdark.generation_id": str(generation)}
