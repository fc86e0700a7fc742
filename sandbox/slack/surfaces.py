"""What a person does with the app outside of messages: its Home, its shortcuts, its agent, a step of a workflow."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.platform import Heard, Person
from sandbox.slack import envelopes
from sandbox.slack.arguments import Arguments
from sandbox.slack.buttons import pressed
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import APP_ID, STEP, Json, Step
from sandbox.slack.response_window import ResponseWindows
from sandbox.slack.store import Channel, Store
from sandbox.slack.user_actions import UserActions, heard
from sandbox.slack.views import Views

STATUSES = frozenset({"active", "processing", "suspended", "closed"})
TITLE_MAX = 200
EXECUTIONS_MAX = 200
STEP_TOKEN_S = 900.0
"""How long the token of one step lives: a video may take longer."""


@dataclass(slots=True, kw_only=True)
class Session:
    """A conversation with the agent. `statuses`: all that it has had, the newest last."""

    title: str = ""
    statuses: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        return self.statuses[-1] if self.statuses else ""


@dataclass(slots=True, kw_only=True)
class Execution:
    """One run of the app's step in a workflow. `outputs` or `error` once it is over."""

    id: str
    user: str
    at: float
    inputs: Json
    outputs: Json | None = None
    error: str | None = None
    ended_at: float | None = None


@dataclass(slots=True, kw_only=True)
class Surfaces:
    """The surfaces of one workspace.

    Args:
        is_agent: the app is declared as an agent.
        step: what the app offers to workflows.
        grant: lets the token that comes with a step be used, until then.
        tell: hears that something of it has changed, as news for the page.
    """

    store: Store
    views: Views
    windows: ResponseWindows
    actions: UserActions
    is_agent: bool = True
    step: Step = STEP
    grant: Callable[[str, float], None] = lambda _token, _until: None
    tell: Callable[[Json], None] = lambda _news: None
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    executions: "deque[Execution]" = field(default_factory=lambda: deque(maxlen=EXECUTIONS_MAX))

    def __post_init__(self) -> None:
        self.views.on_home = lambda user: self.tell({"type": "home", "user": user})

    async def open_app(self, person: Person, *, tab: str = "home") -> Heard:
        """A person opens the app: its Home, or its messages."""
        window = self.windows.begin(user=person.id, channel=self.store.direct(person.id).id)
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": window.channel,
            "tab": tab,
            "event_ts": self.store.mint(),
        }
        if tab == "home" and person.id in self.views.homes:
            event["view"] = self.views.homes[person.id]
        await self.actions.tell(window, envelopes.event(event, at=int(self.store.clock())))
        return Heard(ok=True)

    async def press_home(self, person: Person, *, action: str) -> Heard:
        """A person presses something in their Home."""
        view = self.views.homes.get(person.id)
        found = pressed(view["blocks"], action) if view is not None else None
        if view is None or found is None:
            return Heard(ok=False, error="action_not_found")
        window = self.windows.begin(user=person.id, channel=self.store.direct(person.id).id)
        envelope = envelopes.press_in_home(window, pressed=found, view=view, person=person, at=self.store.mint())
        answer, before = await self.actions.deliver(window, envelope)
        if answer.unheard or answer.late:
            return Heard(ok=False, error="dispatch_failed" if answer.unheard else "operation_timeout")
        return heard(window, before)

    async def shortcut(self, person: Person, *, callback_id: str) -> Heard:
        """A person uses one of the app's shortcuts from nowhere in particular."""
        window = self.windows.begin(user=person.id, channel=self.store.direct(person.id).id)
        answer, before = await self.actions.deliver(
            window, envelopes.global_shortcut(window, callback_id=callback_id, person=person, at=self.store.mint())
        )
        if answer.unheard or answer.late:
            return Heard(ok=False, error="dispatch_failed" if answer.unheard else "operation_timeout")
        return heard(window, before)

    async def stop(self, person: Person, *, place: Channel, thread: str) -> Heard:
        """A person presses Slack's own Stop; there is one only while the session is at work."""
        session = self.sessions.get((place.id, thread))
        if session is None or session.status != "processing":
            return Heard(ok=False, error="not_processing")
        window = self.windows.begin(user=person.id, channel=place.id)
        event = {
            "type": "agent_session_stopped",
            "user": person.id,
            "channel": place.id,
            "thread_ts": thread,
            "streaming_message_ts": [],
            "event_ts": self.store.mint(),
        }
        await self.actions.tell(window, envelopes.event(event, at=int(self.store.clock())))
        return Heard(ok=True)

    async def run_step(self, person: Person, *, inputs: Json) -> Execution:
        """A workflow reaches the app's step."""
        execution = Execution(
            id=f"Fx{secrets.token_hex(5).upper()}", user=person.name, at=self.store.clock(), inputs=inputs
        )
        self.executions.append(execution)
        self._step_changed()
        token = f"xwfp-{secrets.token_hex(8)}"
        self.grant(token, self.store.clock() + STEP_TOKEN_S)
        window = self.windows.begin(user=person.id, channel=self.store.direct(person.id).id)
        event = {
            "type": "function_executed",
            "function": {
                "id": "Fn0MAKEVIDEO",
                "callback_id": self.step.callback_id,
                "title": self.step.title,
                "description": "",
                "type": "app",
                "input_parameters": [],
                "output_parameters": [],
                "app_id": APP_ID,
            },
            "inputs": inputs,
            "function_execution_id": execution.id,
            "workflow_execution_id": f"Wx{secrets.token_hex(5).upper()}",
            "event_ts": self.store.mint(),
            "bot_access_token": token,
        }
        await self.actions.tell(window, envelopes.event(event, at=int(self.store.clock())))
        return execution

    async def set_session_status(self, args: Arguments) -> Json:
        """agents.sessions.setStatus. A title counts for a new session only."""
        if not self.is_agent:
            raise SlackError("feature_disabled")
        channel, status = self.store.seen_by_bot(args.need("channel_id")), args.need("status")
        if status not in STATUSES:
            raise SlackError("invalid_arguments", ("[ERROR] must be a valid enum value [json-pointer:/status]",))
        if len(args.text("title")) > TITLE_MAX:
            raise SlackError("title_too_long")
        session = self.sessions.setdefault((channel.id, args.need("thread_ts")), Session(title=args.text("title")))
        session.statuses.append(status)
        self._session_changed(channel)
        return {"ok": True, "status": status, "title": session.title}

    async def rename_session(self, args: Arguments) -> Json:
        """agents.sessions.rename."""
        channel = self.store.seen_by_bot(args.need("channel_id"))
        session = self.sessions.get((channel.id, args.need("thread_ts")))
        if session is None:
            raise SlackError("session_not_found")
        session.title = args.need("title")
        self._session_changed(channel)
        return {"ok": True}

    async def set_thread_status(self, args: Arguments) -> Json:
        """assistant.threads.setStatus, setTitle and setSuggestedPrompts: taken, where the app is an agent."""
        if not self.is_agent:
            raise SlackError("not_allowed")
        self.store.seen_by_bot(args.need("channel_id"))
        return {"ok": True}

    async def complete(self, args: Arguments) -> Json:
        """functions.completeSuccess: with every output that the step promises, and once."""
        execution = self._running(args)
        given = args.given("outputs")
        outputs = given if isinstance(given, dict) else {}
        for each in self.step.outputs:
            if not isinstance(outputs.get(each.name), each.kind):
                raise SlackError("parameter_validation_failed", (f"[ERROR] missing or wrong output: {each.name}",))
        execution.outputs, execution.ended_at = outputs, self.store.clock()
        self._step_changed()
        return {"ok": True}

    async def fail(self, args: Arguments) -> Json:
        """functions.completeError."""
        execution = self._running(args)
        execution.error, execution.ended_at = args.need("error"), self.store.clock()
        self._step_changed()
        return {"ok": True}

    def _running(self, args: Arguments) -> Execution:
        wanted = args.need("function_execution_id")
        execution = next((each for each in self.executions if each.id == wanted), None)
        if execution is None:
            raise SlackError("function_execution_not_found")
        if execution.outputs is not None or execution.error is not None:
            raise SlackError("function_execution_not_in_progress")
        return execution

    def _session_changed(self, channel: Channel) -> None:
        self.tell({"type": "session", "channel": channel.name})

    def _step_changed(self) -> None:
        self.tell({"type": "workflow"})
