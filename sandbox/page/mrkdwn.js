// Slack's mrkdwn, and its emoji names.

import { h } from "./dom.js";
import { fences, groupLines, inline, link, mention } from "./text.js";
import { stamp } from "./times.js";

const EMOJI = {
  alarm_clock: "⏰",
  arrow_right: "➡️",
  art: "🎨",
  bell: "🔔",
  bulb: "💡",
  camera: "📷",
  clapper: "🎬",
  coin: "🪙",
  credit_card: "💳",
  fast_forward: "⏩",
  film_frames: "🎞️",
  fire: "🔥",
  gear: "⚙️",
  heart: "❤️",
  heavy_check_mark: "✔️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  information_source: "ℹ️",
  link: "🔗",
  lock: "🔒",
  moneybag: "💰",
  movie_camera: "🎥",
  no_entry: "⛔",
  no_entry_sign: "🚫",
  octagonal_sign: "🛑",
  point_right: "👉",
  repeat: "🔁",
  rocket: "🚀",
  rotating_light: "🚨",
  sparkles: "✨",
  star: "⭐",
  tada: "🎉",
  thumbsup: "👍",
  timer_clock: "⏲️",
  video_camera: "📹",
  warning: "⚠️",
  wave: "👋",
  white_check_mark: "✅",
  white_circle: "⚪",
  x: "❌",
  zap: "⚡",
};

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Slack's three entities, back as the characters they stand for. */
export const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

/** The character of an emoji's name, or the name as it was typed. */
export const emoji = (name) => EMOJI[name] ?? `:${name}:`;

/** A mark holds when no letter or digit touches it from outside and no blank from inside. */
const between = (mark) =>
  new RegExp(`(?<![\\p{L}\\p{N}])${mark}(?!\\s)([^\\n]+?)(?<!\\s)${mark}(?![\\p{L}\\p{N}])`, "uy");

function rules(reader) {
  return [
    [/`([^`\n]+)`/y, (m) => h("code", {}, unescape(m[1]))],
    [between("\\*"), (m, again) => h("strong", {}, again(m[1]))],
    [between("_"), (m, again) => h("em", {}, again(m[1]))],
    [between("~"), (m, again) => h("s", {}, again(m[1]))],
    [/<@([UW]\w+)(?:\|[^>]*)?>/y, (m) => mention(`@${reader.nameOf(m[1])}`, { self: m[1] === reader.id })],
    [/<#(C\w+)(?:\|([^>]*))?>/y, (m) => mention(`#${m[2] || m[1]}`)],
    [/<!date\^(\d+)\^[^|>]*\|([^>]*)>/y, (m) => h("time", { title: stamp(Number(m[1]), "F") }, unescape(m[2]))],
    [/<!(here|channel|everyone)(?:\|[^>]*)?>/y, (m) => mention(`@${m[1]}`, { self: true })],
    [/<([a-z]+:[^|>]+)(?:\|([^>]*))?>/y, (m) => link(unescape(m[1]), unescape(m[2] || m[1]))],
    [/:([a-z0-9_+-]+):/y, (m) => emoji(m[1])],
  ];
}

/** Draw mrkdwn for one reader: {id, nameOf(id)}. */
export function mrkdwn(text, reader) {
  const marks = rules(reader);
  const drawn = (part) => inline(part, marks, unescape);
  return fences(text, (part) =>
    groupLines(part, (line) => (/^(&gt;|>)/.test(line) ? "quote" : "text")).map(([kind, lines]) => {
      if (kind === "text") return h("span.lines", {}, drawn(lines.join("\n")));
      return h("blockquote", {}, drawn(lines.map((line) => line.replace(/^(&gt;|>) ?/, "")).join("\n")));
    }),
  );
}

/** Draw plain_text: no marks, but emoji names unless they are switched off. */
export function plainText(object) {
  if (object.emoji === false) return object.text;
  return object.text.replace(/:([a-z0-9_+-]+):/g, (_, name) => emoji(name));
}

/** Draw a text object of Block Kit. */
export function textObject(object, reader) {
  return object.type === "mrkdwn" ? mrkdwn(object.text, reader) : h("span.lines", {}, plainText(object));
}
