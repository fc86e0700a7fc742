"""The configuration for a command: that of the running `up`, or else the settings in the environment and `.env`.

`up` gives its processes settings that are set nowhere else: addresses of embedded servers and of stand-ins.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from core.settings import Settings, settings
from neverdark.state import Home, published

NO_DATABASE = "DATABASE_URL is not set, and no `neverdark up` runs here that has an embedded database."


def home_of(read: Settings) -> Home:
    return Home(read.neverdark_home.expanduser().absolute())


def owner_beside(read: Settings) -> str | None:
    """The database of the running `up`, with the role that may change its schema; processes do not get it."""
    left = published(home_of(read))
    is_same = read.database_url is not None and read.database_url.get_secret_value() == left.get("database_url")
    url = left.get("owner_url")
    return url if is_same and isinstance(url, str) else None


@contextmanager
def configuration() -> Iterator[Settings]:
    """Within a block, the settings that the processes of the running `up` have.

    A DATABASE_URL in the environment that names another database means another installation: then, and where no `up`
    runs, the environment's own settings are used.
    """
    own = settings()
    given = published(home_of(own)).get("given")
    if not isinstance(given, dict) or _is_elsewhere(own, given):
        yield own
        return
    with _set({str(name): str(value) for name, value in given.items()}):
        yield settings()


def _is_elsewhere(own: Settings, given: Mapping[str, object]) -> bool:
    return own.database_url is not None and own.database_url.get_secret_value() != given.get("DATABASE_URL")


@contextmanager
def _set(values: Mapping[str, str]) -> Iterator[None]:
    """Put settings into the environment, from which all code reads them, and restore it after the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
