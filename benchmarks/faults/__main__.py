"""Some 50 faults of video vendors, against the product, a plain chain and LiteLLM's router: which of them passes what.

    python -m benchmarks.faults [--only NAME] [--details] [--litellm PYTHON]

The idea is that of failoverbench, which does it for language models: each fault has a name and is looked at from the
caller's and from the vendor's side. Here the ledger is a third side. A vendor's server speaks its own dialect over real
HTTP; the product's own steps, adapters and callbacks work on Postgres, in simulated time.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from benchmarks.engine.world import world
from benchmarks.faults import litellm_proxy, plain_chain
from benchmarks.faults.fault_list import Entry, catalogue
from benchmarks.faults.ours import Ours
from benchmarks.faults.verdict import Seen, Verdict, verdict


async def ours(dsn: str, folder: Path, entries: Sequence[Entry]) -> dict[str, Seen]:
    """What the product makes of each fault."""
    subject = Ours(dsn, folder)
    try:
        return {entry.name: await subject.run(entry) for entry in entries}
    finally:
        await subject.close()


async def chain(entries: Sequence[Entry]) -> dict[str, Seen]:
    """What a plain chain makes of each."""
    return {entry.name: await plain_chain.run(entry) for entry in entries}


def told(entry: Entry, seen: Seen) -> str:
    """One line: what was seen."""
    found = verdict(seen, entry.expected)
    jobs = "+".join(map(str, seen.jobs))
    return (
        f"{entry.when:9} {entry.name:26} {found:8} {seen.end:10} jobs {jobs:5} took {seen.took_s:5.0f} s  "
        f"paid {seen.paid} of {seen.due}  extras {seen.extras}  unused {seen.unused}  {seen.note}"
    )


def main() -> None:
    """Run the catalogue and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="the faults whose name has this in it")
    parser.add_argument("--litellm", metavar="PYTHON", help="a Python that has litellm 1.110.2, for its column")
    parser.add_argument("--details", action="store_true", help="what was seen of each, too")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

    def entries() -> list[Entry]:
        return [entry for entry in catalogue() if chosen.only is None or chosen.only in entry.name]

    with world() as place, tempfile.TemporaryDirectory() as folder:
        columns = {
            "neverdark": asyncio.run(ours(place.dsn, Path(folder), entries())),
            "plain chain": asyncio.run(chain(entries())),
        }
    if chosen.litellm is None:
        print("LiteLLM's column is left out: --litellm wants a Python that has the package.\n", file=sys.stderr)
    else:
        columns["LiteLLM"] = asyncio.run(litellm_proxy.run_all(chosen.litellm, entries()))
    if chosen.details:
        for name, seen in columns.items():
            print(name)
            for entry in entries():
                if entry.name in seen:
                    print(" ", told(entry, seen[entry.name]))
    print(table(entries(), columns))


def table(entries: Sequence[Entry], columns: Mapping[str, Mapping[str, Seen]]) -> str:
    """The verdicts, a line for each fault, and how many there are of each kind."""
    lines = [
        f"| when | fault | what it is | {' | '.join(columns)} |",
        f"| --- | --- | --- |{' --- |' * len(columns)}",
    ]
    tallies: dict[str, Counter[Verdict]] = {name: Counter() for name in columns}
    for entry in entries:
        found = []
        for name, seen in columns.items():
            if entry.name in seen:
                judged = verdict(seen[entry.name], entry.expected)
                tallies[name][judged] += 1
                found.append(str(judged))
            else:
                found.append("–")
        lines.append(f"| {entry.when} | {entry.name} | {entry.told} | {' | '.join(found)} |")
    sums = (" / ".join(str(tally[each]) for each in Verdict) for tally in tallies.values())
    lines.append(f"| | {len(entries)} faults | {' / '.join(Verdict)} | {' | '.join(sums)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
