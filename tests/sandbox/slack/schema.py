"""Slack's own types as a JSON schema: what a request of ours would be told by Slack's TypeScript compiler.

The schema lies beside the repository; where it is absent, the tests that need it skip.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator

from tests.sandbox.compiled import Compiled

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT.parent / "shared" / "schemas" / "slack-types.schema.json"

METHODS = {
    "chat.postMessage": "chat_postMessage",
    "chat.update": "chat_update",
    "chat.postEphemeral": "chat_postEphemeral",
    "views.open": "views_open",
    "views.publish": "views_publish",
    "files.getUploadURLExternal": "files_getUploadURLExternal",
    "files.completeUploadExternal": "files_completeUploadExternal",
}
"""The methods whose arguments the schema knows."""

BY_TYPE = {
    "actions": "ActionsBlock",
    "alert": "AlertBlock",
    "card": "CardBlock",
    "carousel": "CarouselBlock",
    "container": "ContainerBlock",
    "context": "ContextBlock",
    "context_actions": "ContextActionsBlock",
    "data_table": "DataTableBlock",
    "divider": "DividerBlock",
    "file": "FileBlock",
    "header": "HeaderBlock",
    "image": "ImageBlock",
    "input": "InputBlock",
    "markdown": "MarkdownBlock",
    "plan": "PlanBlock",
    "rich_text": "RichTextBlock",
    "section": "SectionBlock",
    "table": "TableBlock",
    "task_card": "TaskCardBlock",
    "video": "VideoBlock",
}


def need_schema() -> None:
    """Skip the running test where Slack's schema is not at hand."""
    if not SCHEMA.exists():
        pytest.skip(f"Slack's types are not at {SCHEMA}")


def problems(value: Any, definition: str) -> list[str]:
    """What is wrong with a value by one definition of the schema, each with its place; empty if nothing."""
    if _slacks_types()[1].is_right(value, f"/definitions/{definition}"):
        return []
    return [_told(error) for error in _validator(definition).iter_errors(value)]


def block_problems(blocks: list[dict[str, Any]]) -> list[str]:
    """What is wrong with blocks, each judged by the definition of its own type."""
    found = []
    for n, block in enumerate(blocks):
        definition = BY_TYPE.get(str(block.get("type")))
        told = [f"no block type {block.get('type')!r}"] if definition is None else problems(block, definition)
        found += [f"blocks/{n}: {problem}" for problem in told]
    return found


def request_problems(method: str, arguments: dict[str, Any]) -> list[str]:
    """What is wrong with a Web API call, as the stand-in's `requests` has it; methods without a schema are fine.

    The SDK adds `team_id` and turns truth values of a query string into 0 and 1 by itself.
    """
    own = {name: value for name, value in arguments.items() if name != "team_id"}
    if method == "files.getUploadURLExternal" and "length" in own:
        own["length"] = int(own["length"])
    blocks = own.get("blocks")
    if isinstance(own.get("view"), dict):
        blocks = own["view"].get("blocks")
    found = block_problems(blocks) if isinstance(blocks, list) else []
    return found + (problems(own, METHODS[method]) if method in METHODS else [])


def _told(error: ValidationError) -> str:
    closest = best_match(error.context) if error.context else error
    path = "/".join(str(part) for part in (*error.absolute_path, *closest.path)) or "."
    return f"{path}: {closest.message[:300]}"


@cache
def _validator(definition: str) -> Validator:
    schema, _ = _slacks_types()
    return Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": schema["definitions"]})


@cache
def _slacks_types() -> tuple[Any, Compiled]:
    schema = json.loads(SCHEMA.read_text())
    return schema, Compiled(schema, draft=7)
