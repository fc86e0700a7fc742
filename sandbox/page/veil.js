// Discord's veil over what somebody may not want to see: it is lifted with one press, and stays lifted.

import { h } from "./dom.js";

const VEILED_NAME = /^SPOILER_/;

/** Whether a file is behind a veil by its name, as Discord has it. */
export const isVeiledFile = ({ name }) => VEILED_NAME.test(name ?? "");

/** What is drawn, behind a veil that says what it is. */
export function veiled(drawn, key) {
  return h(
    "details.veil",
    { key: `veil-${key}` },
    h("summary", {}, h("span", {}, "Spoiler")),
    drawn,
  );
}
