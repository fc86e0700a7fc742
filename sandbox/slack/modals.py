"""A person sends or closes a modal: what the client checks, what the app is sent, and what its answer does."""

from dataclasses import dataclass

from sandbox.platform import Heard, Person
from sandbox.slack import envelopes
from sandbox.slack.blockkit import view_problems
from sandbox.slack.fixtures import Json
from sandbox.slack.forms import FILES, action_of, inputs, state_values
from sandbox.slack.pictures import NoPicture
from sandbox.slack.response_window import ResponseWindows
from sandbox.slack.talk import Talk
from sandbox.slack.user_actions import UserActions, heard
from sandbox.slack.views import Opened, Views

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modals:
    """Sending and closing modals."""

    views: Views
    windows: ResponseWindows
    user_actions: UserActions
    talk: Talk

    async def submit(self, *, modal: str, person: Person, values: dict[str, str]) -> Heard:
        """Send a modal. What is wrong in it comes back as `error`, and the modal stays open."""
        shown = self.views.opened.get(modal)
        if shown is None or shown.user != person.id:
            return Heard(ok=False, error="not_found")
        state, wrong = state_values(shown.view, values)
        if not wrong:
            wrong = await self._upload(state, person)
        if wrong:
            return _refused(shown, wrong)
        answering = self._answering(shown.view, state)
        window = self.windows.begin(user=person.id, channel=answering.get("channel_id", ""))
        if answering:
            answering["response_url"] = self.user_actions.hooks.url(window)
        shown.view["state"] = {"values": state}
        answer, before = await self.user_actions.deliver(
            window,
            envelopes.submission(
                window, view=shown.view, person=person, response_urls=[answering] if answering else []
            ),
            settle=lambda said: self._settle(shown, said),
        )
        if answer.unheard or answer.late:
            return Heard(ok=False, error=TROUBLE, modal=shown.modal)
        errors = answer.payload.get("errors")
        if answer.payload.get("response_action") == "errors" and isinstance(errors, dict):
            return _refused(shown, {str(name): str(problem) for name, problem in errors.items()})
        view = answer.payload.get("view")
        if view is not None and view_problems(view, kind="modal"):
            return Heard(ok=False, error=TROUBLE, modal=shown.modal)
        top = self.views.top(person.id)
        result = heard(window, before)
        return result if result.modal or top is None else Heard(ok=True, ephemeral=result.ephemeral, modal=top.modal)

    def _answering(self, view: Json, state: Json) -> Json:
        """Where the app may answer: in the conversation that was chosen in an input which asks for that."""
        for found in inputs(view):
            said = state.get(found.block_id, {}).get(found.action_id, {})
            chosen = self.talk.store.named(str(said.get("selected_conversation") or ""))
            if chosen is not None:
                said["selected_conversation"] = chosen.id
                if found.element.get("response_url_enabled"):
                    return {"block_id": found.block_id, "action_id": found.action_id, "channel_id": chosen.id}
        return {}

    async def change(self, *, modal: str, person: Person, field: str, values: dict[str, str]) -> Heard:
        """Change a field of an open modal: the app hears of it where the field's block says so."""
        shown = self.views.opened.get(modal)
        if shown is None or shown.user != person.id:
            return Heard(ok=False, error="not_found")
        state, _ = state_values(shown.view, {name: value for name, value in values.items() if not _is_files(value)})
        action = action_of(shown.view, field, state)
        if action is None:
            return Heard(ok=True)
        window = self.windows.begin(user=person.id, channel="")
        envelope = envelopes.changed(
            window, view={**shown.view, "state": {"values": state}}, action=action, person=person
        )
        answer, before = await self.user_actions.deliver(window, envelope)
        return Heard(ok=False, error=TROUBLE) if answer.unheard or answer.late else heard(window, before)

    async def _upload(self, state: Json, person: Person) -> dict[str, str]:
        """Upload the files of a form, as the client does before it sends it; what is wrong, by block."""
        for block, values in state.items():
            for said in values.values():
                if said["type"] != FILES:
                    continue
                try:
                    kept = [await self.talk.picture(address, person) for address in said["files"]]
                except NoPicture as problem:
                    return {block: str(problem)}
                said["files"] = [self.talk.files.json(file.id) for file in kept]
        return {}

    async def dismiss(self, *, modal: str, person: Person) -> Heard:
        """Close a modal without sending it; the app hears of it if it asked to."""
        shown = self.views.opened.get(modal)
        if shown is None or shown.user != person.id:
            return Heard(ok=False, error="not_found")
        self.views.close(shown, every=False)
        if not shown.view["notify_on_close"]:
            return Heard(ok=True)
        window = self.windows.begin(user=person.id, channel="")
        answer, before = await self.user_actions.deliver(
            window, envelopes.closed(window, view=shown.view, person=person)
        )
        return heard(window, before) if not (answer.unheard or answer.late) else Heard(ok=True)

    def _settle(self, shown: Opened, said: Json) -> None:
        """What the acknowledgement does to the modal, before anything else is waited for."""
        view = said.get("view")
        match said.get("response_action"):
            case "errors":
                return
            case "update" if isinstance(view, dict) and not view_problems(view, kind="modal"):
                self.views.replace(shown, view)
            case "push" if isinstance(view, dict) and not view_problems(view, kind="modal"):
                self.views.show(view, user=shown.user, previous=shown)
            case "update" | "push":
                return
            case kind:
                self.views.close(shown, every=kind == "clear")


def _is_files(value: str) -> bool:
    """Whether a value is files: the client uploads them when the modal is sent."""
    return value.startswith(("data:", "http://", "https://"))


def _refused(shown: Opened, wrong: dict[str, str]) -> Heard:
    """The modal stays open with a sentence at each field that is wrong."""
    names = {found.block_id: found.label for found in inputs(shown.view)}
    sentences = [f"{names.get(block, block)}: {problem}" for block, problem in wrong.items()]
    return Heard(ok=False, error="\n".join(sentences), errors=wrong, modal=shown.modal)
