// Block Kit in messages, and the older attachments.

import { h } from "./dom.js";
import { markdown } from "./markdown.js";
import { picture } from "./media.js";
import { emoji, mrkdwn, plainText, textObject } from "./mrkdwn.js";
import { link, mention } from "./text.js";
import { dayAndTime, slackStamp, stamp } from "./times.js";
import { wideBlocks } from "./slack-wide-blocks.js";

const MENUS = new Set(["static_select", "overflow", "radio_buttons"]);

/** Draw the blocks of one message. */
export function blocks(said, found, room) {
  return found.map((block) => (DRAW[block.type] ?? unknown)(block, { said, room }));
}

/** Draw the attachments of one message, each with its coloured bar. */
export function attachments(said, room) {
  return (said.raw.attachments ?? []).map((each) =>
    h(
      "div.attachment",
      { style: { "--bar": color(each.color) } },
      each.pretext && h("div.text", {}, mrkdwn(each.pretext, room.reader)),
      h("div.attached", {}, each.blocks ? blocks(said, each.blocks, room) : oldParts(each, room)),
    ),
  );
}

function oldParts(each, room) {
  return [
    each.author_name && h("div.author", {}, each.author_name),
    each.title && h("b", {}, each.title_link ? link(each.title_link, each.title) : each.title),
    each.text && h("div.text", {}, mrkdwn(each.text, room.reader)),
    each.fields &&
      h(
        "div.fields",
        {},
        each.fields.map(({ title, value }) => h("div", {}, h("b", {}, title), h("br"), mrkdwn(value, room.reader))),
      ),
    each.image_url && picture({ url: room.local(each.image_url), alt: each.fallback }),
    (each.footer || each.ts) &&
      h("div.footer", {}, [each.footer, each.ts && dayAndTime(Number(each.ts))].filter(Boolean).join("  |  ")),
  ];
}

function color(name) {
  const named = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };
  return named[name] ?? (/^#?[0-9a-f]{6}$/i.test(name ?? "") ? `#${name.replace("#", "")}` : "");
}

const DRAW = {
  section: (block, { said, room }) =>
    h(
      "div.section",
      {},
      h(
        "div.words",
        {},
        block.text && h("div.text", {}, textObject(block.text, room.reader)),
        block.fields &&
          h(
            "div.fields",
            {},
            block.fields.map((field) => h("div.text", {}, textObject(field, room.reader))),
          ),
      ),
      block.accessory && h("div.accessory", {}, element(block.accessory, { said, room })),
    ),
  header: (block) => h("div.head-block", { role: "heading", "aria-level": 4 }, plainText(block.text)),
  divider: () => h("hr"),
  context: (block, { said, room }) =>
    h(
      "div.context",
      {},
      block.elements.map((each) =>
        each.type === "image" ? element(each, { said, room }) : h("span", {}, textObject(each, room.reader)),
      ),
    ),
  actions: (block, place) =>
    h(
      "div.actions",
      {},
      block.elements.map((each) => element(each, place)),
    ),
  image: (block, { room }) =>
    h(
      "figure.clip",
      {},
      block.title && h("figcaption", {}, plainText(block.title)),
      picture({ url: room.local(block.image_url ?? block.slack_file?.url ?? ""), alt: block.alt_text }),
    ),
  video: (block, { room }) =>
    h(
      "div.linked-video",
      {},
      h("b", {}, link(block.title_url ?? block.video_url, plainText(block.title))),
      block.description && h("div", {}, plainText(block.description)),
      h(
        "a",
        { href: block.video_url, target: "_blank", rel: "noopener noreferrer" },
        h("img", { src: room.local(block.thumbnail_url), alt: block.alt_text }),
      ),
    ),
  markdown: (block, { room }) => h("div.text", {}, markdown(block.text, room.reader)),
  rich_text: (block, { room }) =>
    h(
      "div.text",
      {},
      block.elements.map((each) => rich(each, room)),
    ),
  ...wideBlocks({ rich: (...all) => rich(...all), element: (...all) => element(...all) }),
};

function unknown({ type }) {
  return h("div.unknown", {}, `A “${type}” block; this page does not draw it.`);
}

/** An interactive element, or a picture beside a text. */
function element(each, { said, room }) {
  if (each.type === "image") return h("img", { src: room.local(each.image_url), alt: each.alt_text });
  if (each.type === "button") return button(each, { said, room });
  if (MENUS.has(each.type)) return menu(each, { said, room });
  return unknown(each);
}

function button(each, { said, room }) {
  const action = actionName(said, each.action_id, each.value);
  const waiting = room.isWaiting(said.id, action);
  return h(
    "button.button",
    {
      type: "button",
      class: each.style ?? "",
      disabled: waiting,
      "aria-label": each.accessibility_label,
      "data-action": action,
      onclick: () => {
        if (each.url) window.open(each.url, "_blank", "noopener");
        room.press(said.id, action, each.confirm);
      },
    },
    plainText(each.text),
  );
}

function menu(each, { said, room }) {
  const title = each.placeholder ? plainText(each.placeholder) : "Choose…";
  const choose = ({ target }) => {
    room.press(said.id, target.value, each.confirm);
    target.value = "";
  };
  return h(
    each.type === "overflow" ? "select.button.more" : "select.button",
    { onchange: choose, "aria-label": each.type === "overflow" ? "More" : title, value: "" },
    h("option", { value: "", hidden: true }, each.type === "overflow" ? "⋯" : title),
    (each.options ?? []).map((option) =>
      h(
        "option",
        { value: `${each.action_id}:${option.value}` },
        [option.text, option.description].filter(Boolean).map(plainText).join(" — "),
      ),
    ),
  );
}

/** The stand-in names an action `action_id:value` where one message has several of the same action_id. */
function actionName(said, actionId, value) {
  const exact = `${actionId}:${value ?? ""}`;
  return said.actions?.some(({ action }) => action === exact) ? exact : actionId;
}

function rich(each, room) {
  const inside = () => each.elements.map((inner) => rich(inner, room));
  switch (each.type) {
    case "rich_text_section":
      return h("div.lines", {}, inside());
    case "rich_text_preformatted":
      return h("pre.fence", {}, h("code", {}, inside()));
    case "rich_text_quote":
      return h("blockquote", {}, inside());
    case "rich_text_list":
      return h(
        each.style === "ordered" ? "ol" : "ul",
        {},
        each.elements.map((item) => h("li", {}, rich(item, room))),
      );
    case "text":
      return styled(each.text, each.style ?? {});
    case "link":
      return link(each.url, each.text || each.url);
    case "emoji":
      return emoji(each.name);
    case "user":
      return mention(`@${room.reader.nameOf(each.user_id)}`, { self: each.user_id === room.reader.id });
    case "channel":
      return mention(`#${room.reader.channelOf(each.channel_id)}`);
    case "usergroup":
      return mention(`@${each.usergroup_id}`);
    case "date":
      return h("time", { title: stamp(each.timestamp, "F") }, slackStamp(each.timestamp, each.format));
    default:
      return unknown(each);
  }
}

function styled(text, { bold, italic, strike, code }) {
  let piece = text;
  if (code) piece = h("code", {}, piece);
  if (strike) piece = h("s", {}, piece);
  if (italic) piece = h("em", {}, piece);
  return bold ? h("strong", {}, piece) : piece;
}
