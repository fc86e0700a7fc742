"""Reads the inputs of a modal from what Discord sends, whichever of its two shapes they stand in."""

from collections.abc import Iterator
from typing import Any


def inputs_of(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The inputs of a form, as Discord sends them."""
    for row in rows:
        if "component" in row:
            yield row["component"]
        yield from row.get("components") or []
