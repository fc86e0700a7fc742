"""Whatever a vendor answers, an adapter raises nothing but a ProviderError."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.errors import OutcomeUnknown
from core.ports import VideoRoute
from tests.providers.case import Case, failure
from tests.providers.harness import SENT_AT, Reply
from tests.quick import examples

Ask = Callable[[VideoRoute], Awaitable[object]]

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(
    ["succeeded", "succeed", "failed", "Success", "Fail", "SUCCEEDED", "COMPLETED", "completed", "\x00", "../../x", "0"]
)  # fmt: skip
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_STATUSES = st.sampled_from([200, 200, 200, 201, 202, 204, 301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 529])


@st.composite
def _answers(draw: st.DrawFn, known: list[Any]) -> Reply:
    """Noise, any JSON, or an answer that the vendor does give with something in it replaced."""
    kind = draw(st.sampled_from(["noise", "json", "changed", "changed", "cut"]))
    if kind == "noise":
        body: Any = draw(st.binary(max_size=60))
    elif kind == "json":
        body = draw(_JSON)
    else:
        body = _changed(draw, draw(st.sampled_from(known)))
        if kind == "cut":
            text = json.dumps(body).encode()
            body = text[: draw(st.integers(0, len(text)))]
    headers = {
        "retry-after": draw(st.sampled_from(["", "3", "-1", "x" * 50, "Wed, 21 Oct 2099 07:28:00 GMT", "1e400"]))
    }
    return Reply(status=draw(_STATUSES), body=body, headers=headers)


def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, bytes) or draw(st.integers(0, 5)) == 0:
        return draw(_JSON) if not isinstance(value, bytes) else value.decode("latin-1")
    if isinstance(value, dict):
        return {name: _changed(draw, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_changed(draw, inner) for inner in value]
    return value


class Noise(Case):
    """The part of the contract that no document describes; once for each codec."""

    @settings(
        max_examples=examples(30),
        deadline=None,
        suppress_health_check=[
            HealthCheck.differing_executors,
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
        ],
    )
    @given(data=st.data())
    def test_no_answer_makes_it_raise_anything_but_a_provider_error(self, data: st.DataObject) -> None:
        known = [self.created, *self.running, *self.succeeded, *self.alive, *(Reply(body=b) for b, _ in self.failures)]
        if self.listing:
            known += [self.found(self.job(), self.task_id), self.foreign(self.job())]
        replies = data.draw(st.lists(_answers([reply.body for reply in known]), min_size=1, max_size=3))

        async def ask() -> None:
            calls: dict[str, Ask] = {
                "submit": lambda route: route.submit(self.job()),
                "poll": lambda route: route.poll(self.task_id),
                "find": lambda route: route.find(self.job(), sent_at=SENT_AT),
                "cancel": lambda route: route.cancel(self.task_id),
                "check": lambda route: route.check(),
            }
            for name, call in calls.items():
                route, _ = self.adapter(*replies)
                error = await failure(call(route))
                await route.aclose()
                if error is not None:
                    error.detail.encode()
                    assert "\x00" not in error.detail + error.vendor_code
                    assert name == "submit" or not isinstance(error, OutcomeUnknown)

        asyncio.run(ask())
