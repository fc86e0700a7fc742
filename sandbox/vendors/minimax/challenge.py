"""MiniMax believes a callback address only when it echoes a challenge within 3 s; the same for V1 and V2."""

import secrets

from sandbox.vendors.callbacks import Callbacks, compact

CHALLENGE_S = 3.0
CHALLENGED_MAX = 1000


class Challenges:
    """The callback addresses that have echoed theirs."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._passed: set[str] = set()

    async def passes(self, url: str) -> bool:
        """Whether an address may be called back; it is asked the first time."""
        if not url or url in self._passed:
            return True
        challenge = secrets.token_hex(16)
        answer = await self._callbacks.ask(url, compact({"challenge": challenge}), timeout_s=CHALLENGE_S)
        try:
            echoed = answer is not None and answer.is_success and answer.json().get("challenge") == challenge
        except (ValueError, AttributeError):
            echoed = False
        if echoed:
            if len(self._passed) >= CHALLENGED_MAX:
                self._passed.clear()
            self._passed.add(url)
        return echoed
