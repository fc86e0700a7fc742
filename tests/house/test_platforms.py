"""A chat platform is a folder in `bots/` and a line in the registry; who else names one is listed here."""

import re
from pathlib import Path

import pytest

from bots.registry import PLATFORMS

ROOT = Path(__file__).parents[2]
PRODUCT = ("core", "worker", "bots", "web", "neverdark")

NAMED = re.compile("|".join(PLATFORMS), re.IGNORECASE)
OWN = tuple(f"bots/{name}/" for name in PLATFORMS)

MAY_NAME = {
    "bots/registry.py": "the line of each platform",
    "neverdark/cli.py": "hangs the commands of each platform's app into the command line",
    "neverdark/slack_app.py": "the commands that look after Slack's app: its manifest, its keys, where it is installed",
    "neverdark/operator/discord.py": "the commands that print the addresses at which Discord's bot is invited",
    "neverdark/doctor/checklist.py": "asks each platform's own check",
    "neverdark/doctor/slack.py": "what Slack itself says of our app",
    "neverdark/doctor/discord.py": "what Discord itself says of our app",
}
EXAMPLES = "an example in a comment, of what a platform's words or limits look like"
MAY_NAME |= dict.fromkeys(
    (
        "core/domain/ids.py",
        "core/domain/signing.py",
        "core/db/people/workspaces.py",
        "core/replies/rules/fields.py",
        "neverdark/doctor/servers.py",
        "neverdark/operator/teams.py",
    ),
    EXAMPLES,
)


def _naming() -> set[str]:
    files = (path for part in PRODUCT for path in (ROOT / part).rglob("*.py"))
    named = {path.relative_to(ROOT).as_posix() for path in files if NAMED.search(path.read_text())}
    return {name for name in named if not name.startswith(OWN)}


def test_no_other_file_of_the_product_names_a_platform() -> None:
    assert _naming() == set(MAY_NAME), "walk bots.registry.PLATFORMS, or say here why that cannot be"


@pytest.mark.parametrize("name", MAY_NAME)
def test_each_exception_has_its_reason(name: str) -> None:
    assert MAY_NAME[name]
