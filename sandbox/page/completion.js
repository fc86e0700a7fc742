// What can be completed at the caret of a slash command: command names, option names, option values.

const ENOUGH_TO_GUESS = 2;

/** The command that a text begins with, and which of its options the text has already. */
export function commandIn(text, commands) {
  const name = text.split(/\s/, 1)[0];
  const command = commands.find((each) => each.command === name);
  if (!command) return null;
  const typed = new Set([...text.matchAll(/(?:^|\s)(\w+):/g)].map(([, word]) => word));
  return { command, typed };
}

/**
 * {from, to, items: [{label, detail, insert}], eager} or null. `insert` takes the place of the text between `from`
 * and `to`. Eager: Enter takes the first item; otherwise Enter sends unless an item was chosen with the arrows.
 */
export function complete(text, caret, commands) {
  const before = text.slice(0, caret);
  if (!before.startsWith("/") || before.includes("\n")) return null;
  if (!before.includes(" ")) return commandNames(before, commands);
  const found = commandIn(text, commands);
  if (!found) return null;
  const from = before.lastIndexOf(" ") + 1;
  const [, name, value] = /^(\w+):(.*)$/.exec(before.slice(from)) ?? [];
  return name ? values(found.command, name, value, caret) : names(found, before.slice(from).toLowerCase(), from);
}

function commandNames(before, commands) {
  const items = commands
    .filter(({ command }) => command.startsWith(before.toLowerCase()) && command !== before)
    .map(({ command, description, options }) => ({
      label: command,
      hint: options.map(usage).join(" "),
      detail: description,
      insert: `${command} `,
    }));
  return items.length ? { from: 0, to: before.length, items, eager: true, title: "Commands" } : null;
}

function usage({ name, required }) {
  return required ? `[${name}]` : `[${name}:…]`;
}

function names({ command, typed }, word, from) {
  if (word.length < ENOUGH_TO_GUESS) return null;
  const items = command.options
    .filter((option) => !option.required && !option.file && !typed.has(option.name) && option.name.startsWith(word))
    .map((option) => ({
      label: `${option.name}:`,
      hint: (option.choices ?? []).join(" · "),
      detail: option.description,
      insert: `${option.name}:`,
    }));
  return items.length ? { from, to: from + word.length, items, eager: false, title: "Options" } : null;
}

function values(command, name, value, caret) {
  const option = command.options.find((each) => each.name === name);
  const choices = (option?.choices ?? []).map(String);
  if (choices.includes(value)) return null;
  const items = choices
    .filter((choice) => choice.startsWith(value.toLowerCase()))
    .map((choice) => ({ label: choice, hint: "", detail: "", insert: `${choice} ` }));
  return items.length ? { from: caret - value.length, to: caret, items, eager: true, title: option.description } : null;
}
