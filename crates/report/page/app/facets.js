// The filters beside the list: what there is, how often, and what is asked for.
import { h, put } from "./dom.js";
import { FACETS } from "./filter.js";
import { format, go, withParam } from "./state.js";
import { number } from "./text.js";

const ALWAYS = new Set(["service", "method", "auth"]);
const OPEN = new Set(["service", "method", "auth", "flag", "severity", "finding"]);
const MOST = 200;

/** Words for a value. */
export function valueText(model, facet, value) {
  if (facet !== "service") return value;
  const service = model.services.get(value);
  return service?.name ?? value;
}

/** Draws the filters anew; what is folded stays folded and the focus stays where it is. */
export function drawFacets(box, model, route, counts, filters, folded) {
  const focused = document.activeElement?.dataset?.facet;
  const groups = FACETS.map((facet, at) => group(model, route, facet, counts[at], filters.get(facet.name), folded)).filter(Boolean);
  put(box, h("div", { class: "facets-head" }, h("h2", {}, "Filters"), h("a", { href: format({ view: "endpoints", id: route.id, params: kept(route.params) }), class: "small" }, "Clear all")), groups);
  if (focused) [...box.querySelectorAll("[data-facet]")].find((i) => i.dataset.facet === focused)?.focus({ preventScroll: true });
}

const kept = (params) => new Map([...params].filter(([name]) => name === "mode" || name === "sort"));

function group(model, route, facet, counts, chosen, folded) {
  const values = [...new Set([...counts.keys(), ...(chosen ?? [])])];
  const worth = chosen?.size || values.length > 1 || (values.length === 1 && ALWAYS.has(facet.name));
  if (!values.length || !worth) return null;
  values.sort(facet.sort ?? ((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1)));
  const key = `fold.${facet.name}`;
  const isOpen = folded.has(key) ? folded.get(key) : OPEN.has(facet.name) || Boolean(chosen?.size);
  return h("details", { class: "facet", open: isOpen, ontoggle: (event) => folded.set(key, event.currentTarget.open) },
    h("summary", {}, facet.label, chosen?.size ? h("span", { class: "count on" }, chosen.size) : null),
    h("div", { class: "facet-values" }, values.slice(0, MOST).map((value) => option(model, route, facet, value, counts.get(value) ?? 0, chosen)),
      values.length > MOST ? h("p", { class: "small dim" }, `${number(values.length - MOST)} more; search for ${facet.name}:…`) : null));
}

function option(model, route, facet, value, n, chosen) {
  const text = valueText(model, facet.name, value);
  return h("label", { class: n ? "facet-value" : "facet-value none", title: text },
    h("input", { type: "checkbox", checked: chosen?.has(value), "data-facet": `${facet.name} ${value}`, onchange: () => toggle(route, facet.name, value, chosen) }),
    h("span", { class: `facet-text ${facet.name === "auth" ? `dot dot-${value}` : ""}` }, text), h("span", { class: "count" }, number(n)));
}

/** Takes a value into a filter, or out of it. */
export function toggle(route, name, value, chosen) {
  const values = new Set(chosen ?? []);
  if (values.has(value)) values.delete(value);
  else values.add(value);
  const list = [...values];
  go(withParam(route, name, !list.length && name === "audience" ? ["all"] : list), true);
}
