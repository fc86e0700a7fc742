"""The arguments of a Web API call, from wherever a client put them: query string, form, or JSON body."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import Json

BODY_BYTES_MAX = 2_000_000
JSON_ARGUMENTS = frozenset({"blocks", "attachments", "metadata", "view", "files", "file_ids", "outputs", "prompts"})
_FALSE = frozenset({"", "0", "false", "none", "null"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """One call's arguments; JSON arguments that came as strings are decoded."""

    values: Json

    def text(self, name: str) -> str:
        """The argument as text; empty if it is absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def need(self, name: str) -> str:
        """The argument as text, or Slack's complaint that it is missing."""
        if text := self.text(name):
            return text
        raise SlackError("invalid_arguments", (f"[ERROR] missing required field: {name}",))

    def flag(self, name: str) -> bool:
        """The argument as a truth value: the SDKs send `true`, `1` or "true"."""
        return str(self.values.get(name, "")).lower() not in _FALSE

    def number(self, name: str, default: int) -> int:
        """The argument as a whole number."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments", (f"[ERROR] must be a number [json-pointer:/{name}]",)) from None

    def given(self, name: str) -> Any:
        """The argument as it came; None if it is absent."""
        return self.values.get(name)


async def read(request: Request) -> tuple[Arguments, str]:
    """The call's arguments, and the token that came with them."""
    values: Json = dict(request.query_params)
    if request.method == "POST":
        values |= await _body(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    carried = values.pop("token", None)
    if scheme.lower() != "bearer" or not token:
        token = str(carried or "")
    return Arguments({name: _decoded(name, value) for name, value in values.items()}), token


async def _body(request: Request) -> Json:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if int(request.headers.get("content-length", "0") or 0) > BODY_BYTES_MAX:
        raise SlackError("invalid_arguments", ("[ERROR] the request is too large",))
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return body
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        async with request.form() as form:
            return {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
    if await request.body():
        raise SlackError("invalid_post_type")
    return {}


def _decoded(name: str, value: Any) -> Any:
    if name not in JSON_ARGUMENTS or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        if name == "file_ids":
            return [part.strip() for part in value.split(",") if part.strip()]
        error = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise SlackError(error.get(name, "invalid_arguments")) from None
