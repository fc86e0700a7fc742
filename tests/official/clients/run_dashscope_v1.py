"""dashscope 2.0.2, the interface of its first generation. It hands out a link; fetching that is the caller's."""

from typing import Any

import dashscope
import requests
from dashscope import VideoSynthesis
from errand import run, told, until


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    dashscope.base_http_api_url = f"{base_url}/api/v1"
    return [withdrawn(key, job) if job.pop("withdraw", False) else video(key, job) for job in jobs]


def video(key: str, job: dict[str, Any]) -> dict[str, Any]:
    begun = VideoSynthesis.async_call(api_key=key, **job)
    waiting = {"PENDING", "RUNNING"}
    ended = until(
        lambda: VideoSynthesis.fetch(begun, api_key=key), lambda answer: answer.output.task_status not in waiting
    )
    link = requests.get(ended.output.video_url, timeout=30)
    link.raise_for_status()
    return told(task_id=begun.output.task_id, status=ended.output.task_status, video=link.content)


def withdrawn(key: str, job: dict[str, Any]) -> dict[str, Any]:
    begun = VideoSynthesis.async_call(api_key=key, **job)
    cancelled = VideoSynthesis.cancel(begun, api_key=key)
    VideoSynthesis.list(api_key=key, page_no=1, page_size=100, model_name=job["model"])
    return told(task_id=begun.output.task_id, status=str(cancelled.status_code))


run(errand)
