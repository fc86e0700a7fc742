"""`neverdark after-restore`, as an operator types it."""

from tests.neverdark.operator.conftest import Operator


def test_after_a_restore_open_messages_are_looked_for_and_what_is_lost_is_named(operator: Operator) -> None:
    before = operator.ask("e1")
    done = operator("after-restore")
    assert done.returncode == 0
    assert "each of the 2 messages that are due" in done.stdout
    assert "1 videos are queued here and may have been made since" in done.stdout
    assert operator.value("SELECT count(*) FROM deliveries WHERE memory ? 'look'") == 2
    assert operator.value("SELECT count(*) FROM restores") == 1
    after = operator.ask("e2")
    looked = "SELECT count(*) FROM deliveries WHERE memory ? 'look' AND generation_id = $1::text::uuid"
    assert (operator.value(looked, before), operator.value(looked, after)) == (2, 0), "what comes new is new"


def test_an_empty_database_has_lost_nothing(operator: Operator) -> None:
    assert "knows of nothing from before" in operator("after-restore").stdout
