"""Prints rows: as a table for people, as wide as the terminal allows, or as CSV and JSON for programs.

CSV and JSON have every value unchanged. A table has the most useful columns, and fewer of them in a narrow terminal.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from core.domain.text import visible
from neverdark.errors import Misconfigured

WIDE = 110
"""Characters from which on a table shows all of its columns."""
FOLDED_LEAST = 16
"""Characters at least of a column whose text is wrapped."""
_GAP = 2

Row = Mapping[str, Any]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]

_COLOURS = {
    **dict.fromkeys(
        ("healthy", "ok", "succeeded", "done", "delivered", "granted", "yes", "works", "fine", "running"), "green"
    ),
    **dict.fromkeys(("demoted", "probing", "late", "ambiguous", "no key", "replayed", "warning"), "yellow"),
    **dict.fromkeys(("held", "failed", "rejected", "gone", "wrong"), "red"),
    **dict.fromkeys(("poison", "asleep", "overdue", "undelivered", "endless", "frozen"), "bold red"),
    **dict.fromkeys(("cancelled", "abandoned", "–"), "dim"),
}


class Form(StrEnum):
    """The form in which rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def escaped(value: Any) -> str:
    """A value for a cell, escaped so that nothing in it is read as markup."""
    from rich.markup import escape

    return "–" if value is None or value == "" else escape(visible(str(value)))


def state(value: Any) -> str:
    """A state, in the colour of its meaning."""
    colour = _COLOURS.get(str(value))
    return f"[{colour}]{escaped(value)}[/]" if colour else escaped(value)


def moment(value: datetime | None) -> str:
    """A time in UTC, to the second."""
    return "–" if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def day_and_time(value: datetime | None) -> str:
    """A time in UTC without the year, for recent times."""
    return "–" if value is None else f"{value.astimezone(UTC):%m-%d %H:%M:%S}"


def day(value: datetime | None) -> str:
    return "–" if value is None else f"{value.astimezone(UTC):%Y-%m-%d}"


def number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def credit_count(value: int) -> str:
    return f"{value:,} credit" if value == 1 else f"{value:,} credits"


def signed(value: int) -> str:
    return f"{value:+,}" if value else "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Args:
        key: the key of its value in a row.
        cell: turns the value into rich markup.
        is_wide: shown only where there is room.
        is_whole: never broken into lines.
    """

    title: str
    key: str
    cell: Callable[[Any], str] = escaped
    is_number: bool = False
    is_wide: bool = False
    is_whole: bool = True


def chosen(*, as_json: bool, as_csv: bool) -> Form:
    """The form that --json and --csv choose."""
    if as_json and as_csv:
        raise Misconfigured("--json and --csv can't both be had.")
    return Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE


def show(
    rows: Sequence[Row], columns: Sequence[Column], *, form: Form, empty: str, fields: Sequence[str] | None = None
) -> None:
    """Print rows.

    Args:
        rows: every one with the same keys.
        columns: the columns of the table.
        form: the form of the output.
        empty: the sentence for a person where there are no rows.
        fields: the heading of a CSV without rows, where the rows have more than the columns show.
    """
    match form:
        case Form.JSON:
            say_json(list(rows))
        case Form.CSV:
            _csv(rows, fields or [column.key for column in columns])
        case Form.TABLE if not rows:
            say(empty)
        case Form.TABLE:
            table(rows, columns)


def table(rows: Iterable[Row], columns: Sequence[Column]) -> None:
    """A table without lines; wide columns are left out of narrow terminals.

    A column that `is_whole` is never cut, even if the table gets wider than the terminal: half an id is of no use.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    shown = [column for column in columns if console.width >= WIDE or not column.is_wide]
    cells = [[column.cell(row[column.key]) for column in shown] for row in rows]
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    widths = [
        max(Text.from_markup(cell).cell_len for cell in (escaped(column.title), *(row[at] for row in cells)))
        if column.is_whole
        else FOLDED_LEAST
        for at, column in enumerate(shown)
    ]
    for column, width in zip(shown, widths, strict=True):
        drawn.add_column(
            column.title,
            justify="right" if column.is_number else "left",
            no_wrap=column.is_whole,
            min_width=width,
            overflow="fold",
        )
    for row in cells:
        drawn.add_row(*row)
    console.width = max(console.width, sum(widths) + _GAP * len(widths))
    console.print(drawn, soft_wrap=False, crop=False)


def say(markup: str = "") -> None:
    """A line for people, in rich's markup."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(visible(markup))


def say_json(value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    # Control characters, which a terminal would obey, are escaped as in JSON.
    print("".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text))


def _csv(rows: Sequence[Row], fields: Sequence[str]) -> None:
    names = list(rows[0]) if rows else list(fields)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_flat(row[name]) for name in names])


def _flat(value: Any) -> str | int | float:
    """One field of a CSV. Text that a spreadsheet would read as a formula is escaped."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return value
        case list() | tuple():
            return " ".join(str(_flat(one)) for one in value)
        case Mapping():
            return json.dumps(value, ensure_ascii=False, default=_plain)
    text = str(_plain(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
