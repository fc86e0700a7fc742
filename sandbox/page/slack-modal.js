// Slack's modals, drawn from the view that the app has opened: its blocks, its inputs, and what is wrong at each of them.

import { draw, h, icon } from "./dom.js";
import { addressOf } from "./media.js";
import { plainText } from "./mrkdwn.js";
import { blocks } from "./slack-blocks.js";

const PICKED = {
  users_select: "initial_user",
  conversations_select: "initial_conversation",
  channels_select: "initial_channel",
  multi_users_select: "initial_users",
  multi_conversations_select: "initial_conversations",
  multi_channels_select: "initial_channels",
};

/** What is drawn as several things to tick. */
const SEVERAL = new Set([
  "radio_buttons",
  "checkboxes",
  "multi_static_select",
  "multi_users_select",
  "multi_conversations_select",
  "multi_channels_select",
]);

/**
 * Open a modal. `submit(values)` gives {ok, error, errors}: what is wrong is said at its input, and the modal stays open.
 * `changed(name, values)` hears of changes of inputs that the app hears of. Gives {isOpen(), close(), update(modal)}.
 */
export function openSlackModal({ modal, room, places, people, submit, changed }) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog slack slack-modal";
  let shown = modal;
  let wrong = {};
  let trouble = "";
  let busy = false;

  const send = async (event) => {
    event.preventDefault();
    const form = event.target;
    const values = await valuesOf(form, { files: true });
    busy = true;
    redraw();
    const answer = await submit(values);
    busy = false;
    wrong = answer.errors ?? {};
    trouble = answer.ok || Object.keys(wrong).length ? "" : answer.error;
    redraw();
    if (answer.ok) dialog.close();
    else form.querySelector("[aria-invalid] :is(input, textarea, select)")?.focus();
  };

  /** All that the form holds; several answers to one question are one text with commas between them. */
  async function valuesOf(form, { files }) {
    const values = Object.fromEntries(shown.fields.filter((field) => !field.files).map(({ name }) => [name, ""]));
    for (const [name, value] of new FormData(form))
      if (typeof value === "string") values[name] = values[name] ? `${values[name]}, ${value}` : value;
    for (const { name } of files ? shown.fields.filter((field) => field.files) : [])
      values[name] = (await Promise.all([...form.elements[name].files].map(addressOf))).join("\n");
    return values;
  }

  const onchange = async ({ target }) => {
    const name = target.name;
    if (wrong[name]) {
      delete wrong[name];
      redraw();
    }
    if (shown.fields.some((field) => field.name === name && field.live))
      changed(name, await valuesOf(target.form, { files: false }));
  };

  const inputBlock = (block) => {
    const name = block.block_id;
    const id = `input-${name}`;
    const several = SEVERAL.has(block.element.type);
    return h(
      several ? "fieldset.field" : "div.field",
      { key: name, "aria-invalid": wrong[name] ? "true" : null },
      h(
        several ? "legend" : "label",
        several ? {} : { for: id },
        plainText(block.label),
        block.optional && h("small", {}, " (optional)"),
      ),
      control(block.element, { name, id, room, places, people }),
      wrong[name] && h("p.trouble", { key: "wrong", role: "alert" }, icon("warn"), wrong[name]),
      block.hint && h("p.hint", { key: "hint" }, plainText(block.hint)),
    );
  };

  function redraw() {
    const view = shown.raw;
    dialog.setAttribute("aria-label", shown.title);
    const said = { id: shown.id, actions: [] };
    draw(dialog, [
      h(
        "form",
        { onsubmit: send, onchange, novalidate: true },
        h(
          "header",
          {},
          h("img", { src: "page/mark.svg", alt: "", width: 28, height: 28 }),
          h("h2", {}, shown.title),
          h("button.close", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
        ),
        h(
          "div.inside",
          {},
          view.blocks.map((block) =>
            block.type === "input"
              ? inputBlock(block)
              : h("div.blocks", { key: block.block_id }, blocks(said, [block], room)),
          ),
          trouble && h("p.trouble", { key: "trouble", role: "alert" }, trouble),
        ),
        h(
          "footer",
          {},
          h(
            "button.button.quiet",
            { type: "button", onclick: () => dialog.close() },
            view.close ? plainText(view.close) : "Cancel",
          ),
          view.submit && h("button.button.primary", { disabled: busy }, shown.submit),
        ),
      ),
    ]);
  }

  redraw();
  document.body.append(dialog);
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
  dialog.querySelector(".inside :is(textarea, input, select)")?.focus();
  const update = (next) => {
    shown = next;
    redraw();
  };
  return { isOpen: () => dialog.open, close: () => dialog.close(), update };
}

/** An input of a modal by its kind. */
function control(element, { name, id, places, people }) {
  const placeholder = element.placeholder ? plainText(element.placeholder) : null;
  switch (element.type) {
    case "plain_text_input":
    case "number_input":
    case "email_text_input":
    case "url_text_input": {
      const common = { id, name, value: element.initial_value ?? "", placeholder, maxlength: element.max_length };
      if (element.multiline) return h("textarea", { ...common, rows: 4 });
      return h("input", { ...common, type: "text", autocomplete: "off" });
    }
    case "static_select":
      return oneOf(optionsOf(element), element.initial_option?.value, { id, name, placeholder });
    case "radio_buttons":
      return ticks("radio", optionsOf(element), [element.initial_option?.value], { name });
    case "multi_static_select":
    case "checkboxes":
      return ticks("checkbox", optionsOf(element), (element.initial_options ?? []).map(({ value }) => value), { name });
    case "users_select":
      return oneOf(people, element[PICKED[element.type]], { id, name, placeholder });
    case "conversations_select":
    case "channels_select":
      return oneOf(places, element[PICKED[element.type]], { id, name, placeholder });
    case "multi_users_select":
      return ticks("checkbox", people, element[PICKED[element.type]] ?? [], { name });
    case "multi_conversations_select":
    case "multi_channels_select":
      return ticks("checkbox", places, element[PICKED[element.type]] ?? [], { name });
    case "file_input":
      return h("input", { id, name, type: "file", accept: "image/*", multiple: element.max_files !== 1 });
    case "datepicker":
      return h("input", { id, name, type: "date", value: element.initial_date ?? "" });
    case "timepicker":
      return h("input", { id, name, type: "time", value: element.initial_time ?? "" });
    default:
      return h("div.unknown", {}, `A “${element.type}” input; this page does not draw it.`);
  }
}

function optionsOf(element) {
  const grouped = (element.option_groups ?? []).flatMap(({ options }) => options);
  return [...(element.options ?? []), ...grouped].map(({ value, text }) => ({ value, label: plainText(text) }));
}

function oneOf(options, chosen, { id, name, placeholder }) {
  return h(
    "select",
    { id, name, value: chosen ?? "" },
    chosen === undefined && h("option", { value: "" }, placeholder ?? "Choose…"),
    options.map(({ value, label }) => h("option", { key: value, value }, label)),
  );
}

function ticks(type, options, chosen, { name }) {
  return h(
    "div.ticks",
    {},
    options.map(({ value, label }) =>
      h("label", { key: value }, h("input", { type, name, value, checked: chosen.includes(value) }), h("span", {}, label)),
    ),
  );
}
