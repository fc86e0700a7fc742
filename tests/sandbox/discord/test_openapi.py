"""The checker itself: it must find what is wrong, or every other test's check is worth nothing."""

import pytest

from tests.sandbox.discord import openapi

MESSAGES = "/channels/1/messages"


def test_the_most_literal_operation_is_found() -> None:
    schema = openapi.load()

    original = schema.template("PATCH", "/webhooks/1/token/messages/@original")

    assert original == "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
    assert schema.template("GET", "/users/@me") == "/users/@me"
    assert schema.template("GET", MESSAGES) == "/channels/{channel_id}/messages"


def test_an_operation_that_discord_lacks_is_no_operation() -> None:
    with pytest.raises(LookupError):
        openapi.load().template("DELETE", "/gateway")


@pytest.mark.parametrize(
    "body",
    [
        {"content": 5},
        {"content": "x" * 4001},
        {"nonce": "n" * 26},
        {"embeds": [{"title": "t" * 257}]},
        {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "l" * 81, "custom_id": "a"}]}]},
        {"attachments": [{"id": "not a number", "filename": "a.mp4"}]},
    ],
)
def test_a_wrong_request_is_found(body: dict[str, object]) -> None:
    assert openapi.load().request_problems("POST", MESSAGES, body)


def test_attachment_ids_may_be_numbers() -> None:
    body = {"attachments": [{"id": 0, "filename": "fox.mp4"}]}

    assert openapi.load().request_problems("POST", MESSAGES, body) == []
    assert openapi.load().request_problems("POST", "/interactions/1/t/callback", {"type": 4, "data": body}) == []


def test_a_wrong_answer_is_found() -> None:
    schema = openapi.load()

    assert schema.response_problems("GET", "/users/@me", 200, {"id": 1})
    assert schema.response_problems("GET", "/users/@me", 404, {"message": "no code"})
    assert schema.response_problems("GET", "/users/@me", 201, {})
    assert schema.response_problems("GET", MESSAGES, 200, [{"id": "1"}])
