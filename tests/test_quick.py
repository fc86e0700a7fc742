"""What the quick suite leaves out is chosen so that nothing is left out everywhere, and said at the end."""

import pytest

from tests import quick
from tests.left_out import summary

KINDS = "abcdefgh"
CASES = [kind * times for kind in KINDS for times in (1, 2, 3)]


@pytest.fixture(params=[True, False], ids=["quick", "whole"])
def is_quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(quick, "IS_QUICK", request.param)
    monkeypatch.setattr(quick, "left_out", {})
    return bool(request.param)


def _kind(case: str) -> str:
    return case[0]


def test_tables_that_follow_each_other_show_every_kind_between_them(*, is_quick: bool) -> None:
    tables = [quick.shared(CASES, _kind, of=f"table {n}", n=n) for n in (4, 5, 6)]
    assert {_kind(case) for table in tables for case in table} == set(KINDS)
    assert sum(map(len, tables)) == (len(KINDS) if is_quick else 3 * len(CASES))


@pytest.mark.parametrize("n", range(5))
def test_a_table_of_one_kind_shows_it_wherever_it_stands(n: int, *, is_quick: bool) -> None:
    assert len(quick.shared(["a", "aa"], _kind, of="short", n=n)) == (1 if is_quick else 2)


def test_each_table_says_how_many_cases_it_has_left(*, is_quick: bool) -> None:
    quick.some(range(8), of="eight")
    quick.of_each_kind(CASES, _kind, of="each kind")
    quick.shared(CASES, _kind, of="a third of them", n=0)
    assert quick.left_out == ({"eight": 6, "each kind": 16, "a third of them": 21} if is_quick else {})


def test_the_end_of_a_run_says_it_once_and_only_where_something_was_left() -> None:
    assert summary({"eight": 6, "nothing": 0, "long": 2001}) == (
        "A quick run: 2,007 cases of 2 tables were left for `make test-all` and CI."
    )
    assert summary({"eight": 6}) == "A quick run: 6 cases of one table were left for `make test-all` and CI."
    assert summary({"nothing": 0}) == ""
