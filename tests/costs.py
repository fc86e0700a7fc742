"""Where the CPU of a test run goes: `pytest --costs` prints it by file, `--costs-to=FILE` writes every test as it ends.

What counts is the CPU of the test process and of everything below it: servers, browsers, programs that a test starts.
Unlike the time on the clock it hardly depends on what else the machine does.
"""

import json
import os
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
SHOWN = 40
LOOKS_MAX = 5
KEY = "costs_cpu_s"
PHASES = ("setup", "call", "teardown")


def spent_s(pid: int | str = "self") -> float:
    """The CPU of a process, of its children that have ended, and of all below those that run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:  # it has ended meanwhile, and counts as its parent's
        return 0.0
    return sum(map(int, fields[11:15])) * TICK_S + sum(map(spent_s, children))


class Costs:
    """Kept by every process of a run; the one that has no tests of its own (xdist) adds them up."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.path: str | None = config.getoption("costs_to")
        self.loading_s: dict[str, float] = {}
        self.by_test: dict[str, dict[str, float]] = defaultdict(dict)
        self._before_s = 0.0

    @pytest.hookimpl
    def pytest_collection_finish(self) -> None:
        self.loading_s[os.environ.get("PYTEST_XDIST_WORKER", "main")] = spent_s()
        self._before_s = spent_s()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now_s = self._now_s()
        report.user_properties.append((KEY, round(now_s - self._before_s, 3)))
        self._before_s = now_s
        return report

    def _now_s(self) -> float:
        """What was spent until now. Linux may leave out children while one of them ends: then it is asked again."""
        for _ in range(LOOKS_MAX):
            if (now_s := spent_s()) >= self._before_s:
                return now_s
        return now_s

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = dict(report.user_properties).get(KEY)
        if not isinstance(found, float) or hasattr(self.config, "workeroutput"):
            return
        self.by_test[report.nodeid][str(report.when)] = found
        if report.when == PHASES[-1] and self.path is not None:
            with Path(self.path).open("a") as file:
                file.write(
                    json.dumps([report.nodeid, *(self.by_test[report.nodeid].get(phase, 0.0) for phase in PHASES)])
                    + "\n"
                )

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[KEY] = self.loading_s

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.loading_s |= getattr(node, "workeroutput", {}).get(KEY, {})

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section("CPU seconds of processes and what they started")
        for line in self.lines():
            terminalreporter.line(line)

    def lines(self) -> Iterator[str]:
        files: dict[str, list[dict[str, float]]] = defaultdict(list)
        for name, phases in self.by_test.items():
            files[name.partition("::")[0]].append(phases)
        sums = {
            file: [sum(each.get(phase, 0.0) for each in tests) for phase in PHASES] for file, tests in files.items()
        }
        yield f"{'all':>8} {'setup':>8} {'call':>8} {'end':>8} {'tests':>6}"
        for file in sorted(sums, key=lambda file: -sum(sums[file]))[:SHOWN]:
            yield (
                f"{sum(sums[file]):8.1f} " + " ".join(f"{s:8.1f}" for s in sums[file]) + f" {len(files[file]):6} {file}"
            )
        totals = [sum(each[phase] for each in sums.values()) for phase in range(len(PHASES))]
        yield f"{sum(totals):8.1f} " + " ".join(f"{s:8.1f}" for s in totals) + f" {len(self.by_test):6} all files"
        loading = ", ".join(f"{name} {s:.1f}" for name, s in sorted(self.loading_s.items()))
        yield f"{sum(self.loading_s.values()):8.1f} to start and collect: {loading}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", action="store_true", help="print the CPU that each file has taken")
    parser.addoption("--costs-to", metavar="FILE", help="the same, and each test as a line of JSON at the end of FILE")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("costs") or config.getoption("costs_to"):
        config.pluginmanager.register(Costs(config), "costs")
