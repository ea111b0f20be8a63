// What differs from an earlier state: endpoints, and findings that came and went.
import { h } from "./dom.js";
import { link } from "./state.js";
import { number, tally } from "./text.js";
import { place } from "./source.js";
import { choices, empty, endpointLink, grown, severityTag } from "./parts.js";
import { changeDetails } from "./endpoint.js";

const LEVELS = { breaking: (c) => c.breaking, weaker: (c) => c.weaker };

export function changes(model, route) {
  const { against } = model;
  if (!against) return h("div", { class: "page" }, h("h2", {}, "Changes"), empty("Nothing to compare with", "Make the report with --against and an earlier catalog, folder or revision."));
  const all = against.changes?.changes ?? [];
  const kind = route.params.get("kind")?.[0] ?? "";
  const level = route.params.get("level")?.[0] ?? "";
  const shown = all.filter((c) => (!kind || c.kind === kind) && (!level || LEVELS[level]?.(c)));
  const where = (change) => link("changes", { kind, level, ...change });
  return h("div", { class: "page" }, h("h2", {}, "Changes since ", h("span", { class: "mono" }, against.name)),
    h("p", { class: "dim" }, `${number(against.endpoints)} endpoints then, ${number(model.endpoints.length)} now. Endpoints of deployed code are compared by identity; one whose handler is served at another path has moved.`),
    h("div", { class: "choice-lines" }, choices("What happened", [["", "All", all.length], ...tally(all.map((c) => c.kind)).map(([k, n]) => [k, k, n])], kind, (value) => where({ kind: value })),
      choices("Level", [["", "Any level"], ["breaking", "Breaking", all.filter(LEVELS.breaking).length], ["weaker", "Weaker", all.filter(LEVELS.weaker).length]], level, (value) => where({ level: value }))),
    shown.length ? grown(shown, (c) => changeLine(model, c)) : empty(all.length ? "No change fits" : "No endpoint differs"),
    findingsSection("New findings", model.findings.filter((f) => model.fresh.has(f.fingerprint))),
    findingsSection("Findings that are gone", against.mended ?? []));
}

function changeLine(model, c) {
  const e = model.endpoints.find((x) => x.change === c);
  return h("div", { class: "change" }, h("div", { class: "change-head" }, h("span", { class: `chip kind-${c.kind}` }, c.kind),
    e && c.kind !== "removed" ? endpointLink(e) : h("span", {}, h("span", { class: "method" }, c.method), " ", h("span", { class: "mono path" }, c.path)),
    c.breaking ? h("span", { class: "chip warn" }, "breaking") : null, c.weaker ? h("span", { class: "chip alarm" }, "weaker") : null, place(c.at)), changeDetails(c));
}

function findingsSection(title, list) {
  return h("section", {}, h("h2", {}, title, " ", h("span", { class: "count" }, number(list.length))),
    list.length ? grown(list, (f) => h("div", { class: "line" }, severityTag(f.severity), h("a", { href: link("findings", {}, f.rule) }, f.rule), h("span", { class: "mono grow subject" }, f.subject), h("span", { class: "small dim" }, `${f.at.file}:${f.at.line}`)), 40) : h("p", { class: "dim" }, "None."));
}
