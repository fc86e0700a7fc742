"""Pictures that go along with /video in Discord: kept before anything is written down, and refused in private."""

from pathlib import Path

import pytest

from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.ids import UserId
from core.domain.requests.request import Aspect, VideoRequest
from core.replies.chat.card import Action
from sandbox.discord.fixtures import Rules
from sandbox.platform import Heard
from sandbox.world import FaultKind
from tests.bots.conftest import Noted, OpenService, all_generations, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.bots.pictures import data_uri, kept, png
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox


async def _say(sandbox: Sandbox, text: str, **files: str) -> Heard:
    return await sandbox.platform.say(channel="general", user="ana", text=text, files=files)


async def test_a_picture_is_kept_and_the_request_names_it(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert (await _say(sandbox, "/video it turns its head tier:pro", image=data_uri(png((400, 700))))).ok
        await until(lambda: noted.sent)
    request = (await only_generation(house)).request
    assert [request.first_frame] == kept(tmp_path)
    assert (request.prompt, request.last_frame, request.aspect) == ("it turns its head", None, Aspect.TALL)
    (root,) = sandbox.platform.messages("general")
    assert "from a picture" in root["text"]
    (thread,) = [each["thread_name"] for each in sandbox.platform.drawn("general")]
    assert thread == "it turns its head"


async def test_both_ends_go_where_they_were_put(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    first, last = data_uri(png(colour="red")), data_uri(png(colour="blue"))
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video from day to night", last_image=last, image=first)
        await until(lambda: len(noted.sent) == 1)
        await _say(sandbox, "/video from night to day", last_image=first, image=last)
        await until(lambda: len(noted.sent) == 2)
    one, other = [generation.request for generation in await all_generations(house)]
    assert (one.first_frame, one.last_frame) == (other.last_frame, other.first_frame)
    assert {one.first_frame, one.last_frame} == set(kept(tmp_path)), "the same picture is kept once"


async def test_what_is_no_picture_is_refused_to_the_person_alone(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        text = await _say(sandbox, "/video it barks", image=data_uri(b"hello", "image/png"))
        small = await _say(sandbox, "/video it barks", image=data_uri(png((200, 100))))
        alone = await _say(sandbox, "/video it barks", last_image=data_uri(png()))
    assert "I cannot read that file as a picture" in text.ephemeral[0]
    assert "JPEG, PNG, WebP, HEIC or AVIF up to 20 MB" in text.ephemeral[0]
    assert "A picture of 200 × 100 pixels is too small" in small.ephemeral[0]
    assert "Which picture should it begin with?" in alone.ephemeral[0]
    assert await all_generations(house) == []
    assert sandbox.platform.messages("general") == []
    assert kept(tmp_path) == []


async def test_a_no_about_money_comes_to_the_person_alone_too(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(free_credits=1) as video_service, open_bot(video_service):
        heard = await _say(sandbox, "/video it barks", image=data_uri(png()))
    assert "Nothing was taken" in heard.ephemeral[0]
    assert await all_generations(house) == []
    assert sandbox.platform.messages("general") == []


async def test_make_another_begins_with_the_same_picture(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video it barks", image=data_uri(png()))
        await until(lambda: noted.sent)
        first = await only_generation(house)
        by = Principal(platform=first.platform, installation=first.installation, user=UserId("1"), is_admin=False)
        again = await video_service.results.more(Action.AGAIN, first.id, by=by)
    assert isinstance(again, VideoRequest)
    assert again == first.request
    assert again.first_frame in kept(tmp_path)


async def test_the_same_command_twice_makes_one_video(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video it barks", image=data_uri(png()))
        await until(lambda: noted.sent)
        await sandbox.platform.redeliver()
        assert len(await all_generations(house)) == 1
    assert len(sandbox.platform.messages("general")) == 1


@pytest.mark.parametrize("rules", [Rules(hang_s=1, retry_after_s=40)], ids=["as Discord waits"])
async def test_a_root_message_that_fails_is_a_workers_to_post(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video it barks", image=data_uri(png()))
        await until(lambda: len(noted.sent) == 1)
        sandbox.world.switch("discord", FaultKind.DOWN)
        heard = await _say(sandbox, "/video it sleeps", image=data_uri(png()))
        sandbox.world.calm()
    assert heard.ephemeral == ("The application did not respond",)
    assert len(await all_generations(house)) == 1, "nothing was taken from somebody who got no answer"
