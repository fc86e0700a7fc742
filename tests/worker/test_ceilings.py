"""How long one attempt may take at most."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.domain.ids import RouteKey
from worker.routing_inputs import ceiling_s

ROUTE = RouteKey("hailuo.api")
BUILT_IN = {None: 600.0, 10: 840.0}


@pytest.mark.parametrize(
    ("own", "duration_s", "expected_s"),
    [({}, 6, 60.0), ({}, 10, 84.0), ({ROUTE: 300.0}, 6, 30.0), ({ROUTE: 300.0}, 10, 30.0)],
)
def test_the_operators_ceiling_goes_before_the_adapters(
    own: dict[RouteKey, float], duration_s: int, expected_s: float
) -> None:
    facts = SimpleNamespace(timeout_max_s=BUILT_IN)
    ctx: Any = SimpleNamespace(
        routes={ROUTE: SimpleNamespace(facts=facts)}, timeout_max_s=own, scaled=lambda duration: duration / 10
    )
    fitted: Any = SimpleNamespace(duration_s=duration_s)
    assert ceiling_s(ROUTE, fitted, ctx) == expected_s
