"""Asking in Slack: what is unclear is asked about, what was typed is never lost, one press is one video."""

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import pytest

from core.db.pool import Pool
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from sandbox.slack import Slack
from tests.bots.conftest import ROUTES, Noted, OpenService, all_generations, charges, only_generation
from tests.bots.pictures import data_uri, kept, png
from tests.bots.slack.conftest import OpenBot, whisper
from tests.bots.slack.test_bot import _opened, _show_result
from tests.core.terms import terms
from tests.patience import until


class SaidBy(TypedDict):
    channel: str
    user: str


GENERAL = SaidBy(channel="general", user="ana")


async def _told(slack: Slack, *, earlier: int = 0, user: str = "ana") -> dict[str, Any]:
    found: list[dict[str, Any]] = await until(lambda: slack.whispers("general", user)[earlier:])
    return found[0]


def _labels(told: dict[str, Any]) -> list[str]:
    return [action["label"] for action in told["actions"]]


def _action(told: dict[str, Any], label: str) -> str:
    return next(str(action["action"]) for action in told["actions"] if action["label"].startswith(label))


@pytest.mark.parametrize(
    "typed",
    [
        "“tier:pro” a red fox", "a red fox tier : pro", "a red fox tier=pro", "a red fox tier：pro",
        "–tier pro a red fox",
        "a red fox --model pro", "a red fox tier:pro,", "a red fox “tier:pro”", "a red fox ｔｉｅｒ：ｐｒｏ",
    ],
)  # fmt: skip
async def test_an_option_in_any_spelling_is_one(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, typed: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text=f"/video {typed}")
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == VideoRequest(prompt="a red fox", tier=TierName.PRO)


async def test_a_value_that_is_none_is_asked_about_and_the_suggestion_makes_the_video(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video a red fox tier:prof seconds:5")
        told = await _told(slack)
        assert "I don't know the tier “prof”" in told["text"]
        assert "Did you mean pro?" in told["text"]
        assert await charges(house) == 0
        assert [label.partition(" (")[0] for label in _labels(told)] == [
            "Use pro", "It is part of the description", "Leave it out", "Fix and run",
        ]  # fmt: skip
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Use pro"))
        await until(lambda: noted.sent)
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Use pro"))
    assert (await only_generation(house)).request == VideoRequest(prompt="a red fox", tier=TierName.PRO, duration_s=5)


@pytest.mark.parametrize(
    ("label", "request_"),
    [
        ("Use as negative people", VideoRequest(prompt="a fox", negative="people")),
        ("It is part of the description", VideoRequest(prompt="a fox no:people")),
    ],
)
async def test_what_may_be_a_word_of_the_sentence_is_asked_about_before_anything_is_taken(
    slack: Slack,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    label: str,
    request_: VideoRequest,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video a fox no:people")
        told = await _told(slack)
        assert await all_generations(house) == []
        await slack.press(**GENERAL, message=told["id"], action=_action(told, label))
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == request_


async def test_one_question_comes_after_the_other(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video a fox tier:draft tier:pro --style raw")
        first = await _told(slack)
        await slack.press(**GENERAL, message=first["id"], action=_action(first, "Leave it out"))
        second = await _told(slack, earlier=1)
        assert "Which tier: draft or pro?" in second["text"]
        await slack.press(**GENERAL, message=second["id"], action=_action(second, "Use draft"))
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == VideoRequest(prompt="a fox", tier=TierName.DRAFT)


async def test_somebody_else_cannot_go_on_with_what_was_typed(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video a fox tier:prof")
        told = await _told(slack)
        await house.execute("UPDATE drafts SET user_id = 'U0BEN'")
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Use pro"))
        assert "too old, or belongs to somebody else" in await whisper(slack, earlier=1)
        await house.execute("UPDATE drafts SET user_id = 'U0ANA', kept_at = kept_at - interval '25 hours'")
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Fix and run"))
        assert "too old, or belongs to somebody else" in await whisper(slack, earlier=2)
    assert await all_generations(house) == []


@pytest.mark.parametrize(
    ("typed", "free", "prompt"),
    [
        ("/video tier:pro", 2000, ""),
        ("/video a fox seconds:99", 2000, "a fox"),
        ("/video a fox tier:mega", 2000, "a fox tier:mega"),
        ("/video a fox --stylize 200", 2000, "a fox --stylize 200"),
        ("/video a fox takes:9", 2000, "a fox"),
        ("/video a fox", 10, "a fox"),
        (f"/video {'long ' * 810}", 2000, ("long " * 810).strip()),
        ("/video a fox image:http://127.0.0.1:9/a.png", 2000, "a fox"),
    ],
)
async def test_every_refusal_opens_the_form_filled_in_with_what_was_typed(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, typed: str, free: int, prompt: str
) -> None:
    async with open_service(free_credits=free) as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text=typed)
        told = await _told(slack)
        heard = await slack.press(**GENERAL, message=told["id"], action=_action(told, "Fix and run"))
        modal = heard.modal or (await until(lambda: list(slack.views.opened.values())))[0].modal
    values = {field.name: field.value for field in modal.fields}
    assert " ".join(filter(None, (values["prompt"], values.get("prompt_2")))) == prompt
    assert values["tier"].startswith("pro" if "tier:pro" in typed else "best available")
    assert await all_generations(house) == []


async def test_without_enough_credits_the_cheaper_tiers_are_buttons(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service(free_credits=100) as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video a fox no=people")
        told = await _told(slack)
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Make it with draft: up to"))
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == VideoRequest(
        prompt="a fox", negative="people", tier=TierName.DRAFT
    )


async def test_a_double_click_on_make_another_is_one_video_and_one_a_moment_later_is_another(
    slack: Slack, house: Pool, chat: Any, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video a red fox tier:draft")
        await until(lambda: _opened(house))
        message = await _show_result(house, chat)
        press = partial(slack.press, **GENERAL, message=message, action="again")
        await asyncio.gather(*(press() for _ in range(3)))
        await until(lambda: len(slack.messages("general")) == 2)
        await slack.press(**GENERAL | {"user": "ben"}, message=message, action="again")
        await until(lambda: len(slack.messages("general")) == 3)
        await house.execute("UPDATE presses SET at = at - interval '3.1 seconds'")
        await press()
        await until(lambda: len(slack.messages("general")) == 4)
    assert await charges(house) == 4


WORDS = {
    "/video help": "/video a red fox in the snow tier:pro",
    "/video credits": "credits left",
    "/video Credits month": "",
    "/video settings": "What is set here",
    "/video settings fallback: never": "Changed: never fall back",
    "/video providers": "provider",
    "/video cancel": "Nothing of yours is under way",
    "/video mine": "no videos here yet",
    "/video show": "no videos here yet",
}


async def test_words_of_its_own_make_no_videos(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for n, (text, said) in enumerate(WORDS.items()):
            await slack.say(channel="general", user="ana", text=text)
            assert said.lower() in (await whisper(slack, earlier=n)).lower(), text
    assert await all_generations(house) == []


@pytest.mark.parametrize(
    "typed", ["show a dog", "cancel culture, a play", "credits roll over a black screen", "mine shaft"]
)
async def test_words_of_its_own_with_others_behind_are_asked_about(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, typed: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text=f"/video {typed}")
        told = await _told(slack)
        assert ("I found no video" if typed.startswith("show") else "Is this a description?") in told["text"]
        assert await all_generations(house) == []
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Make a video of it"))
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.prompt == typed


async def test_what_is_under_way_is_listed_and_stopped_by_its_button(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video a red fox")
        await until(lambda: noted.sent)
        await slack.say(**GENERAL, text="/video mine")
        assert re.search(r"“a red fox” best available · waits for its turn · ", await whisper(slack))
        await slack.say(**GENERAL, text="/video cancel")
        told = await _told(slack, earlier=1)
        assert _labels(told) == ["Stop “a red fox”"]
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Stop"))
        await until(lambda: _is_cancelled(house))


async def _is_cancelled(house: Pool) -> bool:
    return (await only_generation(house)).cancel_requested_at is not None


async def test_video_alone_opens_the_form_and_the_form_makes_the_video(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video")
        (opened,) = await until(lambda: list(slack.views.opened.values()))
        modal = opened.modal
        assert [field.name for field in modal.fields] == [
            "prompt", "tier", "aspect", "seconds", "audio", "negative", "seed", "takes", "pictures",
        ]  # fmt: skip
        tiers = modal.fields[1].options
        assert [tier.partition(":")[0] for tier in tiers] == ["draft", "standard", "pro", "best available", "ultra"]
        prices = [int(dear.replace(",", "")) for tier in tiers for dear in re.findall(r"up to ([\d,]+)", tier)]
        assert prices == sorted(prices)
        wrong = await slack.submit(modal=modal.id, user="ana", values={"prompt": "tier:pro"})
        assert "Say what the video should show" in wrong.error
        sent = await slack.submit(
            modal=modal.id,
            user="ana",
            values={
                "prompt": "a sign: no:smoking, aspect:9:16",
                "tier": next(tier for tier in tiers if tier.startswith("draft")),
                "seconds": "5",
                "audio": "off",
                "negative": "text, people",
                "seed": "7",
            },
        )
        assert sent.ok, sent.error
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request == VideoRequest(
        prompt="a sign: no:smoking", tier=TierName.DRAFT, aspect=Aspect.TALL, duration_s=5, audio=False,
        negative="text, people", seed=7,
    )  # fmt: skip
    assert slack.messages("general")[-1]["text"].startswith("a sign: no:smoking\nasked by ana")


def _shows(opened: Any, line: str) -> bool:
    return line in opened.modal.text


async def test_the_price_in_the_form_follows_what_is_chosen_and_nothing_typed_is_lost(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video")
        (opened,) = await until(lambda: list(slack.views.opened.values()))
        before = opened.modal
        assert "best available, 8 s: up to 480 credits" in before.text
        prices = terms().tier_prices(like=VideoRequest(prompt="any", duration_s=5))
        for tier in (TierName.DRAFT, TierName.PRO):
            chosen = next(one for one in opened.modal.fields[1].options if one.startswith(tier.value))
            values = {"prompt": "a fox in the snow", "tier": chosen, "seconds": "5", "seed": "7"}
            assert (await slack.change(modal=before.id, user="ana", field="tier", values=values)).ok
            line = f"{tier.value}, 5 s: up to {prices[tier]}"
            await until(partial(_shows, opened, line))
        values = {field.name: field.value for field in opened.modal.fields}
        assert (values["prompt"], values["seconds"], values["seed"]) == ("a fox in the snow", "5", "7")


async def test_pictures_of_the_form_are_the_first_and_the_last(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video")
        (opened,) = await until(lambda: list(slack.views.opened.values()))
        colours = ("red", "blue", "green", "white", "black")
        five = "\n".join(data_uri(png((400, 700), colour=colour)) for colour in colours)
        many = await slack.submit(modal=opened.modal.id, user="ana", values={"prompt": "a fox", "pictures": five})
        assert "at most 4 files" in many.error
        values = {"prompt": "a fox", "pictures": "\n".join(five.split()[:2])}
        assert (await slack.submit(modal=opened.modal.id, user="ana", values=values)).ok
        await until(lambda: noted.sent)
    request = (await only_generation(house)).request
    assert (request.prompt, request.aspect) == ("a fox", Aspect.TALL)
    assert sorted(filter(None, (request.first_frame, request.last_frame))) == sorted(kept(tmp_path))


async def test_three_pictures_of_the_form_are_references(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video")
        (opened,) = await until(lambda: list(slack.views.opened.values()))
        three = "\n".join(data_uri(png((400, 700), colour=colour)) for colour in ("red", "blue", "green"))
        assert (await slack.submit(modal=opened.modal.id, user="ana", values={"prompt": "a fox", "pictures": three})).ok
        await until(lambda: noted.sent)
        assert "with 3 references" in slack.messages("general")[-1]["text"]
    request = (await only_generation(house)).request
    assert (request.first_frame, request.last_frame, request.aspect) == (None, None, Aspect.WIDE)
    assert sorted(request.references) == sorted(kept(tmp_path))


async def test_a_tier_without_anybody_who_takes_references_says_which_do(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, tmp_path: Path
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="look", image=data_uri(png((400, 700))))
        link = slack.messages("general")[-1]["files"][0]["url"]
        await slack.say(**GENERAL, text=f"/video a fox tier:draft reference:{link}")
        told = await _told(slack)
        assert "No provider in this tier takes 1 reference" in told["text"]
        assert "These can:" in told["text"]
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Make it with ultra"))
        await until(lambda: noted.sent)
    made = (await only_generation(house)).request
    assert (made.tier, list(made.references)) == (TierName.ULTRA, kept(tmp_path))


async def test_a_refused_picture_of_the_form_leads_back_to_the_form(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(**GENERAL, text="/video")
        (opened,) = await until(lambda: list(slack.views.opened.values()))
        values = {"prompt": "a fox: no:people", "pictures": data_uri(png((200, 100)))}
        await slack.submit(modal=opened.modal.id, user="ana", values=values)
        told = await _told(slack)
        assert "too small" in told["text"]
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Fix and run"))
        (again,) = await until(lambda: list(slack.views.opened.values()))
    assert {field.name: field.value for field in again.modal.fields}["prompt"] == "a fox: no:people"
    assert await all_generations(house) == []


async def test_what_could_not_begin_in_time_is_refused_at_once_and_a_quicker_tier_is_a_button(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    for (route,) in ROUTES.values():
        await house.execute(
            "INSERT INTO provider_health (route, slots, slots_max, hedge_tokens) VALUES ($1, 1, 1, 0)", route
        )
        await house.execute(
            "INSERT INTO provider_latency_learned (route, operation, duration_s, lines, at, p5_s, p50_s, p90_s, p95_s, "
            "samples) VALUES ($1, 'text', 5, 480, nd_now(), 60, 60, 60, 60, 9)",
            route,
        )
    async with open_service(start_by_s=100.0) as video_service, open_bot(video_service):
        for n in range(2):
            await slack.say(**GENERAL, text=f"/video a fox tier:draft seed:{n}")
            await until(noted.at_least(n + 1))
        video_service._records._waits._looked.clear()
        await slack.say(**GENERAL, text="/video a fox tier:draft")
        told = await _told(slack)
        assert "The queue is too long: it would take 2 min or more to start" in told["text"]
        assert await charges(house) == 2
        await slack.press(**GENERAL, message=told["id"], action=_action(told, "Make it with standard"))
        await until(lambda: len(noted.sent) == 3)
    assert [one.request.tier for one in await all_generations(house)][-1] is TierName.STANDARD
