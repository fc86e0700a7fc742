// How rude a chat platform can be, below "More trouble": errors by method and code, and what else can be set about it.

import { h, icon } from "./dom.js";
import { call } from "./live.js";

/** The rows for one platform; `told` shows what the sandbox said against a change. */
export function rude(platform, { faults, switches }, told) {
  const send = async (method, path, body) => {
    const { ok, error } = await call(method, path, body);
    told(ok ? "" : error);
  };
  return [
    ...switches.map((each) => row(platform, each, send)),
    h(
      "form.order",
      {
        key: "order",
        onsubmit: (event) => {
          event.preventDefault();
          const { method, code, times } = Object.fromEntries(new FormData(event.target));
          send("POST", "api/faults", { platform, method, code, ...(times ? { times: Number(times) } : {}) });
        },
      },
      h("input", { name: "method", required: true, placeholder: "method, or *", "aria-label": `${platform}: method` }),
      h("input", { name: "code", required: true, placeholder: "error", "aria-label": `${platform}: error` }),
      h("input", { name: "times", type: "number", min: "1", placeholder: "∞", "aria-label": `${platform}: how often` }),
      h("button", { type: "submit" }, "Refuse"),
    ),
    h(
      "div.chips",
      { key: "orders" },
      faults.map(({ id, method, code, times }) =>
        h(
          "button.chip",
          {
            key: String(id),
            type: "button",
            "aria-label": `Lift: ${method} ${code}`,
            onclick: () => send("DELETE", `api/faults?${new URLSearchParams({ platform, id: String(id) })}`),
          },
          h("b", {}, method),
          h("span", {}, times === null ? code : `${code} · ${times}×`),
          icon("close"),
        ),
      ),
    ),
  ];
}

function row(platform, { name, says, value, choices }, send) {
  const put = (wanted) => send("POST", "api/switches", { platform, name, value: wanted });
  return h(
    "div.row",
    { key: `set ${name}` },
    h("div", {}, h("b", {}, name.replaceAll("_", " ")), h("span", {}, says)),
    control({ name: `${platform}: ${name.replaceAll("_", " ")}`, value, choices, put }),
  );
}

function control({ name, value, choices, put }) {
  const shared = { "aria-label": name };
  if (typeof value === "boolean") {
    return h(
      "button.switch",
      { ...shared, type: "button", role: "switch", "aria-checked": String(value), onclick: () => put(!value) },
      h("span.track", {}),
    );
  }
  if (typeof value === "number") {
    const onchange = ({ target }) => put(Number(target.value));
    return h("input.value", { ...shared, type: "number", min: "0", step: "any", value: String(value), onchange });
  }
  if (typeof value === "string") {
    const options = choices.map((each) => h("option", { value: each }, each));
    return h("select", { ...shared, value, onchange: ({ target }) => put(target.value) }, options);
  }
  const onchange = ({ target }) => put(target.value.split(/[\s,]+/).filter(Boolean));
  return h("input.value", { ...shared, title: choices.join(", "), value: value.join(" "), onchange });
}
