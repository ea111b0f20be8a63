// Rows of the endpoint list and tree. A row's height follows from its text and the width, so paths are never cut.
import { h } from "./dom.js";
import { number } from "./text.js";
import { authBar, authPill, chips, pathText } from "./parts.js";

const PAD = 9;
const PATH_LINE = 20;
const META_LINE = 20;
const TOP_LINE = 26;
export const GROUP = 40;
export const NARROW = 620;
const SIDES = 32;
const COLUMNS = 76 + 210;
export const INDENT = 18;

let charWidth = 0;

/** The width of a character of paths, in pixels. */
function measured(box) {
  if (!charWidth) {
    const probe = h("span", { class: "mono path probe" }, "0".repeat(100));
    box.append(probe);
    charWidth = probe.getBoundingClientRect().width / 100 || 8;
    probe.remove();
  }
  return charWidth;
}

/** Columns that a text takes where every character is as wide as another, save those of East Asia. */
function columnsOf(text) {
  let columns = text.length;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x1100) columns++;
  return columns;
}

/** The height of an endpoint's row in a box. */
export function rowHeight(e, box, width, indent = 0) {
  const narrow = width < NARROW;
  const room = Math.max(12, Math.floor((width - SIDES - indent - (narrow ? 0 : COLUMNS)) / measured(box)));
  const lines = Math.max(1, Math.ceil(columnsOf(e.path) / room));
  return 2 * PAD + lines * PATH_LINE + META_LINE + (narrow ? TOP_LINE : 0) + 1;
}

/** An endpoint's row. */
export function row(e, { href, current, terms, indent = 0 }) {
  const tags = chips(e);
  return h("li", { class: "row" }, h("a", { class: "row-link", href, "aria-current": current ? "true" : undefined, style: indent ? { "padding-left": `${16 + indent}px` } : undefined },
    h("span", { class: "method row-method" }, e.method),
    h("span", { class: "mono path row-path" }, pathText(e.path, terms)),
    h("span", { class: "row-auth" }, authPill(e)),
    h("span", { class: "row-meta dim" }, tags.length ? h("span", { class: "row-chips" }, tags) : null,
      h("span", { class: "row-place" }, e.symbol ? `${e.symbol} · ${e.place}` : e.place))));
}

/** The line above the endpoints of a service. */
export const groupRow = (service, n, auth) => h("li", { class: "row group" }, h("div", { class: "group-line" },
  h("strong", {}, service?.name ?? "?"), h("span", { class: "dim ellipsis" }, [service?.frameworks?.join(", "), service?.root].filter(Boolean).join(" · ")),
  h("span", { class: "group-count dim" }, number(n)), authBar(auth)));

/** A node of the tree. */
export function nodeRow(node, depth, open, toggle, current) {
  return h("li", { class: "row node" }, h("button", {
    type: "button", class: "node-line", "aria-expanded": String(open), "aria-current": current ? "true" : undefined,
    style: { "padding-left": `${16 + depth * INDENT}px` }, onclick: toggle,
  }, h("span", { class: "twist", "aria-hidden": "true" }, open ? "▾" : "▸"),
  h("span", { class: node.isService ? "node-label" : "node-label mono" }, node.isService ? node.label : ["/", pathText(node.label)]),
  h("span", { class: "group-count dim" }, number(node.total)), authBar(node.auth)));
}
