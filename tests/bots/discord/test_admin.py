"""/providers and /settings in Discord: over a real gateway, and what Discord's API and Postgres received."""

from typing import Any

from core.db.pool import Pool
from core.domain.requests.fallback import Fallback
from core.replies.rules.panels import TITLES
from tests.bots.conftest import AWAY, OpenService
from tests.bots.discord.conftest import OpenBot
from tests.sandbox.discord.harness import Sandbox

OUTSIDERS = ("✓ Members only", "And guests", "Everybody")
PANELS = tuple(f"{title} …" for title in (*TITLES.values(), "Links and gallery"))


async def _say(sandbox: Sandbox, text: str, *, user: str = "ana") -> str:
    heard = await sandbox.platform.say(channel="general", user=user, text=text)
    assert heard.ok, heard
    (said,) = heard.ephemeral
    return said


def _cards(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """What only one person sees, as it is now, by the message's id."""
    return {news["id"]: news["drawn"] for news in sandbox.world.recent if news["type"] == "ephemeral"}


async def _chosen(house: Pool) -> str | None:
    found: str | None = await house.fetchval("SELECT fallback FROM workspace_settings")
    return found


async def test_anybody_may_ask_how_the_providers_are_and_is_answered_alone(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert (await _say(sandbox, "/providers", user="ben")).startswith("All 5 providers work")
    assert sandbox.platform.messages("general") == []


async def test_an_admin_changes_a_setting_from_its_menu_and_the_card_shows_it(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert "Any: whoever can" in await _say(sandbox, "/settings")
        ((message, card),) = _cards(sandbox).items()
        labels = [action["label"] for action in card["actions"]]
        assert labels == [
            "Never fall back",
            "Same tier",
            "✓ Any",
            "✓ Ask me first",
            "Ask the next at once",
            *OUTSIDERS,
            *PANELS,
        ]
        pressed = await sandbox.platform.press(
            channel="general", message=message, action=card["actions"][0]["action"], user="ana"
        )
        assert pressed.ok
        ((_, changed),) = _cards(sandbox).items()
        assert "Never fall back: only" in changed["text"], "the card was to be changed, not said again"
    assert await _chosen(house) == Fallback.NEVER


async def test_a_setting_is_a_typed_option(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        hints = {hint.command: hint for hint in sandbox.platform.commands()}
        options = {option["name"]: option for option in hints["/settings"].options}
        assert options.keys() == {"fallback", "keep", "show", "channel"}
        assert options["fallback"]["choices"] == [each.value for each in Fallback]
        assert (await _say(sandbox, "/settings keep:30")).startswith("Changed: kept for 30 days")
        assert (await _say(sandbox, "/settings fallback:same_tier")).startswith("Changed: Same tier")
    assert await _chosen(house) == Fallback.SAME_TIER


async def test_who_may_not_manage_the_server_changes_nothing(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for text in ("/settings", "/settings fallback:never"):
            heard = await sandbox.platform.say(channel="general", user="ben", text=text)
            assert heard.error == "You do not have permission to use this command."
        assert "admin" in (await _say(sandbox, "/video settings", user="ben")).lower()
    assert await _chosen(house) is None


async def test_without_postgres_one_sentence_comes_in_time(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        for text in ("/providers", "/settings"):
            assert "try again in a minute" in await _say(sandbox, text)
