// The newer blocks of Block Kit: plans with their tasks, tables, and cards, alone or side by side.

import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

const STATES = { pending: "to do", in_progress: "in progress", complete: "done", error: "failed" };

/** How each is drawn. `rich` draws rich text, `element` a button, a menu or a picture. */
export function wideBlocks({ rich, element }) {
  const richText = (block, room) => block.elements.map((each) => rich(each, room));

  const task = (block, { room }) =>
    h(
      "li.task-card",
      { key: block.task_id, class: block.status },
      h("span.mark", { "aria-hidden": "true" }),
      h(
        "div.about",
        {},
        h("b", {}, block.title, h("span.hidden", {}, ` (${STATES[block.status] ?? block.status})`)),
        block.details && h("div.details", {}, richText(block.details, room)),
        block.output && h("div.details", {}, richText(block.output, room)),
      ),
    );

  const card = (block, { said, room }) =>
    h(
      "article.card",
      { key: block.block_id },
      block.hero_image && h("div.hero", {}, element(block.hero_image, { said, room })),
      h(
        "div.inside",
        {},
        block.icon && h("div.card-icon", {}, element(block.icon, { said, room })),
        block.title && h("b.card-title", {}, textObject(block.title, room.reader)),
        block.subtitle && h("div.card-subtitle", {}, textObject(block.subtitle, room.reader)),
        block.body && h("div.text", {}, textObject(block.body, room.reader)),
        block.actions?.length > 0 &&
          h(
            "div.actions",
            {},
            block.actions.map((each) => element(each, { said, room })),
          ),
      ),
    );

  const cell = (each, room) => (each.type === "rich_text" ? richText(each, room) : (each.text ?? each.value ?? ""));

  return {
    task_card: (block, place) => h("ul.plan-tasks", {}, task(block, place)),
    plan: (block, place) => {
      const tasks = block.tasks ?? [];
      const done = tasks.filter(({ status }) => status === "complete").length;
      return h(
        "section.plan",
        { "aria-label": "Plan" },
        h(
          "header",
          {},
          h("b", {}, block.title),
          tasks.length > 0 && h("span.quiet", {}, `${done} of ${tasks.length}`),
        ),
        h(
          "ul.plan-tasks",
          {},
          tasks.map((each) => task(each, place)),
        ),
      );
    },
    table: (block, { room }) => {
      const [head, ...rows] = block.rows;
      const align = (n) => ({ class: block.column_settings?.[n]?.align ?? "left" });
      return h(
        "div.table",
        { tabindex: "0", role: "region", "aria-label": "Table" },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, head.map((each, n) => h("th", align(n), cell(each, room))))),
          h("tbody", {}, rows.map((row) => h("tr", {}, row.map((each, n) => h("td", align(n), cell(each, room)))))),
        ),
      );
    },
    card,
    carousel: (block, place) =>
      h(
        "div.carousel",
        { tabindex: "0", role: "region", "aria-label": `${block.elements.length} cards` },
        block.elements.map((each) => card(each, place)),
      ),
    alert: (block, { room }) =>
      h("div.alert", { class: block.level ?? "default", role: "note" }, textObject(block.text, room.reader)),
  };
}
