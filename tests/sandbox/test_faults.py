"""Errors on order: the first that fits answers, so often, after so many calls, about that alone."""

import pytest

from sandbox.faults import Faults
from sandbox.switches import Switch, Value
from sandbox.wire import BadInput


def test_an_order_answers_so_often_and_about_that_alone() -> None:
    faults = Faults()
    faults.add("post", "busy", times=2, about="C1", skip=1)
    assert faults.hit("post", ("C2",)) is None
    assert faults.hit("edit", ("C1",)) is None
    assert faults.hit("post", ("C1",)) is None, "one call goes well before"
    assert [fault.code for _ in range(2) if (fault := faults.hit("post", ("C1",)))] == ["busy", "busy"]
    assert faults.hit("post", ("C1",)) is None
    assert faults.orders() == []


def test_what_was_ordered_first_answers_until_it_is_lifted() -> None:
    told: list[int] = []
    faults = Faults(on_change=lambda: told.append(1))
    first, second = faults.add("*", "down"), faults.add("post", "busy")
    assert [each.code for _ in range(3) if (each := faults.hit("post"))] == ["down"] * 3
    assert faults.lift(first.id)
    assert (hit := faults.hit("post")) is not None
    assert (hit.code, hit.hits) == ("busy", 1)
    assert faults.lift()
    assert not faults.lift(second.id)
    assert told


@pytest.mark.parametrize(
    ("held", "good", "bad"),
    [
        (False, True, 1),
        (0.5, 60, 7200),
        ("lenient", "true", "sometimes"),
        (["a"], ["a", "b"], ["c"]),
    ],
)
def test_a_switch_takes_what_it_is_for(held: Value, good: object, bad: object) -> None:
    put: list[Value] = []
    words = ("lenient", "true") if isinstance(held, str) else ("a", "b")
    switch = Switch(name="x", says="", get=lambda: held, put=put.append, choices=lambda: words)
    switch.turn(good)
    assert put == [good]
    with pytest.raises(BadInput, match="x must be"):
        switch.turn(bad)
