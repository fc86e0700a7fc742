"""Whose request is at work: the workspace that it came from, with the token that is good there and nowhere else.

`Authorize` says so once for each request, before any handler; a client for many workspaces takes its token from here.
Where nobody has said so there is no token, and Slack refuses.
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
        installation: its id.
        organization: the organization that it belongs to, if any.
        is_organization: the app is installed for all of the organization.
        is_one_of_many: other workspaces have the app, too.
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
    """The workspace of the request that is at work."""
    return _CURRENT.get()


def begin(workspace: Workspace | None) -> None:
    """From here on, and in the tasks that this one starts, it is this workspace's request."""
    _CURRENT.set(workspace)


@contextmanager
def speaking_for(workspace: Workspace) -> Iterator[None]:
    """The same for a block."""
    before = _CURRENT.set(workspace)
    try:
        yield
    finally:
        _CURRENT.reset(before)
