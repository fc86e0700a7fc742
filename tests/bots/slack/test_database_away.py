"""While Postgres is away, each way to ask in Slack says no, and carries what was typed: nothing typed is ever lost."""

from collections.abc import Awaitable, Callable

import pytest

from bots.slack.delivery.chat import SlackChat
from core.db.pool import Pool
from sandbox.slack import Slack
from sandbox.slack.fixtures import PEOPLE
from tests.bots.conftest import AWAY, Noted, OpenService
from tests.bots.slack.conftest import OpenBot
from tests.bots.slack.test_results import _press, _result
from tests.patience import until

ANA = PEOPLE[0]
NASTY = "a red fox <!channel> @here ```code``` & *bold* seconds:5"
SHOWN = ("a red fox", "```code``` & *bold*", "seconds:5")
Ask = Callable[[Slack], Awaitable[None]]


async def _command(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text=f"/video {NASTY}")


async def _question(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text=f"/video {NASTY} --stylize 7")


async def _word(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text=f"/video cancel {NASTY}")


async def _search(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text=f"/video show {NASTY}")


async def _schedule(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text=f'/video {NASTY} at:"tomorrow 9:00"')


async def _form(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text="/video")
    form = await until(lambda: slack.views.top(ANA.id))
    values = {"prompt": NASTY.replace(" seconds:5", ""), "seconds": "5"}
    assert (await slack.submit(modal=form.view["id"], user="ana", values=values)).ok


async def _shortcut(slack: Slack) -> None:
    await slack.surfaces.shortcut(ANA, callback_id="make")
    form = await until(lambda: slack.views.top(ANA.id))
    values = {"prompt": NASTY, "where": "general"}
    assert (await slack.submit(modal=form.view["id"], user="ana", values=values)).ok


async def _shortcut_on_a_message(slack: Slack) -> None:
    await slack.say(channel="general", user="ben", text=NASTY)
    message = slack.messages("general")[0]["id"]
    await slack.shortcut(channel="general", message=message, shortcut="make_of_message", user="ana")
    form = await until(lambda: slack.views.top(ANA.id))
    assert (await slack.submit(modal=form.view["id"], user="ana", values={})).ok


async def _mention(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text=f"@Neverdark {NASTY}")


async def _in_a_thread(slack: Slack) -> None:
    await slack.say(channel="general", user="ben", text="What shall we film?")
    root = slack.messages("general")[0]["id"]
    await slack.say(channel="general", user="ana", text=f"@Neverdark {NASTY}", thread=root)


ENTRIES: list[Ask] = [
    _command, _question, _word, _search, _schedule, _form, _shortcut, _shortcut_on_a_message, _mention, _in_a_thread,
]  # fmt: skip


@pytest.mark.parametrize("ask", ENTRIES)
async def test_what_was_typed_comes_back_to_be_copied_and_pings_nobody(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, ask: Ask
) -> None:
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        await ask(slack)
        (told,) = await until(lambda: slack.whispers("general", "ana"))
    assert told["text"].count("Here is what you typed") == 1
    for words in SHOWN:
        assert words in told["text"], told["text"]
    sent = [arguments for method, arguments in slack.requests if "Here is what you typed" in str(arguments)]
    assert not any("<!channel>" in str(arguments.get("text", "")) for arguments in sent)


async def test_a_long_description_comes_back_whole(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    prompt = " ".join(f"word{n}" for n in range(480))[:3900].rsplit(" ", 1)[0]
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text=f"/video {prompt}")
        (told,) = await until(lambda: slack.whispers("general", "ana"))
    assert "".join(prompt.split()) in "".join(told["text"].split())


async def test_edit_and_run_says_that_it_waits_and_the_button_stays(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(slack, chat, house, noted)
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        await _press(slack, message, "edit")
        (told,) = await until(lambda: slack.whispers("general", "ana"))
    assert "Nothing was taken: please try again in a minute." in told["text"]
    assert slack.views.top(ANA.id) is None
