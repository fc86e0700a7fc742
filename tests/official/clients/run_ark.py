"""The Ark runtime of volcengine-python-sdk 5.0.54. It hands out a link; fetching that is the caller's."""

from typing import Any

import httpx
from errand import run, told, until
from volcenginesdkarkruntime import Ark


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    client = Ark(base_url=f"{base_url}/api/v3", api_key=key, max_retries=0)
    return [withdrawn(client, job) if job.pop("withdraw", False) else video(client, job) for job in jobs]


def video(client: Ark, job: dict[str, Any]) -> dict[str, Any]:
    tasks = client.content_generation.tasks
    begun = tasks.create(**job)
    ended = until(lambda: tasks.get(task_id=begun.id), lambda task: task.status not in {"queued", "running"})
    link = httpx.get(ended.content.video_url, timeout=30).raise_for_status()
    return told(task_id=begun.id, status=ended.status, video=link.content)


def withdrawn(client: Ark, job: dict[str, Any]) -> dict[str, Any]:
    tasks = client.content_generation.tasks
    begun = tasks.create(**job)
    tasks.get(task_id=begun.id)
    tasks.delete(task_id=begun.id)
    listed = tasks.list(page_num=1, page_size=200)
    return told(task_id=begun.id, status=next(task.status for task in listed.items if task.id == begun.id))


run(errand)
