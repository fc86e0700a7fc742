"""An answer to one person arrives whatever Slack says to it: in its place, or directly, and there once."""

from functools import partial

import pytest

from bots.slack.inbound import directly
from sandbox.slack import Slack
from sandbox.slack.fixtures import PEOPLE
from tests.bots.conftest import OpenService
from tests.bots.slack.conftest import OpenBot
from tests.patience import until

ANA = PEOPLE[0]
HELP = "/video a red fox in the snow"
DIRECT = "chat.postMessage"
IN_PLACE = (
    "user_not_in_channel", "channel_not_found", "is_archived", "restricted_action", "ratelimited", "internal_error",
    "http_502", "invalid_blocks", "missing_scope", "swallow", "something_that_nobody_lists",
)  # fmt: skip
PASSES = ("ratelimited", "internal_error", "http_502", "swallow", "drop", "invalid_blocks", "request_timeout")
"""What the last way may answer once, or twice, and takes then."""


def _helps(slack: Slack, *, directly: bool) -> list[str]:
    seen = slack.messages("@ana") if directly else slack.whispers("general", "ana")
    return [each["text"] for each in seen if HELP in each["text"]]


def _at_least(slack: Slack, count: int) -> bool:
    return len(_helps(slack, directly=True)) >= count


@pytest.mark.parametrize(
    "code", ["http_404", "http_500", "http_502", "swallow", "ratelimited", "expired_url", "used_url"]
)
async def test_an_answer_to_a_command_that_is_not_taken_comes_directly(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, code: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        slack.faults.add("response_url", code)
        await slack.say(channel="general", user="ana", text="/video help")
        await until(lambda: _helps(slack, directly=True))
    assert _helps(slack, directly=False) == []


async def test_what_the_last_way_refuses_for_a_moment_is_tried_again_and_said_once(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directly, "pause_s", lambda _tries: 0.01)
    async with open_service() as video_service, open_bot(video_service):
        slack.faults.add("response_url", "http_404")
        for n, code in enumerate(PASSES, start=1):
            slack.faults.add(DIRECT, code, times=1, retry_after="1")
            await slack.say(channel="general", user="ana", text="/video help")
            await until(partial(_at_least, slack, n))
        await slack.say(channel="general", user="ana", text="/credits")
        await until(lambda: len(slack.messages("@ana")) > len(PASSES))
    assert len(_helps(slack, directly=True)) == len(PASSES), "one was said twice"


async def test_an_answer_to_a_mention_comes_directly_whatever_the_channel_says(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for n, code in enumerate(IN_PLACE, start=1):
            order = slack.faults.add("chat.postEphemeral", code)
            await slack.say(channel="general", user="ana", text="@Neverdark help")
            await until(partial(_at_least, slack, n))
            slack.faults.lift(order.id)
        await slack.say(channel="general", user="ana", text="@Neverdark help")
        await until(lambda: _helps(slack, directly=False))
    assert len(_helps(slack, directly=True)) == len(IN_PLACE)


async def test_a_direct_message_is_answered_in_it_though_its_thread_is_refused(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    slack.store.direct(ANA.id)
    async with open_service() as video_service, open_bot(video_service):
        slack.faults.add(DIRECT, "thread_not_found", times=1)
        await slack.say(channel="@ana", user="ana", text="help")
        await until(lambda: _helps(slack, directly=True))


async def test_an_answer_that_nothing_takes_is_an_error_for_the_operator(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[object] = []
    monkeypatch.setattr(directly.log, "error", lambda event, **facts: lost.append((event, facts)))
    async with open_service() as video_service, open_bot(video_service):
        slack.faults.add("response_url", "http_404")
        order = slack.faults.add(DIRECT, "is_archived")
        await slack.say(channel="general", user="ana", text="/video help")
        await until(lambda: lost)
        slack.faults.lift(order.id)
    assert lost == [("answer.lost", {"error": "PlaceGone", "why": "is_archived"})]


@pytest.mark.parametrize(
    ("code", "is_invited"),
    [
        ("channel_not_found", "yes"),
        ("not_in_channel", "yes"),
        ("is_archived", "no"),
        ("restricted_action_read_only_channel", "no"),
        ("thread_not_found", "no"),
        ("restricted_action_thread_locked", "no"),
    ],
)
async def test_who_asks_where_nothing_can_be_posted_reads_at_once_that_the_video_comes_directly(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, code: str, is_invited: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        slack.faults.add("chat.postMessage", code)
        await slack.say(channel="general", user="ana", text="/video a red fox")
        (told,) = await until(lambda: slack.whispers("general", "ana"))
    assert "comes to you directly" in told["text"]
    assert ("/invite" in told["text"]) is (is_invited == "yes"), "where it would help, and only there"
