"""What a test may leave behind in its process, put back after each: the order of the tests never matters.

Kept on purpose: modules, caches of pure functions, and what fixtures of a session started.
"""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from prometheus_client.metrics import MetricWrapperBase

from core import access_log, metrics, outages
from core.log import _OURS

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
LOGGERS = (None, *_OURS)
METRICS = tuple(each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase))


@contextmanager
def restored() -> Iterator[None]:
    """Everything that the whole process shares is afterwards as it was before; no outage is open, nothing counted."""
    environment, folder, path = _environment(), os.getcwd(), list(sys.path)  # noqa: PTH109 - it is put back as it was
    loggers = {name: _of(logging.getLogger(name)) for name in LOGGERS}
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    set_up = structlog.get_config() if structlog.is_configured() else None
    _forget()
    try:
        yield
    finally:
        _forget()
        if (left := _environment()) != environment:
            for added in left.keys() - environment.keys():
                del os.environ[added]
            os.environ.update(environment)
        os.chdir(folder)
        sys.path[:] = path
        for name, (level, its_handlers) in loggers.items():
            logger = logging.getLogger(name)
            logger.setLevel(level)
            logger.handlers[:] = its_handlers
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        _set_up_structlog(set_up)


def _environment() -> dict[str, str]:
    """Without the variable in which pytest says what it is at, which is another one at each end of a test."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def _of(logger: logging.Logger) -> tuple[int, list[logging.Handler]]:
    return logger.level, list(logger.handlers)


def _set_up_structlog(config: dict[str, Any] | None) -> None:
    if (structlog.get_config() if structlog.is_configured() else None) == config:
        return
    if config is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**config)
    for module in list(sys.modules.values()):  # a logger that was used meanwhile remembers how it was set up
        if type(log := vars(module).get("log")).__name__ == "BoundLoggerLazyProxy":
            vars(log).pop("bind", None)


def _forget() -> None:
    outages._since.clear()
    outages._answered.clear()
    access_log._since.clear()
    structlog.contextvars.clear_contextvars()
    for metric in METRICS:
        if metric._labelnames:
            metric.clear()
        else:
            metric._metric_init()
