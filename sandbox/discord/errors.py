"""How Discord says no: its codes with their HTTP status and words, and the nested form of an invalid body."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

Path = tuple[str | int, ...]


class Refusal(Enum):
    """An error of the API: status, code, message."""

    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    NOT_FOUND = (404, 0, "404: Not Found")
    SERVER_ERROR = (500, 0, "500: Internal Server Error")
    UNAVAILABLE = (503, 0, "503: Service Unavailable")
    BAD_JSON = (400, 50109, "The request body contains invalid JSON.")
    TOO_MANY_FOLLOWUPS = (400, 40094, "The interaction has reached the maximum number of follow up messages.")
    UNKNOWN_ENTITLEMENT = (404, 10124, "Unknown Entitlement")
    UNKNOWN_APPLICATION = (404, 10002, "Unknown Application")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    WANTS_TAG = (400, 40067, "A tag is required to create a forum post in this channel")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    NOT_YOURS = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    CANNOT_DM = (403, 50007, "Cannot send messages to this user")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    WRONG_CHANNEL_TYPE = (400, 50024, "Cannot execute action on this channel type")
    BAD_TOKEN = (401, 50027, "Invalid Webhook Token")
    BAD_RECIPIENT = (400, 50033, "Invalid Recipient(s)")
    INVALID_FORM = (400, 50035, "Invalid Form Body")
    ARCHIVED = (400, 50083, "Thread is archived")
    HAS_THREAD = (400, 160004, "A thread has already been created for this message")
    LOCKED = (403, 160005, "Thread is locked")


class ApiError(Exception):
    """The API refuses; `refusal` says how, `errors` which fields of the body were wrong."""

    def __init__(self, refusal: Refusal, errors: Mapping[str, Any] | None = None) -> None:
        super().__init__(refusal.name)
        self.status, code, message = refusal.value
        self.body: dict[str, Any] = {"message": message, "code": code} | ({"errors": dict(errors)} if errors else {})


class FormErrors:
    """Collects what is wrong in a body, in Discord's nested form: {"embeds": {"0": {"title": {"_errors": [...]}}}}."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note that the field at `path` is wrong. A field has errors of its own or in its parts; the first decides."""
        node = self._tree
        for step in path:
            if "_errors" in node:
                return
            node = node.setdefault(str(step), {})
        if not node or "_errors" in node:
            node.setdefault("_errors", []).append({"code": code, "message": message})

    def required(self, path: Path) -> None:
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def one_of(self, path: Path, legal: Sequence[Any]) -> None:
        shown = ", ".join(map(str, legal))
        self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{shown}}}.")

    def text(self, value: Any, path: Path, *, low: int = 0, high: int) -> str:
        """The string at `path`, which must have `low` to `high` characters."""
        if value is None:
            value = ""
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            self.add(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
            return ""
        text = str(value)
        if low and not text:
            self.required(path)
        elif low and not low <= len(text) <= high:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
        elif len(text) > high:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        return text

    def number(self, value: Any, path: Path, *, low: int, high: int, default: int) -> int:
        """The whole number at `path`, from `low` to `high`."""
        if value is None:
            return default
        try:
            number = int(value)
        except (TypeError, ValueError):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return default
        if number < low:
            self.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")
        elif number > high:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")
        return number

    def objects(self, value: Any, path: Path, *, low: int = 0, high: int) -> list[dict[str, Any]]:
        """The list of objects at `path`, with `low` to `high` of them."""
        if value is None:
            value = []
        if not isinstance(value, list):
            self.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not low <= len(value) <= high:
            if low:
                self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
            else:
                self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self.add((*path, index), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return [item for item in value if isinstance(item, dict)]

    def refusal(self) -> ApiError:
        """The refusal that lists what was noted."""
        return ApiError(Refusal.INVALID_FORM, self._tree)

    def check(self) -> None:
        """Refuse the body if anything was noted."""
        if self._tree:
            raise self.refusal()
