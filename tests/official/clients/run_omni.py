"""google-genai 3.x through the Interactions API."""

from typing import Any

from errand import run, told, until
from google import genai
from google.genai import types


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    once = types.HttpRetryOptions(attempts=1)
    client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=base_url, retry_options=once))
    return [withdrawn(client, job) if job.pop("withdraw", False) else video(client, job) for job in jobs]


def video(client: genai.Client, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.interactions.create(**job)
    running = {"queued", "in_progress"}
    ended = until(lambda: client.interactions.get(begun.id), lambda interaction: interaction.status not in running)
    parts = [part for step in ended.steps for part in step.content]
    uri = next(part.uri for part in parts if part.type == "video")
    return told(task_id=begun.id, status=str(ended.status), video=client.files.download(file=uri))


def withdrawn(client: genai.Client, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.interactions.create(**job)
    return told(task_id=begun.id, status=str(client.interactions.cancel(begun.id).status))


run(errand)
