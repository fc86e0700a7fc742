"""Rules in Discord: each one said to the person alone, with the way to go on; nothing is taken, others see nothing."""

import pytest

from core.db.pool import Pool
from core.domain.rules.kinds import EVERYBODY, RuleKind
from core.domain.rules.panels import PanelName
from sandbox.discord.fixtures import (
    ALL_CHANNEL_IDS,
    CHANNEL_IDS,
    DESIGNERS_ROLE_ID,
    GUILD_ID,
    PEOPLE_BY_NAME,
    Permission,
)
from sandbox.discord.model import ChannelKind
from sandbox.platform import Modal
from tests.bots.conftest import Noted, OpenService, charges, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.menus import choose
from tests.bots.rules import Given, give, rules_in
from tests.patience import until
from tests.rows import one_row
from tests.sandbox.discord.harness import Sandbox

GENERAL, VIDEO = str(CHANNEL_IDS["general"]), str(CHANNEL_IDS["video"])
DESIGNERS = str(DESIGNERS_ROLE_ID)
REFUSED: list[tuple[Given, str]] = [
    ((RuleKind.CHANNEL, GENERAL, "denied"), "Videos are not made in this channel"),
    ((RuleKind.CHANNEL, VIDEO, "allowed"), "Videos are not made in this channel"),
    ((RuleKind.TIERS, EVERYBODY, ("draft", "pro")), "You may choose tier:pro or tier:draft"),
    ((RuleKind.TIERS, DESIGNERS, ("draft",)), "You may choose tier:draft"),
    ((RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0), "No videos for you here"),
    ((RuleKind.CREDITS_PER_DAY, EVERYBODY, 16), "16 of 16 credits left today"),
    ((RuleKind.PERSON, PEOPLE_BY_NAME["cleo"].id, "blocked"), "You cannot make videos here"),
    ((RuleKind.WORDS, "blocked", ("Snôw",)), "“Snôw” is not wanted here"),
    ((RuleKind.WORDS, "age", ("fox",)), "belongs in an age-restricted channel"),
    ((RuleKind.MAX_PRICE, "default", 5), "and one video of it may have 5 here"),
]


async def _give(house: Pool, *each: Given) -> None:
    await give(house, *each, platform="discord", installation=str(GUILD_ID), user=PEOPLE_BY_NAME["ana"].id)


async def _refused(sandbox: Sandbox, text: str, *, user: str = "cleo") -> str:
    heard = await sandbox.platform.say(channel="general", user=user, text=text)
    assert heard.ok, heard
    (said,) = heard.ephemeral
    return said


@pytest.mark.parametrize(("given", "said"), REFUSED)
async def test_a_rule_refuses_to_the_person_alone_and_takes_nothing(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, given: Given, said: str
) -> None:
    await _give(house, given)
    async with open_service() as video_service, open_bot(video_service):
        assert said in await _refused(sandbox, "/video a red fox in the snow")
    assert sandbox.platform.messages("general") == []
    assert await charges(house) == 0
    assert await house.fetchval("SELECT sum(times) FROM rule_refusals") == 1


async def test_the_button_of_a_refusal_makes_what_is_still_possible(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.CREDITS_PER_DAY, EVERYBODY, 16))
    async with open_service() as video_service, open_bot(video_service):
        assert "draft costs 15" in await _refused(sandbox, "/video a red fox in the snow")
        news = [each for each in sandbox.world.recent if each["type"] == "ephemeral"][-1]
        action = next(each["action"] for each in news["drawn"]["actions"] if "draft" in each["label"])
        await sandbox.platform.press(channel="general", user="cleo", message=news["id"], action=action)
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.tier == "draft"


async def test_the_newest_rule_about_somebody_wins_and_says_so(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0), (RuleKind.VIDEOS_PER_DAY, DESIGNERS, 1))
    async with open_service() as video_service, open_bot(video_service):
        assert "No videos for you here" in await _refused(sandbox, "/video a red fox tier:draft", user="ben")
        await sandbox.platform.say(channel="general", user="cleo", text="/video a red fox tier:draft")
        await until(lambda: noted.sent)
        said = await _refused(sandbox, "/video another one tier:draft")
    assert "That was today's 1 video" in said
    assert "it is the newest, and that one counts" in said


async def test_videos_of_a_channel_come_to_another_one(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.RESULTS, GENERAL, VIDEO))
    await house.execute(
        "INSERT INTO gallery (platform, installation, place) VALUES ('discord', $1, 'wall')", str(GUILD_ID)
    )
    async with open_service() as video_service, open_bot(video_service):
        assert "comes in another channel" in await _refused(sandbox, "/video a red fox tier:draft")
        await until(lambda: noted.sent)
    assert sandbox.platform.messages("general") == []
    place, due = await one_row(
        house,
        "SELECT g.place, d.state = 'due' AND d.wake_at <= nd_now() FROM deliveries d JOIN generations g "
        "ON g.id = d.generation_id WHERE d.kind = 'root'",
    )
    assert VIDEO in place
    assert due, "a worker is to post it there"
    assert await house.fetchval("SELECT state FROM showing") == "waiting", "it comes into the gallery as well"


async def test_an_age_restricted_channel_takes_videos_where_it_is_marked(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    sandbox.platform._client.channel("general", reader="ana").nsfw = True
    await _give(house, (RuleKind.WORDS, "age", ("fox",)))
    async with open_service() as video_service, open_bot(video_service):
        assert "No videos in this age-restricted channel" in await _refused(sandbox, "/video a red fox tier:draft")
        await _give(house, (RuleKind.ADULT, GENERAL, "yes"))
        await sandbox.platform.say(channel="general", user="cleo", text="/video a red fox tier:draft")
        await until(lambda: noted.sent)


PANELS: list[tuple[PanelName, dict[str, str], list[Given]]] = [
    (
        PanelName.CHANNELS,
        {"allowed": VIDEO, "denied": GENERAL, "adult": VIDEO},
        [
            (RuleKind.ADULT, VIDEO, "yes"),
            (RuleKind.CHANNEL, GENERAL, "denied"),
            (RuleKind.CHANNEL, VIDEO, "allowed"),
        ],
    ),
    (PanelName.RESULTS, {"from": GENERAL, "to": VIDEO}, [(RuleKind.RESULTS, GENERAL, VIDEO)]),
    (
        PanelName.LIMITS,
        {"role": DESIGNERS, "videos_per_day": "10", "wait_s": "60 s"},
        [(RuleKind.VIDEOS_PER_DAY, DESIGNERS, 10), (RuleKind.WAIT_S, DESIGNERS, 60)],
    ),
    (PanelName.TIERS, {"tiers": "draft, pro"}, [(RuleKind.TIERS, EVERYBODY, ("pro", "draft"))]),
    (
        PanelName.GUESTS,
        {"who": "outsiders", "tiers": "draft", "open_most": "1"},
        [(RuleKind.OPEN_MOST, "outsiders", 1), (RuleKind.TIERS, "outsiders", ("draft",))],
    ),
    (
        PanelName.SUPPORTERS,
        {"who": "supporters, level_2", "videos_per_day": "9"},
        [(RuleKind.VIDEOS_PER_DAY, "level_2", 9), (RuleKind.VIDEOS_PER_DAY, "supporters", 9)],
    ),
    (
        PanelName.PEOPLE,
        {"blocked": PEOPLE_BY_NAME["ben"].id, "managers": DESIGNERS},
        [(RuleKind.MANAGERS, DESIGNERS, "yes"), (RuleKind.PERSON, PEOPLE_BY_NAME["ben"].id, "blocked")],
    ),
    (
        PanelName.SHARING,
        {"links": "24h", "private_links": "yes", "no_links": VIDEO, "gallery": "off"},
        [
            (RuleKind.GALLERY, "", "off"),
            (RuleKind.LINKS, "", "24h"),
            (RuleKind.NO_LINKS, VIDEO, "yes"),
            (RuleKind.PRIVATE_LINKS, "", "yes"),
        ],
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


async def _panel(sandbox: Sandbox, name: PanelName, *, user: str = "ana") -> Modal:
    """Open a panel from the menu on the card of /settings."""
    assert (await sandbox.platform.say(channel="general", user=user, text="/video settings")).ok
    news = [each for each in sandbox.world.recent if each["type"] == "ephemeral"][-1]
    action = next(each["action"] for each in news["drawn"]["actions"] if f":rules:{name}:" in each["action"])
    opened = await sandbox.platform.press(channel="general", user=user, message=news["id"], action=action)
    assert opened.modal is not None, opened
    return opened.modal


@pytest.mark.parametrize(("name", "values", "held"), PANELS)
async def test_a_panel_sets_its_rules_and_shows_them(
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    name: PanelName,
    values: dict[str, str],
    held: list[Given],
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(sandbox, name)
        heard = await sandbox.platform.submit(modal=modal.id, user="ana", values=values)
    assert heard.ok, heard
    assert heard.ephemeral[0].startswith(f"Changed: {len(held)} rule")
    assert await rules_in(house) == held


async def test_what_a_rule_cannot_be_is_said(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(sandbox, PanelName.LIMITS)
        heard = await sandbox.platform.submit(modal=modal.id, user="ana", values={"videos_per_day": "many"})
    assert "“many” cannot be set here" in heard.ephemeral[0]
    assert await rules_in(house) == []


async def test_a_named_role_manages_and_nobody_else_does(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.MANAGERS, DESIGNERS, "yes"))
    async with open_service() as video_service, open_bot(video_service):
        assert "Only an admin may do this" in await _refused(sandbox, "/video settings", user="ben")
        modal = await _panel(sandbox, PanelName.WORDS, user="cleo")
        heard = await sandbox.platform.submit(modal=modal.id, user="cleo", values={"blocked": "gun"})
        assert "Changed: 1 rule" in heard.ephemeral[0]
        modal = await _panel(sandbox, PanelName.PEOPLE, user="cleo")
        heard = await sandbox.platform.submit(modal=modal.id, user="cleo", values={"managers": ""})
        assert "Only an admin may do this" in heard.ephemeral[0]
    assert (RuleKind.MANAGERS, DESIGNERS, "yes") in await rules_in(house)


async def test_a_preset_is_made_in_its_panel_and_used_by_its_name(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(sandbox, PanelName.PRESETS)
        values = {"name": "Noir", "words": "{prompt} in film noir", "tier": "draft", "aspect": "21:9", "seconds": "5"}
        heard = await sandbox.platform.submit(modal=modal.id, user="ana", values=values)
        assert "Preset noir" in heard.ephemeral[0]
        assert "There is preset:noir" in await _refused(sandbox, "/video a red fox preset:nior")
        await sandbox.platform.say(channel="general", user="cleo", text="/video a red fox preset:noir seconds:8")
        await until(lambda: noted.sent)
    made = (await only_generation(house)).request
    assert (made.prompt, made.tier, made.aspect, made.duration_s) == ("a red fox in film noir", "draft", "21:9", 8)


async def test_a_channels_defaults_hold_for_whoever_says_nothing(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(sandbox, PanelName.DEFAULTS)
        values = {"channels": GENERAL, "tier": "draft"}
        assert (await sandbox.platform.submit(modal=modal.id, user="ana", values=values)).ok
        await sandbox.platform.say(channel="general", user="cleo", text="/video a red fox")
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.tier == "draft"


async def test_the_log_says_who_changed_what_from_what_to_what(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 5), (RuleKind.WORDS, "blocked", ("gun",)))
    await _give(house, (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 7))
    async with open_service() as video_service, open_bot(video_service):
        said = await _refused(sandbox, "/settings show:log", user="ana")
        assert "Only an admin may do this" in await _refused(sandbox, "/video settings log", user="ben")
    lines = [line for line in said.splitlines() if "→" in line]
    assert "Videos a day for everybody: 5 → 7" in lines[0]
    assert "Words blocked: no rule → gun" in lines[1]
    assert "ana" in lines[0]


async def test_a_check_says_what_is_missing_in_a_channel_and_which_rules_hold_there(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.CHANNEL, GENERAL, "denied"))
    async with open_service() as video_service, open_bot(video_service):
        said = await _refused(sandbox, "/settings show:check", user="ana")
        assert "All is well there" in said
        assert "no videos are made there" in said
        sandbox.platform.permit("general", Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
        said = await _refused(sandbox, "/settings show:check", user="ana")
    assert "Something is missing there" in said
    assert "Attach Files" in said


async def test_what_was_used_is_a_table_a_picture_and_a_file_for_the_manager_alone(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await sandbox.platform.say(channel="general", user="cleo", text="/video a secret fox tier:draft")
        await until(lambda: noted.sent)
        said = await _refused(sandbox, "/settings show:usage", user="ana")
        assert "What was used this month" in await choose(sandbox, "/credit-settings", "export")
    assert said.startswith("This month: 1 video, 15 credits")
    assert "draft: 1 video, 15 credits" in said
    whispers = [each for each in sandbox.world.recent if each["type"] == "ephemeral"]
    files = [file["name"] for each in whispers for file in each["drawn"]["files"]]
    assert any(name.endswith(".csv") for name in files)
    assert any(name.endswith(".png") for name in files)


async def test_a_video_is_planned_listed_and_cancelled(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert "Your video is planned" in await _refused(sandbox, "/video a red fox at:tomorrow tier:draft")
        news = [each for each in sandbox.world.recent if each["type"] == "ephemeral"][-1]
        assert "Your planned videos" in await _refused(sandbox, "/video later")
        cancel = next(each["action"] for each in news["drawn"]["actions"] if each["label"] == "Cancel it")
        heard = await sandbox.platform.press(channel="general", user="cleo", message=news["id"], action=cancel)
        assert "Nothing of yours is planned" in heard.ephemeral[0]
    assert await house.fetchval("SELECT count(*) FROM generations") == 0


async def test_who_boosts_the_server_has_what_supporters_have_and_its_level_is_everybodys(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.VIDEOS_PER_DAY, "*", 0), (RuleKind.VIDEOS_PER_DAY, "supporters", 1))
    async with open_service() as video_service, open_bot(video_service):
        assert "No videos for you" in await _refused(sandbox, "/video a red fox tier:draft", user="ben")
        await sandbox.platform.say(channel="general", user="dan", text="/video a red fox tier:draft")
        await until(lambda: len(noted.sent) == 1)
        assert "for supporters" in await _refused(sandbox, "/video another fox tier:draft", user="dan")
        await _give(house, (RuleKind.VIDEOS_PER_DAY, "level_2", 9))
        await _refused(sandbox, "/video a red fox tier:draft", user="ben")
        await _give(house, (RuleKind.VIDEOS_PER_DAY, "level_1", 1))
        await sandbox.platform.say(channel="general", user="ben", text="/video a red fox tier:draft")
        await until(lambda: len(noted.sent) == 2)


@pytest.mark.parametrize(
    ("name", "without", "missing"),
    [
        ("general", Permission.CREATE_PUBLIC_THREADS, ["Create Public Threads"]),
        ("news", Permission.SEND_MESSAGES_IN_THREADS, ["Send Messages in Threads"]),
        ("lounge", Permission.CREATE_PUBLIC_THREADS | Permission.SEND_MESSAGES_IN_THREADS, []),
        ("stage", Permission.CREATE_PUBLIC_THREADS | Permission.ATTACH_FILES, ["Attach Files"]),
        ("showcase", Permission.CREATE_PUBLIC_THREADS, []),
        ("showcase", Permission.SEND_MESSAGES_IN_THREADS, ["Send Messages in Threads"]),
        ("quiet", Permission(0), ["View Channel"]),
    ],
)
async def test_every_kind_of_channel_can_be_checked_for_what_it_needs(
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    name: str,
    without: Permission,
    missing: list[str],
) -> None:
    store = sandbox.platform._store
    number = ALL_CHANNEL_IDS[name]
    if name != "quiet":
        store.permit(number, store.channels[number].permissions & ~without)
    async with open_service() as video_service, open_bot(video_service):
        said = await _refused(sandbox, f"/settings show:check channel:#{name}", user="ana")
    assert said.startswith("Something is missing there" if missing else "All is well there")
    assert [line.rpartition("Missing:")[2].strip("* ") for line in said.splitlines() if "Missing:" in line] == missing


@pytest.mark.parametrize(
    ("kind", "without", "said"),
    [
        (ChannelKind.PUBLIC_THREAD, Permission(0), "All is well there"),
        (ChannelKind.PUBLIC_THREAD, Permission.CREATE_PUBLIC_THREADS | Permission.SEND_MESSAGES, "All is well there"),
        (ChannelKind.PUBLIC_THREAD, Permission.SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
        (ChannelKind.PUBLIC_THREAD, Permission.ATTACH_FILES, "Attach Files"),
        (ChannelKind.PRIVATE_THREAD, Permission(0), "All is well there"),
    ],
)
async def test_a_thread_is_checked_by_its_channels_rights_and_rules(
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    kind: ChannelKind,
    without: Permission,
    said: str,
) -> None:
    await _give(house, (RuleKind.CHANNEL, GENERAL, "denied"))
    store = sandbox.platform._store
    general = store.channels[ALL_CHANNEL_IDS["general"]]
    store.permit(general.id, general.permissions & ~without)
    store.open_thread(general, root=None, name="sketches", kind=kind, auto_archive_min=1440)
    async with open_service() as video_service, open_bot(video_service):
        told = await _refused(sandbox, "/settings show:check channel:#sketches", user="ana")
    assert said in told
    assert "no videos are made there" in told, "the channel's rules hold in its threads"


async def test_a_private_thread_without_the_bot_is_said_to_lack_just_that(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    store = sandbox.platform._store
    general = store.channels[ALL_CHANNEL_IDS["general"]]
    async with open_service() as video_service, open_bot(video_service):
        opened = store.open_thread(
            general, root=None, name="secret", kind=ChannelKind.PRIVATE_THREAD, auto_archive_min=1440
        )
        store.remove_thread(opened)
        store.channels[opened.id] = opened  # it is there for its people, and the bot hears nothing of it
        told = await _refused(sandbox, "/settings show:check channel:#secret", user="ana")
    assert "I am not in this private thread: mention me there" in told


async def test_whoever_lost_the_role_decides_no_more_though_the_panel_is_open(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, (RuleKind.MANAGERS, DESIGNERS, "yes"))
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(sandbox, PanelName.WORDS, user="cleo")
        next(each for each in sandbox.platform.switches if each.name == "designers").turn([])
        heard = await sandbox.platform.submit(modal=modal.id, user="cleo", values={"blocked": "gun"})
        assert "Only an admin may do this" in heard.ephemeral[0]
        for look in ("log", "rules", "usage", "check", "export"):
            assert "Only an admin may do this" in await _refused(sandbox, f"/video settings {look}", user="cleo")
    assert await rules_in(house) == [(RuleKind.MANAGERS, DESIGNERS, "yes")]


async def test_a_manager_by_role_gets_the_file_of_the_month(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    """Discord shows /settings and /credit-settings to admins alone, so there is a word of /video for it."""
    await _give(house, (RuleKind.MANAGERS, DESIGNERS, "yes"))
    async with open_service() as video_service, open_bot(video_service):
        assert "What was used this month" in await _refused(sandbox, "/video settings export", user="cleo")
    whispers = [each for each in sandbox.world.recent if each["type"] == "ephemeral"]
    assert [file["name"].rpartition(".")[2] for each in whispers for file in each["drawn"]["files"]] == ["csv"]


async def test_a_saved_panel_loses_nobody_of_a_list_that_is_longer_than_it(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    """Discord shows 25 of them; one of the others is let go, and one more is blocked by somebody else meanwhile."""
    ben, cleo, dan = (PEOPLE_BY_NAME[name].id for name in ("ben", "cleo", "dan"))
    others = [str(1100000000000000500 + number) for number in range(30)]
    await _give(house, *((RuleKind.PERSON, each, "blocked") for each in (cleo, *others)))
    async with open_service() as video_service, open_bot(video_service):
        modal = await _panel(sandbox, PanelName.PEOPLE)
        fields = {field.name: field.value for field in modal.fields}
        assert fields["blocked"].split(", ") == others[5:]
        await _give(house, (RuleKind.PERSON, dan, "blocked"), (RuleKind.PERSON, others[7], None))
        values = {"blocked": f"{fields['blocked']}, {ben}".replace(f"{others[6]}, ", ""), "lifted_person": cleo}
        heard = await sandbox.platform.submit(modal=modal.id, user="ana", values=values)
        assert heard.ephemeral[0].startswith("Changed: 3 rules"), heard
    kept = {ben, dan, *others} - {others[6], others[7]}
    assert {subject for _, subject, _ in await rules_in(house)} == kept
