"""What an official client is sent to do, and what it tells of it: each runs in a process and an environment of its own.

This file knows no client; the scripts beside it know one each, and nothing of ours.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

TRIES, PAUSE_S = 1000, 0.02

AnswerT = TypeVar("AnswerT")


def until(ask: Callable[[], AnswerT], ended: Callable[[AnswerT], bool]) -> AnswerT:
    """Ask until it has ended; a task that never ends is an error."""
    for _ in range(TRIES):
        answer = ask()
        if ended(answer):
            return answer
        time.sleep(PAUSE_S)
    raise TimeoutError("the task never ended")


def told(*, task_id: str, status: str, video: bytes = b"") -> dict[str, Any]:
    """The facts of one job that came to its end."""
    return {"task_id": task_id, "status": status, "bytes": len(video), "sha256": hashlib.sha256(video).hexdigest()}


def run(errand: Callable[[str, str, list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Read base address, key and jobs from standard input; the last line of standard output is what became of them."""
    asked = json.load(sys.stdin)
    facts = errand(asked["base_url"], asked["key"], asked["jobs"])
    sys.stdout.write("\n" + json.dumps(facts) + "\n")
