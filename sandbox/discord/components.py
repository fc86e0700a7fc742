"""Message components: whether Discord would take them, and how it gives them back (ids, defaults, resolved media)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.discord.errors import FormErrors, Path
from sandbox.discord.fixtures import GOODS
from sandbox.discord.model import Attachment

ROW, BUTTON, STRING_SELECT = 1, 2, 3
SELECTS = (3, 5, 6, 7, 8)
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17

LEGACY_TOP = (ROW,)
V2_TOP = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
LINK, PREMIUM = 5, 6

ROWS_MAX, V2_MAX, TEXT_MAX = 5, 40, 4000


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every component, the outer before the inner, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        if accessory := component.get("accessory"):
            yield accessory


def media_of(components: list[dict[str, Any]]) -> set[str]:
    """The URLs of all media that the components show."""
    urls = set()
    for component in walk(components):
        items = [*component.get("items", []), component]
        urls |= {item[key]["url"] for item in items for key in ("media", "file") if key in item}
    return urls


class Checker:
    """Reads the components of one message and notes what Discord would refuse.

    Args:
        errors: where refusals are noted.
        v2: whether the message has the flag IS_COMPONENTS_V2.
        attachments: the files of the message, by name.
    """

    def __init__(self, errors: FormErrors, *, v2: bool, attachments: Mapping[str, Attachment]) -> None:
        self._errors = errors
        self._v2 = v2
        self._attachments = attachments
        self._custom_ids: set[str] = set()
        self._given: set[int] = set()
        self._next_id = 0
        self._count = 0
        self._letters = 0
        self._makers: dict[int, Callable[[dict[str, Any], Path], dict[str, Any]]] = {
            ROW: self._row,
            BUTTON: self._button,
            **dict.fromkeys(SELECTS, self._select),
            SECTION: self._section,
            TEXT: self._text,
            THUMBNAIL: self._media,
            GALLERY: self._gallery,
            FILE: self._file,
            SEPARATOR: self._separator,
            CONTAINER: self._container,
        }

    def read(self, value: Any) -> list[dict[str, Any]]:
        """The message's components as Discord gives them back."""
        path: Path = ("components",)
        raw = self._errors.objects(value, path, high=V2_MAX if self._v2 else ROWS_MAX)
        self._given = {one["id"] for one in walk(raw) if isinstance(one.get("id"), int)} - {0}
        made = self._all(raw, path, V2_TOP if self._v2 else LEGACY_TOP)
        if self._v2 and self._count > V2_MAX:
            code = "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"
            self._errors.add(path, code, f"The total number of components cannot exceed {V2_MAX}")
        if self._letters > TEXT_MAX:
            code = "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"
            self._errors.add(path, code, f"The displayable text size exceeds the maximum size of {TEXT_MAX}")
        return made

    def _all(self, raw: list[dict[str, Any]], path: Path, legal: tuple[int, ...]) -> list[dict[str, Any]]:
        return [self._one(item, (*path, index), legal) for index, item in enumerate(raw)]

    def _one(self, raw: Any, path: Path, legal: tuple[int, ...]) -> dict[str, Any]:
        kind = raw.get("type") if isinstance(raw, dict) else None
        if kind not in legal:
            shown = ", ".join(map(str, legal))
            self._errors.add((*path, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({shown}).')
            return {"type": kind, "id": 0}
        self._count += 1
        return {"type": kind, "id": self._id(raw)} | self._makers[kind](raw, path)

    def _id(self, raw: dict[str, Any]) -> int:
        given = raw.get("id")
        if isinstance(given, int) and given > 0:
            return given
        self._next_id += 1
        while self._next_id in self._given:
            self._next_id += 1
        return self._next_id

    def _custom_id(self, raw: dict[str, Any], path: Path) -> str:
        custom_id = self._errors.text(raw.get("custom_id"), (*path, "custom_id"), low=1, high=100)
        if custom_id and custom_id in self._custom_ids:
            code = "COMPONENT_CUSTOM_ID_DUPLICATED"
            self._errors.add((*path, "custom_id"), code, "Component custom id cannot be duplicated")
        self._custom_ids.add(custom_id)
        return custom_id

    def _row(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        path = (*path, "components")
        inner = self._errors.objects(raw.get("components"), path, low=1, high=5)
        made = self._all(inner, path, (BUTTON, *SELECTS))
        if len(made) > 1 and any(one["type"] in SELECTS for one in made):
            self._errors.add(
                path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
            )
        return {"components": made}

    def _button(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        style = raw.get("style")
        if style not in range(1, 7):
            self._errors.one_of((*path, "style"), range(1, 7))
        made: dict[str, Any] = {"style": style}
        if style == LINK:
            made["url"] = self._url(raw.get("url"), (*path, "url"), high=512)
        elif style == PREMIUM:
            sku = str(raw.get("sku_id"))
            if not sku.isdecimal() or int(sku) not in GOODS:
                self._errors.add((*path, "sku_id"), "COMPONENT_BUTTON_SKU_INVALID", "This is no SKU of the application")
            return made | {"sku_id": sku}
        else:
            made["custom_id"] = self._custom_id(raw, path)
        if raw.get("label") is not None:
            made["label"] = self._errors.text(raw["label"], (*path, "label"), high=80)
        elif raw.get("emoji") is None and style != PREMIUM:
            self._errors.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or an emoji is required")
        if raw.get("emoji") is not None:
            made["emoji"] = {key: value for key, value in raw["emoji"].items() if value is not None}
        if raw.get("disabled"):
            made["disabled"] = True
        return made

    def _select(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        least = self._errors.number(raw.get("min_values"), (*path, "min_values"), low=0, high=25, default=1)
        most = self._errors.number(raw.get("max_values"), (*path, "max_values"), low=1, high=25, default=1)
        made: dict[str, Any] = {"custom_id": self._custom_id(raw, path), "min_values": least, "max_values": most}
        if raw.get("placeholder") is not None:
            made["placeholder"] = self._errors.text(raw["placeholder"], (*path, "placeholder"), high=150)
        if raw.get("disabled"):
            made["disabled"] = True
        if raw["type"] == STRING_SELECT:
            made["options"] = select_options(self._errors, raw.get("options"), (*path, "options"))
        return made

    def _section(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        inner = self._errors.objects(raw.get("components"), (*path, "components"), low=1, high=3)
        made = self._all(inner, (*path, "components"), (TEXT,))
        return {
            "components": made,
            "accessory": self._one(raw.get("accessory"), (*path, "accessory"), (BUTTON, THUMBNAIL)),
        }

    def _text(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        content = self._errors.text(raw.get("content"), (*path, "content"), low=1, high=TEXT_MAX)
        self._letters += len(content)
        return {"content": content}

    def _media(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        description = raw.get("description")
        if description is not None:
            description = self._errors.text(description, (*path, "description"), low=1, high=1024)
        return {
            "media": self._unfurled(raw.get("media"), (*path, "media")),
            "description": description,
            "spoiler": bool(raw.get("spoiler")),
        }

    def _gallery(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        items = self._errors.objects(raw.get("items"), (*path, "items"), low=1, high=10)
        return {"items": [self._media(item, (*path, "items", index)) for index, item in enumerate(items)]}

    def _file(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        file = self._unfurled(raw.get("file"), (*path, "file"))
        known = {str(one.id): one for one in self._attachments.values()}.get(file.get("attachment_id", ""))
        if known is None:
            self._errors.add((*path, "file", "url"), "URL_TYPE_INVALID_SCHEME", "Only attachment:// is supported here")
        return {
            "file": file,
            "name": known.filename if known else None,
            "size": known.size if known else None,
            "spoiler": bool(raw.get("spoiler")),
        }

    def _separator(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        spacing = raw.get("spacing") or 1
        if spacing not in {1, 2}:
            self._errors.one_of((*path, "spacing"), (1, 2))
        return {"spacing": spacing, "divider": raw.get("divider") is not False}

    def _container(self, raw: dict[str, Any], path: Path) -> dict[str, Any]:
        inner = self._errors.objects(raw.get("components"), (*path, "components"), low=1, high=V2_MAX)
        return {
            "accent_color": raw.get("accent_color"),
            "spoiler": bool(raw.get("spoiler")),
            "components": self._all(inner, (*path, "components"), IN_CONTAINER),
        }

    def _unfurled(self, raw: Any, path: Path) -> dict[str, Any]:
        """A file of this message by attachment://name, or anything on the web."""
        url = raw.get("url") if isinstance(raw, dict) else None
        if isinstance(url, str) and url.startswith("attachment://"):
            known = self._attachments.get(url.removeprefix("attachment://"))
            if known is None:
                code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
                self._errors.add(path, code, "The referenced attachment was not found")
                return {}
        else:
            url = self._url(url, (*path, "url"), high=2048)
            known = next((one for one in self._attachments.values() if one.url == url), None)
        if known is None:
            return {"id": "0", "url": url, "proxy_url": url}
        return {
            "id": str(known.id),
            "url": known.url,
            "proxy_url": known.url,
            "width": known.width,
            "height": known.height,
            "content_type": known.content_type,
            "attachment_id": str(known.id),
        }

    def _url(self, value: Any, path: Path, *, high: int) -> str:
        url = self._errors.text(value, path, low=1, high=high)
        check_url(self._errors, url, path)
        return url


def check_url(errors: FormErrors, url: str, path: Path) -> None:
    """Note a URL that is neither http nor https."""
    if url and not url.startswith(("http://", "https://")):
        errors.add(
            path,
            "URL_TYPE_INVALID_SCHEME",
            f"Scheme \"{url.partition(':')[0]}\" is not supported. Scheme must be one of ('http', 'https').",
        )


def select_options(errors: FormErrors, value: Any, path: Path) -> list[dict[str, Any]]:
    """The options of a string select, a radio group or a checkbox group."""
    made = []
    for index, raw in enumerate(errors.objects(value, path, low=1, high=25)):
        option: dict[str, Any] = {
            "label": errors.text(raw.get("label"), (*path, index, "label"), low=1, high=100),
            "value": errors.text(raw.get("value"), (*path, index, "value"), low=1, high=100),
        }
        if raw.get("description") is not None:
            option["description"] = errors.text(raw["description"], (*path, index, "description"), high=100)
        if raw.get("default") is not None:
            option["default"] = bool(raw["default"])
        made.append(option)
    values = [option["value"] for option in made]
    if len(set(values)) != len(values):
        errors.add(path, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
    return made
