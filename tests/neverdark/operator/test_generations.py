"""Generations on the command line: found, shown in full, woken, delivered again, cancelled."""

import csv
import io
from typing import Any

import pytest

from tests.neverdark.operator.conftest import Operator
from tests.rows import one_row

PLAN: dict[str, Any] = {
    "candidates": [
        {"route": "veo.vertex", "kind": "normal", "reason": "healthy", "ready_at": "2026-11-22T12:00:00+00:00"}
    ],
    "skipped": [{"route": "kling.api", "reason": "rate limited", "until": "2026-11-22T12:05:00+00:00"}],
}
FITTED = {"duration_s": 8, "lines": 1080, "aspect": "16:9", "audio": True, "roundings": []}


@pytest.fixture
def one(operator: Operator) -> str:
    """A queued generation."""
    return operator.ask()


def attempted(operator: Operator, one: str) -> None:
    """It has a plan, an attempt that failed and cost something, and a step on record."""
    operator.execute("UPDATE generations SET state = 'rendering', plan = $1", PLAN)
    operator.execute(
        "INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, send_deadline, "
        "error_class, error_detail, cost_usd_micros) VALUES ($1::text::uuid, 1, 'veo.vertex', 'veo', 'veo-3.1', "
        "gen_random_uuid(), $2, 'failed', nd_now(), 'capacity', 'overloaded', 3200000)",
        one,
        FITTED,
    )
    operator.execute(
        "INSERT INTO step_log (generation_id, worker, fence, step, outcome, facts) "
        "VALUES ($1::text::uuid, 'worker:host/0:abcd1234', 1, 'start', 'intended', $2)",
        one,
        {"n": 1, "why": "healthy"},
    )


def ended(operator: Operator, one: str, outcome: str, *, last_word: str = "done", paid: int = 0) -> None:
    """It is over, and its last word was said, or is gone."""
    operator.execute("SELECT settle_credits($1::text::uuid, $2, 'x')", one, paid)
    operator.execute(
        "UPDATE generations SET state = 'done', wake_at = NULL, done_at = nd_now(), outcome = $1, settled = $2, "
        "thread = 'thread'",
        outcome,
        paid,
    )
    operator.execute("UPDATE deliveries SET state = 'done', wake_at = NULL")
    operator.execute(
        "INSERT INTO deliveries (generation_id, kind, key, state, memory) "
        "VALUES ($1::text::uuid, 'result', gen_random_uuid(), $2, $3)",
        one,
        last_word,
        {"where": "direct", "why": "is_archived", "upload": {"file": "F1"}},
    )


def test_the_list_has_the_newest_first_and_can_be_narrowed(operator: Operator, one: str) -> None:
    other = operator.ask("e2", installation="T9999")
    operator.execute("UPDATE generations SET state = 'rendering' WHERE id = $1::text::uuid", other)
    assert [row["id"] for row in operator("generations", "--json").json] == [other, one]
    assert [row["id"] for row in operator("generations", "--state", "queued", "--json").json] == [one]
    assert [row["id"] for row in operator("generations", "--team", "slack:T9999", "--json").json] == [other]
    assert [row["id"] for row in operator("generations", "--limit", "1", "--json").json] == [other]
    rows = list(csv.DictReader(io.StringIO(operator("generations", "--csv").stdout)))
    assert [row["state"] for row in rows] == ["rendering", "queued"]
    assert one[:8] in operator("generations").stdout


@pytest.mark.parametrize("columns", ["80", "120"])
def test_what_is_shown_fits_its_terminal(operator: Operator, one: str, columns: str) -> None:
    attempted(operator, one)
    for command in (("generations",), ("generations", "show", one)):
        said = operator(*command, COLUMNS=columns).stdout
        assert max(len(line) for line in said.splitlines()) <= int(columns)


def test_stuck_ones_are_found_and_sound_ones_are_not(operator: Operator, one: str) -> None:
    stuck = operator.ask("e2")
    assert "None is stuck." in operator("generations", "--stuck").stdout
    operator.execute("UPDATE generations SET wake_at = NULL WHERE id = $1::text::uuid", stuck)
    assert [(row["id"], row["stall"]) for row in operator("generations", "--stuck", "--json").json] == [
        (stuck, "asleep")
    ]
    assert "asleep" in operator("generations", "--stuck").stdout
    assert one[:8] not in operator("generations", "--stuck").stdout


def test_one_is_shown_with_its_plan_attempts_money_messages_and_steps(operator: Operator, one: str) -> None:
    attempted(operator, one)
    said = operator("generations", "show", one[:6]).stdout
    assert one in said
    for part in (
        "normal: healthy",
        "not now: rate limited",
        "capacity",
        "3.20",
        "are held for it",
        "abcd1234",
        "progress",
    ):
        assert part in said
    found = operator("generations", "show", one, "--json").json
    assert found["plan"] == PLAN
    assert (found["attempts"][0]["route"], found["attempts"][0]["usd"]) == ("veo.vertex", 3.2)
    assert [(b["kind"], b["delta"] + b["held_delta"]) for b in found["bookings"]] == [("consume", 0)]
    assert found["steps"][0]["worker"] == "worker:host/0:abcd1234"


def test_what_was_asked_for_is_shown_only_when_it_is_wanted(operator: Operator, one: str) -> None:
    for command in (("show", one), ("show", one, "--json")):
        assert "a red fox" not in operator("generations", *command).stdout
        assert "a red fox" in operator("generations", *command, "--prompt").stdout


def test_money_that_came_back_is_told(operator: Operator, one: str) -> None:
    taken = operator.value("SELECT consumed FROM generations")
    ended(operator, one, "succeeded", paid=100)
    said = operator("generations", "show", one).stdout
    assert f"{taken} credits were taken, {taken - 100} came back: it cost 100." in said


@pytest.mark.parametrize("name", ["ffff", "abc", "not-an-id", "'; DROP TABLE generations"])
def test_an_id_of_nothing_is_said(operator: Operator, one: str, name: str) -> None:
    del one
    for command in ("show", "retry", "cancel"):
        done = operator("generations", command, name)
        assert done.returncode == 2
        assert done.stderr.startswith(f"There is no generation {name};")


def test_a_live_one_is_woken_with_its_messages(operator: Operator, one: str) -> None:
    operator.execute("UPDATE generations SET wake_at = NULL, claims = 9")
    operator.execute("UPDATE deliveries SET lease_until = NULL, wake_at = nd_now() + interval '1 hour'")
    assert "is due now" in operator("generations", "retry", one).stdout
    row = operator.look(lambda conn: one_row(conn, "SELECT wake_at <= nd_now() AS due, claims FROM generations"))
    assert (row["due"], row["claims"]) == (True, 0)
    assert operator.value("SELECT bool_and(wake_at <= nd_now()) FROM deliveries")
    assert operator.value("SELECT worker || step || outcome FROM step_log") == "operatorretrywoken"


def test_a_row_in_a_workers_hands_stays_there(operator: Operator, one: str) -> None:
    operator.execute("UPDATE generations SET lease_owner = 'w', lease_until = nd_now() + interval '1 hour', "
                     "wake_at = nd_now() + interval '1 hour', fence = 7")  # fmt: skip
    version = operator.value("SELECT version FROM generations")
    operator("generations", "retry", one)
    row = operator.look(
        lambda conn: one_row(conn, "SELECT lease_owner, fence, version, wake_at > nd_now() AS later FROM generations")
    )
    assert tuple(row) == ("w", 7, version + 1, True)


def test_what_found_no_place_is_delivered_again_after_looking_and_stays_paid_back(operator: Operator, one: str) -> None:
    ended(operator, one, "succeeded", last_word="gone", paid=100)
    operator.execute("SELECT refund_credits($1::text::uuid, 1, 100, NULL, 'could not be delivered')", one)
    assert "its last word is tried again" in operator("generations", "retry", one).stdout
    row = operator.look(lambda conn: one_row(conn, "SELECT state, tries, memory FROM deliveries WHERE kind = 'result'"))
    assert tuple(row) == ("due", 1, {"upload": {"file": "F1"}}), "tries counts the one that may have got through"
    assert operator.value("SELECT settled FROM generations") == 0
    assert operator.value("SELECT count(*) FROM check_ledger(NULL)") == 0


def test_a_thread_that_never_opened_is_opened_first(operator: Operator, one: str) -> None:
    ended(operator, one, "failed", last_word="gone")
    operator.execute("UPDATE generations SET thread = NULL")
    operator.execute("UPDATE deliveries SET state = 'gone' WHERE kind = 'root'")
    operator("generations", "retry", one)
    assert operator.value("SELECT count(*) FROM deliveries WHERE state = 'due' AND wake_at <= nd_now()") == 2


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ("succeeded", "there is nothing to retry"),
        ("failed", "would spend the team's credits"),
        ("cancelled", "It was cancelled"),
    ],
)
def test_what_is_over_is_not_made_again(operator: Operator, one: str, outcome: str, sentence: str) -> None:
    ended(operator, one, outcome)
    done = operator("generations", "retry", one)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert operator.value("SELECT count(*) FROM generations") == 1
    assert operator.value("SELECT count(*) FROM step_log") == 0


def test_a_cancel_is_the_one_of_chat_with_the_operator_on_record(operator: Operator, one: str) -> None:
    assert "is asked to stop" in operator("generations", "cancel", one).stdout
    assert operator.value("SELECT cancel_requested_at IS NOT NULL AND wake_at <= nd_now() FROM generations")
    assert operator.value("SELECT worker || ' ' || step FROM step_log") == "operator cancel"


def test_what_has_its_video_cannot_be_cancelled(operator: Operator, one: str) -> None:
    operator.execute("UPDATE generations SET state = 'storing'")
    done = operator("generations", "cancel", one)
    assert (done.returncode, "has its video" in done.stderr) == (1, True)
    ended(operator, one, "failed")
    assert "it is over (failed)" in operator("generations", "cancel", one).stderr


def test_a_link_is_shut_once_and_for_good(operator: Operator, one: str) -> None:
    nothing = operator("generations", "unlink", one)
    assert "There is no open link" in nothing.stderr
    operator.execute(
        "INSERT INTO clip_link (generation_id, expires_at) VALUES ($1::text::uuid, nd_now() + interval '1 day')", one
    )
    assert "is shut" in operator("generations", "unlink", one).stdout
    assert operator.value("SELECT revoked_at IS NOT NULL FROM clip_link")
    assert operator.value("SELECT worker || ' ' || step || ' ' || outcome FROM step_log") == "operator unlink shut"
    assert "There is no open link" in operator("generations", "unlink", one).stderr
