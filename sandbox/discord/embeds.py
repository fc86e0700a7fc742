"""Embeds: Discord's limits, and the shape in which it gives them back."""

from collections.abc import Mapping
from typing import Any

from sandbox.discord.components import check_url
from sandbox.discord.errors import FormErrors, Path
from sandbox.discord.model import Attachment

TOTAL_MAX = 6000
PICTURES = ("image", "thumbnail", "video")


def read_embeds(value: Any, errors: FormErrors, attachments: Mapping[str, Attachment]) -> list[dict[str, Any]]:
    """The embeds of a message: at most ten, with at most 6,000 characters together."""
    path: Path = ("embeds",)
    made = [
        _embed(raw, errors, (*path, index), attachments)
        for index, raw in enumerate(errors.objects(value, path, high=10))
    ]
    if sum(map(_letters, made)) > TOTAL_MAX:
        errors.add(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {TOTAL_MAX}")
    return made


def _embed(
    raw: dict[str, Any], errors: FormErrors, path: Path, attachments: Mapping[str, Attachment]
) -> dict[str, Any]:
    made = {"type": "rich"} | _texts(raw, errors, path)
    if raw.get("color") is not None:
        made["color"] = errors.number(raw["color"], (*path, "color"), low=0, high=0xFFFFFF, default=0)
    if raw.get("timestamp"):
        made["timestamp"] = str(raw["timestamp"])
    for key in PICTURES:
        if raw.get(key):
            made[key] = _picture(raw[key], errors, (*path, key), attachments)
    if fields := errors.objects(raw.get("fields"), (*path, "fields"), high=25):
        made["fields"] = [_field(field, errors, (*path, "fields", index)) for index, field in enumerate(fields)]
    if made == {"type": "rich"}:
        errors.required((*path, "description"))
    return made


def _texts(raw: dict[str, Any], errors: FormErrors, path: Path) -> dict[str, Any]:
    """Title, description, link, author and footer."""
    made: dict[str, Any] = {}
    for key, high in (("title", 256), ("description", 4096)):
        if raw.get(key):
            made[key] = errors.text(raw[key], (*path, key), high=high)
    if raw.get("url"):
        made["url"] = errors.text(raw["url"], (*path, "url"), high=2048)
        check_url(errors, made["url"], (*path, "url"))
    for key, name, high in (("footer", "text", 2048), ("author", "name", 256)):
        if raw.get(key):
            text = _needed(raw[key].get(name), errors, (*path, key, name), high=high)
            made[key] = {name: text} | {k: v for k, v in raw[key].items() if k in {"url", "icon_url"} and v}
    return made


def _needed(value: Any, errors: FormErrors, path: Path, *, high: int) -> str:
    text = errors.text(value, path, high=high)
    if not text:
        errors.required(path)
    return text


def _field(raw: dict[str, Any], errors: FormErrors, path: Path) -> dict[str, Any]:
    return {
        "name": _needed(raw.get("name"), errors, (*path, "name"), high=256),
        "value": _needed(raw.get("value"), errors, (*path, "value"), high=1024),
        "inline": bool(raw.get("inline")),
    }


def _picture(
    raw: dict[str, Any], errors: FormErrors, path: Path, attachments: Mapping[str, Attachment]
) -> dict[str, Any]:
    url = errors.text(raw.get("url"), (*path, "url"), low=1, high=2048)
    if url.startswith("attachment://"):
        known = attachments.get(url.removeprefix("attachment://"))
        url = known.url if known else url
    else:
        check_url(errors, url, (*path, "url"))
    return {"url": url, "proxy_url": url}


def _letters(embed: dict[str, Any]) -> int:
    parts = [embed.get("title", ""), embed.get("description", "")]
    parts += [embed.get("footer", {}).get("text", ""), embed.get("author", {}).get("name", "")]
    parts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    return sum(map(len, parts))
