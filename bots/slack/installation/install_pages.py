"""The pages in the browser after an installation of the app, successful or not."""

import base64
from hashlib import sha256
from html import escape
from string import Template

_STYLE = """
body{margin:0;background:#14141f;color:#e8e8f0;font:17px/1.55 system-ui,sans-serif;display:grid;place-items:center;
min-height:100vh}
main{max-width:34rem;padding:2rem}h1{font-size:1.7rem;margin:0 0 .6rem}p{margin:.6rem 0;color:#b9b9c8}
code{display:block;background:#23233a;color:#fff;border-radius:.6rem;padding:.8rem 1rem;margin:.5rem 0;
font:16px ui-monospace,monospace}
a.go{display:inline-block;margin-top:1rem;background:#6d5df6;color:#fff;text-decoration:none;border-radius:.6rem;
padding:.7rem 1.2rem}
"""
_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_PAGE = Template(
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><title>$title</title><style>'
    + _STYLE
    + "</style></head><body><main><h1>$title</h1>$body</main></body></html>"
)

_WHY = {
    "access_denied": "Nothing was installed: on Slack’s page somebody pressed Cancel.",
    "invalid_browser": "It was begun in another browser, or this one keeps no cookies.",
    "invalid_state": "The link was used already, or is older than ten minutes.",
    "missing_code": "Slack sent no code along.",
    "invalid_code": "Slack did not take the code; it is good for ten minutes and for one use.",
    "storage_error": "We could not write it down.",
}


def installed_page(name: str, *, app_id: str | None, team_id: str | None, for_organization: bool) -> str:
    """The page after a success: says what to type now."""
    link = f"slack://app?id={escape(app_id or '')}"
    if team_id is not None:
        link = f"slack://app?team={escape(team_id)}&amp;id={escape(app_id or '')}&amp;tab=home"
    lines = [
        "<p>Type this in any channel. The video arrives there, in a thread.</p>",
        "<code>/video a red fox in the snow</code>",
        "<p>What your team has left, and everything else that you can ask for:</p>",
        "<code>/video credits</code><code>/video help</code>",
        "<p>In a private channel invite it first: <b>/invite @Neverdark</b></p>",
    ]
    if for_organization:
        lines.insert(0, "<p>An admin of the organization now adds it to the workspaces that are to have it.</p>")
    lines.append(f'<a class="go" href="{link}">Open Slack</a>')
    return _PAGE.substitute(title=f"Neverdark is in {escape(name)}", body="".join(lines))


def failed_page(reason: str, *, again: str) -> str:
    """The page after a failure: says why, and how to try again."""
    why = _WHY.get(reason, "Slack has refused it.")
    body = f'<p>{escape(why)}</p><a class="go" href="{escape(again)}">Try again</a>'
    return _PAGE.substitute(title="Neverdark was not installed", body=body)
