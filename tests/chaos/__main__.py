"""Kills all that can be killed while people ask for videos, then counts what was lost, doubled, overcharged, stuck.

    python -m tests.chaos --generations 300 [--seed 1] [--workers 3] [--speed 30] [--every 2] [--faults N | --once]
    python -m tests.chaos --restore --generations 60 [--owner-url postgresql://… --tools /usr/lib/postgresql/15/bin]

The processes are the product's own, with embedded servers and the sandbox, in a temporary folder. The seed decides
which faults come when. Ends with 1 if anything was lost, doubled, wrongly charged, stuck or paid twice. With --restore
nothing is killed: a backup is taken while videos are made, and restored once they are done.
"""

import argparse
import asyncio
import os
import re
import statistics
import sys
import tempfile
from pathlib import Path

from tests.databases import as_the_product

ROOT = Path(__file__).resolve().parents[2]
CREDITS = 100_000_000


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="nd-chaos-", ignore_cleanup_errors=True) as folder:
        home = asked.home or Path(folder) / "home"
        _settings(home, speed=asked.speed)
        if asked.owner_url:
            os.environ["DATABASE_OWNER_URL"] = asked.owner_url
            os.environ["DATABASE_URL"] = as_the_product(asked.owner_url)
        sys.exit(0 if (_restore if asked.restore else _run)(asked, home) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--generations", type=int, default=300, help="how many to ask for (300)")
    parser.add_argument("--seed", type=int, default=1, help="decides the faults (1)")
    parser.add_argument("--workers", type=int, default=3, help="worker processes (3)")
    parser.add_argument("--speed", type=float, default=30, help="of the vendors, as a multiple of the real one (30)")
    parser.add_argument("--every", type=float, default=2, help="seconds between two faults, on average (2)")
    parser.add_argument("--faults", type=int, help="how many, whatever people do (as many as come while they ask)")
    parser.add_argument("--once", action="store_true", help="every kind of fault once, and no more")
    parser.add_argument("--restore", action="store_true", help="a backup is taken under way, and restored at the end")
    parser.add_argument("--owner-url", help="with --restore: a database that may be lost, by its owner (the embedded)")
    parser.add_argument("--tools", type=Path, help="with --restore: the folder of that server's pg_dump and pg_restore")
    parser.add_argument("--at-once", type=int, default=40, help="generations under way at most (40)")
    parser.add_argument("--patience", type=float, default=180, help="seconds until what is not done is stuck (180)")
    parser.add_argument("--home", type=Path, help="keep data and logs there")
    return parser.parse_args()


def _settings(home: Path, *, speed: float) -> None:
    """No setting of the developer's reaches the processes. Before anything of ours is imported."""
    os.environ["NEVERDARK_ENV_FILE"] = os.devnull
    for name in re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
        os.environ.pop(name, None)
    from tests.servers import free_port

    os.environ |= {
        "NEVERDARK_HOME": str(home),
        "NEVERDARK_PORT": str(free_port()),
        "WEB_PORT": str(free_port()),
        "TIME_SCALE": f"{speed:g}",
        "FREE_CREDITS": str(CREDITS),
        "OPEN_PER_PERSON": "1000",
    }


def _run(asked: argparse.Namespace, home: Path) -> bool:
    """Whether all was well."""
    from tests.chaos.faults import DECK
    from tests.chaos.run import Report, Wish, run

    deck = dict.fromkeys(DECK, 1) if asked.once else DECK

    wish = Wish(
        generations=asked.generations, seed=asked.seed, workers=asked.workers, every_s=asked.every,
        faults=len(deck) if asked.once else asked.faults, deck=deck, at_once=asked.at_once, patience_s=asked.patience,
    )  # fmt: skip
    report: Report = asyncio.run(run(wish, home))
    verdict = report.verdict
    ends = ", ".join(f"{count} {outcome}" for outcome, count in verdict.outcomes.most_common())
    _say(
        f"{sum(verdict.outcomes.values())} generations in {report.took_s:.0f} s, "
        f"{report.calm_s:.0f} of them calm: {ends}"
    )
    _say(f"  asked {report.people.asked} times, {report.people.unheard} without an answer in time")
    _say(f"  {verdict.tasks} tasks at the vendors; attempts: {dict(verdict.attempts.most_common())}")
    _say(f"{len(report.faults)} faults; deaths: { ({name: n for name, n in report.deaths.items() if n}) }")
    findings = {
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "wrongly charged": verdict.wrongly_charged,
        "stuck": verdict.stuck,
        "paid twice at vendors": verdict.paid_twice,
    }
    for name, found in findings.items():
        _say(f"{name:22} {len(found)}")
        for sentence in found[:20]:
            _say(f"    {sentence}")
    took = [took_s for each in report.recovery.took_s.values() for took_s in each]
    if took:
        _say(f"time to recover: median {statistics.median(took):.2f} s, worst {max(took):.2f} s, of {len(took)} faults")
        for what, each in sorted(report.recovery.took_s.items()):
            _say(f"    {what:26} median {statistics.median(each):6.2f} s   worst {max(each):6.2f} s   of {len(each)}")
    for sentence in report.recovery.long:
        _say(f"    {sentence}")
    if report.recovery.idle:
        _say(f"    {report.recovery.idle} faults found nothing at work")
    return verdict.is_clean


def _restore(asked: argparse.Namespace, home: Path) -> bool:
    """Whether no thread has got a second video."""
    from tests.chaos.restoring import restoring
    from tests.chaos.run import Wish

    wish = Wish(
        generations=asked.generations, seed=asked.seed, workers=asked.workers, every_s=0, faults=0, deck={},
        at_once=asked.generations, patience_s=asked.patience,
    )  # fmt: skip
    came = asyncio.run(restoring(wish, home, tools=asked.tools))
    _say(f"{came.asked} asked for, {came.at_backup} of them under way at the backup, {came.at_start} after the restore")
    _say(f"{came.threads} threads with {came.videos} videos; {came.left} still under way")
    _say(f"after-restore: {(came.after_restore.splitlines() or ['nothing'])[0]}")
    _say(f"{'unexplained':22} {len(came.wrong)}")
    for sentence in came.wrong:
        _say(f"    {sentence}")
    _say(f"{'threads with a second':22} {len(came.odd)}")
    for number, (roots, videos) in came.odd.items():
        _say(f"    number {number}: {roots} root messages, {videos} videos")
    return came.is_clean


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
