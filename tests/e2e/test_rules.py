"""Rules as people and managers live with them, on both stand-ins, with the worker that makes the videos."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import pytest

from neverdark.embedded import postgres_url
from neverdark.state import Home
from tests.e2e.conftest import Town, until
from tests.e2e.whispers import Whispers, whispers
from tests.quick import some

PLATFORMS = ("slack", "discord")
DESIGNERS = {"slack": "S0DESIGN", "discord": "1100000000000000152"}
SHARING = {"slack": "Public links", "discord": "Links and gallery"}
NEVER = "1000000"
REFUSED = "Only an admin may do this"


@pytest.fixture(params=some(PLATFORMS, of="rules"))
def heard(town: Town, request: pytest.FixtureRequest) -> Iterator[Whispers]:
    with whispers(town, request.param) as found:
        yield found
        _designers(found, ["cleo"])


def _designers(heard: Whispers, names: list[str]) -> None:
    body = {"platform": heard.platform, "name": "designers", "value": names}
    heard.town.http.post("/api/switches", json=body).raise_for_status()


def _ask_above(heard: Whispers, most: str) -> None:
    """Above so many credits, an admin is asked."""
    if heard.platform == "slack":
        heard.say(f"/credits limits approval {most}", words="limits")
    else:
        heard.panel("Approval and alerts", {"approval": most, "low": ""}, command="/credit-settings")


def _in_thread(town: Town, platform: str, prompt: str, words: str) -> dict[str, Any]:
    """The message of a video's thread that says this."""

    def found() -> dict[str, Any] | None:
        said = [each for root in town.roots(platform, prompt) for each in root["thread"]]
        return next((each for each in said if words in each["text"]), None)

    message: dict[str, Any] = until(found, within_s=60)
    return message


def _thread(town: Town, platform: str, prompt: str) -> list[dict[str, Any]]:
    return [each for root in town.roots(platform, prompt) for each in root["thread"]]


@pytest.mark.exhaustive
def test_managers_by_role_approve_as_long_as_they_have_it_and_one_decision_counts(town: Town, heard: Whispers) -> None:
    prompt = f"a heron that waits in {heard.platform}"
    try:
        assert "Changed" in heard.panel("People and managers", {"managers": DESIGNERS[heard.platform], "blocked": ""})
        _ask_above(heard, "10")
        before = town.balance(heard.platform)
        assert town.say(heard.platform, f"/video {prompt} tier:draft", user="ben")["ok"]
        question = _in_thread(town, heard.platform, prompt, "has to approve")
        assert town.balance(heard.platform) == before, "nothing is taken"

        def decide(label: str, user: str) -> str:
            return str(heard.told(user, lambda: heard.press(question, label, user=user))["text"])

        assert REFUSED in decide("Approve", "ben"), "nobody lets their own go"
        assert REFUSED in decide("Decline", "dan")
        _designers(heard, [])
        assert REFUSED in decide("Approve", "cleo"), "who lost the role since the card came"
        _designers(heard, ["cleo"])
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(lambda one: decide(*one), [("Approve", "cleo"), ("Decline", "ana")]))
        won = [each for each in answers if "are set aside" in each or "Declined: nothing" in each]
        assert len(won) == 1, answers
        decided_by = "SELECT count(decided_by) FROM generations WHERE request ->> 'prompt' = $1"
        assert _sql(town, decided_by, prompt) == 1
        if "are set aside" in won[0]:
            assert town.last_word(heard.platform, prompt)["files"]
        else:
            _in_thread(town, heard.platform, prompt, "An admin declined this video")
        until(lambda: not _labels(town, heard.platform, prompt) & {"Approve", "Decline", "Cancel"}, within_s=30)
    finally:
        _ask_above(heard, NEVER)
        heard.panel("People and managers", {"managers": "", "blocked": ""})


@pytest.mark.exhaustive
def test_a_yes_after_the_time_is_up_comes_too_late_and_takes_nothing(town: Town, heard: Whispers) -> None:
    """The question was seen in time. What a client that still shows its buttons is told: tests/core/usecases."""
    prompt = f"a heron that nobody lets go in {heard.platform}"
    try:
        _ask_above(heard, "10")
        before = town.balance(heard.platform)
        assert town.say(heard.platform, f"/video {prompt} tier:draft", user="ben")["ok"]
        question = _in_thread(town, heard.platform, prompt, "has to approve")
        over = (
            "UPDATE generations SET start_by = nd_now(), wake_at = nd_now() WHERE request ->> 'prompt' = $1 RETURNING 1"
        )
        assert _sql(town, over, prompt) == 1
        _in_thread(town, heard.platform, prompt, "No admin decided in time")
        until(lambda: not _labels(town, heard.platform, prompt) & {"Approve", "Decline", "Cancel"}, within_s=30)
        for label in ("Approve", "Decline"):
            assert not heard.press(question, label, user="ana")["ok"], "it is not there any more"
        assert _sql(town, "SELECT outcome FROM generations WHERE request ->> 'prompt' = $1", prompt) == "cancelled"
        assert town.balance(heard.platform) == before, "nothing was taken"
    finally:
        _ask_above(heard, NEVER)


def test_a_rule_of_one_workspace_neither_holds_nor_shows_in_another(town: Town, heard: Whispers) -> None:
    """What happens with a linked team is held by tests/core/usecases/people/test_oversight.py, use case by use case."""
    other = next(each for each in PLATFORMS if each != heard.platform)
    word = f"bittern{heard.platform}"
    rules = "/settings rules" if other == "slack" else "/settings show:rules"
    try:
        assert "Changed" in heard.panel("Words", {"blocked": word})
        assert "is not wanted here" in heard.say(f"/video a {word} at dawn tier:draft")["text"]
        with whispers(town, other) as there:
            assert word not in there.say(rules)["text"]
        assert town.video(other, f"a {word} at dawn", options="tier:draft")["files"]
    finally:
        heard.panel("Words", {"blocked": ""})


def _labels(town: Town, platform: str, prompt: str) -> set[str]:
    return {action["label"] for each in _thread(town, platform, prompt) for action in each["actions"]}


@pytest.mark.exhaustive
def test_public_links_follow_the_rule_that_holds_and_end_with_what_is_kept(town: Town, heard: Whispers) -> None:
    prompt = f"a stork in {heard.platform}"
    video = town.video(heard.platform, prompt, options="tier:draft")
    share = heard.told("ana", lambda: heard.press(video, "Share", user="ana"), words="Anybody with this link")
    found = re.search(r"https?:\S+/v/[\w.-]+", str(share["text"]).replace("\\", ""))  # Discord shows it without these
    assert found is not None
    address = found[0]

    def answers() -> int:
        return town.http.get(address).status_code

    assert answers() == 200
    for links, status in (("off", 410), ("24h", 200), ("30d", 200), ("off", 410), ("usual", 200)):
        heard.panel(SHARING[heard.platform], {"links": links})
        assert answers() == status, links

    heard.say(
        "/settings keep: 2" if heard.platform == "slack" else "/settings keep:2", words="Changed: kept for 2 days"
    )
    town.neverdark("expire")
    assert answers() == 200, "it is kept for two days"
    _days_pass(town, prompt, days=3)
    town.neverdark("expire")
    assert answers() != 200
    gone = heard.told("ana", lambda: heard.press(video, "Share", user="ana"))["text"]
    assert "/v/" not in gone
    assert _sql(town, "SELECT count(*) FROM generations WHERE request ->> 'prompt' LIKE $1", f"%{prompt}%") == 0


def _days_pass(town: Town, prompt: str, *, days: int) -> None:
    """As if it had been made earlier."""
    _sql(
        town,
        "WITH old AS (UPDATE generations SET done_at = done_at - $2 * interval '1 day' "
        "WHERE request ->> 'prompt' LIKE $1 RETURNING id) SELECT count(*) FROM old",
        f"%{prompt}%",
        days,
    )


def _sql(town: Town, query: str, *values: object) -> Any:
    async def asked() -> Any:
        conn = await asyncpg.connect(postgres_url(Home(town.home / "state")))
        try:
            return await conn.fetchval(query, *values)
        finally:
            await conn.close()

    return asyncio.run(asked())


def test_nothing_comes_into_a_gallery_that_a_rule_has_turned_off(town: Town) -> None:
    """Slack has none: there the panel does not ask about it."""

    def shown(prompt: str) -> bool:
        return any(prompt in each["text"] for each in town.messages("discord", "showcase"))

    with whispers(town, "discord") as heard:
        assert town.say("discord", "/community gallery channel:showcase")["ok"]
        heard.panel("Links and gallery", {"gallery": "off"})
        try:
            town.video("discord", "a crane that nobody is shown", options="tier:draft")
        finally:
            heard.panel("Links and gallery", {"gallery": "usual"})
        town.video("discord", "a crane for everybody", options="tier:draft")
        until(lambda: shown("a crane for everybody"), within_s=60)
        assert not shown("a crane that nobody is shown")
