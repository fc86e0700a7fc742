"""The quick suite: what takes minutes is proved there by a part of its cases, which are the same each time.

A table shows one case of each kind of its cases (`of_each_kind`) where it knows their kinds, else one of four (`some`).
Tables of the same kinds share them (`shared`): what one table leaves out, the next ones show. Kills are chosen by
coverage (`tests/worker/kill_runs.py`). Which case it is goes by the name of the table, so that two tables of the same
faults show different ones. A property gets a fourth of its examples (`examples`), others with each run. A test marked
`exhaustive` is left out. The end of a run says how many cases that were (`tests/left_out.py`).

`make test` is quick on a person's machine. `make test-all`, pytest by itself and CI take every case.
"""

import os
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar
from zlib import crc32

IS_QUICK = os.environ.get("NEVERDARK_QUICK") == "1"
EVERY = 4
SHARES = 3
EXAMPLES_MIN = 10

Case = TypeVar("Case")

left_out: dict[str, int] = {}
"""How many cases each table has left for the whole suite, by the table's name."""


def some(cases: Sequence[Case], *, of: str) -> list[Case]:
    """One case of four where it is to be quick, and at least one, else all.

    Args:
        of: the table's name; other tables leave out others.
    """
    return _chosen(cases[first(of) % len(cases) :: EVERY], cases, of=of) if IS_QUICK else list(cases)


def of_each_kind(cases: Sequence[Case], kind: Callable[[Case], Hashable], *, of: str) -> list[Case]:
    """One case of each kind where it is to be quick, else all.

    Args:
        kind: cases that have the same one take the same way through our code.
        of: the table's name; other tables show others.
    """
    if not IS_QUICK:
        return list(cases)
    kinds: dict[Hashable, list[Case]] = {}
    for case in cases:
        kinds.setdefault(kind(case), []).append(case)
    return _chosen([alike[crc32(f"{of} {name}".encode()) % len(alike)] for name, alike in kinds.items()], cases, of=of)


def shared(cases: Sequence[Case], kind: Callable[[Case], Hashable], *, of: str, n: int) -> list[Case]:
    """One case of every third kind where it is to be quick, else all.

    Of three tables that follow each other, and have the same kinds in the same order, each shows another third.

    Args:
        n: the place of the table among those that share their kinds, from 0.
    """
    if not IS_QUICK:
        return list(cases)
    one_of_each = of_each_kind(cases, kind, of=of)
    return _chosen(one_of_each[n % SHARES :: SHARES] or one_of_each[:1], cases, of=of)


def examples(many: int) -> int:
    """How many examples a property gets that wants this many: a fourth where it is to be quick, and at least ten."""
    return min(many, max(EXAMPLES_MIN, many // EVERY)) if IS_QUICK else many


def first(name: str) -> int:
    """Which of four is the first one for somebody of this name: 0 to 3."""
    return crc32(name.encode()) % EVERY


def _chosen(cases: Sequence[Case], of_all: Sequence[Case], *, of: str) -> list[Case]:
    left_out[of] = len(of_all) - len(cases)
    return list(cases)
