"""google-genai 2.34.0, the last version that sends `generate_videos` to the Gemini API."""

import base64
from typing import Any

from errand import run, told, until
from google import genai
from google.genai import types


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=base_url))
    return [video(client, job) for job in jobs]


def video(client: genai.Client, job: dict[str, Any]) -> dict[str, Any]:
    picture = job.get("image")
    begun = client.models.generate_videos(
        model=job["model"],
        prompt=job["prompt"],
        image=image(picture) if picture else None,
        config=types.GenerateVideosConfig(
            **job["config"], last_frame=image(job["last_frame"]) if "last_frame" in job else None
        ),
    )
    ended = until(lambda: client.operations.get(begun), lambda operation: bool(operation.done))
    made = ended.response.generated_videos[0].video
    return told(task_id=begun.name, status="done", video=client.files.download(file=made))


def image(data: str) -> types.Image:
    return types.Image(image_bytes=base64.b64decode(data), mime_type="image/png")


run(errand)
