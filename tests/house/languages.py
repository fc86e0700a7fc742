"""The catalogues of sentences: what the code says, found in its source, and what the languages have for it.

`make languages` (`python -m tests.house.languages`) brings every catalogue in `core/replies/languages/` up to date: new
sentences get an empty place, and what nobody says any more goes.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from core.domain.requests.tiers import TIERS
from tests.house.source import ROOT, modules, nodes

FOLDER = ROOT / "core" / "replies" / "languages"
SAYS = ("core/replies", "bots")
MARKS = {"say", "later", "say_count"}
PLACES = re.compile(r"\{(\w+)\}")


@dataclass
class Sentence:
    """One that the code says. `many`: of how many, where it depends on a number."""

    one: str
    many: str | None = None
    places: list[str] = field(default_factory=list)


def sources() -> tuple[Path, ...]:
    return modules(*SAYS)


@cache
def sentences() -> dict[str, Sentence]:
    """All that the code says, by their English."""
    found: dict[str, Sentence] = {}
    for path in sources():
        for call in _calls(path):
            one, many = _texts(call)
            name = path.relative_to(ROOT).as_posix()
            sentence = found.setdefault(one, Sentence(one, many))
            if name not in sentence.places:
                sentence.places.append(name)
    for tier in TIERS.values():
        found.setdefault(tier.blurb, Sentence(tier.blurb)).places.append("core/domain/requests/tiers.py")
    return found


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in nodes(path):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str()), *_]) if name in MARKS:
                yield node


def _texts(call: ast.Call) -> tuple[str, str | None]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return texts[0], texts[1] if name == "say_count" else None


def catalogues() -> dict[str, Path]:
    return {path.stem: path for path in sorted(FOLDER.glob("*.po"))}


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def bring_up_to_date(path: Path) -> int:
    """Write the catalogue anew; how many sentences have no words in it."""
    known = read(path)
    fresh = Catalog(locale=path.stem, header_comment=f"# The sentences of Neverdark: {path.stem}.", fuzzy=False)
    missing = 0
    for sentence in sorted(sentences().values(), key=lambda each: each.one):
        key = (sentence.one, sentence.many) if sentence.many is not None else sentence.one
        had = known.get(sentence.one)
        words = had.string if had is not None else None
        if isinstance(words, tuple) != isinstance(key, tuple):
            words = None
        missing += not words or (isinstance(words, tuple) and not all(words))
        fresh.add(key, words or None, locations=[(place, 0) for place in sorted(sentence.places)])
    with path.open("wb") as file:
        write_po(file, fresh, width=118, include_lineno=False, omit_header=True, sort_output=True)
    return missing


def main() -> None:
    for language, path in catalogues().items():
        print(f"{language}: {bring_up_to_date(path)} of {len(sentences())} sentences have no words")  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
