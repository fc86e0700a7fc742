"""The use of a month as a file that spreadsheets read."""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, fields

from core.domain.rules.usage import UsageLine


def as_csv(lines: Sequence[UsageLine]) -> bytes:
    """A file that spreadsheets read: a line for each video, nobody's words in it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([field.name for field in fields(UsageLine)])
    for line in lines:
        at, *rest = astuple(line)
        writer.writerow([at.isoformat(timespec="seconds"), *(_harmless(value) for value in rest)])
    return ("\ufeff" + out.getvalue()).encode()


def _harmless(value: object) -> object:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
