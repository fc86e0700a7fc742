"""The frame of a page without scripts: text is escaped here, and `pages/` has the look."""

import base64
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).with_name("pages")
_STYLE = "".join((_FOLDER / f"{name}.css").read_text() for name in ("style", "buttons", "sheet"))
_FRAME = Template((_FOLDER / "frame.html").read_text())
_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
SHEET_HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Html(str):
    """Text that is markup; any other text is escaped."""

    __slots__ = ()


def text(value: object) -> Html:
    """A value as escaped text; `Html` stays markup."""
    if isinstance(value, Html):
        return value
    return Html("" if value is None else escape(str(value)))


def join(parts: Iterable[object], by: str = "") -> Html:
    return Html(by.join(text(part) for part in parts))


def tag(element: str, /, *inner: object, **attributes: object) -> Html:
    """An element. A trailing underscore of an attribute's name is left out: `class_`; `aria_label` is aria-label."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{element}{shown}>{join(inner)}</{element}>")


def table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = (), wide: int = -1
) -> Html:
    """A table.

    Args:
        numbers: the columns that are numbers.
        wide: the column whose text may be long.
    """

    def kind(column: int) -> str | None:
        return "n" if column in numbers else "wide" if column == wide else None

    head = join(tag("th", name, class_=kind(n), scope="col") for n, name in enumerate(heads))

    def cell(column: int, value: object) -> Html:
        # On a phone each cell has its column's name before it, and one without a value is left out.
        kinds = " ".join(word for word in (kind(column), "empty" if _is_empty(value) else None) if word)
        return tag("td", tag("span", "–" if _is_empty(value) else value), class_=kinds or None, data_of=heads[column])

    body = [tag("tr", *(cell(n, value) for n, value in enumerate(row))) for row in rows]
    if not body:
        return tag("p", "There is nothing here.", class_="soft")
    return tag("div", tag("table", tag("thead", tag("tr", head)), tag("tbody", *body)), class_="tables")


def _is_empty(value: object) -> bool:
    return value is None or value == ""


def sheet(title: str, body: object, *, header: object = "", links: str = "") -> str:
    """The whole page.

    Args:
        header: the navigation above it.
        links: elements of the document's head.
    """
    return _FRAME.substitute(title=escape(title), body=text(body), header=text(header), links=links, style=_STYLE)
