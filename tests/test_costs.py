"""What a test run costs: the CPU of programs that a test starts counts as its own."""

import subprocess
import sys

import pytest

from tests.costs import TICK_S, Costs, spent_s

BURNS_S = 0.1
BURNER = f"""
import time
while time.process_time() < {BURNS_S}:
    pass
print("burnt", flush=True)
input()
"""


def test_the_cpu_of_a_program_counts_while_it_runs_and_after_its_end() -> None:
    before_s = spent_s()
    command = [sys.executable, "-S", "-c", BURNER]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as program:  # noqa: S603 - from above
        assert program.stdout is not None
        assert program.stdout.readline() == "burnt\n"
        while_it_runs_s = spent_s() - before_s
        program.communicate("end\n")
    assert while_it_runs_s >= BURNS_S - 2 * TICK_S
    assert spent_s() - before_s >= while_it_runs_s - 2 * TICK_S


def test_files_are_listed_by_what_they_cost(pytestconfig: pytest.Config) -> None:
    costs = Costs(pytestconfig)
    costs.by_test["tests/a.py::one"] = {"setup": 0.25, "call": 1.0, "teardown": 0.0}
    costs.by_test["tests/b.py::one"] = {"setup": 0.0, "call": 2.0, "teardown": 0.5}
    costs.by_test["tests/a.py::two"] = {"setup": 0.0, "call": 1.0, "teardown": 0.25}
    costs.loading_s = {"gw0": 3.0, "gw1": 4.0}
    lines = [line.split() for line in costs.lines()]
    assert lines[1:] == [
        ["2.5", "0.2", "2.0", "0.2", "2", "tests/a.py"],
        ["2.5", "0.0", "2.0", "0.5", "1", "tests/b.py"],
        ["5.0", "0.2", "4.0", "0.8", "3", "all", "files"],
        ["7.0", "to", "start", "and", "collect:", "gw0", "3.0,", "gw1", "4.0"],
    ]
