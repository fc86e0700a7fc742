"""Modals and Home tabs: views.open, push, update and publish, and the stack of modals that each person has open."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.platform import Modal
from sandbox.slack.arguments import Arguments
from sandbox.slack.blockkit import named_blocks, view_problems
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import APP_ID, BOT_ID, TEAM_ID, Json, person_called
from sandbox.slack.forms import as_modal
from sandbox.slack.response_window import ResponseWindows

STACK_MAX = 3
VIEWS_MAX = 500


@dataclass(slots=True, kw_only=True, eq=False)
class Opened:
    """One modal that a person has open; `previous` is the one below it."""

    user: str
    view: Json
    previous: "Opened | None" = None

    @property
    def modal(self) -> Modal:
        return as_modal(self.view)

    def depth(self) -> int:
        """How many modals lie on each other, this one included."""
        return 1 + (self.previous.depth() if self.previous else 0)


@dataclass(slots=True, kw_only=True)
class Views:
    """All open modals and published Home tabs.

    `on_modal` hears (user, what is on top now); `on_home`, whose Home was published.
    """

    windows: ResponseWindows
    clock: Callable[[], float]
    on_modal: Callable[[str, Modal | None], None]
    on_home: Callable[[str], None] = lambda _user: None
    opened: "OrderedDict[str, Opened]" = field(default_factory=OrderedDict)
    homes: dict[str, Json] = field(default_factory=dict)

    async def open(self, args: Arguments) -> Json:
        """views.open."""
        view = self._checked(args.given("view"))
        window = self.windows.exchange(args.need("trigger_id"))
        shown = self.show(view, user=window.user, previous=None)
        window.see(shown.modal)
        return {"ok": True, "view": shown.view}

    async def push(self, args: Arguments) -> Json:
        """views.push."""
        view = self._checked(args.given("view"))
        window = self.windows.exchange(args.need("trigger_id"))
        top = self.top(window.user)
        if top is not None and top.depth() >= STACK_MAX:
            raise SlackError("push_limit_reached")
        shown = self.show(view, user=window.user, previous=top)
        window.see(shown.modal)
        return {"ok": True, "view": shown.view}

    async def update(self, args: Arguments) -> Json:
        """views.update, by view_id or external_id; a `hash` that is out of date is refused."""
        view = self._checked(args.given("view"))
        if not args.text("view_id") and not args.text("external_id"):
            raise SlackError("invalid_arguments", ("[ERROR] missing required field: view_id",))
        shown = self.opened.get(args.text("view_id")) or next(
            (o for o in self.opened.values() if o.view["external_id"] == (args.text("external_id") or None)), None
        )
        if shown is None:
            raise SlackError("not_found")
        if args.text("hash") and args.text("hash") != shown.view["hash"]:
            raise SlackError("hash_conflict")
        self.replace(shown, view)
        for window in self.windows.listening:
            if window.user == shown.user:
                window.see(shown.modal)
        return {"ok": True, "view": shown.view}

    async def publish(self, args: Arguments) -> Json:
        """views.publish: the Home tab of one person."""
        person = person_called(args.need("user_id"))
        if person is None:
            raise SlackError("user_not_found")
        view = self._checked(args.given("view"), kind="home")
        self.homes[person.id] = self._complete(view, view_id=self.homes.get(person.id, {}).get("id"))
        self.on_home(person.name)
        return {"ok": True, "view": self.homes[person.id]}

    def show(self, view: Json, *, user: str, previous: Opened | None) -> Opened:
        """Open a modal for a person, on top of `previous`."""
        complete = self._complete(view)
        complete["previous_view_id"] = previous.view["id"] if previous else None
        complete["root_view_id"] = previous.view["root_view_id"] if previous else complete["id"]
        shown = Opened(user=user, view=complete, previous=previous)
        self.opened[complete["id"]] = shown
        while len(self.opened) > VIEWS_MAX:
            self.opened.popitem(last=False)
        self.on_modal(user, shown.modal)
        return shown

    def replace(self, shown: Opened, view: Json) -> None:
        """Change an open modal in place."""
        before = shown.view
        shown.view = self._complete(view, view_id=before["id"])
        shown.view |= {name: before[name] for name in ("previous_view_id", "root_view_id")}
        self.on_modal(shown.user, shown.modal)

    def close(self, shown: Opened, *, every: bool) -> Opened | None:
        """Close a modal (or the whole stack); what is on top then."""
        while shown is not None:
            self.opened.pop(shown.view["id"], None)
            if shown.previous is None or not every:
                break
            shown = shown.previous
        top = self.top(shown.user)
        self.on_modal(shown.user, top.modal if top else None)
        return top

    def top(self, user: str) -> Opened | None:
        """The modal that a person has on top."""
        return next((shown for shown in reversed(self.opened.values()) if shown.user == user), None)

    def _checked(self, view: object, *, kind: str = "modal") -> Json:
        problems = view_problems(view, kind=kind)
        if problems or not isinstance(view, dict):
            raise SlackError("invalid_arguments", tuple(f"[ERROR] {problem}" for problem in problems))
        return view

    def _complete(self, view: Json, *, view_id: str | None = None) -> Json:
        return {
            "close": None,
            "submit": None,
            "callback_id": "",
            "private_metadata": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "previous_view_id": None,
            **view,
            "blocks": named_blocks(view["blocks"]),
            "id": view_id or "V0" + secrets.token_hex(5).upper(),
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "bot_id": BOT_ID,
            "app_installed_team_id": TEAM_ID,
            "hash": f"{int(self.clock())}.{secrets.token_hex(4)}",
            "state": {"values": {}},
            "root_view_id": view_id,
        }
