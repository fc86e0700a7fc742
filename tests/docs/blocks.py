"""The shell blocks of the documentation: each has a line above it that says how it is run, or why it is not."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
RUNS = (
    "beside an up", "production", "backup", "restore", "readme",
    *(f"point in time, {part}" for part in ("archive", "base", "restore", "start", "go on")),
)  # fmt: skip
"""How a block is run: the marks that `test_blocks.py` looks for."""
_BLOCK = re.compile(
    r"^(?P<above>[^\n]*)\n(?P<indent> *)```(?:sh|bash|shell)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_MARK = re.compile(r"<!-- (?:run: (?P<name>[a-z, ]+)|not run: (?P<why>.{10,})) -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One of them. `name`: how it is run; `why`: why it is not; neither where nothing is said above it."""

    page: str
    body: str
    name: str | None
    why: str | None


def blocks() -> list[Block]:
    """Those of all pages, in their order."""
    found = []
    for page in PAGES:
        for block in _BLOCK.finditer(page.read_text()):
            mark = _MARK.fullmatch(block["above"].strip())
            found.append(
                Block(
                    page=page.relative_to(ROOT).as_posix(),
                    body=block["body"],
                    name=mark["name"] if mark else None,
                    why=mark["why"] if mark else None,
                )
            )
    return found


def marked(page: str, name: str) -> list[str]:
    """The blocks of a page that are run in this way."""
    return [block.body for block in blocks() if block.page == page and block.name == name]


def everywhere(name: str) -> list[str]:
    """The blocks of all pages that are run in this way, each once."""
    return list(dict.fromkeys(block.body for block in blocks() if block.name == name))
