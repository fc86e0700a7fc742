"""Tests wait for a condition and never for luck: whoever sleeps is listed, with the reason.

A pause inside a loop waits for a condition: `while`, or a `for` with a bound. `sleep(0)` gives others their turn.
"""

import ast

import pytest

from tests.house.source import modules, name_of, tree

NOTHING_COMES = "nothing may happen, which no condition shows: the pause is many times what it would take"
STOPPING = "the process has been told to stop, and goes on: what it does next shows only later"
FAULT = "a fault lasts that long"
SLOW = "stands for somebody who is slow"

MAY_SLEEP = {
    "tests/benchmarks/test_failover.py": (1, "a clock of its own, which does not wait"),
    "tests/bots/discord/test_kinds.py": (1, "the bot hears of a thread by the gateway, and shows nobody that it has"),
    "tests/bots/discord/test_gateway.py": (1, NOTHING_COMES),
    "tests/bots/discord/test_private.py": (1, "the bot hears of a thread by the gateway, and shows nobody that it has"),
    "tests/bots/discord/test_trouble.py": (1, "longer than a connection is waited for"),
    "tests/bots/slack/test_many_workspaces.py": (3, f"one {SLOW}; twice {NOTHING_COMES}"),
    "tests/bots/slack/test_socket.py": (1, NOTHING_COMES),
    "tests/bots/slow_database.py": (1, SLOW),
    "tests/chaos/lasting.py": (4, FAULT),
    "tests/chaos/people.py": (1, SLOW),
    "tests/chaos/restoring.py": (2, NOTHING_COMES),
    "tests/chaos/run.py": (1, "two rounds of what is collected, so that the last one is whole"),
    "tests/core/test_queue.py": (1, SLOW),
    "tests/neverdark/test_process.py": (1, NOTHING_COMES),
    "tests/neverdark/test_processes.py": (2, STOPPING),
    "tests/neverdark/test_stopping_in_work.py": (2, STOPPING),
    "tests/sandbox/vendors/test_ark.py": (1, NOTHING_COMES),
    "tests/sandbox/vendors/test_trouble.py": (1, NOTHING_COMES),
    "tests/test_patience.py": (4, "a clock is tested, with pauses that are too long and short enough"),
    "tests/web/test_patience.py": (1, SLOW),
}
"""How many pauses a file has, and why. Benchmarks measure time, and are not looked at."""


def pauses(module: ast.Module) -> list[int]:
    """The lines of all pauses that are in no loop and longer than nothing."""
    found: list[int] = []
    _look(module, found, in_loop=False)
    return found


def _look(node: ast.AST, found: list[int], *, in_loop: bool) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        in_loop = False
    if isinstance(node, ast.While | ast.For | ast.AsyncFor):
        in_loop = True
    if isinstance(node, ast.Call) and _is_pause(node) and not in_loop:
        found.append(node.lineno)
    for child in ast.iter_child_nodes(node):
        _look(child, found, in_loop=in_loop)


def _is_pause(call: ast.Call) -> bool:
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio" | "time"), attr="sleep"), args=[length, *_]):
            return not (isinstance(length, ast.Constant) and length.value == 0)
    return False


def test_nobody_sleeps_for_luck() -> None:
    sleepers = {name_of(path): len(found) for path in modules("tests") if (found := pauses(tree(path)))}
    assert sleepers == {name: number for name, (number, _) in MAY_SLEEP.items()}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("await asyncio.sleep(0.1)", [1]),
        ("time.sleep(PAUSE_S)", [1]),
        ("await asyncio.sleep(0)", []),
        ("while not ready():\n    await asyncio.sleep(0.01)", []),
        ("for _ in range(9):\n    async def late():\n        await asyncio.sleep(1)", [3]),
    ],
)
def test_a_pause_without_a_condition_is_found(source: str, expected: list[int]) -> None:
    assert pauses(ast.parse(source)) == expected
