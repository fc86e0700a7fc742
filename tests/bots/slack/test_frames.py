"""Pictures for /video in Slack: addresses and files, whose they may be, and the shortcut on a message."""

from pathlib import Path
from typing import Any

import pytest

from bots.slack.requests.frames import Frames
from core.db.pool import Pool
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import TierName
from sandbox.slack import Slack
from tests.bots.conftest import Noted, OpenService, all_generations, only_generation
from tests.bots.pictures import data_uri, kept, png
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until


async def _share(slack: Slack, *, user: str = "ana", channel: str = "general", **picture: Any) -> dict[str, Any]:
    """Somebody shares a picture; its message."""
    heard = await slack.say(channel=channel, user=user, text="look", image=data_uri(png(**picture)))
    assert heard.ok, heard.error
    return slack.messages(channel)[-1]


async def test_the_link_of_a_file_is_enough(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        shared = await _share(slack, size=(400, 700))
        link = shared["files"][0]["url"]
        await slack.say(channel="general", user="ana", text=f"/video it turns its head tier:pro image:{link}")
        await until(lambda: noted.sent)
    request = (await only_generation(house)).request
    assert (request.prompt, request.tier, request.aspect) == ("it turns its head", TierName.PRO, Aspect.TALL)
    assert [request.first_frame] == kept(tmp_path)
    assert "from a picture" in slack.messages("general")[-1]["text"]


@pytest.mark.parametrize(
    ("owner", "shared_in", "videos"), [("ben", "general", 1), ("ben", "random", 0), ("ana", "random", 1)]
)
async def test_a_file_counts_where_its_the_persons_own_or_the_channels(
    slack: Slack,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    owner: str,
    shared_in: str,
    videos: int,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        shared = await _share(slack, user=owner, channel=shared_in)
        await slack.say(channel="general", user="ana", text=f"/video it barks image:{shared['files'][0]['url']}")
        if videos:
            await until(lambda: noted.sent)
        else:
            assert "I may not use that file here" in await whisper(slack)
    assert len(await all_generations(house)) == videos


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:9/fox.png", "I cannot get that picture"),
        ("https://localhost/fox.png", "I cannot get that picture"),
        ("fox.png", "I cannot get that picture"),
        ("{slack}/slack/files/F0AAAAAAAAAA/fox.png", "I may not use that file here"),
        ("{slack}/slack/api/users.list", "I cannot get that picture"),
    ],
)
async def test_an_address_that_leads_nowhere_good_is_refused(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, address: str, said: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        typed = address.format(slack=slack.world.base_url)
        await slack.say(channel="general", user="ana", text=f"/video it barks image:{typed}")
        assert said in await whisper(slack)
    assert await all_generations(house) == []


async def test_the_token_goes_to_slack_alone(slack: Slack, open_service: OpenService) -> None:
    async def files_info(**_: Any) -> dict[str, Any]:
        return {"file": {"user": "U1", "url_private": found}}

    web: Any = type("Web", (), {"token": "xoxb-1", "base_url": "https://slack.com/api/"})()
    web.files_info = files_info
    async with open_service() as video_service:
        frames = Frames(video_service, web)
        for found, trusted in {
            "https://files.slack.com/files-pri/T1-F1/fox.png": True,
            "https://docs.google.example/fox.png": False,
            "https://slack.com.evil.example/fox.png": False,
            "http://files.slack.com/fox.png": False,
        }.items():
            source = await frames._of_file("F0000001")
            assert bool(source.trusted) is trusted, found
            assert not source.allow_private


async def test_the_shortcut_asks_and_the_video_begins_with_the_picture(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        shared = await _share(slack, user="ben", channel="video")
        await slack.shortcut(channel="video", message=shared["id"], shortcut="animate", user="ana")
        opened: Any = await until(lambda: list(slack.views.opened.values()))
        modal = opened[0].modal
        assert modal.title == "Animate this picture"
        assert [field.name for field in modal.fields] == ["prompt", "tier"]
        empty = await slack.submit(modal=modal.id, user="ana", values={"prompt": ""})
        assert not empty.ok
        tier = next(option for option in modal.fields[1].options if option.startswith("pro"))
        await slack.submit(modal=modal.id, user="ana", values={"prompt": "it turns & runs", "tier": tier})
        await until(lambda: noted.sent)
    generation = await only_generation(house)
    request = generation.request
    assert (request.prompt, request.tier) == ("it turns & runs", TierName.PRO)
    assert [request.first_frame] == kept(tmp_path)
    root = slack.messages("video")[-1]
    assert root["text"].startswith("it turns & runs\nasked by ana · pro tier")


async def test_the_shortcut_on_a_message_without_a_picture_says_so(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="hello")
        message = slack.messages("general")[-1]
        await slack.shortcut(channel="general", message=message["id"], shortcut="animate", user="ana")
        assert "There is no picture in this message" in await whisper(slack)
    assert not slack.views.opened


async def test_a_no_after_the_form_is_for_the_person_alone(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(free_credits=1) as video_service, open_bot(video_service):
        shared = await _share(slack)
        await slack.shortcut(channel="general", message=shared["id"], shortcut="animate", user="ana")
        opened: Any = await until(lambda: list(slack.views.opened.values()))
        await slack.submit(modal=opened[0].modal.id, user="ana", values={"prompt": "it barks"})
        assert "Nothing was taken" in await whisper(slack)
    assert await all_generations(house) == []
