// A list of messages in time: lines between days, and messages that belong together without repeating their author.

import { h } from "./dom.js";
import { dayName } from "./times.js";

const TONES = 6;

/**
 * Draw messages; `drawMessage(message, {compact})` is the platform's. `groupS`: how close together is together;
 * `days`: whether a line marks each day.
 */
export function timeline(messages, { groupS, days, drawMessage }) {
  let before = null;
  return messages.flatMap((message) => {
    const newDay = !before || new Date(before.at * 1000).toDateString() !== new Date(message.at * 1000).toDateString();
    const compact = !newDay && belongs(message, before, groupS);
    before = message;
    return [
      days &&
        newDay &&
        h("div.day", { key: `day-${message.at}`, role: "separator" }, h("span", {}, dayName(message.at))),
      drawMessage(message, { compact }),
    ];
  });
}

function belongs(message, before, groupS) {
  const sameVoice = message.user === before.user && message.bot === before.bot;
  const bothPlain = !message.ephemeral && !before.ephemeral && !message.interaction;
  return sameVoice && bothPlain && message.at - before.at < groupS;
}

/** Somebody's picture: the bot's mark, or the first letter on one of a few colours. */
export function avatar({ user, bot }, size = "") {
  if (bot) return h("img.avatar", { class: size, src: "page/mark.svg", alt: "" });
  const tone = [...user].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % TONES;
  return h(`span.avatar.tone${tone}`, { class: size, "aria-hidden": "true" }, user.slice(0, 1).toUpperCase());
}

/** Those who wrote in a thread, each once, the latest last. */
export function voices(messages) {
  const found = new Map();
  for (const { user, bot } of messages) found.set(user, { user, bot });
  return [...found.values()];
}
