"""The quick suite: what takes minutes is proved there by a part of its cases, which are the same each time.

Kills are chosen by coverage (`tests/worker/kill_runs.py`), faults of chat platforms one of four.

`make test` is quick on a person's machine. `make test-all`, pytest by itself and CI take every case.
"""

import os
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

IS_QUICK = os.environ.get("NEVERDARK_QUICK") == "1"
EVERY = 4

Case = TypeVar("Case")


def some(cases: Sequence[Case], *, of: str) -> list[Case]:
    """One case of four where it is to be quick, and at least one, else all.

    Args:
        of: the table's name; other tables leave out others.
    """
    return list(cases[first(of) % len(cases) :: EVERY] if IS_QUICK else cases)


def first(name: str) -> int:
    """Which of four is the first one for somebody of this name: 0 to 3."""
    return crc32(name.encode()) % EVERY
