// Versions side by side: which operations each version of an API has, and where an old one asks for less than the new one.
import { h } from "./dom.js";
import { versionIn } from "./data.js";
import { link } from "./state.js";
import { count } from "./text.js";
import { calm, choices, empty, grown } from "./parts.js";

const numbered = (a, b) => Number(a.slice(1)) - Number(b.slice(1));

/** Operations by service, each with its endpoint in every version. */
function lineages(model) {
  const services = new Map();
  for (const list of model.lineages.values()) {
    const own = list.filter((e) => e.raw.audience === "production");
    if (!own.length) continue;
    const service = own[0].serviceId;
    if (!services.has(service)) services.set(service, []);
    const versions = new Map(own.map((e) => [versionIn(e.path).name, e]));
    services.get(service).push({ method: own[0].method, path: versionIn(own.at(-1).path).rest, versions, text: own.at(-1).path });
  }
  return [...services].map(([service, rows]) => {
    const versions = [...new Set(rows.flatMap((r) => [...r.versions.keys()]))].sort(numbered);
    for (const row of rows) row.kind = kindOf(row, versions);
    const rank = (row) => KINDS.findIndex(([value]) => value === row.kind);
    rows.sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.method < b.method ? -1 : 1));
    return { service, versions, rows };
  });
}

function kindOf(row, versions) {
  const has = versions.filter((v) => row.versions.has(v));
  const isOpen = (v) => row.versions.get(v).auth === "none" && !calm(row.versions.get(v));
  if (has.length > 1 && has.slice(0, -1).some(isOpen) && !isOpen(has.at(-1))) return "weaker";
  if (has.length > 1) return "both";
  if (versions.length === 1) return "only";
  return has[0] === versions.at(-1) ? "new" : "left";
}

const KINDS = [["", "All"], ["weaker", "Weaker in an old one"], ["both", "In several versions"], ["left", "Only in an old one"], ["new", "Only in the newest"]];

export function versions(model, route) {
  const kind = route.params.get("kind")?.[0] ?? "";
  const all = lineages(model);
  const several = all.filter((s) => s.versions.length > 1);
  const single = all.filter((s) => s.versions.length === 1);
  const rows = several.flatMap((s) => s.rows);
  return h("div", { class: "page" }, h("h2", {}, "Versions"),
    h("p", { class: "dim" }, "Operations that differ only by the version in their path stand on one line."),
    several.length ? choices("Operations", KINDS.map(([value, text]) => [value, text, value ? rows.filter((r) => r.kind === value).length : rows.length]).filter(([value, , n]) => !value || n), kind, (value) => link("versions", { kind: value })) : null,
    several.map((s) => block(model, s, kind)),
    several.length ? null : empty("No two versions side by side", single.length ? "Paths have a version, but no service serves more than one." : "No path has a version like v1."),
    single.length ? h("p", { class: "dim" }, "With a single version: ", single.map((s) => `${model.services.get(s.service)?.name ?? s.service} ${s.versions[0]} (${count(s.rows.length, "operation")})`).join(", ")) : null);
}

function block(model, { service, versions: names, rows }, kind) {
  const shown = kind ? rows.filter((r) => r.kind === kind) : rows;
  if (!shown.length) return null;
  const columns = { "--versions": String(names.length) };
  return h("section", {}, h("h3", {}, model.services.get(service)?.name ?? service, " ", h("span", { class: "dim" }, names.join(" → "))),
    h("div", { class: "version-line head", style: columns }, h("span", {}, "Operation"), names.map((v) => h("span", {}, v))),
    grown(shown, (row) => h("div", { class: "version-line", style: columns }, h("span", {}, h("span", { class: "method" }, row.method), " ", h("span", { class: "mono path" }, row.text)),
      names.map((v) => versionCell(row.versions.get(v), v))), 150));
}

function versionCell(e, version) {
  if (!e) return h("span", { class: "dim", "data-version": version }, "–");
  return h("span", { "data-version": version }, h("a", { href: link("endpoints", {}, e.id), class: `dot dot-${calm(e) ? "public" : e.auth}` }, e.auth), e.raw.lifecycle?.deprecated ? h("span", { class: "chip" }, "deprecated") : null);
}
