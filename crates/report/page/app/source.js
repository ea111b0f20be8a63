// Lines of source with their numbers.
import { h } from "./dom.js";

/** The lines from `first` to `last`, as far as they are at hand; `marked` is the range that matters. */
export function linesOf(model, file, first, last) {
  const lines = model.source?.files.get(file);
  if (!lines) return [];
  const found = [];
  for (let at = Math.max(1, first); at <= last; at++) if (lines.has(at)) found.push([at, lines.get(at)]);
  return found;
}

/** A figure of source; null where the lines are not at hand. Lines from `line` to `mark` stand out where others are beside them. */
export function excerpt(model, { file, line, end = line, before = 1, after = 1, most = 18, mark = end }) {
  const lines = linesOf(model, file, line - before, Math.min(end + after, line + most));
  if (!lines.length) return null;
  const indent = Math.min(...lines.filter(([, text]) => text.trim()).map(([, text]) => text.match(/^[ \t]*/)[0].length));
  const stands = (at) => at >= line && at <= mark;
  const some = lines.some(([at]) => !stands(at));
  const rows = lines.map(([at, text]) => h("span", { class: `code-line ${some && stands(at) ? "marked" : at >= line && at <= end ? "in" : ""}` },
    h("span", { class: "code-number", "aria-hidden": "true" }, at),
    h("span", { class: "code-text" }, text.slice(Number.isFinite(indent) ? indent : 0) || " "), "\n"));
  const cut = end > line + most ? h("span", { class: "code-more dim" }, `… to line ${end}`) : null;
  return h("pre", { class: "code", tabindex: "0", "aria-label": `${file} from line ${lines[0][0]}` }, h("code", {}, rows), cut);
}

/** The name of a place: `api/orders.py:31`, to copy with a click. */
export function place(at) {
  if (!at) return null;
  const text = at.line ? `${at.file}:${at.line}` : at.file;
  return h("button", {
    type: "button", class: "place", title: `Copy ${text}`,
    onclick: async (event) => {
      const button = event.currentTarget;
      try {
        await navigator.clipboard.writeText(text);
        button.classList.add("copied");
        setTimeout(() => button.classList.remove("copied"), 900);
      } catch {
        getSelection()?.selectAllChildren(button);
      }
    },
  }, text);
}
