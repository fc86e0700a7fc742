"""Answers of the ledger: what a status and a budget tell by themselves."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.domain.credits.money import Budget, BudgetPeriod, BudgetScope, MoneyStatus


def test_credits_are_where_they_should_be_after_ok_and_replayed_only() -> None:
    assert {status for status in MoneyStatus if status.moved} == {MoneyStatus.OK, MoneyStatus.REPLAYED}


@pytest.mark.parametrize(("cap", "spent", "left"), [(100, 30, 70), (100, 100, 0), (50, 80, 0), (0, 0, 0)])
def test_what_is_left_of_a_budget_is_never_below_zero(cap: int, spent: int, left: int) -> None:
    facts: dict[str, Any] = {"scope": BudgetScope.TEAM, "subject": "", "period": BudgetPeriod.MONTH}
    budget = Budget(**facts, cap=cap, spent=spent, starts_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert budget.left == left
