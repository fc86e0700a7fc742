// Discord's embeds and components, Components V2 included.

import { h, icon } from "./dom.js";
import { markdown } from "./markdown.js";
import { fileView, picture, video } from "./media.js";
import { link } from "./text.js";
import { dayAndTime } from "./times.js";
import { veiled } from "./veil.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary", 6: "premium" };
const LINK = 5;
const INLINE_MAX = 3;
const VIDEO_NAME = /\.(mp4|webm|mov)$/i;

/** Draw what a message carries besides its text. */
export function cards(said, room) {
  const place = { said, room };
  return [(said.raw.embeds ?? []).map((embed) => drawEmbed(embed, place)), components(said.raw.components, place)];
}

const hex = (number) => `#${number.toString(16).padStart(6, "0")}`;

function drawEmbed(embed, { said, room }) {
  const bar = embed.color ? { "--bar": hex(embed.color) } : {};
  return h(
    "article.embed",
    { style: bar },
    h(
      "div.embed-words",
      {},
      embed.author &&
        h(
          "div.author",
          {},
          embed.author.icon_url && h("img", { src: room.local(embed.author.icon_url), alt: "" }),
          maybeLink(embed.author.url, embed.author.name),
        ),
      embed.title && h("div.title", {}, maybeLink(embed.url, markdown(embed.title, room.reader))),
      embed.description && h("div.text", {}, markdown(embed.description, room.reader)),
      embed.fields?.length > 0 &&
        h(
          "div.fields",
          {},
          fieldRows(embed.fields).flatMap((row) => row.map((field) => drawField(field, row.length, room))),
        ),
    ),
    embed.thumbnail && h("img.thumbnail", { src: media(embed.thumbnail, said, room).url, alt: "" }),
    embed.image && h("div.embed-image", {}, picture(media(embed.image, said, room))),
    (embed.footer || embed.timestamp) &&
      h(
        "div.footer",
        {},
        embed.footer?.icon_url && h("img", { src: room.local(embed.footer.icon_url), alt: "" }),
        footer(embed),
      ),
  );
}

function maybeLink(url, words) {
  return url ? link(url, words) : words;
}

function footer({ footer: { text } = {}, timestamp }) {
  return [text, timestamp && dayAndTime(Date.parse(timestamp) / 1000)].filter(Boolean).join(" • ");
}

/** Inline fields stand side by side, up to three; any other has a row of its own. */
function fieldRows(fields) {
  const rows = [];
  for (const field of fields) {
    const row = rows.at(-1);
    if (field.inline && row?.[0].inline && row.length < INLINE_MAX) row.push(field);
    else rows.push([field]);
  }
  return rows;
}

function drawField({ name, value }, inRow, room) {
  return h(
    `div.field.of${inRow}`,
    {},
    h("div.field-name", {}, markdown(name, room.reader)),
    h("div.field-value", {}, markdown(value, room.reader)),
  );
}

/** A picture or clip that a card names: a file of the message by attachment://name, or a URL. */
function media(found, said, room) {
  const url = found?.url ?? "";
  const name = url.replace("attachment://", "");
  const file = (said.files ?? []).find((each) => each.name === name || each.url === url);
  return {
    url: room.local(file?.url ?? url),
    name: file?.name ?? url.split("/").pop().split("?")[0],
    mimetype: file?.mimetype ?? found?.content_type ?? "",
    width: found?.width,
    height: found?.height,
    size: file?.size,
  };
}

function components(found, place) {
  return (found ?? []).map((each) => (DRAW[each.type] ?? unknown)(each, place));
}

const DRAW = {
  1: (row, place) => h("div.actions", {}, components(row.components, place)),
  2: button,
  3: menu,
  9: (section, place) =>
    h(
      "div.v2-section",
      {},
      h("div", {}, components(section.components, place)),
      h("div.accessory", {}, components([section.accessory], place)),
    ),
  10: (text, { room }) => h("div.text", {}, markdown(text.content, room.reader)),
  11: (thumbnail, { said, room }) =>
    h("img.thumbnail", { src: media(thumbnail.media, said, room).url, alt: thumbnail.description ?? "" }),
  12: (gallery, { said, room }) =>
    h(
      `div.gallery`,
      { class: gallery.items.length > 1 ? "many" : "" },
      gallery.items.map((item) => galleryItem(item, { said, room })),
    ),
  13: (file, { said, room }) => fileView({ ...media(file.file, said, room), mimetype: "" }),
  14: (separator) =>
    h("div.separator", {
      class: `${separator.divider === false ? "" : "line"} ${separator.spacing === 2 ? "wide" : ""}`,
      role: "separator",
    }),
  17: (container, place) =>
    h(
      "div.container",
      {
        class: container.accent_color ? "accent" : "",
        style: container.accent_color ? { "--bar": hex(container.accent_color) } : {},
      },
      components(container.components, place),
    ),
};

function unknown({ type }) {
  return h("div.unknown", {}, `A component of type ${type}; this page does not draw it.`);
}

function galleryItem(item, place) {
  const drawn = galleryMedia(item, place);
  return item.spoiler ? veiled(drawn, item.media?.url ?? "") : drawn;
}

function galleryMedia(item, { said, room }) {
  const found = media(item.media, said, room);
  if (found.mimetype.startsWith("video/") || VIDEO_NAME.test(found.name))
    return video({ ...found, name: item.description ?? found.name });
  return picture({ url: found.url, alt: item.description ?? "" });
}

function button(each, { said, room }) {
  const words = [each.emoji && h("span.emoji", {}, each.emoji.name), each.label];
  if (each.style === LINK) {
    return h(
      "a.button.secondary",
      { href: each.url, target: "_blank", rel: "noopener noreferrer" },
      words,
      icon("out"),
    );
  }
  const action = each.custom_id ?? `sku:${each.sku_id}`;
  const waiting = room.isWaiting(said.id, action);
  return h(
    `button.button.${STYLES[each.style] ?? "secondary"}`,
    {
      type: "button",
      class: waiting ? "waiting" : "",
      disabled: Boolean(each.disabled) || waiting,
      "data-action": action,
      onclick: () => room.press(said.id, action),
    },
    words,
  );
}

function menu(each, { said, room }) {
  const choose = ({ target }) => {
    room.press(said.id, target.value);
    target.value = "";
  };
  return h(
    "select.menu",
    {
      onchange: choose,
      disabled: Boolean(each.disabled),
      "aria-label": each.placeholder ?? "Make a selection",
      value: "",
    },
    h("option", { value: "", hidden: true }, each.placeholder ?? "Make a selection"),
    each.options.map((option) =>
      h("option", { value: `${each.custom_id}:${option.value}` }, [option.label, option.description].filter(Boolean).join(" — ")),
    ),
  );
}
