"""Shared by all of Google's routes: keys and access tokens, and the meaning of Google's errors."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm

from core.domain.errors import ErrorClass, ProviderError, WontWork
from core.http.client import Http, HttpSettings
from core.http.download import fetch, origin
from core.http.loose import an_object, elements, number, texts
from core.http.responses import RETRY_AFTER_MAX_S, Answer, Call, Text, VendorModel, glean, lost, read, refusal

NOBODYS = "00000000-0000-4000-8000-000000000000"
"""The name of a task that does not exist: asking for it is free and proves the key."""
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret

# The numbers are support codes of the responsible-AI filters of Veo on Vertex (facts of 2026-09-02).
_SAFETY = re.compile(
    r"safety|prohibited_content|blocklist|\bspii\b|responsible ai|usage guidelines|sensitive words|content polic|"
    r"violat\w+ .{0,40}polic|"
    r"58061214|17301594|29310472|15236754|64151117|42237218|62263041|57734940|22137204|89371032|49114662|63429089|"
    r"72817394|60599140|35561574|35561575|90789179|43188360|78610348|61493863|56562880|32635315|74803281|29578790|"
    r"42876398",
    re.IGNORECASE,
)
# A daily quota is recognized by the details alone: the message of a plain rate limit mentions plans and days, too.
_DAY = re.compile(r"per_?day|daily|/d(?:/|$)", re.IGNORECASE)
_MONEY = re.compile(r"billing|spend|prepa(?:y|id)|credit", re.IGNORECASE)
_MONEY_IS_GONE = re.compile(
    r"(?:spend(?:ing)? (?:limit|cap)|prepa(?:id|y)\w* (?:balance|credit)s?)\b.{0,60}"
    r"(?:reached|exceeded|used up|exhausted|depleted|empty)",
    re.IGNORECASE,
)
_QUOTA_NAMES = ("quotaId", "quota_id", "quotaMetric", "quota_metric", "quota_limit", "quota_unit", "subject")
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s", re.ASCII)
_API_KEY = re.compile(r"API_KEY_INVALID|api key (?:not valid|expired|not found)", re.IGNORECASE)

_BY_STATUS = {
    "INVALID_ARGUMENT": ErrorClass.INVALID_REQUEST,
    "FAILED_PRECONDITION": ErrorClass.QUOTA_EXHAUSTED,
    "OUT_OF_RANGE": ErrorClass.INVALID_REQUEST,
    "UNAUTHENTICATED": ErrorClass.AUTH,
    "PERMISSION_DENIED": ErrorClass.AUTH,
    "NOT_FOUND": ErrorClass.MODEL_GONE,
    "RESOURCE_EXHAUSTED": ErrorClass.RATE_LIMITED,
    "INTERNAL": ErrorClass.TRANSIENT_SERVER,
    "UNAVAILABLE": ErrorClass.CAPACITY,
    "DEADLINE_EXCEEDED": ErrorClass.TRANSIENT_SERVER,
}
_BY_HTTP = {
    400: ErrorClass.INVALID_REQUEST,
    401: ErrorClass.AUTH,
    402: ErrorClass.QUOTA_EXHAUSTED,
    403: ErrorClass.AUTH,
    429: ErrorClass.RATE_LIMITED,
    503: ErrorClass.CAPACITY,
}
_BY_RPC = {
    3: ErrorClass.INVALID_REQUEST,
    4: ErrorClass.TRANSIENT_SERVER,
    5: ErrorClass.TASK_GONE,
    7: ErrorClass.AUTH,
    8: ErrorClass.CAPACITY,
    9: ErrorClass.INVALID_REQUEST,
    10: ErrorClass.TRANSIENT_SERVER,
    13: ErrorClass.TRANSIENT_SERVER,
    14: ErrorClass.CAPACITY,
    16: ErrorClass.AUTH,
}


class Status(VendorModel):
    """google.rpc.Status: `code` is an HTTP status in an error answer and an rpc number in a finished operation."""

    lone: ClassVar[str] = "message"
    code: Text = ""
    message: Text = ""
    status: Text = ""
    details: Any = None

    @property
    def says(self) -> bool:
        """Whether it is an error: code 0 is none."""
        return bool(self.code not in {"", "0"} or self.message or self.status)

    @property
    def retry_after_s(self) -> float | None:
        """The seconds to wait that a RetryInfo among the details asks for."""
        for told in texts(self.details, "retryDelay", "retry_delay"):
            if found := _DELAY.fullmatch(told):
                return min(float(found[1]), RETRY_AFTER_MAX_S)
        return next((min(s, RETRY_AFTER_MAX_S) for s in map(number, self._delays()) if s is not None), None)

    def _delays(self) -> Iterator[object]:
        """The other spelling of a duration: an object of seconds and nanoseconds."""
        for detail in elements(self.details) or ():
            inner = an_object(detail)
            yield an_object(inner.get("retryDelay") or inner.get("retry_delay")).get("seconds")

    @property
    def is_used_up(self) -> bool:
        """Whether a daily quota or the account's money is used up."""
        quotas = texts(self.details, *_QUOTA_NAMES)
        reasons = texts(self.details, "reason")
        details = any(map(_DAY.search, quotas)) or any(map(_MONEY.search, reasons))
        return details or bool(_MONEY_IS_GONE.search(self.message))


class Envelope(VendorModel):
    inner: ClassVar[str] = "error"
    error: Status = Status()


def is_safety(text: str) -> bool:
    """Whether words or support codes say that the content was refused."""
    return bool(_SAFETY.search(text))


def error_of(answer: Answer) -> ProviderError:
    """An error answer as a ProviderError. A 404 without Google's envelope is a wrong address, not a lost model."""
    status = glean(answer, Envelope).error
    said = " ".join((status.message, *texts(status.details, "reason")))
    error_class = _BY_STATUS.get(status.status) or _BY_HTTP.get(answer.status, ErrorClass.TRANSIENT_SERVER)
    if answer.status == 404 and status.message:
        error_class = ErrorClass.MODEL_GONE
    if error_class is ErrorClass.INVALID_REQUEST and _API_KEY.search(said):
        error_class = ErrorClass.AUTH
    elif error_class is ErrorClass.INVALID_REQUEST and is_safety(status.message):
        error_class = ErrorClass.CONTENT_POLICY
    elif error_class is ErrorClass.RATE_LIMITED and status.is_used_up:
        error_class = ErrorClass.QUOTA_EXHAUSTED
    if answer.retry_after_s is None:
        answer = replace(answer, retry_after_s=status.retry_after_s)
    return refusal(answer, error_class, code=status.status, detail=status.message)


def let_in(answer: Answer) -> None:
    """Raise unless the answer about a task that does not exist proves that our key was accepted."""
    if answer.ok:
        return
    error = error_of(answer)
    if error.error_class not in {ErrorClass.MODEL_GONE, ErrorClass.INVALID_REQUEST}:
        raise error


def error_class_of_rpc(status: Status) -> ErrorClass:
    """The class of an error inside a finished operation."""
    if is_safety(status.message):
        return ErrorClass.CONTENT_POLICY
    return _BY_RPC.get(int(status.code) if re.fullmatch(r"[0-9]{1,2}", status.code) else 0, ErrorClass.TRANSIENT_SERVER)


def error_class_of_word(code: str, message: str) -> ErrorClass:
    """The class of an error inside an interaction, whose code is a word or an HTTP status."""
    if is_safety(f"{code} {message}"):
        return ErrorClass.CONTENT_POLICY
    if re.fullmatch(r"[0-9]{3}", code):
        return _BY_HTTP.get(int(code), ErrorClass.TRANSIENT_SERVER)
    return _BY_STATUS.get(code.upper(), ErrorClass.TRANSIENT_SERVER)


class _Granted(VendorModel):
    access_token: Text = ""
    expires_in: float = 3600.0


@dataclass(slots=True)
class Tokens:
    """Access tokens for Vertex: a fixed one, or those of a service account, each renewed a minute before it expires."""

    secret: str
    wiring: HttpSettings
    token_url: str = ""
    _token: str = ""
    _until: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def bearer(self, call: Call) -> dict[str, str]:
        """The header with the token. Getting a token is never a submit: if it fails, nothing was started."""
        if not self.secret.lstrip().startswith("{"):
            return {"authorization": f"Bearer {self.secret}"}
        async with self._lock:
            if self.wiring.clock() >= self._until - 60:
                await self._renew()
        return {"authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """Drop the token, which the vendor called expired, so that the next request gets a new one."""
        self._until = 0.0

    async def _renew(self) -> None:
        now = int(self.wiring.clock())
        try:
            account = json.loads(self.secret)
            address = self.token_url or str(account.get("token_uri") or TOKEN_URL)
            headers = {"kid": str(account["private_key_id"])} if account.get("private_key_id") else None
            claims = {"iss": account["client_email"], "scope": SCOPE, "aud": address, "iat": now, "exp": now + 3600}
            signed = jwt.encode(claims, account["private_key"], "RS256", headers=headers)
        except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError, UnsupportedAlgorithm) as error:
            raise WontWork(ErrorClass.AUTH, f"the service account cannot be used: {type(error).__name__}") from error
        parts = urlsplit(address)
        http = Http(f"{parts.scheme}://{parts.netloc}", self.wiring)
        try:
            form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
            headers = {"content-type": "application/x-www-form-urlencoded"}
            answer = await http.call(Call.CHECK, "POST", parts.path or "/", headers=headers, body=urlencode(form))
        finally:
            await http.aclose()
        if not answer.ok:
            kind = ErrorClass.AUTH if 400 <= answer.status < 500 and answer.status not in {408, 429} else None
            raise refusal(answer, kind or ErrorClass.TRANSIENT_SERVER, detail=f"HTTP {answer.status} for a token")
        granted = read(answer, _Granted)
        if not granted.access_token:
            raise lost(answer.call, "a token's answer without a token")
        self._token, self._until = granted.access_token, now + granted.expires_in


_FILES = re.compile(r"/files/([a-z0-9\-]+)(:download)?")


async def fetch_file(http: Http, url: str, *, key: Mapping[str, str], to: Path, allow_private: bool) -> None:
    """Fetch a file by its id from our base address, as Google's clients do, so the key goes nowhere else."""
    if found := _FILES.search(url):
        url = f"{http.base_url}/v1beta/files/{found[1]}:download?alt=media"
    await fetch(http, url, to=to, allow_private=allow_private, trusted={origin(http.base_url): key})


def service_account(key: str) -> str:
    """The JSON of a service account, if the key is the path of its file; any other key unchanged."""
    if not key.endswith(".json"):
        return key
    try:
        return Path(key).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the service account's file {key} cannot be read: {error}") from error
