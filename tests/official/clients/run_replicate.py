"""replicate 1.0.7, which fetches the output itself."""

from typing import Any

import replicate
from errand import run, told, until
from replicate.helpers import FileOutput
from replicate.prediction import Prediction


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    client = replicate.Client(api_token=key, base_url=base_url)
    return [withdrawn(client, job) if "withdraw" in job else video(client, job) for job in jobs]


def video(client: replicate.Client, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.models.predictions.create(job["model"], job["input"])

    def again() -> Prediction:
        begun.reload()
        return begun

    ended = until(again, lambda prediction: prediction.status not in {"starting", "processing"})
    return told(task_id=ended.id, status=ended.status, video=FileOutput(ended.output, client).read())


def withdrawn(client: replicate.Client, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.models.predictions.create(job["model"], job["input"])
    begun.cancel()
    listed = client.predictions.list()
    return told(task_id=begun.id, status=next(each.status for each in listed if each.id == begun.id))


run(errand)
