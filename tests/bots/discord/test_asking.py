"""Asking in Discord: what is unclear is asked about, what was typed is never lost, one press is one video."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from core.db.people import drafts
from core.db.pool import Pool
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.drafts import Draft
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.replies.generations.results import result
from sandbox.discord.fixtures import GUILD_ID
from sandbox.platform import Heard
from tests.bots.conftest import Noted, OpenService, all_generations, charges, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.test_bot import _opened, _say, _show
from tests.bots.pictures import data_uri, kept, png
from tests.patience import until
from tests.places import PersonThere
from tests.sandbox.discord.harness import Sandbox

GENERAL = {"channel": "general", "user": "ana"}


def _told(sandbox: Sandbox) -> Any:
    """The last thing that only this person sees."""
    place = sandbox.platform._client.channel("general", reader="ana")
    return list(place.unlisted.values())[-1]


def _buttons(sandbox: Sandbox) -> dict[str, str]:
    rows = _told(sandbox).content.components
    return {str(part["label"]): str(part["custom_id"]) for row in rows for part in row["components"]}


async def _press(sandbox: Sandbox, label: str) -> Heard:
    buttons = _buttons(sandbox)
    action = next(action for name, action in buttons.items() if name.startswith(label))
    return await sandbox.platform.press(**GENERAL, message=str(_told(sandbox).id), action=action)


@pytest.mark.parametrize(
    "typed",
    [
        "“tier:pro” a red fox",
        "a red fox tier : pro",
        "a red fox tier=pro",
        "a red fox --model pro",
        "tier:pro a red fox",
    ],
)
async def test_an_option_in_any_spelling_is_one(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, typed: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, f"/video {typed}")
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == VideoRequest(prompt="a red fox", tier=TierName.PRO)


async def test_a_value_that_is_none_is_asked_about_and_the_suggestion_makes_the_video(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await _say(sandbox, "/video a red fox model:prof seconds:5")
        assert "I don't know the tier “prof”" in heard.ephemeral[0]
        assert await charges(house) == 0
        await _press(sandbox, "Use pro")
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == VideoRequest(prompt="a red fox", tier=TierName.PRO, duration_s=5)


async def test_an_option_that_was_picked_and_typed_otherwise_is_asked_about(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await _say(sandbox, "/video a red fox tier:pro --tier draft")
        assert "Which tier: pro or draft?" in heard.ephemeral[0]
        await _press(sandbox, "Use draft")
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == VideoRequest(prompt="a red fox", tier=TierName.DRAFT)


@pytest.mark.parametrize(
    ("typed", "free", "values"),
    [
        ("/video a fox model:mega", 2000, {"prompt": "a fox model:mega", "tier": "default"}),
        ("/video a fox seed:7 --takes 9", 2000, {"prompt": "a fox", "more": "seed:7 takes:4"}),
        ("/video a fox aspect:9:16 no=text", 10, {"prompt": "a fox", "aspect": "9:16", "more": 'negative:"text"'}),
        ("/video a fox image:http://127.0.0.1:9/a.png tier:pro", 2000, {"prompt": "a fox", "tier": "pro"}),
    ],
)
async def test_every_refusal_opens_the_form_filled_in_with_what_was_typed(
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    typed: str,
    free: int,
    values: dict[str, str],
) -> None:
    async with open_service(free_credits=free) as video_service, open_bot(video_service):
        await _say(sandbox, typed.replace("image:", "picture:"))
        heard = await _press(sandbox, "Fix and run")
    assert heard.modal is not None
    found = {field.name: field.value for field in heard.modal.fields}
    assert {name: found[name] for name in values} == values
    assert await all_generations(house) == []


async def test_video_alone_opens_the_form_and_the_form_makes_the_video(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await _say(sandbox, "/video")
        assert heard.modal is not None
        fields = {field.name: field for field in heard.modal.fields}
        assert list(fields) == ["prompt", "tier", "aspect", "more", "pictures"]
        assert fields["tier"].options == ("draft", "standard", "pro", "default", "ultra")
        empty = await sandbox.platform.submit(modal=heard.modal.id, user="ana", values={"prompt": ""})
        assert not empty.ok
        values = {
            "prompt": "it turns its head",
            "tier": "pro",
            "more": 'seconds:5 audio:off seed:7 negative:"text, people"',
            "pictures": f"{data_uri(png((400, 700)))}\n{data_uri(png((400, 700), colour='blue'))}",
        }
        assert (await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values)).ok
        await until(lambda: noted.sent)
    request = (await only_generation(house)).request
    assert (request.prompt, request.tier, request.aspect, request.duration_s) == (
        "it turns its head", TierName.PRO, Aspect.TALL, 5,
    )  # fmt: skip
    assert (request.audio, request.seed, request.negative) == (False, 7, "text, people")
    assert sorted(filter(None, (request.first_frame, request.last_frame))) == sorted(kept(tmp_path))


async def test_a_picture_without_a_word_opens_the_form_that_keeps_it(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await sandbox.platform.say(**GENERAL, text="/video", files={"image": data_uri(png((400, 700)))})
        assert heard.modal is not None
        await sandbox.platform.submit(modal=heard.modal.id, user="ana", values={"prompt": "it barks"})
        await until(lambda: noted.sent)
    request = (await only_generation(house)).request
    assert (request.prompt, [request.first_frame]) == ("it barks", kept(tmp_path))


async def test_references_are_options_of_the_command_and_more_than_two_pictures_of_the_form(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    colours = ("red", "blue", "green")
    async with open_service() as video_service, open_bot(video_service):
        files = {f"reference{n}": data_uri(png((400, 700), colour=c)) for n, c in enumerate(colours[:2], 1)}
        await sandbox.platform.say(**GENERAL, text="/video prompt:a fox", files=files)
        await until(lambda: noted.sent)
        heard = await _say(sandbox, "/video")
        assert heard.modal is not None
        three = "\n".join(data_uri(png((400, 700), colour=colour)) for colour in colours)
        await sandbox.platform.submit(modal=heard.modal.id, user="ana", values={"prompt": "an owl", "pictures": three})
        await until(lambda: len(noted.sent) > 1)
        mixed = files | {"image": data_uri(png((400, 700)))}
        told = await sandbox.platform.say(**GENERAL, text="/video prompt:a fox", files=mixed)
        assert "References do not go together with a first or last picture" in told.ephemeral[0]
    two, more = [made.request for made in await all_generations(house)]
    assert (len(two.references), len(more.references)) == (2, 3)
    assert set(two.references) < set(more.references) == set(kept(tmp_path))
    assert two.aspect is Aspect.WIDE


async def test_words_in_the_line_of_options_that_are_none_are_said_and_kept(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await _say(sandbox, "/video")
        assert heard.modal is not None
        values = {"prompt": "a fox", "more": "seed:7 without people"}
        said = await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values)
        assert "“without people” is not a known option" in said.ephemeral[0]
        again = await _press(sandbox, "Fix and run")
    assert again.modal is not None
    found = {field.name: field.value for field in again.modal.fields}
    assert (found["prompt"], found["more"]) == ("without people, a fox", "seed:7")
    assert await all_generations(house) == []


async def test_a_form_outlives_the_process_that_has_shown_it(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service:
        async with open_bot(video_service):
            heard = await _say(sandbox, "/video")
        assert heard.modal is not None
        async with open_bot(video_service):
            await sandbox.platform.submit(modal=heard.modal.id, user="ana", values={"prompt": "a fox"})
            await until(lambda: noted.sent)
    assert (await only_generation(house)).request.prompt == "a fox"


async def test_a_double_click_on_make_another_is_one_video(
    sandbox: Sandbox, house: Pool, chat: Any, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox tier:draft")
        await until(lambda: _opened(house))
        message, action = await _show(house, chat, sandbox, result)
        press = {**GENERAL, "message": message, "action": action}
        await asyncio.gather(*(sandbox.platform.press(**press) for _ in range(3)))
        assert await charges(house) == 2
        await house.execute("UPDATE presses SET at = at - interval '3.1 seconds'")
        await sandbox.platform.press(**press)
        assert await charges(house) == 3


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("help", "/video prompt: a red fox"),
        ("credits", "credits left"),
        ("settings", "What is set here"),
        ("cancel", "Nothing of yours is under way"),
        ("mine", "no videos here yet"),
        ("show a dog", "I found no video with “a dog”"),
    ],
)
async def test_words_of_its_own_make_no_videos(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, typed: str, said: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await _say(sandbox, f"/video {typed}")
    assert said in heard.ephemeral[0]
    assert await all_generations(house) == []


@pytest.mark.parametrize("way", ["question", "fix", "form"])
async def test_a_veil_and_a_no_to_the_gallery_outlast_what_comes_in_between(
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    await house.execute(
        "INSERT INTO gallery (platform, installation, place) VALUES ('discord', $1, 'wall')", str(GUILD_ID)
    )
    async with open_service() as video_service, open_bot(video_service):
        proposed: list[object] = []

        async def propose(*asked: object, **_more: object) -> None:
            proposed.append(asked)

        monkeypatch.setattr(video_service.show, "propose", propose)
        typed = "" if way == "form" else "prompt:a red fox model:prof"
        heard = await _say(sandbox, f"/video {typed} spoiler:True gallery:False")
        if way == "question":
            await _press(sandbox, "Use pro")
        else:
            heard = heard if way == "form" else await _press(sandbox, "Fix and run")
            assert heard.modal is not None
            values = {"prompt": "a red fox", "tier": "pro"}
            assert (await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values)).ok
        await until(lambda: noted.sent)
    request = (await only_generation(house)).request
    assert (request.is_veiled, request.is_shown) == (True, False)
    assert proposed == []


async def test_a_video_behind_a_veil_is_proposed_to_the_gallery_so(
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await house.execute(
        "INSERT INTO gallery (platform, installation, place) VALUES ('discord', $1, 'wall')", str(GUILD_ID)
    )
    async with open_service() as video_service, open_bot(video_service):
        proposed: list[object] = []

        async def propose(*_asked: object, is_spoiler: bool, **_more: object) -> None:
            proposed.append(is_spoiler)

        monkeypatch.setattr(video_service.show, "propose", propose)
        await _say(sandbox, "/video prompt:a red fox model:prof spoiler:True")
        await _press(sandbox, "Use pro")
        await until(lambda: noted.sent)
    assert proposed == [True]


async def test_a_draft_from_before_says_nothing_of_a_veil(house: Pool) -> None:
    at = PersonThere(platform=PlatformName("discord"), installation=Installation("1"), user=UserId("2"))
    async with house.acquire() as conn:
        for draft in (Draft(text="a fox"), Draft(text="an owl", is_veiled=True, is_shown=False)):
            draft_id = uuid4()
            await drafts.keep(conn, draft, draft_id=draft_id, **at)
            assert await drafts.load(conn, draft_id, **at) == draft
        await conn.execute("UPDATE drafts SET draft = draft - 'is_veiled' - 'is_shown' WHERE id = $1", draft_id)
        assert await drafts.load(conn, draft_id, **at) == Draft(text="an owl")
