// The denominators: what was looked at, how much of it was understood, and what could not be followed.
import { h } from "./dom.js";
import { link } from "./state.js";
import { count, number, percent, tally } from "./text.js";
import { excerpt, place } from "./source.js";
import { choices, empty, grown, meter } from "./parts.js";

export function coverage(model, route) {
  const c = model.catalog.coverage;
  return h("div", { class: "page" }, h("h2", {}, "What was looked at"), trees(model), funnel(c), languages(c), classes(c), contracts(model), troubles(model, route), sourceNote(model));
}

function trees(model) {
  const views = { code: "code that registers endpoints", spec: "API descriptions", gateway: "gateway configuration", iac: "infrastructure as code" };
  const read = model.catalog.views ?? [];
  const tool = model.catalog.tool;
  return h("div", {},
    h("ul", { class: "evidence" }, (model.catalog.repositories ?? []).map((r) => h("li", {}, h("strong", {}, r.name), " ", h("span", { class: "mono small" }, r.root),
      r.revision ? [" at ", h("code", {}, r.revision.requested), " ", h("span", { class: "dim small mono" }, `${r.revision.commit.slice(0, 12)}${r.revision.time ? `, ${r.revision.time}` : ""}`)] : h("span", { class: "dim small" }, " work tree")))),
    h("p", { class: "dim" }, `Known from ${read.map((v) => views[v] ?? v).join(", ")}. Read by ${tool.name} ${tool.version}, which runs none of the code.`),
    model.selection?.length ? h("p", { class: "note warn" }, "This report shows a part only: ", model.selection.join(", "), ". The numbers below are those of the whole scan.") : null);
}

function funnel(c) {
  const rows = [
    ["Files seen", c.files_seen, c.files_seen, "in the scanned trees, ignored ones aside"],
    ["read", c.files_read, c.files_seen, "code of a supported language, manifests and configuration"],
    ["parsed", c.files_parsed, c.files_seen, "those that may register endpoints and what they import"],
    ["evaluated", c.files_evaluated, c.files_seen, "their registration code was run"],
    ["Routers mounted", c.routers?.mounted, c.routers?.found, `of ${number(c.routers?.found)} routers and applications that were found`],
  ].filter(([, , whole]) => whole !== undefined);
  return h("section", {}, h("div", { class: "funnel" }, rows.map(([text, part, whole, words]) => h("div", { class: "funnel-line" }, h("span", {}, text), h("span", { class: "num" }, number(part)), meter(part, whole, `${text}: ${number(part)} of ${number(whole)}`), h("span", { class: "dim small" }, `${percent(part, whole)} · ${words}`)))),
    h("p", {}, `${count(c.detached_endpoints, "endpoint")} on routers that nothing visible mounts · `, h("a", { href: link("endpoints", { flag: "detached", audience: "all" }) }, "show"), ` · ${count(c.partial_endpoints, "endpoint")} with an unknown part in the path · `, h("a", { href: link("endpoints", { flag: "partial", audience: "all" }) }, "show")));
}

function languages(c) {
  const entries = Object.entries(c.languages ?? {});
  if (!entries.length) return h("p", { class: "dim" }, "No file of a supported language was seen.");
  const columns = [["seen", "Seen"], ["read", "Read"], ["parsed", "Parsed"], ["broken", "Broken in part"], ["evaluated", "Evaluated"]];
  return h("section", {}, h("h3", {}, "By language"), h("table", { class: "cards" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Language"), columns.map(([, text]) => h("th", { scope: "col", class: "num" }, text)))),
    h("tbody", {}, entries.map(([name, l]) => h("tr", {}, h("th", { scope: "row" }, name), columns.map(([key, text]) => h("td", { class: "num", "data-label": text }, number(l[key] ?? 0))))))));
}

function classes(c) {
  const entries = Object.entries(c.classes ?? {});
  return entries.length ? h("p", { class: "dim" }, "Code files by kind: ", entries.map(([name, n]) => `${name} ${number(n)}`).join(" · ")) : null;
}

function contracts(model) {
  const list = model.catalog.contracts ?? [];
  if (!model.hasContracts) return h("section", {}, h("h2", {}, "Contracts"), empty("API descriptions were not read"));
  const rows = [...list].sort((a, b) => (b.role === "describes") - (a.role === "describes") || b.operation_count - a.operation_count);
  return h("section", {}, h("h2", {}, "Contracts ", h("span", { class: "count" }, number(list.length))), rows.length ? grown(rows, (k) => h("div", { class: "line" }, h("span", { class: "grow" }, h("strong", {}, k.title || k.file), " ", place({ file: k.file }),
    k.reason ? h("span", { class: "dim small block-line" }, k.reason) : null), h("span", { class: "chip" }, `${k.kind} ${k.format_version}`), h("span", { class: `chip ${k.role === "describes" ? "good" : ""}` }, k.role),
  h("span", { class: "count" }, `${number(k.matched_count)} of ${count(k.operation_count, "operation")} met`)), 30) : empty("No API description was found"));
}

function troubles(model, route) {
  const all = model.catalog.troubles ?? [];
  const kind = route.params.get("kind")?.[0] ?? "";
  const shown = kind ? all.filter((t) => t.kind === kind) : all;
  return h("section", {}, h("h2", {}, "Troubles ", h("span", { class: "count" }, number(all.length))),
    all.length ? [h("p", { class: "dim" }, "What could not be read or followed, and what may be missing because of it."), choices("Kind", [["", "All", all.length], ...tally(all.map((t) => t.kind)).map(([k, n]) => [k, k, n])], kind, (value) => link("coverage", { kind: value })),
      grown(shown, (t) => h("div", { class: "trouble" }, h("div", {}, h("span", { class: "chip warn" }, t.kind), " ", place({ file: t.file, line: t.line || undefined })), h("p", {}, t.message, ". ", h("span", { class: "dim" }, `${t.effect}.`)),
        t.line ? excerpt(model, { file: t.file, line: t.line, before: 0, after: 0 }) : null), 60)] : empty("None", "Everything that was looked at could be read and followed."));
}

function sourceNote(model) {
  const { source } = model;
  if (!source) return h("p", { class: "dim small" }, "The source was not at hand when this page was made, so it has no excerpts.");
  const parts = [`Excerpts of ${count(source.files.size, "file")}; what looks like a credential is masked.`];
  if (source.missing) parts.push(`${count(source.missing, "file")} could not be read for excerpts.`);
  if (source.leftOut) parts.push(`${count(source.leftOut, "line")} of handlers left out, to keep the page small.`);
  return h("p", { class: "dim small" }, parts.join(" "));
}
