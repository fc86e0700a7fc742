"""What a command works with: the configuration of the `up` that runs here, or else what is set.

`up` gives its processes settings that are set nowhere else: the embedded servers' addresses, the sandbox's stand-ins.
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
    """The database of the running `up`, as whoever may change its schema; its processes are not given that address."""
    left = published(home_of(read))
    is_same = read.database_url is not None and read.database_url.get_secret_value() == left.get("database_url")
    url = left.get("owner_url")
    return url if is_same and isinstance(url, str) else None


@contextmanager
def configuration() -> Iterator[Settings]:
    """The settings as the processes of the running `up` have them, for as long as the block lasts.

    A DATABASE_URL of your own that names another database than that `up` uses speaks of another installation: then, and
    where no `up` runs, it is what is set.
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
    """Everything that reads settings reads them from the environment, so that is where they go, and come from again."""
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
