"""The catalogue of faults means something: its verdicts tell good from bad, and the product passes what is shown."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.faults import plain_chain
from benchmarks.faults.fault_list import catalogue
from benchmarks.faults.ours import Ours
from benchmarks.faults.verdict import End, Expected, Seen, Verdict, verdict
from tests.databases import as_an_administrator

GOOD = Seen(end=End.VIDEO, results=1, is_right=True, paid=9, due=9, jobs=(1, 0), cancels=0, took_s=60.0)
REFUNDED = replace(GOOD, end=End.TOLD, is_right=False, paid=0, due=0)


@pytest.mark.parametrize(
    ("seen", "expected", "found"),
    [
        (GOOD, Expected(), Verdict.PASS),
        (replace(GOOD, jobs=(2, 0)), Expected(), Verdict.PARTIAL),
        (replace(GOOD, jobs=(1, 1)), Expected(), Verdict.PARTIAL),
        (replace(GOOD, took_s=999.0), Expected(), Verdict.PARTIAL),
        (GOOD, Expected(extras=1), Verdict.PARTIAL),
        (REFUNDED, Expected(), Verdict.SAFE),
        (REFUNDED, Expected(end=End.TOLD, jobs=(1, 0)), Verdict.PASS),
        (GOOD, Expected(end=End.TOLD), Verdict.PARTIAL),
        (replace(GOOD, paid=10), Expected(), Verdict.FAIL),
        (replace(REFUNDED, paid=9), Expected(), Verdict.FAIL),
        (replace(GOOD, results=2), Expected(), Verdict.FAIL),
        (replace(GOOD, results=0), Expected(), Verdict.FAIL),
        (replace(GOOD, is_right=False), Expected(), Verdict.FAIL),
        (replace(GOOD, is_sound=False), Expected(), Verdict.FAIL),
        (replace(REFUNDED, end=End.NOTHING), Expected(), Verdict.FAIL),
    ],
)
def test_a_verdict_is_about_the_person_the_vendors_and_the_ledger(
    seen: Seen, expected: Expected, found: Verdict
) -> None:
    assert verdict(seen, expected) is found


def test_there_are_some_forty_faults_of_five_kinds_each_with_its_name() -> None:
    entries = catalogue()
    assert len({entry.name for entry in entries}) == len(entries) >= 40
    assert {entry.when for entry in entries} == {"submit", "poll", "file", "callback", "cancel"}


@pytest.fixture
async def ours(database: str, tmp_path: Path) -> AsyncIterator[Ours]:
    subject = Ours(as_an_administrator(database), tmp_path)  # it empties tables between two faults
    yield subject
    await subject.close()


SHOWN = (
    "reply lost", "field refused", "field refused by all", "real person", "real person, go on",
    "own video refused once", "sound refused", "2 s for 8 s", "4 s for 8 s", "calls early", "while it waits",
)  # fmt: skip


async def test_the_product_passes_what_a_chain_does_not(ours: Ours) -> None:
    entries = {entry.name: entry for entry in catalogue()}
    for name in SHOWN:
        seen = await ours.run(entries[name])
        assert verdict(seen, entries[name].expected) is Verdict.PASS, (name, seen)


async def test_a_plain_chain_pays_twice_for_a_lost_reply_and_in_full_for_half_a_video() -> None:
    entries = {entry.name: entry for entry in catalogue()}
    lost = await plain_chain.run(entries["reply lost"])
    assert (lost.jobs, verdict(lost, entries["reply lost"].expected)) == ((1, 1), Verdict.PARTIAL)
    half = await plain_chain.run(entries["4 s for 8 s"])
    assert verdict(half, entries["4 s for 8 s"].expected) is Verdict.FAIL
