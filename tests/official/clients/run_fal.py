"""fal-client 1.0.3. It hands out a link; fetching that is the caller's."""

from typing import Any

import fal_client
import fal_client.client
import httpx
from errand import run, told, until


def errand(base_url: str, key: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    fal_client.client.QUEUE_URL_FORMAT = f"{base_url}/"  # its settings know hosts only, and always mean https
    client = fal_client.SyncClient(key=key)
    return [withdrawn(client, job) if "withdraw" in job else video(client, job) for job in jobs]


def video(client: fal_client.SyncClient, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.submit(job["application"], job["arguments"])
    ended = until(begun.status, lambda status: isinstance(status, fal_client.Completed))
    link = httpx.get(begun.get()["video"]["url"], timeout=30).raise_for_status()
    return told(task_id=begun.request_id, status=type(ended).__name__, video=link.content)


def withdrawn(client: fal_client.SyncClient, job: dict[str, Any]) -> dict[str, Any]:
    begun = client.submit(job["application"], job["arguments"])
    status = begun.status()
    begun.cancel()
    return told(task_id=begun.request_id, status=type(status).__name__)


run(errand)
