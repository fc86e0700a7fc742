"""LiteLLM 1.110.2: one call for every vendor, translated by its own reading of each."""

import os
from typing import Any

os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}  # it would fetch its prices otherwise

import litellm
from errand import run, told, until


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    litellm.user_url_validation = False  # results lie on this machine
    return [video(f"{base_url}{job['prefix']}", key, job) for job in jobs]


def video(base_url: str, key: str, job: dict[str, Any]) -> dict[str, Any]:
    where = {"api_base": base_url, "api_key": key, "custom_llm_provider": job["provider"]}
    begun = litellm.video_generation(model=job["model"], **job["options"], **where)
    # For a task that runs it has three words, one of them for Google's alone.
    runs = {"queued", "in_progress", "processing"}
    ended = until(lambda: litellm.video_status(begun.id, **where), lambda seen: seen.status not in runs)
    content = litellm.video_content(begun.id, **where)
    name = litellm.types.videos.utils.extract_original_video_id(begun.id)
    return told(task_id=name.rpartition("/")[2], status=ended.status, video=content)


run(errand)
