"""The use of a month as a file that spreadsheets read."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from core.domain.rules.usage import UsageLine
from core.replies.chat.words import video_count
from core.replies.languages.say import amount, say

BYTES_MAX = 9_000_000
"""Every platform takes a file of so many bytes from a bot (10 MiB is the least, 2026-11-30)."""
BYTES_OF_NOTE = 500
_FORMULA = re.compile(r"[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""Begins a formula in some spreadsheet, full-width signs and blanks before it among them."""
_LONG_NUMBER = re.compile(r"[\d.,eE]{12,}")
"""A spreadsheet reads it as a number, and keeps 15 digits of it: ids of people and channels may have 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFile:
    """A CSV file. `note`: which part of the month is in it; empty where all of it is."""

    content: bytes
    note: str = ""


def as_csv(lines: Sequence[UsageLine], *, total: int, bytes_max: int = BYTES_MAX) -> UsageFile:
    """A CSV file with one line for each video, the oldest first, without any person's words.

    Args:
        total: how many videos there were; more than the lines where those are not all.
    """
    header = _row([field.name for field in fields(UsageLine)])
    rows, size = [header], len(header) + BYTES_OF_NOTE
    for line in lines:
        at, *rest = astuple(line)
        row = _row([at.isoformat(timespec="seconds"), *(as_text(value) for value in rest)])
        size += len(row)
        if size > bytes_max:
            break
        rows.append(row)
    kept = len(rows) - 1
    note = ""
    if kept < total:
        note = say("Not all of it: the first {n} of {videos} of this month.", n=amount(kept), videos=video_count(total))
        rows.append(_row([note]))
    return UsageFile(content="\ufeff".encode() + b"".join(rows), note=note)


def as_text(value: object) -> object:
    """The text with a mark before it, where a spreadsheet would read it as a formula or as a number."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if _FORMULA.match(value) or _LONG_NUMBER.fullmatch(value) else value


def _row(values: Sequence[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue().encode()
