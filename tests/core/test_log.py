"""The log never holds a secret or what people wrote, in whatever way it got there."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from core import log as logs

SECRETS = {
    "a Slack bot token": "xoxb-" + "1234567890-abcdefABCDEF",
    "a Slack app token": "xapp-" + "1-A0123-456-abcdef",
    "a Discord token": "MTE4NjY0MDkwMzk0NDE4MDQx" + ".Gh3kQz" + ".a-b_cDefGhIjKlMnOpQrStUvWxYz012345",
    "a Google key": "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    "a Google token": "ya29." + "a0AfH6SMBabcdefghij",
    "a Replicate token": "r8_" + "abcdefghijklmnopqrstuvwxyz0123456789A",
    "a DashScope key": "sk-" + "0123456789abcdef0123456789abcdef",
    "a webhook's secret": "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "a JSON web token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJpc3MiOiJhIn0" + ".c2lnbmF0dXJl",
    "a private key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----",
}  # fmt: skip

CARRIERS = {
    "a header": ("Authorization: Bearer {}", "abc.def~ghi+jkl/mno="),
    "a query": ("GET https://h/x?a=1&api_key={}&b=2", "plainvalue"),
    "a signed link": ("https://h/v.mp4?X-Amz-Signature={}", "0f1e2d3c4b5a"),
    "a password in an address": ("cannot connect to postgresql://user:{}@host/db", "hunter2"),
    "an interaction's address": ("POST /api/v10/webhooks/1234567890/{}/messages", "aW50ZXJhY3Rpb246MTIzNDU2"),
    "an address to answer at": ("POST https://hooks.slack.com/{}", "commands/T0/123/abcdef"),
}


@dataclass
class Wanted:
    log_format: Literal["console", "json"] = "console"
    log_level: str = "INFO"
    hidden: tuple[str, ...] = ()

    def secrets(self) -> tuple[str, ...]:
        return self.hidden


Configure = Callable[..., None]


@pytest.fixture
def configure() -> Configure:
    """Sets logging up for a test."""
    return lambda **how: logs.configure(Wanted(**how))


def event(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().err)
    return found


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_what_looks_like_a_secret_is_cut_out(secret: str) -> None:
    line = f"it said {secret}, twice: {secret}"
    assert logs.redact(line) == f"it said {logs.REDACTED}, twice: {logs.REDACTED}"


@pytest.mark.parametrize(("line", "secret"), CARRIERS.values(), ids=CARRIERS.keys())
def test_what_stands_where_a_secret_stands_is_cut_out(line: str, secret: str) -> None:
    assert secret not in logs.redact(line.format(secret))
    assert logs.REDACTED in logs.redact(line.format(secret))


@pytest.mark.parametrize(
    "line",
    [
        "generation.step_done generation_id=6f2d7a52-8c1e-5a43-9d0b-6e65766572e4 step=start",
        "worker.ready owner=worker:vm/0:e1aa595c",
        "GET https://api.example.org/v1/tasks?task_ids=123&limit=10",
        "2026-11-22T23:29:26.392331Z [info] credits.consumed team=7 amount=480",
        "operation projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/6f1c0b5e",
    ],
)
def test_ordinary_lines_are_left_alone(line: str) -> None:
    assert logs.redact(line) == line


@given(st.text())
def test_cutting_out_never_fails_and_known_secrets_are_gone(text: str) -> None:
    assert "known-secret" not in logs.redact(f"{text}known-secret{text}", secrets=["known-secret"])


def test_a_field_that_is_named_for_a_secret_or_a_text_loses_its_value(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(log_format="json")
    names = ["prompt", "text", "access_token", "authorization", "api_key", "apikey", "body", "negative", "Cookie"]
    structlog.get_logger("core.x").info("a.fact", **dict.fromkeys(names, "hush"), generation_id="g", text_length=4)
    found = event(capsys)
    assert {name: found[name] for name in names} == dict.fromkeys(names, logs.NOT_LOGGED)
    assert (found["event"], found["generation_id"], found["text_length"]) == ("a.fact", "g", 4)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_nothing_slips_by_inside_a_value_or_a_traceback(
    configure: Configure, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configure(log_format=log_format, hidden=("a-known-secret",))
    prompt = "a private wish"
    try:
        raise ValueError(f"GET https://h/?key=plainvalue said a-known-secret to {len(prompt)}")
    except ValueError:
        structlog.get_logger("core.x").exception("a.crash", headers={"deep": [SECRETS["a Slack bot token"]]})
    said = capsys.readouterr().err
    assert "a.crash" in said
    assert "Traceback" in said
    assert not [secret for secret in ("plainvalue", "a-known-secret", "xoxb-", prompt) if secret in said]


def test_a_library_goes_through_the_same_nets_from_warning_on(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(log_format="json", log_level="DEBUG")
    library = logging.getLogger("httpx")
    library.info("HTTP Request: GET https://h/?key=plainvalue")
    library.warning("retrying GET https://h/?key=%s", "plainvalue")
    found = event(capsys)
    assert found["event"] == f"retrying GET https://h/?key={logs.REDACTED}"
    assert found["logger"] == "httpx"


def test_our_own_events_are_heard_from_the_wanted_level_on(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(log_level="WARNING")
    structlog.get_logger("worker.dispatcher").info("not.heard")
    structlog.get_logger("worker.dispatcher").warning("is.heard")
    said = capsys.readouterr().err
    assert "is.heard" in said
    assert "not.heard" not in said


def test_json_is_one_object_a_line_with_time_and_level(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(log_format="json")
    structlog.get_logger("core.x").warning("two.words", note='a "quoted"\nvalue')
    found = event(capsys)
    assert found["level"] == "warning"
    assert str(found["timestamp"]).endswith("Z")
    assert found["note"] == 'a "quoted"\nvalue'


def test_a_logger_needs_no_name(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    """Modules of ours say `structlog.get_logger()`: the level goes by the module that speaks first."""
    configure()
    scope: dict[str, object] = {"__name__": "worker.somewhere", "structlog": structlog}
    exec("structlog.get_logger().info('is.heard')", scope)  # noqa: S102 - to speak from another module
    assert "is.heard" in capsys.readouterr().err
