"""Replays scripted outages in simulated time and compares what becomes of the same generations under several policies.

    make bench-failover
    python -m benchmarks.failover --generations 200000 --seeds 1 2 3 --engine 10000

The world is in `world.py`; our side calls pure functions of the product and nothing else. Figures are means over the
seeds, with a 95 % interval. At the end the first generations of the first seed go through the engine itself, on
Postgres, and what becomes of each is compared.
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from statistics import mean, stdev

from benchmarks.failover import litellm_router
from benchmarks.failover.beside import beside
from benchmarks.failover.ours import Ours
from benchmarks.failover.rivals import FixedCooldown, run_chain
from benchmarks.failover.tally import Tally, average, demotions, middle, quantile
from benchmarks.failover.world import Kind, World

SEES = frozenset({Kind.HARD})
"""The kinds of outage in which a free check fails, too."""
Policy = Callable[[World], Tally]
POLICIES: dict[str, Policy] = {
    "one vendor alone": lambda world: run_chain(world, length=1),
    "static chain": run_chain,
    "fixed 60 s cooldown": lambda world: run_chain(world, breaker=FixedCooldown),
    "neverdark": lambda world: Ours(world, sees=SEES).run(),
}
_TOTAL = (Kind.HARD, Kind.HANG, Kind.RUN)
"""Outages in which nothing comes through."""
_T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
"""Student's t for a 95 % interval, by the number of seeds."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    of: Callable[[Tally], float]
    form: str
    target: str = ""


def _rate(*tiers: str) -> Callable[[Tally], float]:
    def of(tally: Tally) -> float:
        delivered, asked = tally.success(*tiers)
        return 100 * delivered / max(1, asked)

    return of


FIGURES = [
    Figure("success, default chain, %", _rate("default"), "{:.2f}", "≥ 99.9"),
    Figure("success, all tiers, %", _rate(), "{:.2f}", "≥ 99.6"),
    *(Figure(f"  {tier}, %", _rate(tier), "{:.2f}") for tier in ("ultra", "pro", "standard", "draft")),
    Figure("added delay, mean, s", lambda t: average(t.delays_s), "{:.2f}", "≤ 3.7"),
    Figure("delivery time, p99, s", lambda t: quantile(t.times_s, 0.99), "{:.0f}", "≤ 270"),
    Figure("wasted per 1,000, USD", lambda t: 1000 * t.wasted_usd / t.success()[1], "{:.2f}", "≤ 2.70"),
    Figure("submits per generation", lambda t: t.submits / t.success()[1], "{:.3f}"),
    # Counted from the start of the first attempt that the outage spoils: nobody can know before. It is the reading in
    # which a fixed cooldown of 60 s has the 207 s in this world that the target was set beside.
    Figure("time to demote, median, s", lambda t: middle(demotions(t).noticed_s), "{:.0f}", "≤ 175"),
    Figure("  from the outage's start, s", lambda t: middle(demotions(t).after_s(*Kind)), "{:.0f}"),
    Figure("  the same, no brown-outs, s", lambda t: middle(demotions(t).after_s(*_TOTAL)), "{:.0f}"),
    Figure("  in brown-outs, s", lambda t: middle(demotions(t).after_s(Kind.BROWN)), "{:.0f}"),
    Figure("time to restore, median, s", lambda t: middle(demotions(t).to_restore_s), "{:.0f}"),
    Figure(
        "outages demoted, %", lambda t: 100 * len(demotions(t).after_s(*Kind)) / max(1, demotions(t).outages), "{:.0f}"
    ),
    Figure(
        "flaps per 100 outages", lambda t: 100 * demotions(t).flaps / max(1, demotions(t).outages), "{:.1f}", "≤ 30"
    ),
    Figure(
        "false demotions a vendor-month", lambda t: demotions(t).false / demotions(t).vendor_months, "{:.2f}", "≤ 1.5"
    ),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generations", type=int, default=50_000, help="for each seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--per-hour", type=float, default=200.0)
    parser.add_argument("--only", nargs="+", choices=list(POLICIES), default=list(POLICIES))
    parser.add_argument("--litellm", action="store_true", help="LiteLLM's Router as well; needs the package litellm")
    parser.add_argument(
        "--engine",
        type=int,
        default=10_000,
        metavar="N",
        help="of the first seed's generations, how many go through the worker's own steps on Postgres as well; 0: none",
    )
    chosen = parser.parse_args()
    policies = {name: POLICIES[name] for name in chosen.only}
    if chosen.litellm:
        litellm = litellm_router.load()
        policies[f"litellm {version(litellm.__name__)}"] = lambda world: litellm_router.RouterRun(world).run()
    columns: dict[str, list[list[float]]] = {name: [] for name in policies}
    for seed in chosen.seeds:
        world = World(generations=chosen.generations, per_hour=chosen.per_hour, seed=seed)
        for name, policy in policies.items():
            began = time.perf_counter()
            tally = policy(world)
            columns[name].append([figure.of(tally) for figure in FIGURES])
            print(f"seed {seed}, {name}: {time.perf_counter() - began:.0f} s", flush=True)
    _print_table(columns)
    if chosen.engine:
        world = World(generations=chosen.generations, per_hour=chosen.per_hour, seed=chosen.seeds[0])
        figures = beside(world.first(chosen.engine), SEES)
        _print_table({name: [[figure.of(tally) for figure in FIGURES]] for name, tally in figures})


def _print_table(columns: dict[str, list[list[float]]]) -> None:
    print()
    print(f"{'':32}" + "".join(f"{name:>22}" for name in columns) + f"{'target':>10}")
    for n, figure in enumerate(FIGURES):
        cells = []
        for runs in columns.values():
            values = [run[n] for run in runs if not math.isnan(run[n])]
            cell = figure.form.format(mean(values)) if values else "–"
            if len(values) > 1:
                half = _T.get(len(values), 2.0) * stdev(values) / math.sqrt(len(values))
                cell += f" ± {figure.form.format(half)}"
            cells.append(f"{cell:>22}")
        print(f"{figure.name:32}" + "".join(cells) + f"{figure.target:>10}")


if __name__ == "__main__":
    main()
