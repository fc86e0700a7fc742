"""`neverdark freeze`, `thaw`, `erase` and `expire`, as an operator types them."""

from tests.neverdark.operator.conftest import Operator


def test_a_frozen_team_spends_nothing_until_it_is_thawed(operator: Operator) -> None:
    operator.ask()
    team = str(operator.value("SELECT team_id FROM workspace"))
    assert "is frozen" in operator("freeze", "slack:T0123").stdout
    said = operator("credits", "teams").stdout
    assert "frozen" in said
    assert "may spend again" in operator("thaw", team).stdout
    assert "frozen" not in operator("credits", "teams").stdout
    assert operator("freeze", "slack:T9").returncode == 2
    logged = "SELECT count(*) FROM rule_log('slack', 'T0123', NULL, 9) WHERE is_operators AND kind = 'frozen'"
    assert operator.value(logged) == 2, "the managers of the workspace see it in their log"


def test_a_person_is_forgotten_and_what_is_under_way_is_named(operator: Operator) -> None:
    one, two = operator.ask("e1"), operator.ask("e2", installation="T0999")
    done = "UPDATE generations SET state = 'done', outcome = 'failed', settled = 0, done_at = nd_now(), wake_at = NULL"
    operator.execute(f"{done} WHERE id = $1::text::uuid", one)
    assert operator("erase", "slack", "ana", "--workspace", "T0123").stdout.startswith(
        "Forgotten in 1 workspaces; 1 videos"
    )
    assert operator.value("SELECT request ->> 'prompt' FROM generations WHERE id = $1::text::uuid", one) == ""
    assert operator.value("SELECT request ->> 'prompt' FROM generations WHERE id = $1::text::uuid", two) == "a red fox"
    operator.execute(f"{done} WHERE id = $1::text::uuid", two)
    assert operator("erase", "slack", "ana").returncode == 0
    nobody = operator("erase", "slack", "ana")
    assert (nobody.returncode, nobody.stderr) == (2, "Nobody is known as ana on slack: nothing was changed.\n")


def test_what_is_too_old_is_deleted_on_command(operator: Operator) -> None:
    operator.ask()
    operator.execute(
        "UPDATE generations SET state = 'done', outcome = 'failed', settled = 0, wake_at = NULL, "
        "done_at = nd_now() - interval '8 days'"
    )
    assert operator("expire").stdout == "0 videos were deleted with all about them.\n"
    assert operator("expire", KEEP_DAYS="7").stdout == "1 videos were deleted with all about them.\n"
    assert operator.value("SELECT request ->> 'prompt' FROM generations") == ""
