"""LiteLLM's own Router in the world of `failover`: the real package, told the simulated time.

Each chain is a model group whose deployments have an order; the Router chooses, falls back and cools down by itself.
It watches the submit and no more, as it does for video. When an accepted task fails or runs into its timeout, the
caller asks the Router again, as often as the chain is long.

litellm is installed for this alone (`pip install litellm`); nothing else here needs it.
"""

import importlib
import os
import time
from typing import Any

from benchmarks.failover.memory import EPOCH
from benchmarks.failover.rivals import LATE_S, Clock, timeout_s
from benchmarks.failover.tally import Tally
from benchmarks.failover.world import RETRY_AFTER_S, SUBMIT_ERROR_S, WINDOW_S, End, Fate, Request, World

_REFUSALS = {End.SUBMIT_ERROR, End.RATE_LIMITED}


def load() -> Any:
    """The package, or a sentence that says how to get it."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the internet for prices
    try:
        return importlib.import_module("litellm")
    except ImportError:
        raise SystemExit("--litellm needs the package: .venv/bin/pip install litellm") from None


class RouterRun:
    """One world, with the Router in charge."""

    def __init__(self, world: World) -> None:
        self.litellm = load()
        self.litellm.suppress_debug_info = True
        self.world, self.clock, self.tally = world, Clock(), Tally(world)
        self.router = self._router()
        self.request = world.requests[0]
        self.spent_s = 0.0
        self.tries: dict[tuple[int, str], int] = {}
        self.fate = Fate(End.NEVER, 0.0)

    def run(self) -> Tally:
        for request in self.world.requests:
            if not request.is_poison:
                self.tally.asked[request.tier] += 1
            self._later(request.at, request, 0)
        # The Router reads the time from here for its cooldowns and its counts.
        real = time.time
        time.time = lambda: EPOCH.timestamp() + self.clock.now + self.spent_s
        try:
            self.clock.run()
        finally:
            time.time = real
        return self.tally

    def _router(self) -> Any:
        run = self

        class Vendor(self.litellm.CustomLLM):  # type: ignore[misc, name-defined]  # the package is loaded by name
            def completion(self, model: str, *_: Any, **__: Any) -> Any:
                return run.submitted(model)

        self.litellm.custom_provider_map = [{"provider": "sim", "custom_handler": Vendor()}]
        deployments = [
            {
                "model_name": "+".join(chain),
                "litellm_params": {"model": f"sim/{vendor}", "order": position + 1, "api_key": "none"},
            }
            for chain in {request.chain for request in self.world.requests}
            for position, vendor in enumerate(chain)
        ]
        return self.litellm.Router(model_list=deployments, num_retries=0, cooldown_time=60)

    def submitted(self, vendor: str) -> Any:
        """What the vendor answers to the Router's submit."""
        key = (self.request.n, vendor)
        k = self.tries[key] = self.tries.get(key, -1) + 1
        self.tally.submits += 1
        self.fate = self.tally.fate(self.request, vendor, k, self.clock.now + self.spent_s)
        if self.fate.end in _REFUSALS:
            self.spent_s += SUBMIT_ERROR_S
            limited = self.fate.end is End.RATE_LIMITED
            kind = self.litellm.RateLimitError if limited else self.litellm.InternalServerError
            raise kind(message=f"retry after {RETRY_AFTER_S:.0f} s", llm_provider="sim", model=vendor)
        return self.litellm.ModelResponse(model=vendor, choices=[{"message": {"content": vendor}}])

    def _later(self, at: float, request: Request, asked: int) -> None:
        self.clock.at(at, lambda: self._ask(request, asked))

    def _ask(self, request: Request, asked: int) -> None:
        """One call of the Router, and what becomes of the task that it gets accepted."""
        deadline = request.at + WINDOW_S
        if asked >= len(request.chain) or self.clock.now >= deadline:
            return
        self.request, self.spent_s = request, 0.0
        message = [{"role": "user", "content": "a red fox in the snow"}]
        try:
            answer = self.router.completion(model="+".join(request.chain), messages=message)
        except Exception:  # noqa: BLE001 - the Router raises whatever its last deployment did, or that none is left
            return
        vendor, fate = answer.choices[0].message.content, self.fate
        began, self.spent_s = self.clock.now + self.spent_s, 0.0
        limit_s = min(timeout_s(vendor), deadline - began)
        if fate.end is End.OK and fate.after_s <= limit_s:
            self.clock.at(began + fate.after_s, lambda: self.tally.deliver(request, self.clock.now))
            return
        if fate.end is End.OK and fate.after_s < limit_s + LATE_S:
            self.tally.waste(vendor)
        self._later(began + min(fate.after_s, limit_s), request, asked + 1)
