"""Workspaces that install the app by themselves: each with its own token, sealed, and nothing of another's."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.fernet import Fernet

from bots.slack.api.places import Place, unpacked
from bots.slack.api.tenant import SLACK
from bots.slack.configured import many
from bots.slack.installation.sealing import SealBroken, Sealer
from core.db.pool import Pool, open_pool
from core.domain.chat.chat_errors import AccessLost
from core.domain.ids import Installation
from core.replies.chat.card import Card
from sandbox.slack import envelopes
from tests.bots.conftest import OpenService, all_generations
from tests.bots.slack.many import BLUE, KEY, RED, Town, town
from tests.patience import until


def _texts(slack: Any, channel: str = "general") -> list[str]:
    return [str(message["text"]) for message in slack.messages(channel)]


async def _event(place: Town, slack: Any, event: dict[str, Any], *, at: datetime | None = None) -> None:
    assert not await _is_unheard(slack, event, at=at)


async def _is_unheard(slack: Any, event: dict[str, Any], *, at: datetime | None = None) -> bool:
    """Whether the app has not taken an event, so that Slack sends it again."""
    when = at or datetime.now(UTC)
    envelope = envelopes.event(event, at=int(when.timestamp()))
    sent = envelopes.as_sent(envelope, store=slack.store, user="")
    return bool((await slack._actions.sockets.send(sent, envelope_id=envelope.id)).unheard)


async def test_two_workspaces_install_the_app_and_share_nothing(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service) as there:
        page = await there.install(RED)
        assert page.status_code == 200
        assert "Neverdark is in Red" in page.text
        assert "/video a red fox in the snow" in page.text
        heard = await there.blue.say(channel="general", user="ana", text="/credits")
        assert "not installed in this workspace" in " ".join(heard.ephemeral) + heard.error
        assert (await there.install(BLUE)).status_code == 200
        # The same person, channel and words in both: only the workspace tells them apart.
        await there.red.say(channel="general", user="ana", text="/video a red fox in the snow")
        await until(lambda: _texts(there.red))
        assert _texts(there.blue) == []
        await there.blue.say(channel="general", user="ana", text="/video a blue whale")
        await until(lambda: _texts(there.blue))
        await until(lambda: _both_opened(house))
        (red, blue) = await all_generations(house)
        assert (red.installation, blue.installation) == (RED.id, BLUE.id)
        assert red.team_id != blue.team_id
        assert "whale" not in " ".join(_texts(there.red))
        # What the worker posts goes where the place says, with that place's token.
        chat = there.reach.chat()
        assert blue.thread is not None
        await chat.post(blue.thread, Card(title="It is done"), key=uuid4())
        (root,) = there.blue.messages("general")
        assert ["It is done" in str(reply["text"]) for reply in root["thread"]] == [True]
        assert there.red.messages("general")[0]["thread"] == []
        # A button of one workspace, pressed in the other, finds nothing.
        listed = await there.blue.say(channel="general", user="ana", text="/video mine")
        assert listed.ok
        await until(lambda: "whale" in json.dumps(there.blue.whispers("general", "ana")))
        assert "red fox" not in json.dumps(there.blue.whispers("general", "ana"))
        cancelled = await video_service.cancel(red.id, by=_principal(BLUE.id))
        assert "Cancelling" not in cancelled.title


def _principal(installation: str) -> Any:
    from core.domain.chat.principal import Principal
    from core.domain.ids import UserId

    return Principal(platform=SLACK, installation=Installation(installation), user=UserId("U0ANA"), is_admin=True)


async def test_events_and_homes_of_two_workspaces_stay_apart(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service) as there:
        await there.install(RED)
        await there.install(BLUE)
        ana = there.red.people[0]
        await asyncio.gather(
            there.red.say(channel="general", user="ana", text="@Neverdark a green frog"),
            there.blue.say(channel="general", user="ana", text="@Neverdark a blue whale"),
        )
        await until(lambda: _both_opened(house))
        await asyncio.gather(there.red.surfaces.open_app(ana), there.blue.surfaces.open_app(ana))
        await until(lambda: there.red.views.homes.get(ana.id) and there.blue.views.homes.get(ana.id))
        shown = [json.dumps(each.views.homes[ana.id]) for each in (there.red, there.blue)]
        assert [("frog" in home, "whale" in home) for home in shown] == [(True, False), (False, True)]
        threads = [json.dumps(each.messages("general")) for each in (there.red, there.blue)]
        assert [("frog" in said, "whale" in said) for said in threads] == [(True, False), (False, True)]
        step = await there.blue.surfaces.run_step(ana, inputs={"prompt": "a kite", "channel": "C0GENERAL"})
        await until(lambda: house.fetchval("SELECT count(*) = 3 FROM generations"))
        assert (
            await house.fetchval("SELECT place FROM waiting_step")
            == Place(channel="C0GENERAL", team=Installation(BLUE.id)).packed()
        )
        assert step.error is None


async def test_tokens_lie_sealed_and_no_table_holds_one(tmp_path: Path, house: Pool, open_service: OpenService) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        row = await house.fetchrow("SELECT * FROM app_installation")
        assert row is not None
        told = json.dumps({name: str(value) for name, value in dict(row).items()})
        assert "xoxe" not in told
        assert "xoxb" not in told
        assert row["expires_at"] > datetime.now(UTC) + timedelta(hours=11)
        opened = Sealer([Fernet.generate_key().decode(), KEY]).opened(row["sealed"], of=RED.id)
        assert opened["bot_token"] in there.red.tokens
        with pytest.raises(SealBroken):
            Sealer([KEY]).opened(row["sealed"], of=BLUE.id)


async def test_a_token_that_ends_soon_is_renewed_once_by_all_processes_together(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        soon = datetime.now(UTC) + timedelta(minutes=90)
        await house.execute("UPDATE app_installation SET expires_at = $1", soon)

        async def slow() -> None:
            await asyncio.sleep(0.2)

        there.cloud.exchange = slow
        processes = [many(there.settings, house) for _ in range(5)]
        found = await asyncio.gather(*(each.find(Installation(RED.id)) for each in processes))
        await asyncio.gather(*(each.aclose() for each in processes))
        assert there.cloud.refreshes == 1
        assert {each.token for each in found if each is not None} <= set(there.red.tokens)
        again = await many(there.settings, house).find(Installation(RED.id))
        assert again is not None
        assert again.token == list(there.red.tokens)[-1]


async def test_a_token_that_has_ended_is_waited_for_while_another_process_renews_it(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        await house.execute("UPDATE app_installation SET expires_at = now() - interval '1 hour'")
        processes = [many(there.settings, house) for _ in range(4)]
        found = await asyncio.gather(*(each.find(Installation(RED.id)) for each in processes))
        assert there.cloud.refreshes == 1
        assert {each.token for each in found if each is not None} == {list(there.red.tokens)[-1]}


async def test_an_app_that_is_taken_out_ends_what_runs_and_forgets_its_token(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service) as there:
        await there.install(RED)
        await there.install(BLUE)
        await there.red.say(channel="general", user="ana", text="/video a red fox")
        await there.blue.say(channel="general", user="ana", text="/video a blue whale")
        await until(lambda: _texts(there.red) and _texts(there.blue))
        await until(lambda: _both_opened(house))
        there.cloud.uninstall(there.red)
        await _event(there, there.red, {"type": "app_uninstalled"})
        await until(lambda: house.fetchval("SELECT ended_at FROM app_installation WHERE installation = $1", RED.id))
        await until(lambda: _cancelled(house))
        wishes = await house.fetch("SELECT installation FROM generations WHERE cancel_requested_at IS NOT NULL")
        assert [row["installation"] for row in wishes] == [RED.id]
        assert await house.fetchval("SELECT sealed FROM app_installation WHERE installation = $1", RED.id) is None
        # A worker knows that there is nobody to write to, without asking Slack.
        chat = many(there.settings, house)
        assert await chat.find(Installation(RED.id)) is None
        place = Place(channel="C0GENERAL", team=Installation(RED.id)).packed()
        with pytest.raises(AccessLost, match="app_uninstalled"):
            await _fresh_chat(there).post(place, Card(title="x"), key=uuid4())
        # Installed again, it stays, whatever a late event says of the time before.
        assert (await there.install(RED)).status_code == 200
        await _event(there, there.red, {"type": "app_uninstalled"}, at=datetime.now(UTC) - timedelta(minutes=5))
        await asyncio.sleep(0.1)
        assert await many(there.settings, house).find(Installation(RED.id)) is not None


def _fresh_chat(there: Town) -> Any:
    from bots.slack.configured import reach

    found = reach(there.settings, there.pool)
    assert found is not None
    return found.chat()


async def _cancelled(house: Pool) -> bool:
    return bool(await house.fetchval("SELECT count(*) FROM generations WHERE cancel_requested_at IS NOT NULL"))


async def _both_opened(house: Pool) -> bool:
    return await house.fetchval("SELECT count(*) FROM generations WHERE thread IS NOT NULL") == 2


async def test_revoked_tokens_of_people_end_nothing(tmp_path: Path, house: Pool, open_service: OpenService) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service) as there:
        await there.install(RED)
        await _event(there, there.red, {"type": "tokens_revoked", "tokens": {"oauth": ["U0ANA"], "bot": []}})
        await asyncio.sleep(0.1)
        assert await many(there.settings, house).find(Installation(RED.id)) is not None
        await _event(there, there.red, {"type": "tokens_revoked", "tokens": {"bot": ["U0NEVERDARK"]}})
        await until(lambda: house.fetchval("SELECT ended_at FROM app_installation WHERE installation = $1", RED.id))


async def test_an_organization_installs_it_once_for_all_of_its_workspaces(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, org_wide=True) as there:
        page = await there.install(RED)
        assert "Neverdark is in Sandbox Org" in page.text
        row = await house.fetchrow("SELECT installation, organization FROM app_installation")
        assert row is not None
        assert tuple(row) == ("E0SANDBOX", "E0SANDBOX")
        await there.red.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: _texts(there.red))
        (generation,) = await all_generations(house)
        assert generation.installation == "E0SANDBOX"
        assert unpacked(generation.place).team == "E0SANDBOX"
        # A press, whose payload has `team: null`.
        await until(lambda: there.red.messages("general"))
        await there.red.say(channel="general", user="ana", text="/video")
        modal = await until(lambda: there.red.views.top("U0ANA"))
        heard = await there.red.submit(modal=modal.view["id"], user="ana", values={"prompt": "another fox"})
        assert heard.ok
        await until(lambda: len(_texts(there.red)) == 2)


async def test_a_member_of_an_organization_is_one_though_a_command_does_not_say_how_the_app_is_installed(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, org_wide=True) as there:
        await there.install(RED)
        command = {
            "command": "/video",
            "text": "a red fox",
            "team_id": RED.id,
            "enterprise_id": "E0SANDBOX",
            "user_id": "U0ANA",
            "channel_id": "C0GENERAL",
            "trigger_id": "1.2.3",
        }
        sealed = envelopes.seal("slash_commands", command)
        assert not (await there.red._actions.sockets.send(sealed.text, envelope_id=sealed.id)).unheard
        await until(lambda: _texts(there.red))
        assert len(await all_generations(house)) == 1


async def test_a_process_that_hears_that_the_app_is_gone_takes_nothing_more_from_there(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service) as there:
        await there.install(RED)
        await there.red.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: _texts(there.red))
        await _event(there, there.red, {"type": "app_uninstalled"})
        await until(lambda: house.fetchval("SELECT ended_at FROM app_installation WHERE installation = $1", RED.id))
        await there.red.say(channel="general", user="ana", text="/video a blue fox")
        (told,) = await until(lambda: there.red.whispers("general", "ana"))
        assert "not installed in this workspace" in told["text"]
    assert len(await all_generations(house)) == 1


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"error": "access_denied"}, 200, "pressed Cancel"),
        ({"code": "x", "state": "forged"}, 400, "another browser"),
        ({"code": "x"}, 400, "another browser"),
    ],
)
async def test_an_installation_that_went_wrong_says_why(
    tmp_path: Path, house: Pool, open_service: OpenService, query: dict[str, str], status: int, says: str
) -> None:
    async with (
        open_service() as video_service,
        town(tmp_path, house, video_service) as there,
        httpx.AsyncClient(trust_env=False) as browser,
    ):
        answer = await browser.get(f"{there.address}/slack/oauth_redirect", params=query)
        assert (answer.status_code, says in answer.text) == (status, True)
        assert "Try again" in answer.text


async def test_a_state_is_good_once(tmp_path: Path, house: Pool, open_service: OpenService) -> None:
    async with (
        open_service() as video_service,
        town(tmp_path, house, video_service) as there,
        httpx.AsyncClient(trust_env=False) as browser,
    ):
        sent = await browser.get(f"{there.address}/slack/install", params={"team": RED.id})
        cookie = {"cookie": sent.headers["set-cookie"].partition(";")[0]}
        agreed = await browser.get(sent.headers["location"])
        assert (await browser.get(agreed.headers["location"], headers=cookie)).status_code == 200
        again = await browser.get(agreed.headers["location"], headers=cookie)
        assert (again.status_code, "used already" in again.text) == (401, True)


TYPED = "a red fox <!channel> & *bold* seconds:5"


async def test_while_nobody_can_read_a_token_each_way_to_ask_is_answered_and_keeps_what_was_typed(
    tmp_path: Path, database: str, open_service: OpenService
) -> None:
    """A process that has never seen the workspace, while Postgres is away: it has no token to answer with."""
    pool = open_pool(database, size_max=2)
    async with open_service() as video_service, pool, town(tmp_path, pool, video_service) as there:
        assert (await there.install(RED)).status_code == 200
        await there.red.say(channel="general", user="ana", text="/video")
        form = await until(lambda: there.red.views.top("U0ANA"))
        await there.red.say(channel="general", user="ana", text="/video a fox tier:prof")
        (asked,) = await until(lambda: there.red.whispers("general", "ana"))
        press = str(asked["actions"][0]["action"])
        workspaces: Any = there.reach.workspaces
        workspaces._known.clear()
        await pool.close()

        await there.red.say(channel="general", user="ana", text=f"/video {TYPED}")
        told = (await until(lambda: there.red.whispers("general", "ana")[1:]))[0]
        assert "please try again in a minute" in told["text"]
        assert "a red fox" in told["text"]
        assert "seconds:5" in told["text"]

        sent = await there.red.submit(modal=form.view["id"], user="ana", values={"prompt": TYPED})
        assert "please try again in a minute" in str(sent)
        assert there.red.views.top("U0ANA") is not None, "the form is still there, with the words"

        await there.red.press(channel="general", user="ana", message=asked["id"], action=press)
        told = (await until(lambda: there.red.whispers("general", "ana")[2:]))[0]
        assert "please try again in a minute" in told["text"]

        mention = {
            "type": "app_mention",
            "user": "U0ANA",
            "text": "<@U0BOT> a fox",
            "channel": "C0GENERAL",
            "ts": "1.2",
        }
        assert await _is_unheard(there.red, mention), "Slack sends it again, and then it is answered"
