"""The documentation is a site without a dead link, and says what the code says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

from bots.discord.people.permissions import NEEDED
from bots.slack.installation.manifest import scopes
from core.domain.rules.kinds import RuleKind
from neverdark.cli import app
from neverdark.settings_reference import markdown
from tests.docs import panel_pictures
from tests.docs.blocks import ROOT, RUNS, blocks, marked

PAGES = sorted((ROOT / "docs").rglob("*.md"))


def test_the_site_is_built_and_nothing_in_it_is_missing(tmp_path: Path) -> None:
    line = [str(Path(sys.executable).parent / "mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(line, check=False, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("first-minute", "slack", "discord", "vendors", "settings", "production", "scaling", "decisions/index"):
        assert (tmp_path / f"{page}.html").stat().st_size > 5000
    security = (tmp_path / "security.html").read_text()
    assert "What is stored" in security, "what is said once is shown in both places"
    outside = re.findall(r'<(?:script|link)[^>]+(?:src|href)="(https?://[^"]+)', security)
    assert [address for address in outside if not address.startswith("https://video")] == [], "the site asks others"


def test_every_page_is_in_the_table_of_contents() -> None:
    text = (ROOT / "mkdocs.yml").read_text()
    yaml.safe_load(text)
    assert [page.name for page in PAGES if page.relative_to(ROOT / "docs").as_posix() not in text] == []


def test_the_settings_page_is_what_the_code_reads() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == markdown(), "run `neverdark settings > docs/settings.md`"


def test_no_secret_of_this_machine_gets_into_the_settings_page() -> None:
    environment = {**os.environ, "METRICS_TOKEN": "a-secret-of-mine", "SLACK_BOT_TOKEN": "xoxb-of-mine"}
    line = [sys.executable, "-m", "neverdark", "settings"]
    said = subprocess.check_output(line, text=True, env=environment, timeout=60)
    assert "of-mine" not in said


def test_the_page_on_slack_names_every_scope_of_the_manifest() -> None:
    text = (ROOT / "docs" / "slack.md").read_text()
    assert [scope for scope in (*scopes().needed, *scopes().optional) if f"`{scope}`" not in text] == []
    manifest = json.loads((ROOT / "bots" / "slack" / "manifest.json").read_text())
    assert [
        each["command"] for each in manifest["features"]["slash_commands"] if f"`{each['command']}`" not in text
    ] == []


def test_the_page_on_discord_invites_with_what_the_doctor_looks_for() -> None:
    assert f"permissions={NEEDED.value}" in (ROOT / "docs" / "discord.md").read_text()


def _known() -> set[str]:
    names = {str(command.name or command.callback.__name__) for command in app.registered_commands if command.callback}
    return names | {str(group.name) for group in app.registered_groups}


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda path: path.name)
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    fences = re.findall(r"^```(?:sh|console)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    used = set(re.findall(r"^(?:\$ )?(?:\.venv/bin/)?neverdark ([a-z][a-z-]*)", "\n".join(fences), re.MULTILINE))
    used |= set(re.findall(r"`neverdark ([a-z][a-z-]*)[^`]*`", page.read_text()))
    assert used - _known() == set()


def test_there_are_blocks_that_are_run() -> None:
    assert len(marked("docs/production.md", "production")) >= 5
    assert marked("docs/first-minute.md", "beside an up")


def test_every_shell_block_is_run_or_says_why_not() -> None:
    """`<!-- run: NAME -->` or `<!-- not run: REASON -->` in the line above it; settings alone are `ini`."""
    assert [(block.page, block.body[:60]) for block in blocks() if block.name is None and block.why is None] == []
    assert {block.name for block in blocks() if block.name is not None} == set(RUNS)
    run_by = ("test_blocks.py", "test_point_in_time.py")
    text = "".join((ROOT / "tests" / "docs" / name).read_text() for name in run_by)
    assert [name for name in RUNS if f'"{name}"' not in text] == []


@pytest.mark.parametrize("platform", panel_pictures.WORDS)
def test_the_page_on_rules_shows_every_panel_as_a_picture(platform: str) -> None:
    text = (ROOT / "docs" / "rules.md").read_text()
    shown = re.findall(rf"\]\((panels/{platform}-\w+\.webp)\)", text)
    wanted = [panel_pictures.picture(platform, name) for name in panel_pictures.panels(platform)]
    assert [(ROOT / "docs" / each).resolve() for each in shown] == wanted, "the order of the panels is that of the menu"
    for each in wanted:
        with Image.open(each) as seen:
            seen.load()
            assert seen.width <= panel_pictures.WIDTH_MOST


def test_no_picture_of_a_panel_is_left_over_and_all_together_are_small() -> None:
    known = {
        panel_pictures.picture(each, name) for each in panel_pictures.WORDS for name in panel_pictures.panels(each)
    }
    assert set(panel_pictures.FOLDER.iterdir()) == known
    assert sum(each.stat().st_size for each in known) < 1_500_000


def test_every_kind_of_rule_has_its_tests_on_the_page_and_they_are_there() -> None:
    text = (ROOT / "docs" / "rules.md").read_text().partition("## The tests of each rule")[2]
    table = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    assert {len(row) for row in table} == {4}, "property, race, stand-ins"
    assert all(cell.strip() for row in table for cell in row)
    assert sorted(kind for row in table for kind in re.findall(r"`(\w+)`", row[0])) == sorted(RuleKind)
    named = re.findall(r"`(tests/\S+)`", text)
    assert [each for each in named if not (ROOT / each).is_file()] == []
