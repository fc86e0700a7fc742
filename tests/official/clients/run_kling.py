"""The commands that Kling's documents show, sent as they stand there; only the host is the stand-in's."""

import json
from typing import Any
from urllib.request import Request, urlopen

from errand import run, told, until

ANSWER_S = 30


def exchange(url: str, key: str, body: dict[str, Any] | None = None) -> Any:
    """What Kling answers; without a body it is asked with GET."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data=data, headers=headers), timeout=ANSWER_S) as answer:  # noqa: S310 - the stand-in's
        return json.load(answer)["data"]


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [video(base_url, key, job) for job in jobs]


def video(base_url: str, key: str, job: dict[str, Any]) -> dict[str, Any]:
    begun = exchange(base_url + job["path"], key, job["body"])
    (ended,) = until(
        lambda: exchange(f"{base_url}/tasks?task_ids={begun['id']}", key),
        lambda found: found[0]["status"] in {"succeeded", "failed"},
    )
    with urlopen(ended["outputs"][0]["url"], timeout=ANSWER_S) as link:  # noqa: S310 - as above
        return told(task_id=begun["id"], status=ended["status"], video=link.read())


run(errand)
