"""What a person does with the app outside of messages, by HTTP: its Home, shortcuts, agent, and a step of a workflow.

Slack has no such API; these are the person's own clicks, for the chat page and for scripts. See docs/sandbox.md.
"""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import wire
from sandbox.api import heard_json
from sandbox.platform import Person
from sandbox.slack.buttons import labels
from sandbox.slack.fixtures import AGENT_PROMPTS, GLOBAL_SHORTCUTS, PEOPLE, Json, Parameter, person_called
from sandbox.slack.surfaces import Surfaces

RUNS_SHOWN = 20
TABS = ("home", "messages")


class PersonApi:
    """The handlers of /slack/person, around the surfaces of one workspace."""

    def __init__(self, surfaces: Surfaces) -> None:
        self._surfaces = surfaces

    def routes(self) -> list[Route]:
        """Where it answers."""
        return [
            Route("/person", self.state, methods=["GET"]),
            Route("/person/open", self.open, methods=["POST"]),
            Route("/person/press", self.press, methods=["POST"]),
            Route("/person/shortcut", self.shortcut, methods=["POST"]),
            Route("/person/stop", self.stop, methods=["POST"]),
            Route("/person/run", self.run, methods=["POST"]),
        ]

    async def state(self, request: Request) -> Response:
        person, surfaces = _person(dict(request.query_params)), self._surfaces
        view = surfaces.views.homes.get(person.id)
        names = {channel.id: channel.name for channel in surfaces.store.channels.values()}
        return JSONResponse(
            {
                "home": None if view is None else {"blocks": view["blocks"], "actions": _actions(view)},
                "agent": [{"title": title, "message": message} for title, message in AGENT_PROMPTS]
                if surfaces.is_agent
                else None,
                "sessions": [
                    {"channel": names[channel], "thread": thread, "status": each.status, "title": each.title}
                    for (channel, thread), each in surfaces.sessions.items()
                ],
                "shortcuts": [asdict(each) for each in GLOBAL_SHORTCUTS],
                "step": {
                    "title": surfaces.step.title,
                    "inputs": [_parameter(each) for each in surfaces.step.inputs],
                    "outputs": [_parameter(each) for each in surfaces.step.outputs],
                },
                "runs": [asdict(each) for each in list(surfaces.executions)[-RUNS_SHOWN:]],
            }
        )

    async def open(self, request: Request) -> Response:
        posted = await wire.body(request)
        tab = wire.choice(posted, "tab", TABS)
        return JSONResponse(heard_json(await self._surfaces.open_app(_person(posted), tab=tab)))

    async def press(self, request: Request) -> Response:
        posted = await wire.body(request)
        action = wire.text(posted, "action")
        return JSONResponse(heard_json(await self._surfaces.press_home(_person(posted), action=action)))

    async def shortcut(self, request: Request) -> Response:
        posted = await wire.body(request)
        name = wire.choice(posted, "shortcut", [each.id for each in GLOBAL_SHORTCUTS])
        return JSONResponse(heard_json(await self._surfaces.shortcut(_person(posted), callback_id=name)))

    async def stop(self, request: Request) -> Response:
        posted = await wire.body(request)
        place = self._surfaces.store.named(wire.text(posted, "channel"))
        if place is None:
            raise wire.BadInput("channel must be one that there is.")
        thread = wire.text(posted, "thread")
        return JSONResponse(heard_json(await self._surfaces.stop(_person(posted), place=place, thread=thread)))

    async def run(self, request: Request) -> Response:
        posted = await wire.body(request)
        given = wire.texts(posted, "inputs")
        inputs: Json = {}
        for each in self._surfaces.step.inputs:
            value = given.get(each.name, "").strip()
            if not value and not each.optional:
                return JSONResponse({"ok": False, "error": f"{each.title}: please complete this required field."})
            place = self._surfaces.store.named(value) if each.name == "channel" else None
            if value:
                inputs[each.name] = place.id if place is not None else value
        execution = await self._surfaces.run_step(_person(posted), inputs=inputs)
        return JSONResponse({"ok": True, "run": execution.id})


def _person(asked: dict[str, Any]) -> Person:
    wire.choice(asked, "user", [person.name for person in PEOPLE])
    found = person_called(str(asked["user"]))
    assert found is not None  # noqa: S101 - it was chosen among them
    return found


def _actions(view: Json) -> list[Json]:
    return [{"action": action, "label": label} for action, label in labels(view["blocks"])]


def _parameter(each: Parameter) -> Json:
    return {"name": each.name, "title": each.title, "optional": each.optional}
