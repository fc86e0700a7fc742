"""The main job, with an unmodified slack-bolt app: a command, a thread, edits, a video, a button."""

from slack_bolt.async_app import AsyncApp

from sandbox.slack import Slack
from tests.patience import until
from tests.sandbox.slack.conftest import connected
from tests.sandbox.slack.schema import need_schema, request_problems

VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(5000)


def _video_bot(app: AsyncApp) -> None:
    @app.command("/video")
    async def video(ack, command, client, respond):
        await ack(text=f"Making it: {command['text']}")
        root = await client.chat_postMessage(
            channel=command["channel_id"], text=f"<@{command['user_id']}> asked for *{command['text']}*"
        )
        where = {"channel": root["channel"], "thread_ts": root["ts"]}
        progress = await client.chat_postMessage(
            **where, text="queued", metadata={"event_type": "nd", "event_payload": {"generation": "g1"}}
        )
        for stage in ("rendering", "storing"):
            await client.chat_update(
                channel=progress["channel"],
                ts=progress["ts"],
                text=stage,
                blocks=[
                    {"type": "section", "text": {"type": "mrkdwn", "text": f"*{stage}* &lt;3"}},
                    {
                        "type": "actions",
                        "elements": [
                            {
                                "type": "button",
                                "action_id": "cancel",
                                "value": "g1",
                                "text": {"type": "plain_text", "text": "Cancel"},
                            }
                        ],
                    },
                ],
            )
        await client.files_upload_v2(
            channel=root["channel"],
            thread_ts=root["ts"],
            filename="fox.mp4",
            title="A fox",
            content=VIDEO,
            initial_comment="Here it is",
        )

    @app.action("cancel")
    async def cancel(ack, respond, body):
        await ack()
        await respond(text=f"Too late for {body['actions'][0]['value']}", replace_original=False)


async def test_a_command_becomes_a_thread_with_an_edited_progress_message_and_a_video(slack: Slack) -> None:
    async with connected(slack, _video_bot) as bot:
        heard = await slack.say(channel="general", user="ana", text="/video a red fox")
        assert heard.ok
        assert heard.ephemeral == ("Making it: a red fox",)

        def finished():
            threads = [message["thread"] for message in slack.messages("general")]
            return threads and len(threads[0]) == 2 and threads[0][1]["files"]

        await until(finished)
        (root,) = slack.messages("general")
        assert root["user"] == "Neverdark"
        assert root["text"] == "@ana asked for a red fox"
        progress, video = root["thread"]
        assert progress["text"] == "storing <3"
        assert progress["edits"] == 2
        assert progress["actions"] == [{"action": "cancel", "label": "Cancel"}]
        assert video["text"] == "Here it is"
        (file,) = video["files"]
        assert (file["name"], file["mimetype"], file["size"]) == ("fox.mp4", "video/mp4", len(VIDEO))

        read = await bot.app.client.conversations_replies(channel="C0GENERAL", ts=root["id"], include_all_metadata=True)
        assert [message["ts"] for message in read["messages"]] == [root["id"], progress["id"], video["id"]]
        assert read["messages"][1]["metadata"]["event_payload"] == {"generation": "g1"}

        pressed = await slack.press(channel="general", message=progress["id"], action="cancel", user="ana")
        assert pressed.ok
        assert pressed.ephemeral == ("Too late for g1",)


async def test_all_that_the_flow_sends_passes_slacks_own_types(slack: Slack) -> None:
    need_schema()
    async with connected(slack, _video_bot):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: any(method == "files.completeUploadExternal" for method, _ in slack.requests))
    wrong = {method: found for method, args in slack.requests if (found := request_problems(method, args))}
    assert wrong == {}
