// Who may call what: parts of services against verdicts and schemes, and the roles and scopes that are asked for.
import { h } from "./dom.js";
import { AUTH_STATES } from "./data.js";
import { link } from "./state.js";
import { count, number, tally } from "./text.js";
import { calm, choices, empty, grown } from "./parts.js";

const DEEP = 2;

/** The part of a service that an endpoint belongs to: the first segments of its path that are words. */
function areaOf(e, depth) {
  const words = [];
  for (const segment of e.path.split("/").filter(Boolean)) {
    if (segment.startsWith("{") || words.length === depth) break;
    if (!/^(api|v\d+)$/i.test(segment) || words.length) words.push(segment);
    else words.push(segment), depth++;
  }
  return `/${words.join("/")}`;
}

export function matrix(model, route) {
  const depth = Number(route.params.get("depth")?.[0]) || 1;
  const of = model.endpoints.filter((e) => e.raw.audience === "production");
  const all = of.length ? of : model.endpoints;
  if (!all.length) return h("div", { class: "page" }, h("h2", {}, "Who may call what"), empty("No endpoints", "There is nothing to guard."));
  const schemes = tally(all.flatMap((e) => [...new Set((e.raw.auth.schemes ?? []).map((s) => s.kind))])).map(([kind]) => kind);
  const states = AUTH_STATES.filter((state) => all.some((e) => e.auth === state));
  const rows = areas(all, depth);
  return h("div", { class: "page" }, h("h2", {}, "Who may call what"),
    h("p", { class: "dim" }, "Parts of each service by verdict and by scheme. A number leads to its endpoints. An endpoint may take several schemes."),
    choices("Depth", [[1, "Coarse"], [DEEP, "Fine"], [3, "Finest"]], depth, (value) => link("auth", { depth: value === 1 ? undefined : value })),
    h("div", { class: "scroll" }, h("table", { class: "matrix" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Part"), h("th", { scope: "col", class: "num" }, "All"), states.map((s) => h("th", { scope: "col", class: "num" }, h("span", { class: `dot dot-${s}` }, s))),
        schemes.map((s) => h("th", { scope: "col", class: "num scheme" }, s)))),
      rows.map(({ service, areas: list }) => h("tbody", {}, h("tr", { class: "service-line" }, h("th", { colspan: 2 + states.length + schemes.length, scope: "rowgroup" }, model.services.get(service)?.name ?? service)),
        list.map((area) => h("tr", {}, h("th", { scope: "row", class: "mono" }, area.name), matrixCell(area, area.endpoints, {}),
          states.map((state) => matrixCell(area, area.endpoints.filter((e) => e.auth === state), { auth: state }, state)),
          schemes.map((kind) => matrixCell(area, area.endpoints.filter((e) => (e.raw.auth.schemes ?? []).some((s) => s.kind === kind)), { scheme: kind })))))))),
    roles(all));
}

function areas(all, depth) {
  const services = new Map();
  for (const e of all) {
    if (!services.has(e.serviceId)) services.set(e.serviceId, new Map());
    const own = services.get(e.serviceId);
    const name = areaOf(e, depth);
    if (!own.has(name)) own.set(name, { name, service: e.serviceId, endpoints: [] });
    own.get(name).endpoints.push(e);
  }
  return [...services].map(([service, own]) => ({ service, areas: [...own.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) }));
}

function matrixCell(area, endpoints, filter, state) {
  if (!endpoints.length) return h("td", { class: "num dim" }, "·");
  const alarm = state === "none" && endpoints.some((e) => !calm(e));
  const text = area.name === "/" ? undefined : area.name;
  return h("td", { class: `num ${state ? `cell-${alarm ? "none" : state === "none" ? "calm" : state}` : ""}` }, h("a", { href: link("endpoints", { service: area.service, ...filter, q: text }) }, number(endpoints.length)));
}

function roles(all) {
  const named = new Map();
  for (const e of all) {
    for (const [kind, list] of [["role", e.raw.auth.roles], ["scope", e.raw.auth.scopes]]) {
      for (const name of list ?? []) {
        const key = `${kind} ${name}`;
        if (!named.has(key)) named.set(key, { kind, name, endpoints: [] });
        named.get(key).endpoints.push(e);
      }
    }
  }
  const rows = [...named.values()].sort((a, b) => b.endpoints.length - a.endpoints.length || (a.name < b.name ? -1 : 1));
  return h("section", {}, h("h2", {}, "Roles, permissions and scopes"),
    rows.length ? h("p", { class: "dim" }, `${count(rows.length, "name")} that the code asks for.`) : empty("None were found", "No guard that was read asks for a role, a permission or a scope by name."),
    rows.length ? grown(rows, (r) => h("div", { class: "line" }, h("a", { class: "mono grow", href: link("endpoints", { role: r.name }) }, r.name), h("span", { class: "dim small" }, r.kind),
      h("span", { class: "small dim" }, tally(r.endpoints.map((e) => e.method)).map(([m, n]) => `${m} ${n}`).join(" · ")), h("span", { class: "count" }, number(r.endpoints.length)))) : null);
}
