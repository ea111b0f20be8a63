// What is wrong, the worst first, by rule, with what each rule means.
import { h } from "./dom.js";
import { SEVERITIES } from "./data.js";
import { link } from "./state.js";
import { count, number, tally } from "./text.js";
import { excerpt, place } from "./source.js";
import { choices, empty, endpointLink, grown, severityTag } from "./parts.js";

export function findings(model, route) {
  const severity = route.params.get("severity")?.[0] ?? "";
  const status = route.params.get("status")?.[0] ?? "open";
  const service = route.params.get("service")?.[0] ?? "";
  const rule = route.id;
  const q = (route.params.get("q")?.[0] ?? "").toLowerCase();
  const of = model.findings.filter((f) => (status === "all" || (status === "new" ? model.fresh.has(f.fingerprint) : f.status === status)) && (!service || f.service === service)
    && (!q || `${f.subject} ${f.message} ${f.at.file}`.toLowerCase().includes(q)));
  const shown = of.filter((f) => (!severity || f.severity === severity) && (!rule || f.rule === rule));
  const where = (change) => link("findings", { status: status === "open" ? undefined : status, severity, service, q, ...change }, rule);
  const rules = byRule(shown);
  return h("div", { class: "page findings-page" }, h("h2", {}, "Findings"),
    h("div", { class: "choice-lines" },
      choices("Severity", [["", "All", of.length], ...[...SEVERITIES].reverse().map((s) => [s, s, of.filter((f) => f.severity === s).length]).filter(([, , n]) => n)], severity, (value) => where({ severity: value })),
      choices("Status", [["open", "Open"], ["suppressed", "Suppressed"], ...(model.against ? [["new", "New"]] : []), ["all", "All"]], status, (value) => where({ status: value === "open" ? undefined : value })),
      serviceChoice(model, service, where)),
    rule ? h("p", {}, h("a", { href: link("findings") }, "← All rules")) : null,
    shown.length ? rules.map((group) => ruleBlock(model, group, rules.length === 1)) : nothing(model, route));
}

function serviceChoice(model, service, where) {
  const known = tally(model.findings.map((f) => f.service).filter(Boolean));
  if (known.length < 2) return null;
  return h("select", { "aria-label": "Service", onchange: (event) => (location.hash = where({ service: event.currentTarget.value })) }, h("option", { value: "" }, "All services"),
    known.map(([id, n]) => h("option", { value: id, selected: id === service }, `${model.services.get(id)?.name ?? id} (${n})`)));
}

function nothing(model, route) {
  if (model.findings.length) return empty("No finding fits", h("a", { href: link("findings") }, "Show all open findings"));
  const troubles = (model.catalog.troubles ?? []).length;
  return empty("No findings", `${number(model.rules.size)} rules looked at ${count(model.endpoints.length, "endpoint")}. `, troubles ? `${count(troubles, "trouble")} may hide some. ` : "", h("a", { href: link("coverage") }, "What was read"));
}

const rank = (f) => -SEVERITIES.indexOf(f.severity);

function byRule(shown) {
  const map = new Map();
  for (const f of shown) {
    if (!map.has(f.rule)) map.set(f.rule, []);
    map.get(f.rule).push(f);
  }
  return [...map].map(([rule, list]) => ({ rule, list: list.sort((a, b) => rank(a) - rank(b)) })).sort((a, b) => rank(a.list[0]) - rank(b.list[0]) || b.list.length - a.list.length);
}

function ruleBlock(model, { rule, list }, open) {
  const text = model.rules.get(rule);
  const [first, ...rest] = (text?.docs ?? "").trim().split("\n");
  return h("section", { class: "rule" },
    h("div", { class: "rule-head" }, h("h3", {}, h("a", { href: link("findings", {}, rule) }, rule)), h("span", { class: "count" }, number(list.length)),
      tally(list.map((f) => f.severity)).sort(([a], [b]) => SEVERITIES.indexOf(b) - SEVERITIES.indexOf(a)).map(([s, n]) => h("span", { class: `severity sev-${s}` }, n === list.length ? s : `${number(n)} ${s}`))),
    first ? h("p", {}, first) : null,
    rest.length ? h("details", { open }, h("summary", {}, "What the rule means"), paragraphs(rest), references(list)) : null,
    grown(list, (f) => findingLine(model, f), open ? 60 : 12));
}

const paragraphs = (lines) => lines.join("\n").split(/\n\s*\n/).map((p) => p.replace(/\n/g, " ").trim()).filter(Boolean).map((p) => h("p", { class: "rule-text" }, p));

function references(list) {
  const words = [...new Set(list.flatMap((f) => [...(f.owasp ?? []), ...(f.cwe ?? [])]))];
  return words.length ? h("p", { class: "small dim" }, words.map((w) => (w.startsWith("API") ? `OWASP ${w}` : w)).join(" · ")) : null;
}

export function findingLine(model, f) {
  const e = f.endpoint ? model.byId.get(f.endpoint) : null;
  return h("details", { class: `finding-line ${f.status}`, ontoggle: (event) => openFinding(event, model, f) },
    h("summary", {}, severityTag(f.severity), h("span", { class: "mono subject" }, f.subject), model.fresh.has(f.fingerprint) ? h("span", { class: "chip alarm" }, "new") : null,
      h("span", { class: "dim small finding-place" }, `${f.at.file}:${f.at.line}`)),
    h("div", { class: "finding-body" }, h("p", {}, f.message, ". ", h("span", { class: "dim" }, f.why)), h("p", {}, h("strong", {}, "To mend it: "), f.remedy, "."),
      f.suppression ? h("p", { class: "note" }, "Suppressed: ", f.suppression.reason, f.suppression.expires ? ` until ${f.suppression.expires}` : "", " ", place(f.suppression.at)) : null,
      e ? h("p", {}, endpointLink(e)) : null));
}

/** Evidence is drawn when it is asked for: there may be thousands of findings. */
function openFinding(event, model, f) {
  const box = event.currentTarget;
  if (!box.open || box.dataset.full) return;
  box.dataset.full = "1";
  const places = [{ at: f.at, what: "look here first" }, ...(f.evidence ?? []).filter((v) => v.at.file !== f.at.file || v.at.line !== f.at.line)];
  box.querySelector(".finding-body").append(h("ul", { class: "evidence" }, places.map((v) => h("li", {}, v.what, " ", place(v.at), excerpt(model, { file: v.at.file, line: v.at.line })))),
    h("p", { class: "small dim" }, `confidence ${f.confidence} · fingerprint ${f.fingerprint}`));
}
