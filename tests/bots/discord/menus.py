"""Acts for a person on a card that only they see: chooses in its menu, and fills in the form that opens."""

from typing import Any

from tests.sandbox.discord.harness import Sandbox


def whisper(sandbox: Sandbox) -> dict[str, Any]:
    """The newest message that one person alone sees."""
    found: dict[str, Any] = [each for each in sandbox.world.recent if each["type"] == "ephemeral"][-1]
    return found


async def choose(sandbox: Sandbox, command: str, name: str, values: dict[str, str] | None = None) -> str:
    """The answer to ana's choice in the menu of a command's card."""
    assert (await sandbox.platform.say(channel="general", user="ana", text=command)).ok
    news = whisper(sandbox)
    action = next(each["action"] for each in news["drawn"]["actions"] if f":credits:{name}:" in each["action"])
    press = sandbox.platform.press
    heard = await press(channel="general", user="ana", message=news["id"], action=action)
    if heard.modal is not None:
        heard = await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values or {})
    assert heard.ok, heard
    return heard.ephemeral[0]
