"""Who may use the app where other workspaces share channels, and what a Slack that does not say changes in it."""

from uuid import uuid4

import pytest
import structlog

from bots.slack.api.places import Place
from bots.slack.delivery.chat import SlackChat
from core.db.pool import Pool
from core.replies.chat.card import Action, Button, Card
from sandbox.slack import TEAM_ID, Slack
from sandbox.slack.fixtures import BOT_USER_ID
from sandbox.slack.store import Message
from tests.bots.conftest import OpenService, all_generations, only_generation
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until

TYPED = ("/video a red fox", "/credits", "/settings", "/providers", "/video help")


def _turn(slack: Slack, name: str, value: object) -> None:
    next(switch for switch in slack.switches if switch.name == name).turn(value)


@pytest.mark.parametrize("switch", ["outsiders", "guests"])
async def test_nobody_from_outside_and_no_guest_may_use_the_app_until_an_admin_lets_them(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, switch: str
) -> None:
    _turn(slack, switch, ["ben"])
    async with open_service() as video_service, open_bot(video_service):
        for n, text in enumerate(TYPED):
            heard = await slack.say(channel="general", user="ben", text=text)
            assert heard.ok, "the acknowledgement does not wait for it"
            said = await whisper(slack, user="ben", earlier=n)
            assert "does not make videos for" in said
            assert text.partition(" ")[2] in said, "nothing typed is lost"
        assert await all_generations(house) == []
        await slack.say(channel="general", user="ana", text="/settings outsiders everybody")
        await whisper(slack)
        await slack.say(channel="general", user="ben", text="/video a red fox")
        await until(lambda: slack.messages("general"))
    assert (await only_generation(house)).installation == TEAM_ID


async def test_a_guests_words_come_back_from_a_mention_too(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    _turn(slack, "guests", ["ben"])
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="@Neverdark a red fox & a <hound>")
        said = await whisper(slack, user="ben")
        assert "does not make videos for guests" in said
        assert "a red fox & a <hound>" in said
        assert BOT_USER_ID not in said
    assert await all_generations(house) == []


async def test_a_strangers_press_does_nothing(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: slack.messages("general"))
        generation = await only_generation(house)
        buttons = Card(
            title="Rendering",
            parts=(
                Button(Action.CANCEL, "Cancel", str(generation.id)),
                Button(Action.AGAIN, "Make another", str(generation.id)),
            ),
        )
        message = await chat.post(Place(channel="C0GENERAL").packed(), buttons, key=uuid4())
        _turn(slack, "outsiders", ["ben"])
        for n, action in enumerate(("cancel", "again")):
            await slack.press(channel="general", message=message, action=action, user="ben")
            assert "people of other workspaces" in await whisper(slack, user="ben", earlier=n)
    (still,) = await all_generations(house)
    assert still.cancel_requested_at is None


async def test_an_app_of_a_whole_organization_books_with_the_team_that_its_token_is_of(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    _turn(slack, "org_wide", True)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/settings")
        await whisper(slack)
        card = slack.whispers("general", "ana")[-1]
        action = next(each["action"] for each in card["actions"] if each["label"] == "Same tier")
        assert (await slack.press(channel="general", message=card["id"], action=action, user="ana")).ok
        await until(lambda: "Changed: Same tier" in slack.whispers("general", "ana")[-1]["text"])
    teams = await house.fetch("SELECT installation FROM workspace")
    assert [row["installation"] for row in teams] == [TEAM_ID]


@pytest.mark.parametrize("text", ["/video a red fox", "@Neverdark a red fox"])
async def test_a_member_whose_home_is_the_organization_of_the_workspace_is_no_outsider(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, text: str
) -> None:
    _turn(slack, "in_organization", True)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text=text)
        await until(lambda: all_generations(house))
        _turn(slack, "outsiders", ["ben"])
        await slack.say(channel="general", user="ben", text=text)
        assert "does not make videos for" in await whisper(slack, user="ben")
    assert len(await all_generations(house)) == 1


@pytest.mark.parametrize("code", ["ratelimited", "internal_error", "missing_scope", "http_503"])
async def test_an_admin_is_not_taken_for_none_when_slack_does_not_say(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, code: str
) -> None:
    order = slack.faults.add("users.info", code)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/settings")
        assert "I cannot check that right now" in await whisper(slack)
        slack.faults.lift(order.id)
        await slack.say(channel="general", user="ana", text="/settings")
        assert "What is set here" in await whisper(slack, earlier=1)


async def test_what_slack_has_said_of_somebody_is_remembered_for_a_while(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for n in range(4):
            await slack.say(channel="general", user="ana", text="/settings")
            await whisper(slack, earlier=n)
    assert [method for method, _ in slack.requests].count("users.info") == 1


async def test_a_crash_of_ours_is_told_to_the_person(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async def crash() -> Card:
        raise ZeroDivisionError

    async with open_service() as video_service, open_bot(video_service):
        video_service.providers = crash  # type: ignore[method-assign]  # a handler that has a bug
        heard = await slack.say(channel="general", user="ana", text="/providers")
        assert heard.ok
        assert "it is my fault" in await whisper(slack)


@pytest.mark.parametrize("code", ["http_404", "http_500", "http_400"])
async def test_an_answer_that_slack_does_not_take_comes_directly(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, code: str
) -> None:
    slack.faults.add("response_url", code)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video help")
        await until(lambda: slack.messages("@ana"))


@pytest.mark.parametrize("code", ["expired_trigger_id", "invalid_arguments", "ratelimited", "internal_error"])
async def test_a_form_that_cannot_be_opened_is_told(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, code: str
) -> None:
    slack.faults.add("views.open", code)
    picture = f"{slack.world.base_url}/slack/none.png"
    async with open_service() as video_service, open_bot(video_service):
        message = slack.store.add(Message(ts=slack.store.mint(), channel="C0GENERAL", user="U0ANA", text=picture))
        file = slack.files.issue(name="fox.png", length=3, user="U0ANA")
        file.uploaded = file.completed = file.scanned = True
        message.files.append(file.id)
        await slack.shortcut(channel="general", message=message.ts, shortcut="animate", user="ana")
        told = await whisper(slack)
    assert "The form did not open" in told
    assert "fault" not in told


async def test_an_answer_that_is_refused_comes_directly(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    _turn(slack, "dead_response_urls", True)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video help")
        (said,) = await until(lambda: slack.messages("@ana"))
    assert "/video a red fox in the snow" in said["text"]


async def test_each_line_of_the_log_names_the_command_that_it_is_about_and_no_other(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    _turn(slack, "guests", ["ben"])
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as said:
        async with open_service() as video_service, open_bot(video_service):
            await slack.say(channel="general", user="ana", text="/video a red fox")
            await until(lambda: any(line["event"] == "command.taken" for line in said))
            for n in range(2):
                await slack.say(channel="general", user="ben", text="/video a red fox")
                await whisper(slack, user="ben", earlier=n)
    (taken,) = (line for line in said if line["event"] == "command.taken")
    assert taken["command_id"] == taken["event_id"]
    refused = [line for line in said if line["event"] == "guard.refused"]
    assert len({taken["command_id"], *(line["command_id"] for line in refused)}) == 3
    assert [line for line in refused if "generation_id" in line] == []
