"""The source of the repository, read and parsed once for all the rules of the house that look at it."""

import ast
import gc
import io
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("neverdark", "worker", "web", "bots", "core")
"""The packages that import each other; `sandbox` stands apart."""


@cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Every module in these folders."""
    return tuple(sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text(path: Path) -> str:
    return path.read_text()


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed. All trees stay, so the garbage collector need not go through them again and again."""
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text(path))
    finally:
        gc.freeze()
        if is_collecting:
            gc.enable()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a module, in the order of `ast.walk`."""
    return tuple(ast.walk(tree(path)))


@cache
def comments(path: Path) -> tuple[tuple[int, str], ...]:
    """Each comment of a module with its line."""
    tokens = tokenize.generate_tokens(io.StringIO(text(path)).readline)
    return tuple((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)
