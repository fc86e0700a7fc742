// The third column: what the vendors did lately, and the switches that make their lives hard.

import { draw, h, icon } from "./dom.js";
import { call } from "./live.js";
import { rude } from "./rude.js";
import { ago, span } from "./times.js";

const VENDORS = {
  veo: { label: "Veo", maker: "Google" },
  kling: { label: "Kling", maker: "Kuaishou" },
  seedance: { label: "Seedance", maker: "ByteDance" },
  hailuo: { label: "Hailuo", maker: "MiniMax" },
  wan: { label: "Wan", maker: "Alibaba" },
};
const PLATFORMS = { slack: { label: "Slack" }, discord: { label: "Discord" } };

const KINDS = {
  down: ["Down", "Every request gets a 503"],
  errors: ["Errors", "Requests get a server error"],
  slow: ["Slow", "Renders take four times as long"],
  rate_limited: ["Rate limited", "Submits get the vendor’s 429"],
  refused: ["Refused", "The content is refused"],
  gone: ["Model gone", "The model has been retired"],
  lost_reply: ["Lost reply", "Accepted, but the answer never comes"],
  hang: ["Hang", "Accepted, and never finished"],
  fail_in_run: ["Fails in run", "Accepted, then fails half-way"],
};
const CHAT_KINDS = {
  down: KINDS.down,
  errors: KINDS.errors,
  slow: ["Slow", "Answers come a second late"],
  rate_limited: ["Rate limited", "Calls get a 429"],
  lost_reply: ["Lost reply", "Done, but the answer never comes"],
  broken: ["Broken answer", "Done, but the answer is unreadable"],
  hang: ["Hang", "No answer for a long time"],
};

const RATES = [
  [1, "every time"],
  [0.5, "half the time"],
  [0.2, "1 time in 5"],
  [0.05, "1 time in 20"],
];
const DURATIONS = [
  ["", "until switched off"],
  ["10", "for 10 s"],
  ["60", "for 1 min"],
  ["300", "for 5 min"],
  ["1800", "for 30 min"],
];
const SPEEDS = [1, 2, 5, 15, 30, 60, 120];
const TASKS_SHOWN = 3;

export class Side {
  constructor({ node, live }) {
    Object.assign(this, { node, live });
    /** What the next switch of a subject does: how often, and for how long. */
    this.manner = new Map();
    /** What went wrong with the last thing that was asked of a platform. */
    this.notices = new Map();
  }

  /** Whether something here changes by itself: a task that runs, a trouble that ends. */
  get isMoving() {
    const { vendors, trouble } = this.live.side;
    const tasks = Object.values(vendors).flatMap((vendor) => vendor.tasks);
    return tasks.some(({ state }) => tone(state) === "running") || trouble.some(({ seconds }) => seconds !== null);
  }

  redraw() {
    const { trouble } = this.live.side;
    draw(this.node, [
      h("header", {}, h("h2", {}, "Vendors"), this.speed()),
      trouble.length > 0 && this.banner(trouble.length),
      Object.keys(VENDORS).map((name) => this.vendor(name)),
      h("header", {}, h("h2", {}, "Chat")),
      Object.keys(PLATFORMS).map((name) => this.platform(name)),
    ]);
  }

  speed() {
    const { factor } = this.live.side;
    const choices = SPEEDS.includes(factor) ? SPEEDS : [...SPEEDS, factor].sort((a, b) => a - b);
    return h(
      "label.speed",
      { title: "How many times faster than the real ones the vendors render" },
      h("span", {}, "Speed"),
      h(
        "select",
        {
          value: String(factor),
          onchange: ({ target }) => call("POST", "api/speed", { factor: Number(target.value) }),
        },
        choices.map((each) => h("option", { value: String(each) }, `${each}×`)),
      ),
    );
  }

  banner(count) {
    return h(
      "div.banner",
      { key: "banner", role: "status" },
      h("span", {}, count === 1 ? "1 trouble is on" : `${count} troubles are on`),
      h("button", { type: "button", onclick: () => call("DELETE", "api/trouble") }, "Switch all off"),
    );
  }

  vendor(name) {
    const { label, maker } = VENDORS[name];
    const asked = this.live.side.vendors[name] ?? { submits: 0, polls: 0, tasks: [] };
    const tasks = asked.tasks.slice(-TASKS_SHOWN).reverse();
    return h(
      "section.vendor",
      { key: name, "aria-label": label },
      this.title({ name, label, note: maker }),
      this.chips(name, KINDS),
      h("p.counts", {}, counted(asked)),
      tasks.length > 0 && h("ol.tasks", {}, tasks.map(drawTask)),
      this.switches(name, KINDS),
    );
  }

  platform(name) {
    const { label } = PLATFORMS[name];
    return h(
      "section.vendor",
      { key: name, "aria-label": label },
      this.title({ name, label, note: "" }),
      this.chips(name, CHAT_KINDS),
      h(
        "button.again",
        {
          type: "button",
          title: "Send the last command to the bot once more, to the byte",
          onclick: () => this.redeliver(name),
        },
        icon("again"),
        "Redeliver last command",
      ),
      this.notices.get(name) && h("p.counts", { key: "notice", role: "alert" }, this.notices.get(name)),
      this.switches(name, CHAT_KINDS, this.rude(name)),
    );
  }

  title({ name, label, note }) {
    const on = this.troubleOf(name);
    const state = on.some(({ kind }) => kind === "down") ? "down" : on.length ? "ill" : "well";
    return h(
      "div.title",
      {},
      h("span.dot", { class: state, title: state === "well" ? "in order" : state }),
      h("h3", {}, label),
      h("span.note", {}, note),
      this.toggle(name, "down", "Down"),
    );
  }

  troubleOf(name) {
    return this.live.side.trouble.filter(({ provider }) => provider === name);
  }

  chips(name, kinds) {
    const on = this.troubleOf(name);
    if (!on.length) return null;
    const chip = ({ kind, rate, seconds }) => {
      const [label] = kinds[kind] ?? [kind];
      const notes = [rate < 1 && `${Math.round(rate * 100)} %`, seconds !== null && span(seconds)].filter(Boolean);
      return h(
        "button.chip",
        {
          key: kind,
          type: "button",
          "aria-label": `Switch off: ${label}`,
          onclick: () => this.turn(name, kind, false),
        },
        h("b", {}, label),
        notes.length > 0 && h("span", {}, notes.join(" · ")),
        icon("close"),
      );
    };
    return h("div.chips", { key: "chips" }, on.map(chip));
  }

  rude(name) {
    const known = this.live.side.platforms?.[name] ?? { faults: [], switches: [] };
    return rude(name, known, (notice) => {
      this.notices.set(name, notice);
      this.redraw();
    });
  }

  switches(name, kinds, more = []) {
    return h(
      "details",
      { key: "switches" },
      h("summary", {}, "More trouble"),
      h("div.manner", {}, this.choice(name, "rate", RATES), this.choice(name, "seconds", DURATIONS)),
      Object.entries(kinds)
        .filter(([kind]) => kind !== "down")
        .map(([kind, [label, what]]) =>
          h("div.row", {}, h("div", {}, h("b", {}, label), h("span", {}, what)), this.toggle(name, kind, "")),
        ),
      more,
    );
  }

  choice(name, what, choices) {
    const labels = { rate: "How often", seconds: "How long" };
    const keep = ({ target }) => this.manner.set(name, { ...this.mannerOf(name), [what]: target.value });
    return h(
      "select",
      { "aria-label": labels[what], value: this.mannerOf(name)[what], onchange: keep },
      choices.map(([value, label]) => h("option", { value: String(value) }, label)),
    );
  }

  mannerOf(name) {
    return this.manner.get(name) ?? { rate: "1", seconds: "" };
  }

  toggle(name, kind, label) {
    const on = this.troubleOf(name).some((each) => each.kind === kind);
    const spoken = `${VENDORS[name]?.label ?? PLATFORMS[name].label}: ${(KINDS[kind] ?? [kind])[0]}`;
    return h(
      "button.switch",
      {
        type: "button",
        role: "switch",
        "aria-checked": String(on),
        "aria-label": spoken,
        "data-trouble": `${name} ${kind}`,
        onclick: () => this.turn(name, kind, !on),
      },
      label && h("span.words", {}, label),
      h("span.track", {}),
    );
  }

  async redeliver(platform) {
    const { ok, error } = await call("POST", "api/redeliver", { platform });
    this.notices.set(platform, ok ? "" : error);
    this.redraw();
  }

  turn(provider, kind, on) {
    const { rate, seconds } = this.mannerOf(provider);
    const manner = on ? { rate: Number(rate), ...(seconds ? { seconds: Number(seconds) } : {}) } : { rate: 0 };
    call("POST", "api/trouble", { provider, kind, ...manner });
  }
}

function drawTask({ id, state, prompt, at }) {
  return h(
    "li",
    { key: id, title: prompt },
    h("span.state", { class: tone(state) }, state),
    h("span.prompt", {}, prompt),
    h("time", {}, ago(at)),
  );
}

function counted({ submits, polls }) {
  if (!submits && !polls) return "Not asked yet";
  const count = (number, word) => `${number.toLocaleString("en-US")} ${number === 1 ? word : `${word}s`}`;
  return `${count(submits, "submit")} · ${count(polls, "poll")}`;
}

/** A vendor's own word for a state, as one of three colours. */
function tone(state) {
  if (/succ|done|complete|finish/i.test(state)) return "good";
  if (/fail|error|refus|reject|cancel|expired/i.test(state)) return "bad";
  return "running";
}
