"""Sets up the log: dotted events with fields, for people or as JSON, without secrets and chat text.

Two checks back the rule that neither is logged: a field whose name says that it has one loses its value, and all that
looks like a secret is cut out of the finished line, including tracebacks.
"""

import logging
import os
import re
import socket
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from typing import Literal, Protocol, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from core.domain.requests.options import WRITTEN_BY_PEOPLE
from core.domain.text import visible
from core.metrics import EVENTS

REDACTED = "[redacted]"
NOT_LOGGED = "[not logged]"

_SHORTEST_SECRET = 8

_REFUSED = re.compile(
    rf"(^|_)(prompt|{'|'.join(WRITTEN_BY_PEOPLE)}|text|body|content|token|secret|password|passwd|authorization|cookie"
    r"|signature|api_?key)s?$"
)
_SECRET = re.compile(
    r"""
      (?P<scheme>\b(?:Bearer|Basic|Bot|Token|Key)\s+)[A-Za-z0-9._~+/=-]{8,}
    | (?P<name>[?&;](?:[\w-]*(?:key|token|secret|signature|sig|password|credential))=)[^&\s"'<>\\]+
    | (?P<user>://[^/\s:@"']*:)[^@\s/"']+(?=@)
    | (?P<hook>/(?:webhooks|interactions)/\d+/)[\w-]{20,}
    | \bx(?:ox[a-z]|app|wfp)-[\w-]{6,} | \bhooks\.[\w.-]+/[\w/-]+      # chat platforms: tokens, addresses to answer at,
    | \b[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}                         # and bot tokens in three parts
    | \bAIza[\w-]{30,} | \bya29\.[\w-]{10,}                          # Google
    | \br8_\w{20,} | \bsk-[\w-]{16,} | \bwhsec_[\w+/=]{8,}           # other vendors, and the secrets of webhooks
    | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*                              # JSON web tokens
    | -----BEGIN[\w ]+-----[\s\S]+?-----END[\w ]+-----
    """,
    re.VERBOSE | re.IGNORECASE,
)

_TROUBLE = {"warning": "warning", "error": "error", "exception": "error", "critical": "error"}
_OURS = ("core", "bots", "worker", "web", "neverdark", "__main__")
"""Our own loggers. Others log from WARNING on, because libraries log addresses with keys, and messages of chats."""


def redact(line: str, *, secrets: Iterable[str] = ()) -> str:
    """The line without anything that looks like a secret, and without the given ones."""
    for secret in secrets:
        line = line.replace(secret, REDACTED)
    return _SECRET.sub(_kept, line)


def _kept(match: re.Match[str]) -> str:
    label = next((text for text in match.groupdict().values() if text), "")
    return f"{label}{REDACTED}"


def refuse_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Remove values whose name says that they are secrets or people's words."""
    for name in event:
        if name != "event" and _REFUSED.search(name.lower()):
            event[name] = NOT_LOGGED
    return event


def tame(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape control characters, which a terminal would obey: names and errors may contain text of strangers."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = visible(value)
    return event


def count_trouble(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Count warnings and errors by event name."""
    if method in _TROUBLE:
        EVENTS.labels(_TROUBLE[method], event["event"]).inc()
    return event


class _Redactor:
    """The last step: it works on the finished line, so it also covers nested values and tracebacks."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)

    def __call__(self, _: WrappedLogger, __: str, line: str | bytes | EventDict) -> str:
        return redact(str(line), secrets=self._secrets)


class Wanted(Protocol):
    """The settings of the log."""

    @property
    def log_format(self) -> Literal["console", "json"]: ...

    @property
    def log_level(self) -> str: ...

    def secrets(self) -> Iterable[str]:
        """Values to cut out wherever they appear."""
        ...


def _named(process: str) -> Processor:
    """Adds the name of the process, the machine and the release to each line."""
    facts = {"process": process, "host": socket.gethostname(), "release": _release()}

    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {**event, **facts}

    return add


def _release() -> str:
    try:
        return version("neverdark")
    except PackageNotFoundError:  # run from a folder, not installed
        return "unknown"


def configure(wanted: Wanted, *, process: str = "neverdark") -> None:
    """Set logging up for a process, once, before its first event.

    Lines for machines name their process, host and release; a person at a terminal sees them in the columns of `up`.
    """
    names = [] if wanted.log_format == "console" and coloured(sys.stderr) else [_named(process)]
    shared: list[Processor] = [
        *names,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        refuse_fields,
        tame,
    ]
    rendered: list[Processor]
    if wanted.log_format == "json":
        rendered = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        rendered = [structlog.dev.ConsoleRenderer(colors=coloured(sys.stderr), exception_formatter=_traceback)]
    finish: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        *rendered,
        _Redactor(wanted.secrets()),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            count_trouble,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared], processors=finish
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[wanted.log_level]))
    for name in _OURS:
        logging.getLogger(name).setLevel(wanted.log_level)


def configure_command() -> None:
    """Set logging up for a command line: stdout is for its answer, so the log goes to stderr."""

    def redacted(_: WrappedLogger, __: str, line: str | bytes | EventDict) -> str:
        return redact(str(line))

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            refuse_fields,
            tame,
            structlog.dev.ConsoleRenderer(colors=coloured(sys.stderr), exception_formatter=_traceback),
            redacted,
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _traceback(to: TextIO, error: ExcInfo) -> None:
    """Print a plain traceback: the rich one prints local variables, such as prompts. Errors may quote strangers."""
    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    to.write(visible(text.getvalue()))


def coloured(stream: TextIO) -> bool:
    """Whether lines to this stream are in colour: at a terminal, unless NO_COLOR or FORCE_COLOR say otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
