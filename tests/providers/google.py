"""What Google's two Veo dialects share in their tests: envelopes, and section 4's error table."""

from typing import Any

from core.domain.errors import ErrorClass

E = ErrorClass


def said(code: int, status: str, message: str = "text", **details: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, **details}}


REFUSALS = [
    (400, said(400, "INVALID_ARGUMENT"), E.INVALID_REQUEST),
    (400, said(400, "INVALID_ARGUMENT", details=[{"reason": "API_KEY_INVALID"}]), E.AUTH),
    (400, said(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), E.AUTH),
    (400, said(400, "INVALID_ARGUMENT", "The prompt violates our policies on violence"), E.CONTENT_POLICY),
    (400, said(400, "INVALID_ARGUMENT", "Blocked by safety settings"), E.CONTENT_POLICY),
    (400, said(400, "INVALID_ARGUMENT", "Support codes: 61493863"), E.CONTENT_POLICY),
    (400, said(400, "FAILED_PRECONDITION"), E.QUOTA_EXHAUSTED),
    (401, said(401, "UNAUTHENTICATED"), E.AUTH),
    (402, b"", E.QUOTA_EXHAUSTED),
    (403, said(403, "PERMISSION_DENIED"), E.AUTH),
    (404, said(404, "NOT_FOUND", "models/veo is no longer available"), E.MODEL_GONE),
    (404, [said(404, "NOT_FOUND")], E.MODEL_GONE),
    (404, b"<html>wrong address</html>", E.TRANSIENT_SERVER),
    (408, b"", E.OUTCOME_UNKNOWN),
    (429, said(429, "RESOURCE_EXHAUSTED"), E.RATE_LIMITED),
    (429, said(429, "RESOURCE_EXHAUSTED", "Quota exceeded, check your plan and billing details"), E.RATE_LIMITED),
    (429, said(429, "RESOURCE_EXHAUSTED", "Too many requests; see your daily usage, spend and prepay"), E.RATE_LIMITED),
    (429, said(429, "RESOURCE_EXHAUSTED", "Your spend limit is reached"), E.QUOTA_EXHAUSTED),
    (429, said(429, "RESOURCE_EXHAUSTED", "Your prepay balance is used up"), E.QUOTA_EXHAUSTED),
    (429, said(429, "RESOURCE_EXHAUSTED", "x", details=[{"quotaId": "VideosPerMinutePerProject"}]), E.RATE_LIMITED),
    (429, said(429, "RESOURCE_EXHAUSTED", "x", details=[{"quotaId": "VideosPerDayPerProject"}]), E.QUOTA_EXHAUSTED),
    (429, said(429, "RESOURCE_EXHAUSTED", "x", details=[{"violations": [{"quotaId": "a-PerDay"}]}]), E.QUOTA_EXHAUSTED),
    (429, said(429, "RESOURCE_EXHAUSTED", "x", details=[{"metadata": {"quota_unit": "1/d/{project}"}}]),
     E.QUOTA_EXHAUSTED),
    (429, said(429, "RESOURCE_EXHAUSTED", "x", details=[{"reason": "SPEND_LIMIT_REACHED"}]), E.QUOTA_EXHAUSTED),
    (429, said(429, "RESOURCE_EXHAUSTED", "x", details={"reason": "PREPAID_CREDIT_EMPTY"}), E.QUOTA_EXHAUSTED),
    (500, said(500, "INTERNAL"), E.OUTCOME_UNKNOWN),
    (502, b"<html>", E.OUTCOME_UNKNOWN),
    (503, said(503, "UNAVAILABLE"), E.CAPACITY),
    (503, b"", E.CAPACITY),
    (504, said(504, "DEADLINE_EXCEEDED"), E.OUTCOME_UNKNOWN),
]  # fmt: skip

RPC_FAILURES = [
    (3, "bad field", E.INVALID_REQUEST),
    (3, "Support codes: 58061214", E.CONTENT_POLICY),
    (
        3,
        "The prompt could not be submitted. It contains sensitive words that violate Google's policy",
        E.CONTENT_POLICY,
    ),
    (4, "text", E.TRANSIENT_SERVER),
    (5, "text", E.TASK_GONE),
    (7, "text", E.AUTH),
    (8, "text", E.CAPACITY),
    (9, "text", E.INVALID_REQUEST),
    (10, "text", E.TRANSIENT_SERVER),
    (13, "text", E.TRANSIENT_SERVER),
    (14, "text", E.CAPACITY),
    (16, "text", E.AUTH),
    (99, "text", E.TRANSIENT_SERVER),
]
