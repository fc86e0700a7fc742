// A workflow with the app's step in it: what goes in, and what each run came to, as the app has reported it.

import { h, icon } from "./dom.js";
import { ago, clockTime } from "./times.js";

/** The place, in place of messages and an input. */
export function workflowView(app) {
  const { pane, state } = app;
  return h(
    "div.scroller.own",
    { key: "workflows" },
    h(
      "div.list",
      { tabindex: "0", role: "region", "aria-label": "Workflow" },
      h("div.workflow", {}, state.step && builder(app, state.step), runs(pane, state)),
    ),
  );
}

function builder(app, step) {
  const send = (event) => {
    event.preventDefault();
    void app.run();
  };
  return h(
    "form.step",
    { key: "step", onsubmit: send },
    h(
      "div.trigger",
      {},
      h("span.badge", {}, icon("bolt")),
      h("span", {}, h("b", {}, "Starts from a link in Slack"), h("small", {}, "A person presses Run")),
    ),
    h("div.wire", { "aria-hidden": "true" }),
    h(
      "fieldset",
      {},
      h(
        "legend",
        {},
        h("img", { src: "page/mark.svg", alt: "", width: 28, height: 28 }),
        h("span", {}, h("b", {}, step.title), h("small", {}, "Neverdark · step 1")),
      ),
      step.inputs.map((input) => field(app, input)),
      h(
        "p.brings",
        {},
        "Brings ",
        step.outputs.map(({ name, title }, n) => [n > 0 && " and ", h("code", { key: name }, title)]),
        " for the steps after it.",
      ),
      app.trouble && h("p.trouble", { key: "trouble", role: "alert" }, app.trouble),
      h("button.button.primary", { key: "run" }, "Run"),
    ),
  );
}

function field(app, { name, title, optional }) {
  const keep = ({ target }) => (app.typed[name] = target.value);
  const common = { id: `step-${name}`, name, value: app.typed[name] ?? "", oninput: keep, onchange: keep };
  const control =
    name === "channel"
      ? h(
          "select",
          common,
          app.pane.data.channels
            .filter((each) => !each.startsWith("@"))
            .map((each) => h("option", { key: each, value: each }, `#${each}`)),
        )
      : h("input", { ...common, type: "text", autocomplete: "off" });
  return h(
    "label.field",
    { key: name, for: common.id },
    h("span", {}, title, optional && h("small", {}, " (optional)")),
    control,
  );
}

function runs(pane, { runs: all, step }) {
  return h(
    "section.runs",
    { key: "runs", "aria-label": "Runs" },
    h("h3", {}, "Runs"),
    all.length
      ? h("ol", {}, [...all].reverse().map((each) => run(pane, each, step)))
      : h("p.quiet", {}, "None yet. Press Run, and the step is at work until the app says that it is done."),
  );
}

function run(pane, { id, user, at, inputs, outputs, error, ended_at: endedAt }, step) {
  const state = error ? "failed" : outputs ? "completed" : "running";
  const title = { failed: "Failed", completed: "Completed", running: "Running" }[state];
  const channel = pane.data.channel_names?.[inputs.channel] ?? inputs.channel;
  const words = (name) => (name === "channel" ? `#${channel}` : inputs[name]);
  const took = endedAt && `after ${Math.max(1, Math.round(endedAt - at))} s`;
  return h(
    "li",
    { key: id, class: state },
    h(
      "header",
      {},
      h("span.mark", { "aria-hidden": "true" }),
      h("b", {}, title),
      took && h("span.quiet", {}, took),
      h("time", { title: clockTime(at) }, ago(at)),
    ),
    h(
      "dl",
      {},
      step.inputs.filter(({ name }) => inputs[name]).map((each) => pair(each.name, each.title, words(each.name))),
      outputs && step.outputs.map((each) => pair(each.name, each.title, output(outputs[each.name]), "came")),
    ),
    error && h("p.trouble", {}, error),
    h("small.quiet", {}, `Started by ${user}`),
  );
}

function pair(name, title, value, kind = "") {
  return [h("dt", { key: `${name}-name`, class: kind }, title), h("dd", { key: `${name}-value`, class: kind }, value)];
}

/** An address can be followed; everything else is words. */
function output(value) {
  if (!/^https?:/.test(value)) return String(value);
  return h("a", { href: value, target: "_blank", rel: "noopener noreferrer" }, value);
}
