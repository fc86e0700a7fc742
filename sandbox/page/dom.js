// Draws trees of plain objects into the page. When they are drawn again, only what differs is touched, so that
// focus, scroll positions and playing videos survive. Text is always text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "use"]);
const PROPERTIES = new Set(["value", "checked", "disabled", "open"]);

/** The objects that were last drawn into a node. */
const drawnInto = new WeakMap();

/**
 * A piece of the page: h("p.note", {title: "…"}, "text", other).
 * `key` keeps a node with its object when siblings come and go; `ref` is called once with the new node.
 */
export function h(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const { key, ref, class: more, ...rest } = props ?? {};
  if (more) classes.push(more);
  if (classes.length) rest.class = classes.join(" ");
  return { tag, key, ref, props: rest, children };
}

/** One of the drawings in index.html. */
export function icon(name) {
  return h("svg.icon", { "aria-hidden": "true" }, h("use", { href: `#${name}` }));
}

/** Make `parent` hold exactly these children, touching only what differs from the last time. */
export function draw(parent, children) {
  const before = drawnInto.get(parent) ?? [];
  const after = flatten(children).map(asPiece);
  const reuse = reuser(before);
  for (const piece of after) {
    const old = reuse(piece);
    if (old) update(piece, old);
    else create(piece);
  }
  drawnInto.set(parent, after);

  // Stale nodes go first: then the ones that stay are never moved, and a moved video would stop playing.
  const staying = new Set(after.map((piece) => piece.node));
  for (const { node } of before) if (!staying.has(node)) node.remove();
  let cursor = parent.firstChild;
  for (const { node } of after) {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
}

function flatten(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

/** A child may be an object of h(), a node that somebody else draws, or text. */
function asPiece(child) {
  if (child instanceof Node) return { tag: "#node", key: child, node: child };
  if (typeof child === "object") return { ...child };
  return { tag: "#text", text: String(child) };
}

/** Finds the earlier object for a new one: by key, or else the next without a key, if it is of the same kind. */
function reuser(before) {
  const keyed = new Map(before.filter((old) => old.key !== undefined).map((old) => [old.key, old]));
  const loose = before.filter((old) => old.key === undefined);
  return (piece) => {
    const old = piece.key === undefined ? loose.shift() : keyed.get(piece.key);
    if (piece.key !== undefined) keyed.delete(piece.key);
    return old?.tag === piece.tag ? old : undefined;
  };
}

function create(piece) {
  if (piece.tag === "#node") return;
  if (piece.tag === "#text") {
    piece.node = document.createTextNode(piece.text);
    return;
  }
  piece.node = SVG_TAGS.has(piece.tag) ? document.createElementNS(SVG, piece.tag) : document.createElement(piece.tag);
  draw(piece.node, piece.children);
  setProps(piece.node, piece.props, {});
  piece.ref?.(piece.node);
}

function update(piece, old) {
  piece.node = old.node;
  if (piece.tag === "#node") return;
  if (piece.tag === "#text") {
    if (piece.text !== old.text) piece.node.data = piece.text;
    return;
  }
  draw(piece.node, piece.children); // first, as in create: a choice can only be shown once it is among the options
  setProps(piece.node, piece.props, old.props);
}

function setProps(node, props, old) {
  for (const name of Object.keys(old)) if (!(name in props)) setProp(node, name, null);
  for (const [name, value] of Object.entries(props)) {
    if (name === "style") for (const [key, each] of Object.entries(value)) node.style.setProperty(key, each);
    else if (value !== old[name]) setProp(node, name, value);
  }
}

function setProp(node, name, value) {
  if (name.startsWith("on")) node[name] = value;
  else if (PROPERTIES.has(name)) node[name] = value ?? "";
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
