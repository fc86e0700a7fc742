"""/providers and /settings in Slack: over a real socket, and what Slack's API and Postgres received."""

from typing import Any

from core.db.pool import Pool
from core.domain.requests.fallback import Fallback
from core.domain.rules.panels import PanelName
from core.replies.rules.panels import TITLES
from sandbox.slack import Slack
from tests.bots.conftest import AWAY, OpenService
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until


async def _chosen(house: Pool) -> str | None:
    found: str | None = await house.fetchval("SELECT fallback FROM workspace_settings")
    return found


def _card(slack: Slack) -> dict[str, Any]:
    found: dict[str, Any] = slack.whispers("general", "ana")[-1]
    return found


async def test_anybody_may_ask_how_the_providers_are_and_is_answered_alone(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/providers")
        assert "All 5 providers work" in await whisper(slack, user="ben")
    assert slack.messages("general") == []


async def test_an_admin_changes_a_setting_from_its_menu_and_the_card_shows_it(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/settings")
        assert "Any: whoever can" in await whisper(slack)
        card = _card(slack)
        labels = [action["label"] for action in card["actions"]]
        assert labels[:3] == ["Never fall back", "Same tier", "✓ Any"]
        assert labels[3:5] == ["✓ Ask me first", "Ask the next at once"]
        assert labels[5:8] == ["✓ Members only", "And guests", "Everybody"]
        here = [title for name, title in TITLES.items() if name is not PanelName.SUPPORTERS]  # Slack knows none
        assert labels[8:] == [f"{title} …" for title in (*here, "Public links")], "it has no gallery"
        action = card["actions"][0]["action"]
        assert (await slack.press(channel="general", message=card["id"], action=action, user="ana")).ok
        await until(lambda: "Never fall back: only" in _card(slack)["text"])
        assert len(slack.whispers("general", "ana")) == 1, "the card was to be changed, not said again"
        assert await _chosen(house) == Fallback.NEVER


async def test_a_setting_can_be_typed_and_what_does_not_exist_is_refused_with_what_does(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    typed = {
        "/settings fallback: same_tier": "Changed: Same tier",
        "/settings fallback never": "Changed: Never fall back",
        "/settings Fallback=any": "Changed: Any",
        "/settings refused: go on": "Changed: Ask the next at once",
        "/settings fallback: sometimes": "Choose never, same_tier or any",
        "/settings colour red": "is not a known setting",
    }
    async with open_service() as video_service, open_bot(video_service):
        for n, (text, words) in enumerate(typed.items()):
            await slack.say(channel="general", user="ana", text=text)
            assert words in await whisper(slack, earlier=n)
        assert await _chosen(house) == Fallback.ANY


async def test_who_is_no_admin_changes_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for n, text in enumerate(("/settings", "/settings fallback never")):
            await slack.say(channel="general", user="ben", text=text)
            assert "admin" in await whisper(slack, user="ben", earlier=n)
        await slack.say(channel="general", user="ana", text="/settings")
        await whisper(slack)
        card = _card(slack)
        await slack.press(channel="general", message=card["id"], action=card["actions"][0]["action"], user="ana")
        await until(lambda: _chosen(house))


async def test_without_postgres_one_sentence_comes_in_time(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        for n, text in enumerate(("/providers", "/settings")):
            await slack.say(channel="general", user="ana", text=text)
            assert "try again in a minute" in await whisper(slack, earlier=n)
