"""The result of a check (a line, its severity and a remedy), and a wrapper that makes every check end."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import httpx
import redis.asyncio as redis

from core import storage
from core.db import errors as database_errors
from core.domain.errors import ProviderError, StorageAway
from core.settings import SettingsError
from neverdark.errors import CliError

TIMEOUT_S = 15.0
NEEDS_REPAIR, NEEDS_SETTING = 1, 2

_EXPECTED = (
    *(OSError, ValueError, RuntimeError, CliError, ProviderError),
    *(StorageAway, httpx.HTTPError, httpx.InvalidURL, redis.RedisError),
    *(*database_errors.REFUSALS, *storage.REFUSALS),
)


_CERTIFICATE_EXPIRED = 10
"""OpenSSL's number of it."""


class Verdict(StrEnum):
    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report.

    Args:
        about: the subject of the check.
        verdict: its severity. Only `wrong` keeps the service from working.
        says: the result in words.
        remedy: what the operator can do.
        is_setting: whether the remedy is to change a setting.
    """

    about: str
    verdict: Verdict
    says: str
    remedy: str | None = None
    is_setting: bool = False

    @property
    def line(self) -> str:
        return f"{self.says}: {self.remedy}" if self.remedy else self.says


def fine(about: str, says: str) -> Finding:
    return Finding(about, Verdict.FINE, says)


def warning(about: str, says: str, remedy: str | None = None) -> Finding:
    return Finding(about, Verdict.WARNING, says, remedy)


def wrong(about: str, says: str, remedy: str) -> Finding:
    """A finding that another server is broken or refuses us."""
    return Finding(about, Verdict.WRONG, says, remedy)


def unset(about: str, says: str, remedy: str) -> Finding:
    """A finding that a setting is missing or cannot work."""
    return Finding(about, Verdict.WRONG, says, remedy, is_setting=True)


async def made(
    about: str,
    check: Callable[[], Awaitable[Finding | list[Finding]]],
    *,
    remedy: str,
    verdict: Verdict = Verdict.WRONG,
) -> list[Finding]:
    """Run a check. A check that raises, or does not end, becomes a finding.

    Args:
        remedy: what the operator can do if the check could not be run.
        verdict: the severity of that.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found = await check()
    except TimeoutError:
        return [Finding(about, verdict, f"no answer in {TIMEOUT_S:g} s", remedy)]
    except SettingsError as error:
        return [unset(about, _first_line(error), remedy)]
    except _EXPECTED as error:
        return [Finding(about, verdict, _first_line(error), _remedy_for(error) or remedy)]
    return found if isinstance(found, list) else [found]


def _remedy_for(error: Exception) -> str | None:
    """What to do about an error that says by itself what is wrong; None: it does not."""
    for cause in _chain(error):
        match cause:
            case ssl.SSLCertVerificationError() if cause.verify_code == _CERTIFICATE_EXPIRED:
                return "renew the certificate of that address, and let the server or proxy there load it"
            case redis.AuthenticationError():
                return "put the right password into REDIS_URL, as redis://:password@host:6379/0"
            case _ if isinstance(cause, database_errors.NO_CONNECTION_LEFT):
                return "raise max_connections there or the role's limit, or put a pooler in front: docs/scaling.md"
            case _ if isinstance(cause, database_errors.LOGIN_REFUSED):
                return "put the right user and password into DATABASE_URL; `neverdark migrate` makes that user"
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def exit_code(findings: Sequence[Finding]) -> int:
    """0: nothing keeps the service from working. 1: something has to be repaired. 2: only settings are wrong."""
    bad = [finding for finding in findings if finding.verdict is Verdict.WRONG]
    if not bad:
        return 0
    return NEEDS_SETTING if all(finding.is_setting for finding in bad) else NEEDS_REPAIR


def _first_line(error: Exception) -> str:
    line = next(iter(str(error).splitlines()), "").rstrip(".:") or type(error).__name__
    return re.sub(r"://[^/@\s]*@", "://…@", line)
