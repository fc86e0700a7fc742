"""Which part of the workspace answers which method of the Web API."""

from sandbox.slack.api import Method
from sandbox.slack.arguments import Arguments
from sandbox.slack.chat import Chat
from sandbox.slack.fixtures import Json
from sandbox.slack.rooms import Rooms
from sandbox.slack.surfaces import Surfaces
from sandbox.slack.uploads import Uploads
from sandbox.slack.views import Views


async def _test(args: Arguments) -> Json:
    """api.test."""
    return {"ok": True, "args": args.values}


def methods_of(*, rooms: Rooms, chat: Chat, uploads: Uploads, views: Views) -> dict[str, Method]:
    """By method, who answers it."""
    return {
        "api.test": _test,
        "auth.test": rooms.auth_test,
        "team.info": rooms.team_info,
        "users.info": rooms.user_info,
        "users.list": rooms.user_list,
        "usergroups.list": rooms.group_list,
        "usergroups.users.list": rooms.group_members,
        "conversations.info": rooms.info,
        "conversations.list": rooms.listed,
        "conversations.open": rooms.open,
        "conversations.join": rooms.join,
        "conversations.history": rooms.history,
        "conversations.replies": rooms.replies,
        "chat.getPermalink": rooms.permalink,
        "chat.postMessage": chat.post,
        "chat.update": chat.update,
        "chat.delete": chat.delete,
        "chat.postEphemeral": chat.whisper,
        "files.getUploadURLExternal": uploads.get_url,
        "files.completeUploadExternal": uploads.complete,
        "files.info": uploads.info,
        "files.delete": uploads.delete,
        "views.open": views.open,
        "views.push": views.push,
        "views.update": views.update,
        "views.publish": views.publish,
    }


def methods_of_surfaces(surfaces: Surfaces) -> dict[str, Method]:
    """The same for what is beside messages."""
    return {
        "agents.sessions.setStatus": surfaces.set_session_status,
        "agents.sessions.rename": surfaces.rename_session,
        "assistant.threads.setStatus": surfaces.set_thread_status,
        "assistant.threads.setTitle": surfaces.set_thread_status,
        "assistant.threads.setSuggestedPrompts": surfaces.set_thread_status,
        "functions.completeSuccess": surfaces.complete,
        "functions.completeError": surfaces.fail,
    }
