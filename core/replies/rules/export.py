"""The use of a month as a file that spreadsheets read."""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, fields

from core.domain.rules.usage import UsageLine


def as_csv(lines: Sequence[UsageLine]) -> bytes:
    """A CSV file with one line for each video, without any person's words."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([field.name for field in fields(UsageLine)])
    for line in lines:
        at, *rest = astuple(line)
        writer.writerow([at.isoformat(timespec="seconds"), *(_harmless(value) for value in rest)])
    return ("\ufeff" + out.getvalue()).encode()


def _harmless(value: object) -> object:
    """The text, escaped so that a spreadsheet does not read it as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
