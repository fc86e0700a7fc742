"""Checks requests and answers against Discord's own OpenAPI file, where that file is at hand."""

import copy
import functools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.sandbox.compiled import Compiled

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT.parent / "shared" / "schemas" / "discord-openapi.json"
URI = "urn:discord"

JSON = "application/json"
IDS = ("id", "recipient_id", "message_id", "channel_id", "guild_id")


class OpenApi:
    """Finds the operation of a request and says what in it, or in its answer, Discord's file does not allow."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths: dict[str, Any] = document["paths"]
        self._compiled = Compiled(document, draft=202012)
        resource = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry().with_resource(URI, resource)
        # The most literal template first: …/messages/@original before …/messages/{message_id}.
        self._templates: list[tuple[re.Pattern[str], str]] = [
            (re.compile(re.sub(r"\{[^}]+\}", r"[^/]+", template)), template)
            for template in sorted(self._paths, key=lambda path: path.count("{"))
        ]

    def template(self, method: str, path: str) -> str:
        """The path in the file that a request's path is an instance of."""
        for pattern, template in self._templates:
            if pattern.fullmatch(path) and method.lower() in self._paths[template]:
                return template
        raise LookupError(f"Discord has no {method} {path}.")

    def request_problems(self, method: str, path: str, body: Any) -> list[str]:
        """What is wrong with a request's JSON; the payload_json of a multipart body is checked as JSON is."""
        template = self.template(method, path)
        described = self._paths[template][method.lower()].get("requestBody")
        if described is None:
            return [] if body in (None, {}) else [f"{method} {path} takes no body."]
        pointer = ("paths", template, method.lower(), "requestBody", "content", JSON, "schema")
        return self._problems(pointer, _normal(body))

    def response_problems(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer."""
        template = self.template(method, path)
        described = self._paths[template][method.lower()]["responses"]
        key = next((key for key in (str(status), f"{status // 100}XX") if key in described), None)
        if key is None:
            return [f"{method} {path} never answers {status}."]
        if status >= 400 and isinstance(body, dict) and "errors" in body:
            body = {**body, "errors": _numbered(body["errors"])}
        if "$ref" in described[key]:
            name = described[key]["$ref"].rsplit("/", 1)[1]
            return self._problems(("components", "responses", name, "content", JSON, "schema"), body)
        if "content" not in described[key]:
            return [] if body is None else [f"{method} {path} answers {status} without a body."]
        pointer = ("paths", template, method.lower(), "responses", key, "content", JSON, "schema")
        return self._problems(pointer, body)

    def _problems(self, pointer: tuple[str, ...], instance: Any) -> list[str]:
        escaped = "/".join(quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in pointer)
        if self._compiled.is_right(instance, f"/{escaped}"):
            return []
        validator = jsonschema.Draft202012Validator({"$ref": f"{URI}#/{escaped}"}, registry=self._registry)
        return [_described(error) for error in validator.iter_errors(instance)]


def _described(error: jsonschema.ValidationError) -> str:
    deepest = jsonschema.exceptions.best_match([error]) or error
    return f"{deepest.json_path}: {deepest.message[:300]}"


def _normal(body: Any) -> Any:
    """A request without its one known deviation: discord.py sends some ids as numbers, and Discord takes them."""
    body = copy.deepcopy(body)
    for holder in [body, body.get("data")] if isinstance(body, dict) else []:
        if isinstance(holder, dict):
            places = [*(holder.get("attachments") or []), holder.get("message_reference") or {}]
            for place in [*places, holder]:
                place |= {key: str(place[key]) for key in IDS if isinstance(place.get(key), int)}
            mentions = holder.get("allowed_mentions") or {}
            mentions |= {key: [str(one) for one in mentions[key]] for key in ("users", "roles") if key in mentions}
    return body


def _numbered(errors: Any) -> Any:
    """Field errors with numbers for codes: the file says integer, Discord sends words such as BASE_TYPE_REQUIRED."""
    if isinstance(errors, list):
        return [{**error, "code": 0} if isinstance(error.get("code"), str) else error for error in errors]
    return {key: _numbered(value) for key, value in errors.items()}


@functools.cache
def at_hand() -> OpenApi | None:
    """Discord's OpenAPI file, read once, or nothing where it is not."""
    return OpenApi(json.loads(FILE.read_text())) if FILE.exists() else None


def load() -> OpenApi:
    """Discord's OpenAPI file; the test is skipped where it is not."""
    found = at_hand()
    if found is None:
        pytest.skip(f"Discord's OpenAPI file is not at {FILE}")
    return found
