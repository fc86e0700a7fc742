"""What chats refuse while a run goes on: errors of single methods, as the sandbox orders them.

Some pass, and some are for good: then the last word comes beside the thread, or directly, which is an end as well.
"""

import httpx

REFUSALS: dict[str, tuple[tuple[str, str], ...]] = {
    "slack": (
        ("chat.postMessage", "ratelimited"),
        ("chat.postMessage", "http_502"),
        ("chat.postMessage", "drop"),
        ("chat.postMessage", "invalid_blocks"),
        ("chat.postMessage", "thread_not_found"),
        ("chat.postMessage", "not_in_channel"),
        ("chat.postMessage", "is_archived"),
        ("chat.update", "edit_window_closed"),
        ("chat.update", "msg_too_long"),
        ("chat.update", "ratelimited"),
        ("files.getUploadURLExternal", "ratelimited"),
        ("files.getUploadURLExternal", "file_uploads_disabled"),
        ("upload", "http_500"),
        ("files.completeUploadExternal", "internal_error"),
        ("files.completeUploadExternal", "ratelimited"),
        ("files.completeUploadExternal", "drop"),
        ("files.completeUploadExternal", "not_in_channel"),
        ("files.info", "internal_error"),
        ("conversations.replies", "ratelimited"),
        ("response_url", "http_404"),
        ("response_url", "http_500"),
    ),
    "discord": (
        ("POST /channels/{channel}/messages", "429"),
        ("POST /channels/{channel}/messages", "http_503"),
        ("POST /channels/{channel}/messages", "drop"),
        ("POST /channels/{channel}/messages", "50083"),
        ("POST /channels/{channel}/messages", "50013"),
        ("UPLOAD /channels/{channel}/messages", "50083"),
        ("UPLOAD /channels/{channel}/messages", "20009"),
        ("PATCH /channels/{channel}/messages/{message}", "50083"),
        ("PATCH /channels/{channel}/messages/{message}", "429"),
        ("UPLOAD /channels/{channel}/messages", "swallow"),
        ("PATCH /webhooks/{application}/{token}/messages/@original", "http_503"),
        ("POST /channels/{channel}/messages/{message}/threads", "429"),
    ),
}
DECK = {"a chat refuses": 4}
"""Each of these faults, and how often it is in a deck."""
TIMES_MAX = 4
RETRY_AFTER_S = "2"


def chosen(choice: float) -> tuple[str, str, str, int]:
    """The platform, its method, the code and how often, by a number from 0 up to but without 1."""
    every = [(platform, method, code) for platform, known in REFUSALS.items() for method, code in known]
    which = choice * len(every)
    return (*every[int(which)], 1 + int((which % 1) * TIMES_MAX))


async def refuse(choice: float, *, http: httpx.AsyncClient) -> None:
    """Order one refusal, so many times."""
    platform, method, code, times = chosen(choice)
    order = {"platform": platform, "method": method, "code": code, "times": times, "retry_after": RETRY_AFTER_S}
    (await http.post("/api/faults", json=order)).raise_for_status()


async def calm(http: httpx.AsyncClient) -> None:
    """Lift whatever is still to be refused."""
    for platform in REFUSALS:
        (await http.delete("/api/faults", params={"platform": platform})).raise_for_status()
