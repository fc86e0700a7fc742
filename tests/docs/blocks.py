"""The shell blocks of the documentation that can be run: those below a line `<!-- run: NAME -->`."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^<!-- run: (?P<name>[a-z ]+) -->\n```sh\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def marked(page: str, name: str) -> list[str]:
    """The blocks of a page with that mark, in their order."""
    text = (ROOT / "docs" / page).read_text()
    return [found["body"] for found in _BLOCK.finditer(text) if found["name"] == name]
