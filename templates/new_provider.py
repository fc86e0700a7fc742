"""Writes what a new provider needs: an adapter, its test, a small stand-in, and the lines that name them.

`make provider NAME=zephyr` runs it. The files are those of `templates/provider`, under the new name: they work as they
are, against each other. What they say of a vendor is invented, and yours to replace.
"""

import keyword
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = "aurora"
NAME = re.compile(r"[a-z][a-z0-9_]{1,10}")

FILES = {
    "adapter.py": "core/providers/{name}.py",
    "contract_test.py": "tests/providers/test_{name}.py",
    "stand_in.py": "sandbox/vendors/{name}.py",
}
LINES = (
    ("core/providers/registry.py", "    fal,\n", "    fal,\n    {name},\n"),
    (
        "core/providers/registry.py",
        '    *(_route(f"{{name}}.fal"',
        '    _route("{name}.api", {name}.{NAME}, {name}.{Name}, {name}.DEFAULTS, {name}.offer),\n'
        '    *(_route(f"{{name}}.fal"',
    ),
    (
        "core/providers/lifecycle.py",
        '    "fal-ai/veo3.1": Life(',
        '    "{name}-1": Life(checked=_READ, successor="none named"),\n    "fal-ai/veo3.1": Life(',
    ),
    ("sandbox/world.py", '"wan"', '"wan", "{name}"'),
    (
        "sandbox/vendors/__init__.py",
        "from sandbox.vendors.tasks import End, Phase, Task\n",
        "from sandbox.vendors.tasks import End, Phase, Task\nfrom sandbox.vendors.{name} import {Name}\n",
    ),
    ("sandbox/vendors/__init__.py", '    "fal": Fal,\n', '    "{name}": {Name},\n    "fal": Fal,\n'),
    (
        ".env.example",
        "# Seedance on BytePlus",
        "# {Name}.\n{NAME}_API_KEY=\n#{NAME}_API_BASE_URL=https://api.{name}.example\n#{NAME}_API_MODEL={name}-1\n\n"
        "# Seedance on BytePlus",
    ),
)
"""What is put where: a file, a text in it that stands there once, and what stands there afterwards."""


class NotAName(ValueError):
    """No provider can have this name."""


def write(name: str, *, root: Path = ROOT) -> list[Path]:
    """Write the files of a provider, and its lines into others. Returns every file that is new or changed.

    Raises:
        NotAName: it is none, or it is taken. Nothing has been written.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise NotAName(
            f"NAME wants a word of a-z, 0-9 and _, 2 to 11 characters long, such as NAME=zephyr, not {name!r}."
        )
    taken = [one for one in (ROOT / "core/providers", ROOT / "sandbox/vendors") if any(one.glob(f"{name}*"))]
    if taken:
        raise NotAName(f"NAME={name} is taken: see {taken[0].relative_to(ROOT)}.")
    written = []
    for template, place in FILES.items():
        path = root / place.format(name=name)
        path.write_text(_named((ROOT / "templates/provider" / template).read_text(), name))
        written.append(path)
    for place, before, after in LINES:
        path = root / place
        text = path.read_text()
        words = {"name": name, "Name": _class(name), "NAME": name.upper()}
        if text.count(before.format(**words)) != 1:
            raise NotAName(f"{place} has no place for NAME={name}: mend templates/new_provider.py.")
        path.write_text(_sorted(text.replace(before.format(**words), after.format(**words))))
        if path not in written:
            written.append(path)
    return written


def _named(text: str, name: str) -> str:
    for template, own in ((TEMPLATE, name), (_class(TEMPLATE), _class(name)), (TEMPLATE.upper(), name.upper())):
        text = text.replace(template, own)
    return text


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _sorted(text: str) -> str:
    """The text with its imports of providers and vendors in order, as the linter wants them."""
    block = re.compile(
        r"(?<=from core\.providers import \(\n)(?:    \w+,\n)+|(?:from sandbox\.vendors\.\w+ import .+\n)+"
    )
    return block.sub(lambda found: "".join(sorted(found[0].splitlines(keepends=True))), text)


if __name__ == "__main__":
    try:
        for made in write(sys.argv[1] if len(sys.argv) > 1 else ""):
            print(made.relative_to(ROOT))
    except NotAName as error:
        sys.exit(str(error))
