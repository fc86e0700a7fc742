// What both markups share: walking through a text with a list of rules, and the marks that both draw alike.
// A rule is [sticky expression, (match, again) => piece of the page]; `again` draws the text inside a mark.

import { h } from "./dom.js";

/** Where a mark may begin; everything else is taken as it stands. */
const BEGINNING = /[\\*_~`|<:@[h\n]/;

/** Draw a text with marks. `plain` gets every stretch without one. */
export function inline(text, rules, plain = (stretch) => stretch) {
  const pieces = [];
  let from = 0;
  for (let at = 0; at < text.length;) {
    const hit = BEGINNING.test(text[at]) && firstMatch(text, at, rules);
    if (!hit) {
      at += 1;
      continue;
    }
    const [match, make] = hit;
    if (at > from) pieces.push(plain(text.slice(from, at)));
    pieces.push(make(match, (inside) => inline(inside, rules, plain)));
    at += match[0].length;
    from = at;
  }
  if (from < text.length) pieces.push(plain(text.slice(from)));
  return pieces;
}

function firstMatch(text, at, rules) {
  for (const [pattern, make] of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match && match[0]) return [match, make];
  }
  return null;
}

/** Split at ```fences```; the odd parts are code. */
export function fences(text, drawText) {
  return text.split(/```(?:[a-z0-9+-]+\n)?\n?([\s\S]*?)\n?```\n?/i).map((part, index) => {
    if (index % 2) return h("pre.fence", {}, h("code", {}, part));
    return part && drawText(part);
  });
}

/** A link that leaves the page; anything but http, https and mailto stays text. */
export function link(url, label = url) {
  if (!/^(https?:|mailto:)/i.test(url)) return h("span", {}, label);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** @name and #name, coloured; `self` when it is the person who reads. */
export function mention(label, { self = false } = {}) {
  return h("span.mention", { class: self ? "self" : "" }, label);
}

/** Lines as the groups that a markup makes of them: [kind, [lines]], in order. */
export function groupLines(text, kindOf) {
  const groups = [];
  for (const line of text.split("\n")) {
    const kind = kindOf(line);
    const last = groups.at(-1);
    if (last && last[0] === kind) last[1].push(line);
    else groups.push([kind, [line]]);
  }
  return groups;
}
