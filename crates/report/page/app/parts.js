// Small pieces that several views use.
import { h } from "./dom.js";
import { AUTH_STATES, SEVERITIES } from "./data.js";
import { link } from "./state.js";
import { number, tally } from "./text.js";

/** The verdict as a pill; by design beside it. */
export function authPill(e) {
  const auth = e.raw.auth;
  const extra = auth.state === "required" || auth.state === "optional" ? shortSchemes(auth) : [];
  return h("span", { class: `pill auth-${calm(e) ? "calm" : auth.state}` }, auth.state,
    extra.length ? h("span", { class: "pill-extra" }, ` ${extra.join(" ")}`) : null,
    auth.by_design ? h("span", { class: "pill-extra" }, ` ${auth.by_design}`) : null);
}

/** The kinds of its schemes, two of them at most; `custom` only where there is nothing better to say. */
function shortSchemes(auth) {
  const kinds = [...new Set((auth.schemes ?? []).map((s) => s.kind))];
  const named = kinds.filter((kind) => kind !== "custom");
  const shown = named.length ? named : kinds;
  return shown.length > 2 ? [...shown.slice(0, 2), `+${shown.length - 2}`] : shown;
}

/** Open, and meant so: no alarm. */
export const calm = (e) => e.auth === "none" && Boolean(e.raw.auth.by_design);

export const severityTag = (severity) => h("span", { class: `severity sev-${severity}` }, severity);

/** Flags and open findings as chips. */
export function chips(e) {
  const rules = new Map();
  for (const f of e.findings) {
    if (f.status !== "open") continue;
    if (!rules.has(f.rule) || SEVERITIES.indexOf(f.severity) > SEVERITIES.indexOf(rules.get(f.rule))) rules.set(f.rule, f.severity);
  }
  const out = [...rules].map(([rule, severity]) => h("span", { class: `chip sev-${severity}` }, rule));
  for (const flag of e.flags) {
    if (rules.has(flag)) continue;
    const tone = flag === "shadow" ? "alarm" : flag === "partial" || flag === "detached" ? "warn" : "";
    out.push(h("span", { class: `chip ${tone}` }, flag));
  }
  if (e.raw.audience !== "production") out.push(h("span", { class: "chip" }, e.raw.audience));
  if (e.change) out.push(h("span", { class: `chip ${e.change.weaker ? "alarm" : "info"}` }, e.change.weaker ? `${e.change.kind}, weaker` : e.change.kind));
  return out;
}

/** A path with its parameters set off and what was searched for marked. */
export function pathText(path, terms = []) {
  const out = [];
  for (const piece of path.split(/(\{[^}]*\})/)) {
    if (!piece) continue;
    const kind = piece.startsWith("{?") ? "hole" : piece.startsWith("{") ? "param" : "";
    const marked = markTerms(piece, terms);
    out.push(kind ? h("span", { class: kind }, marked) : marked);
  }
  return out;
}

function markTerms(text, terms) {
  if (!terms.length) return text;
  const low = text.toLowerCase();
  const out = [];
  let at = 0;
  while (at < text.length) {
    let best = null;
    for (const term of terms) {
      const found = low.indexOf(term, at);
      if (found >= 0 && (!best || found < best.found)) best = { found, size: term.length };
    }
    if (!best) break;
    out.push(text.slice(at, best.found), h("mark", {}, text.slice(best.found, best.found + best.size)));
    at = best.found + best.size;
  }
  out.push(text.slice(at));
  return out;
}

/** How many endpoints have each verdict. */
export const authOf = (endpoints) => Object.fromEntries(tally(endpoints.map((e) => e.auth)));

/** A stacked bar of verdicts. */
export function authBar(auth, label) {
  const total = Object.values(auth).reduce((a, b) => a + b, 0);
  const parts = AUTH_STATES.filter((state) => auth[state]);
  const words = parts.map((state) => `${number(auth[state])} ${state}`).join(", ");
  return h("span", { class: "bar", role: "img", "aria-label": label ? `${label}: ${words}` : words, title: words },
    parts.map((state) => h("span", { class: `bar-part fill-${state}`, style: { "flex-grow": String(auth[state] / total) } })));
}

/** A bar that is filled in part. */
export function meter(part, whole, label) {
  const share = whole ? Math.min(1, part / whole) : 0;
  return h("span", { class: "meter", role: "img", "aria-label": label }, h("span", { class: "meter-fill", style: { width: `${share * 100}%` } }));
}

export function section(title, ...children) {
  const kids = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  if (!kids.length) return null;
  return h("section", { class: "block" }, h("h3", {}, title), kids);
}

/** What to say where there is nothing to show. */
export function empty(title, ...words) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), words.length ? h("p", { class: "dim" }, words) : null);
}

export const endpointLink = (e) => h("a", { class: "endpoint-link", href: link("endpoints", { audience: e.raw.audience === "production" ? undefined : "all" }, e.id) },
  h("span", { class: "method" }, e.method), " ", h("span", { class: "mono path" }, pathText(e.path)));

/** A list that shows its first items, and more on demand. */
export function grown(items, render, step = 100) {
  const box = h("div", { class: "grown" });
  let shown = 0;
  const more = h("button", { type: "button", class: "more no-print", onclick: () => show(shown + step) });
  const show = (until) => {
    for (; shown < Math.min(until, items.length); shown++) box.insertBefore(render(items[shown]), more);
    more.textContent = `Show ${number(Math.min(step, items.length - shown))} more of ${number(items.length - shown)}`;
    more.hidden = shown >= items.length;
  };
  box.append(more);
  box.showAll = () => show(items.length);
  show(step);
  return box;
}

/** A row of choices of one parameter: what is chosen is marked. */
export function choices(label, options, chosen, hrefOf) {
  return h("div", { class: "choices", role: "group", "aria-label": label }, options.map(([value, text, n]) => h("a", {
    class: "choice", href: hrefOf(value), "aria-current": value === chosen ? "true" : undefined,
  }, text, n === undefined ? null : h("span", { class: "count" }, number(n)))));
}
