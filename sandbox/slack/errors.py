"""How the stand-in says no: Slack's own error words, with the details Slack adds to some of them."""

from dataclasses import dataclass

from sandbox.slack.fixtures import Json


@dataclass(eq=False)
class SlackError(Exception):
    """A Web API call was refused.

    Args:
        error: Slack's word for it, such as `channel_not_found`.
        messages: what `response_metadata.messages` says, one sentence each.
        needed: for `missing_scope`: which.
        retry_after_s: for `ratelimited`: the answer is a 429 with this Retry-After.
    """

    error: str
    messages: tuple[str, ...] = ()
    retry_after_s: int | str | None = None
    needed: str = ""

    def body(self) -> Json:
        """The JSON that a client reads."""
        body: Json = {"ok": False, "error": self.error}
        if self.needed:
            body |= {"needed": self.needed, "provided": "commands"}
        if self.messages:
            body["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
            body["response_metadata"] = {"messages": list(self.messages)}
        return body
