"""dashscope 2.0.2, its new client. It hands out a link; fetching that is the caller's."""

from typing import Any

import dashscope
import requests
from errand import run, told, until


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    client = dashscope.Client(base_url=f"{base_url}/api/v1", api_key=key, max_retries=0)
    return [withdrawn(client, job) if job.pop("withdraw", False) else video(client, job) for job in jobs]


def video(client: Any, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.videos.jobs.create(**job)
    ended = until(
        lambda: client.videos.jobs.fetch(begun.task_id), lambda answer: answer.status not in {"PENDING", "RUNNING"}
    )
    link = requests.get(ended.video_url, timeout=30)
    link.raise_for_status()
    return told(task_id=begun.task_id, status=ended.status, video=link.content)


def withdrawn(client: Any, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.videos.jobs.create(**job)
    client.videos.jobs.cancel(begun.task_id)
    client.videos.jobs.list(page_no=1, page_size=100, model_name=job["model"])
    return told(task_id=begun.task_id, status="cancelled")


run(errand)
