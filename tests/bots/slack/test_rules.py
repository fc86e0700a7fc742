"""Rules in Slack: each one said to the person alone, with the way to go on; nothing is taken, others see nothing."""

import pytest

from bots.slack.people.groups import Groups
from core.db.pool import Pool
from core.domain.rules.kinds import EVERYBODY, RuleKind
from core.domain.rules.panels import PanelName
from sandbox.platform import Modal
from sandbox.slack import Slack
from sandbox.slack.fixtures import GROUPS, PEOPLE, TEAM_ID
from tests.bots.conftest import Noted, OpenService, all_generations, charges, only_generation
from tests.bots.rules import Given, give, rules_in
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until

ANA, BEN, CLEO = (person.id for person in PEOPLE[:3])
DESIGNERS = next(group for group, (handle, _) in GROUPS.items() if handle == "designers")
REFUSED: list[tuple[Given, str]] = [
    ((RuleKind.CHANNEL, "C0GENERAL", "denied"), "Videos are not made in this channel"),
    ((RuleKind.CHANNEL, "C0VIDEO", "allowed"), "Videos are not made in this channel"),
    ((RuleKind.TIERS, EVERYBODY, ("draft", "pro")), "You may choose tier:pro or tier:draft"),
    ((RuleKind.TIERS, DESIGNERS, ("draft",)), "You may choose tier:draft"),
    ((RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0), "No videos for you here"),
    ((RuleKind.CREDITS_PER_DAY, EVERYBODY, 16), "16 of 16 credits left today"),
    ((RuleKind.PERSON, CLEO, "blocked"), "You cannot make videos here"),
    ((RuleKind.WORDS, "blocked", ("Snôw",)), "“Snôw” is not wanted here"),
    ((RuleKind.WORDS, "age", ("fox",)), "belongs in an age-restricted channel"),
    ((RuleKind.MAX_PRICE, "default", 5), "and one video of it may have 5 here"),
]


async def _give(house: Pool, *each: Given) -> None:
    await give(house, *each, platform="slack", installation=TEAM_ID, user=ANA)


@pytest.mark.parametrize(("given", "said"), REFUSED)
async def test_a_rule_refuses_to_the_person_alone_and_takes_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, given: Given, said: str
) -> None:
    await _give(house, given)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="cleo", text="/video a red fox in the snow")
        assert said in await whisper(slack, user="cleo")
    assert slack.messages("general") == []
    assert await charges(house) == 0
    assert await house.fetchval("SELECT sum(times) FROM rule_refusals") == 1


async def test_the_button_of_a_refusal_makes_what_is_still_possible(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.CREDITS_PER_DAY, EVERYBODY, 16))
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="cleo", text="/video a red fox in the snow")
        told = (await until(lambda: slack.whispers("general", "cleo")))[0]
        assert "draft costs 15" in told["text"]
        action = next(each["action"] for each in told["actions"] if "draft" in each["label"])
        await slack.press(channel="general", user="cleo", message=told["id"], action=str(action))
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.tier == "draft"


async def test_the_newest_rule_about_somebody_wins_and_says_so(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0), (RuleKind.VIDEOS_PER_DAY, DESIGNERS, 1))
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video a red fox tier:draft")
        assert "No videos for you here" in await whisper(slack, user="ben")
        await slack.say(channel="general", user="cleo", text="/video a red fox tier:draft")
        await until(lambda: noted.sent)
        await slack.say(channel="general", user="cleo", text="/video another one tier:draft")
        said = await whisper(slack, user="cleo")
    assert "That was today's 1 video" in said
    assert "it is the newest, and that one counts" in said


async def test_videos_of_a_channel_come_to_another_one(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.RESULTS, "C0GENERAL", "C0VIDEO"))
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="cleo", text="/video a red fox tier:draft")
        assert "Your video comes in another channel" in await whisper(slack, user="cleo")
        await until(lambda: noted.sent)
    assert slack.messages("general") == []
    assert len(slack.messages("video")) == 1


async def test_a_guest_who_is_let_in_has_rules_of_their_own(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    slack.store.guests.add("ben")
    await _give(house, (RuleKind.TIERS, "guests", ("draft",)))
    await house.execute(
        "INSERT INTO workspace_settings (platform, installation, outsiders) VALUES ('slack', $1, 'guests')", TEAM_ID
    )
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video a red fox")
        assert "You may choose tier:draft" in await whisper(slack, user="ben")
        await slack.say(channel="general", user="cleo", text="/video a red fox")
        await until(lambda: noted.sent)
    assert len(await all_generations(house)) == 1


PANELS: list[tuple[PanelName, dict[str, str], list[Given]]] = [
    (
        PanelName.CHANNELS,
        {"allowed": "C0VIDEO, C0GENERAL", "denied": "C0RANDOM"},
        [
            (RuleKind.CHANNEL, "C0GENERAL", "allowed"),
            (RuleKind.CHANNEL, "C0RANDOM", "denied"),
            (RuleKind.CHANNEL, "C0VIDEO", "allowed"),
        ],
    ),
    (PanelName.RESULTS, {"from": "C0GENERAL", "to": "C0VIDEO"}, [(RuleKind.RESULTS, "C0GENERAL", "C0VIDEO")]),
    (
        PanelName.LIMITS,
        {"role": DESIGNERS, "videos_per_day": "10", "wait_s": "60 s"},
        [(RuleKind.VIDEOS_PER_DAY, DESIGNERS, 10), (RuleKind.WAIT_S, DESIGNERS, 60)],
    ),
    (PanelName.TIERS, {"tiers": "draft, pro"}, [(RuleKind.TIERS, EVERYBODY, ("pro", "draft"))]),
    (
        PanelName.GUESTS,
        {"who": "guests", "tiers": "draft", "open_most": "1"},
        [(RuleKind.OPEN_MOST, "guests", 1), (RuleKind.TIERS, "guests", ("draft",))],
    ),
    (
        PanelName.PEOPLE,
        {"blocked": BEN, "managers": DESIGNERS},
        [(RuleKind.MANAGERS, DESIGNERS, "yes"), (RuleKind.PERSON, BEN, "blocked")],
    ),
    (
        PanelName.SHARING,
        {"links": "24h", "private_links": "yes", "no_links": "C0VIDEO"},
        [(RuleKind.LINKS, "", "24h"), (RuleKind.NO_LINKS, "C0VIDEO", "yes"), (RuleKind.PRIVATE_LINKS, "", "yes")],
    ),
    (PanelName.WORDS, {"blocked": "Gun\nbig cigar"}, [(RuleKind.WORDS, "blocked", ("Gun", "big cigar"))]),
    (
        PanelName.PROVIDERS,
        {"excluded": "veo, wan", "tier": "pro", "max_price": "200"},
        [
            (RuleKind.MAX_PRICE, "pro", 200),
            (RuleKind.PROVIDER, "veo", "excluded"),
            (RuleKind.PROVIDER, "wan", "excluded"),
        ],
    ),
]


async def _panel(slack: Slack, name: PanelName, *, user: str = "ana") -> Modal:
    """Open a panel from the menu on the card of /settings."""
    earlier = len(slack.whispers("general", user))
    await slack.say(channel="general", user=user, text="/settings")
    told = (await until(lambda: slack.whispers("general", user)[earlier:]))[0]
    action = next(str(each["action"]) for each in told["actions"] if f":rules:{name}." in str(each["action"]))
    opened = await slack.press(channel="general", user=user, message=told["id"], action=action)
    return opened.modal or (await until(lambda: list(slack.views.opened.values())))[-1].modal


@pytest.mark.parametrize(("name", "values", "held"), PANELS)
async def test_a_panel_sets_its_rules_and_shows_them(
    slack: Slack,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    name: PanelName,
    values: dict[str, str],
    held: list[Given],
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, name)
        assert (await slack.submit(modal=modal.id, user="ana", values=values)).ok
        said = await whisper(slack, earlier=1)
    assert said.startswith(f"Changed: {len(held)} rule")
    assert await rules_in(house) == held


async def test_what_a_rule_cannot_be_is_said_in_its_panel(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, PanelName.LIMITS)
        wrong = await slack.submit(modal=modal.id, user="ana", values={"videos_per_day": "many"})
    assert "Videos a day: “many” cannot be set here" in wrong.error
    assert await rules_in(house) == []


async def test_a_named_group_manages_and_nobody_else_does(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.MANAGERS, DESIGNERS, "yes"))
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/settings")
        assert "Only an admin may do this" in await whisper(slack, user="ben")
        modal = await _panel(slack, PanelName.WORDS, user="cleo")
        assert (await slack.submit(modal=modal.id, user="cleo", values={"blocked": "gun"})).ok
        assert "Changed: 1 rule" in await whisper(slack, user="cleo", earlier=1)
        modal = await _panel(slack, PanelName.PEOPLE, user="cleo")
        await slack.submit(modal=modal.id, user="cleo", values={"managers": ""})
        assert "Only an admin may do this" in await whisper(slack, user="cleo", earlier=3)
    assert (RuleKind.MANAGERS, DESIGNERS, "yes") in await rules_in(house)


async def test_a_preset_is_made_in_its_panel_and_used_by_its_name(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, PanelName.PRESETS)
        values = {"name": "Noir", "words": "{prompt} in film noir", "tier": "draft", "aspect": "21:9", "seconds": "5"}
        assert (await slack.submit(modal=modal.id, user="ana", values=values)).ok
        assert "Preset noir" in await whisper(slack, earlier=1)
        await slack.say(channel="general", user="cleo", text="/video a red fox preset:nior")
        assert "There is preset:noir" in await whisper(slack, user="cleo")
        await slack.say(channel="general", user="cleo", text="/video a red fox preset:noir seconds:8")
        await until(lambda: noted.sent)
    made = (await only_generation(house)).request
    assert (made.prompt, made.tier, made.aspect, made.duration_s) == ("a red fox in film noir", "draft", "21:9", 8)


async def test_a_channels_defaults_hold_for_whoever_says_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, PanelName.DEFAULTS)
        assert (await slack.submit(modal=modal.id, user="ana", values={"channels": "C0GENERAL", "tier": "draft"})).ok
        await whisper(slack, earlier=1)
        for number, text in enumerate(("/video a red fox", "/video a red fox tier:pro"), start=1):
            await slack.say(channel="general", user="cleo", text=text)
            await until(noted.at_least(number))
    assert [each.request.tier for each in await all_generations(house)] == ["draft", "pro"]


async def test_the_log_says_who_changed_what_from_what_to_what(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 5), (RuleKind.WORDS, "blocked", ("gun",)))
    await _give(house, (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 7))
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/settings fallback: never")
        await whisper(slack)
        await slack.say(channel="general", user="ana", text="/settings log")
        said = await whisper(slack, earlier=1)
        await slack.say(channel="general", user="ben", text="/settings log")
        assert "Only an admin may do this" in await whisper(slack, user="ben")
    lines = said.splitlines()
    assert lines[0] == "Who has changed what"
    assert lines[1].endswith("Who takes over: as usual → Never fall back")
    assert lines[2].endswith("Videos a day for everybody: 5 → 7")
    assert lines[3].endswith("Words blocked: no rule → gun")
    assert "ana" in lines[1].lower()


async def test_a_check_says_what_is_missing_in_a_channel_and_which_rules_hold_there(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.CHANNEL, "C0VIDEO", "denied"))
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/settings check <#C0VIDEO|video>")
        said = await whisper(slack)
        assert "All is well there" in said
        assert "no videos are made there" in said
        await slack.say(channel="general", user="ana", text="/settings check <#C0QUIET|quiet>")
        assert "/invite @Neverdark" in await whisper(slack, earlier=1)


async def test_what_was_used_is_a_table_a_picture_and_a_file_for_the_manager_alone(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="video", user="cleo", text="/video a secret fox tier:draft")
        await until(lambda: noted.sent)
        await slack.say(channel="general", user="ana", text="/settings usage")
        said = await whisper(slack)
        await slack.say(channel="general", user="ana", text="/credits export")
        assert "The file is in our direct messages" in await whisper(slack, earlier=1)
        await slack.say(channel="general", user="ben", text="/credits export")
        assert "Only an admin may do this" in await whisper(slack, user="ben")
    assert said.startswith("This month: 1 video, 15 credits")
    assert "draft: 1 video, 15 credits" in said
    (sent,) = [file for file in slack.uploads.files.known.values() if file.name.endswith(".csv")]
    text = sent.path.read_text("utf-8-sig")
    assert text.splitlines()[0] == "asked_at,member,channel,tier,provider,outcome,credits"
    assert f"{CLEO},C0VIDEO,draft,,queued,15" in text
    assert "secret" not in text


async def test_a_video_is_planned_listed_and_cancelled(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="cleo", text='/video a red fox tier:draft at:"tomorrow 9:00"')
        told = (await until(lambda: slack.whispers("general", "cleo")))[0]
        assert "Your video is planned" in told["text"]
        await slack.say(channel="general", user="cleo", text="/video later")
        assert "Your planned videos" in await whisper(slack, user="cleo", earlier=1)
        cancel = next(str(each["action"]) for each in told["actions"] if each["label"] == "Cancel it")
        await slack.press(channel="general", user="cleo", message=told["id"], action=cancel)
        assert "Nothing of yours is planned" in await whisper(slack, user="cleo", earlier=2)
        await slack.say(channel="general", user="cleo", text='/video a red fox at:"32:99 o\'clock"')
        assert "I cannot plan for" in await whisper(slack, user="cleo", earlier=3)
    assert await all_generations(house) == []


async def test_a_panel_asks_only_for_what_there_is_in_slack(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    """No channels for adults, no gallery, no supporters."""
    async with open_service() as video_service, open_bot(video_service):
        opened = {name: await _panel(slack, name) for name in (PanelName.CHANNELS, PanelName.WORDS, PanelName.SHARING)}
    assert {name: [field.name for field in modal.fields] for name, modal in opened.items()} == {
        PanelName.CHANNELS: ["allowed", "denied"],
        PanelName.WORDS: ["blocked"],
        PanelName.SHARING: ["links", "private_links", "no_links"],
    }
    assert opened[PanelName.SHARING].title == "Public links"


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("C0GENERAL", "All is well there"),
        ("C0TOWN", "All is well there"),  # public: it comes in by itself
        ("C0QUIET", "/invite @Neverdark"),
        ("C0RANDOM", "The channel is archived"),
        ("D0NOBODY", "I cannot see this channel"),
    ],
)
async def test_every_kind_of_channel_can_be_checked(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, channel: str, said: str
) -> None:
    _switch(slack, "archived", ["random"])
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text=f"/settings check <#{channel}|it>")
        assert said in await whisper(slack)


def _switch(slack: Slack, name: str, value: object) -> None:
    next(each for each in slack.switches if each.name == name).turn(value)


async def test_whoever_lost_the_group_decides_no_more_though_the_panel_is_open(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.MANAGERS, DESIGNERS, "yes"))
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, PanelName.WORDS, user="cleo")
        _switch(slack, "designers", [])
        earlier = len(slack.whispers("general", "cleo"))
        assert (await slack.submit(modal=modal.id, user="cleo", values={"blocked": "gun"})).ok
        for text in ("", "/settings keep: 3", "/credits export"):
            if text:
                await slack.say(channel="general", user="cleo", text=text)
            assert "Only an admin may do this" in await whisper(slack, user="cleo", earlier=earlier)
            earlier += 1
    assert await rules_in(house) == [(RuleKind.MANAGERS, DESIGNERS, "yes")]


async def test_while_slack_does_not_say_who_is_in_a_group_nobody_decides_by_it(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.slack.people.managers.REMEMBERED_S", 0.0)
    await _give(house, (RuleKind.MANAGERS, DESIGNERS, "yes"))
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, PanelName.WORDS, user="cleo")
        slack.faults.add("usergroups.users.list", "internal_error", times=None)
        assert (await slack.submit(modal=modal.id, user="cleo", values={"blocked": "gun"})).ok
        assert "cannot check" in (await whisper(slack, user="cleo", earlier=1)).lower()
    assert await rules_in(house) == [(RuleKind.MANAGERS, DESIGNERS, "yes")]


async def test_a_saved_panel_loses_nobody_of_a_list_that_is_longer_than_it(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    """It shows 25 of them; one of the others is let go, and one more is blocked by somebody else meanwhile."""
    ben, dan = "U0BEN", "U0DAN"
    others = [f"U0NOBODY{number:02}" for number in range(30)]
    await _give(house, *((RuleKind.PERSON, each, "blocked") for each in (CLEO, *others)))
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, PanelName.PEOPLE)
        fields = {field.name: field.value for field in modal.fields}
        assert fields["blocked"].split(", ") == others[5:]
        await _give(house, (RuleKind.PERSON, dan, "blocked"), (RuleKind.PERSON, others[7], None))
        values = {"blocked": f"{fields['blocked']}, {ben}".replace(f"{others[6]}, ", ""), "lifted_person": CLEO}
        assert (await slack.submit(modal=modal.id, user="ana", values=values)).ok
        assert (await whisper(slack, earlier=1)).startswith("Changed: 3 rules")
    kept = {ben, dan, *others} - {others[6], others[7]}
    assert {subject for _, subject, _ in await rules_in(house)} == kept


async def test_a_workspace_with_more_user_groups_than_a_select_takes_chooses_among_all_of_them(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack takes 100 options in a group of a select."""

    async def names(_self: Groups) -> dict[str, str]:
        return {DESIGNERS: "designers", **{f"S0GROUP{number:03}": f"team-{number:03}" for number in range(250)}}

    monkeypatch.setattr(Groups, "names", names)
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(slack, PanelName.PEOPLE)
        values = {"managers": f"{DESIGNERS}, S0GROUP249"}
        assert (await slack.submit(modal=modal.id, user="ana", values=values)).ok
        await whisper(slack, earlier=1)
    assert [subject for _, subject, _ in await rules_in(house)] == [DESIGNERS, "S0GROUP249"]
