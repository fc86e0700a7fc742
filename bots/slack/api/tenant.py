"""The workspace of the current request, with its token.

`Authorize` sets it once for each request, before any handler, and a client for many workspaces takes its token from
here. Where it is not set there is no token, and Slack refuses the call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from core.domain.ids import Installation, PlatformName

SLACK = PlatformName("slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace, or a whole organization, that has the app.

    Args:
        installation: the id of the workspace or organization.
        organization: the id of the organization that it belongs to, if any.
        is_organization: whether the app is installed for the whole organization.
        is_one_of_many: whether other workspaces may have the app, too.
    """

    installation: Installation
    token: str = field(repr=False)
    organization: str | None = None
    is_organization: bool = False
    bot_id: str | None = None
    bot_user_id: str | None = None
    scopes: tuple[str, ...] = ()
    is_one_of_many: bool = False


_CURRENT: "ContextVar[Workspace | None]" = ContextVar("workspace", default=None)


def current() -> Workspace | None:
    """The workspace of the current request."""
    return _CURRENT.get()


def begin(workspace: Workspace | None) -> None:
    """Set the workspace of the current request, for this task and the tasks that it starts."""
    _CURRENT.set(workspace)


@contextmanager
def speaking_for(workspace: Workspace) -> Iterator[None]:
    """Set the workspace within a block."""
    before = _CURRENT.set(workspace)
    try:
        yield
    finally:
        _CURRENT.reset(before)
