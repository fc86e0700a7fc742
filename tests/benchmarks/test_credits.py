"""What `benchmarks/credits` counts, and whom it compares with."""

import asyncio
import io
from typing import Any

import pytest

from benchmarks.credits import pace
from benchmarks.credits.floors import FLOOR, SCHEMA, SCRIPTS, when_warm
from benchmarks.credits.nostro import has
from benchmarks.credits.pace import WARM_S


def test_what_a_connection_does_in_its_first_second_is_not_counted() -> None:
    cold = [(100.0 + WARM_S * n / 10, 90_000) for n in range(1, 10)]
    warm = [(100.0 + WARM_S + n / 100, 2_000) for n in range(1, 51)]
    late = [(100.0 + WARM_S + 2.0, 70_000)]
    found = when_warm([*cold, *warm, *late], seconds=1)
    assert (found.per_second, found.p99_ms) == (50, 2.0)


@pytest.mark.parametrize("transactions", [[], [(100.0, 1_000)]])
def test_nothing_in_time_is_a_rate_of_zero(transactions: list[tuple[float, int]]) -> None:
    assert when_warm(transactions, seconds=1).per_second == 0


async def test_works_that_share_a_connection_take_turns_and_have_a_rate_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pace, "WARM_S", 0.02)
    monkeypatch.setattr(pace, "TURN_S", 0.02)
    monkeypatch.setattr("sys.stdin", io.StringIO("go\n"))
    busy, order = 0, []

    def work(name: str) -> pace.Work:
        async def call() -> None:
            nonlocal busy
            busy += 1
            assert busy == 1, "one connection has one call at a time"
            order.append(name)
            await asyncio.sleep(0)
            busy -= 1

        return call

    await pace.in_turn([(work("floor"), work("consume"))], seconds=0.1)
    said, rates = capsys.readouterr().out.splitlines()
    assert said == "ready"
    assert all(float(rate) > 0 for rate in rates.split())
    turns = [name for name, before in zip(order, ["", *order], strict=False) if name != before]
    assert turns[:8] == ["floor", "consume"] * 4


async def test_the_floors_never_overdraw_and_their_lines_say_what_they_took(administrator: Any) -> None:
    conn = administrator
    await conn.execute(SCHEMA)
    await conn.execute("INSERT INTO floor.account VALUES (1, 5); INSERT INTO floor.keyed_account VALUES (1, 5, 0)")
    for high in range(10**15, 10**15 + 6):
        await conn.execute(FLOOR.format(team="$1"), 1)
        keyed = SCRIPTS["bk"].replace(":team", "$1").replace(":high", "$2").replace(":low", "$2")
        await conn.execute(keyed, 1, str(high))
    assert await conn.fetchval("SELECT balance FROM floor.account") == 0
    assert await conn.fetchval("SELECT balance FROM floor.keyed_account") == 0
    assert await conn.fetchval("SELECT sum(delta) FROM floor.line") == -5
    assert await conn.fetchval("SELECT array_agg(seq ORDER BY seq) FROM floor.keyed_line") == [1, 2, 3, 4, 5]


def test_an_interpreter_that_is_not_there_has_no_peer() -> None:
    assert not has("/nowhere/python")
