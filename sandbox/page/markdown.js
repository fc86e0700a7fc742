// Discord's Markdown; Slack's `markdown` block is drawn with it too.

import { h } from "./dom.js";
import { fences, groupLines, inline, link, mention } from "./text.js";
import { fullTime, stamp } from "./times.js";

const MARK = /^(?:(#{1,3}) |(-#) |(>) ?|\s*([-*]|\d+\.) )/;

function rules(reader) {
  return [
    [/\\([^\w\s])/y, (m) => m[1]],
    [/`([^`\n]+)`/y, (m) => h("code", {}, m[1])],
    [/\*\*\*(?!\s)(.+?)\*\*\*/sy, (m, again) => h("strong", {}, h("em", {}, again(m[1])))],
    [/\*\*(?!\s)(.+?)\*\*(?!\*)/sy, (m, again) => h("strong", {}, again(m[1]))],
    [/__(?!\s)(.+?)__(?!_)/sy, (m, again) => h("u", {}, again(m[1]))],
    [/~~(?!\s)(.+?)~~/sy, (m, again) => h("s", {}, again(m[1]))],
    [/\|\|(.+?)\|\|/sy, (m, again) => h("details.spoiler", {}, h("summary", {}, "Spoiler"), again(m[1]))],
    [/\*(?!\s)([^*]+?)(?<!\s)\*/y, (m, again) => h("em", {}, again(m[1]))],
    [/(?<!\w)_(?!\s)([^_]+?)(?<!\s)_(?!\w)/y, (m, again) => h("em", {}, again(m[1]))],
    [/\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?(?: "[^"]*")?\)/y, (m, again) => link(m[2], again(m[1]))],
    [/<t:(-?\d+)(?::([tTdDfFR]))?>/y, (m) => timestamp(Number(m[1]), m[2] ?? "f")],
    [/<@!?(\d+)>/y, (m) => mention(`@${reader.nameOf(m[1])}`, { self: m[1] === reader.id })],
    [/<@&\d+>/y, () => mention("@role")],
    [/<#(\d+)>/y, (m) => mention(`#${reader.channelOf(m[1])}`)],
    [/<\/([^:>]+):\d+>/y, (m) => mention(`/${m[1]}`)],
    [/<a?(:\w+:)\d+>/y, (m) => m[1]],
    [/<(https?:\/\/[^\s>]+)>/y, (m) => link(m[1])],
    [/https?:\/\/[^\s<]*[^\s<.,:;"')\]]/y, (m) => link(m[0])],
    [/@(?:everyone|here)\b/y, (m) => mention(m[0], { self: true })],
  ];
}

function timestamp(unix, style) {
  const iso = new Date(unix * 1000).toISOString();
  return h("time.stamp", { datetime: iso, title: fullTime(unix) }, stamp(unix, style));
}

function kindOf(line) {
  const [, heading, small, quote, bullet] = MARK.exec(line) ?? [];
  if (heading) return heading;
  if (small) return "small";
  if (quote) return "quote";
  if (bullet) return /\d/.test(bullet) ? "ol" : "ul";
  return "text";
}

/** Draw Markdown for one reader: {id, nameOf(id), channelOf(id)}. */
export function markdown(text, reader) {
  const marks = rules(reader);
  const drawn = (part) => inline(part, marks);
  return fences(text, (part) => groupLines(part, kindOf).flatMap(([kind, lines]) => group(kind, lines, drawn)));
}

function group(kind, lines, drawn) {
  const bare = lines.map((line) => (kind === "text" ? line : line.replace(MARK, "")));
  switch (kind) {
    case "#":
    case "##":
    case "###":
      return bare.map((line) =>
        h(`div.heading.h${kind.length}`, { role: "heading", "aria-level": kind.length + 3 }, drawn(line)),
      );
    case "small":
      return bare.map((line) => h("div.subtext", {}, drawn(line)));
    case "quote":
      return h("blockquote", {}, drawn(bare.join("\n")));
    case "ul":
    case "ol":
      return h(
        kind,
        {},
        bare.map((line) => h("li", {}, drawn(line))),
      );
    default:
      return h("span.lines", {}, drawn(bare.join("\n")));
  }
}
