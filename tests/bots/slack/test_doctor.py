"""What the doctor says of many workspaces: each is asked with its own token; clocks, scopes and request URL by name."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bots.slack.installation.sealing import Sealer
from core.db.pool import Pool
from core.settings import Settings
from neverdark.doctor.findings import Finding, Verdict
from neverdark.doctor.slack import slack as examined
from tests.bots.conftest import OpenService
from tests.bots.slack.many import BLUE, KEY, RED, Town, town


@pytest_asyncio.fixture
async def there(tmp_path: Path, house: Pool, open_service: OpenService) -> AsyncIterator[Town]:
    """Two workspaces with the app."""
    async with open_service() as video_service, town(tmp_path, house, video_service) as there:
        for team in (RED, BLUE):
            assert (await there.install(team)).status_code == 200
        yield there


async def _asked(there: Town, database: str, *, off_s: float = 0.0, **known: Any) -> Sequence[Finding]:
    settings = Settings(database_url=SecretStr(database), public_url=there.address)  # type: ignore[call-arg]  # defaults
    return await examined(
        there.settings.model_copy(update=known), settings, clock=lambda: datetime.now(UTC) + timedelta(seconds=off_s)
    )


def _about(findings: Sequence[Finding], words: str) -> Finding:
    (found,) = [each for each in findings if words in each.says]
    return found


async def test_each_workspace_is_asked_with_its_own_token(there: Town, database: str) -> None:
    findings = await _asked(there, database)
    assert [each.verdict for each in findings] == [Verdict.FINE] * 3, findings
    assert "with all scopes" in _about(findings, "Red").says
    assert "with all scopes" in _about(findings, "Blue").says
    assert "answers Slack" in findings[-1].says
    for slack in (there.red, there.blue):
        assert sum(method == "auth.test" for method, _ in slack.requests) >= 1


async def test_a_scope_that_one_workspace_lacks_is_named_there_and_nowhere_else(there: Town, database: str) -> None:
    scopes = there.blue.granted.split(",")
    there.blue.granted = ",".join(scope for scope in scopes if scope not in {"files:write", "im:history"})
    there.red.granted = ",".join(scope for scope in scopes if scope not in {"app_mentions:read", "groups:history"})
    findings = await _asked(there, database)
    blue, red = _about(findings, "Blue"), _about(findings, "Red")
    assert blue.verdict is Verdict.WRONG
    assert blue.says.endswith("without files:write, im:history")
    assert "neverdark slack manifest" in str(blue.remedy)
    assert red.verdict is Verdict.WARNING
    assert red.says.endswith("without app_mentions:read"), "what is optional is no fault"


async def test_a_token_that_is_refused_is_told_of_the_workspace_that_it_belongs_to(there: Town, database: str) -> None:
    there.blue.tokens.clear()
    findings = await _asked(there, database)
    assert _about(findings, "Blue").verdict is Verdict.WARNING
    assert "refused" in _about(findings, "Blue").says
    assert _about(findings, "Red").verdict is Verdict.FINE


async def test_a_key_that_opens_no_tokens_is_named(there: Town, database: str) -> None:
    findings = await _asked(there, database, slack_token_key=SecretStr(Fernet.generate_key().decode()))
    assert [each.verdict for each in findings[:2]] == [Verdict.WRONG] * 2
    assert all("no key of SLACK_TOKEN_KEY opens" in each.says for each in findings[:2])


async def test_a_clock_that_is_off_is_told_before_slack_is_refused(there: Town, database: str) -> None:
    assert not [each for each in await _asked(there, database, off_s=60) if "clock" in each.says]
    found = _about(await _asked(there, database, off_s=-200), "clock")
    assert found.verdict is Verdict.WRONG
    assert "NTP" in str(found.remedy)


async def test_another_signing_secret_than_that_of_web_is_told(there: Town, database: str) -> None:
    findings = await _asked(there, database, slack_signing_secret=SecretStr("0" * 32))
    assert "another signing secret" in findings[-1].says


async def test_of_many_that_are_fine_one_line_is_said_and_each_that_is_not_is_named(
    there: Town, database: str, house: Pool
) -> None:
    sealer, (token, *_) = Sealer((KEY,)), there.red.tokens
    for n in range(6):
        installation = f"T0MORE{n}"
        sealed = sealer.seal({"bot_token": token}, of=installation)
        await house.execute(
            "INSERT INTO app_installation (platform, installation, sealed, facts) VALUES ('slack', $1, $2, $3)",
            installation, sealed, {"team_name": f"More {n}"},
        )  # fmt: skip
    assert [each.says[:21] for each in (await _asked(there, database))[:1]] == ["8 workspaces are fine"]
    await house.execute("UPDATE app_installation SET sealed = 'gAAAA' WHERE installation = 'T0MORE3'")
    findings = await _asked(there, database)
    assert findings[0].says.startswith("More 3: no key of SLACK_TOKEN_KEY")
    assert findings[1].says.startswith("7 workspaces are fine")
