// The first screen: what there is, what is wrong, what could not be seen.
import { h } from "./dom.js";
import { AUTH_STATES, SEVERITIES } from "./data.js";
import { link } from "./state.js";
import { count, number, percent, tally } from "./text.js";
import { authBar, authOf, empty, meter, severityTag } from "./parts.js";

const deployed = (model) => model.endpoints.filter((e) => e.raw.audience === "production");

export function overview(model) {
  const shown = deployed(model);
  const of = shown.length ? shown : model.endpoints;
  return h("div", { class: "page overview" },
    h("div", { class: "three" }, have(model, of), wrong(model), unseen(model, of)),
    model.against ? changesLine(model) : null,
    serviceTable(model, of));
}

function have(model, of) {
  const auth = authOf(of);
  const others = model.endpoints.length - of.length;
  const scope = of.length && of[0].raw.audience === "production" ? {} : { audience: "all" };
  return h("section", { class: "tile" }, h("h2", {}, "What there is"),
    h("p", { class: "big" }, h("a", { href: link("endpoints", scope) }, number(of.length)), h("span", {}, of.length === 1 ? " endpoint" : " endpoints")),
    h("p", { class: "dim" }, `in ${count(new Set(of.map((e) => e.serviceId)).size, "service")}`, others ? [" · ", h("a", { href: link("endpoints", { audience: "all" }) }, `${number(others)} more in tests and other code`)] : null),
    of.length ? authBar(auth, "Who may call them") : null,
    h("ul", { class: "legend plain" }, AUTH_STATES.filter((state) => auth[state]).map((state) => h("li", {}, h("a", { href: link("endpoints", { ...scope, auth: state }) },
      h("span", { class: `dot dot-${state}` }, LEGEND[state]), h("span", { class: "count" }, number(auth[state])))))),
    h("p", { class: "small dim methods" }, tally(of.map((e) => e.method)).map(([method, n]) => h("a", { href: link("endpoints", { ...scope, method }) }, `${method} ${number(n)}`))));
}

const LEGEND = { none: "open to anyone", unknown: "not known", optional: "optional identity", public: "declared public", required: "identity required" };

function wrong(model) {
  const open = model.findings.filter((f) => f.status === "open");
  const severities = new Map(tally(open.map((f) => f.severity)));
  const suppressed = model.findings.length - open.length;
  const most = Math.max(1, ...severities.values());
  return h("section", { class: "tile" }, h("h2", {}, "What is wrong"),
    h("p", { class: "big" }, h("a", { href: link("findings") }, number(open.length)), h("span", {}, open.length === 1 ? " finding" : " findings")),
    h("p", { class: "dim" }, suppressed ? `${number(suppressed)} more suppressed with a reason` : open.length ? "none suppressed" : "No rule found anything. The box beside says how much that means."),
    h("ul", { class: "legend severities" }, [...SEVERITIES].reverse().filter((s) => severities.get(s)).map((s) => h("li", {}, h("a", { href: link("findings", { severity: s }) },
      severityTag(s), meter(severities.get(s), most, ""), h("span", { class: "count" }, number(severities.get(s))))))),
    h("p", { class: "small dim methods" }, tally(open.map((f) => f.rule)).slice(0, 6).map(([rule, n]) => h("a", { href: link("findings", {}, rule) }, `${rule} ${number(n)}`))));
}

function unseen(model, of) {
  const c = model.catalog.coverage;
  const troubles = model.catalog.troubles ?? [];
  const unknown = of.filter((e) => e.auth === "unknown").length;
  const rows = [
    [c.files_parsed, c.files_seen, "files parsed", `${number(c.files_parsed)} of ${number(c.files_seen)}`],
    [c.routers?.mounted, c.routers?.found, "routers mounted", `${number(c.routers?.mounted)} of ${number(c.routers?.found)}`],
    [of.length - unknown, of.length, "verdicts known", `${number(of.length - unknown)} of ${number(of.length)}`],
    [of.length - c.partial_endpoints, of.length, "paths known whole", `${number(Math.max(0, of.length - c.partial_endpoints))} of ${number(of.length)}`],
  ].filter(([, whole]) => whole > 0);
  return h("section", { class: "tile" }, h("h2", {}, "What could not be seen"),
    h("p", { class: "big" }, h("a", { href: link("coverage") }, number(troubles.length)), h("span", {}, troubles.length === 1 ? " trouble" : " troubles")),
    h("p", { class: "dim" }, troubles.length ? "places where something may be missing" : "Everything that was looked at could be followed."),
    h("ul", { class: "legend" }, rows.map(([part, whole, text, words]) => h("li", {}, h("span", { class: "legend-line" },
      h("span", {}, text), meter(part, whole, `${text}: ${words}`), h("span", { class: "count", title: percent(part, whole) }, words))))),
    h("p", { class: "small dim methods" }, tally(troubles.map((t) => t.kind)).map(([kind, n]) => h("a", { href: link("coverage", { kind }) }, `${kind} ${number(n)}`))));
}

function changesLine(model) {
  const changes = model.against.changes?.changes ?? [];
  const of = (is) => changes.filter(is).length;
  return h("p", { class: "note" }, "Since ", h("strong", {}, model.against.name), ": ", h("a", { href: link("changes") }, count(changes.length, "endpoint differs", "endpoints differ")),
    ` · ${number(of((c) => c.breaking))} breaking · ${number(of((c) => c.weaker))} weaker · ${count(model.fresh.size, "new finding")}`);
}

function serviceTable(model, of) {
  if (!model.endpoints.length) {
    return empty("No endpoints", "Nothing was found that registers one. ", h("a", { href: link("coverage") }, "What was read"), " tells whether that means anything.");
  }
  const lines = [...model.services.values()].map((service) => {
    const own = of.filter((e) => e.serviceId === service.id);
    return { service, own, findings: model.findings.filter((f) => f.service === service.id && f.status === "open") };
  }).filter((line) => line.own.length).sort((a, b) => b.own.length - a.own.length);
  return h("section", {}, h("h2", {}, "Services"), h("table", { class: "cards services" },
    h("thead", {}, h("tr", {}, ["Service", "Framework", "Endpoints", "Who may call them", "Findings", "In a contract", "Owner"].map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, lines.map(({ service, own, findings }) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: link("endpoints", { service: service.id }) }, service.name), h("span", { class: "dim small block-line" }, where(model, service))),
      h("td", { "data-label": "Framework" }, (service.frameworks ?? []).join(", ")),
      h("td", { "data-label": "Endpoints", class: "num" }, number(own.length)),
      h("td", { "data-label": "Who may call them", class: "wide" }, authBar(authOf(own), "Who may call them")),
      h("td", { "data-label": "Findings" }, worst(findings)),
      h("td", { "data-label": "In a contract", class: "num" }, contract(model, own)),
      h("td", { "data-label": "Owner" }, service.owners?.length ? service.owners.join(", ") : h("span", { class: "dim" }, "not said")))))));
}

const where = (model, service) => [model.catalog.repositories?.length > 1 ? service.repository : "", service.root || "root of the tree"].filter(Boolean).join("/");

function worst(findings) {
  if (!findings.length) return h("span", { class: "dim" }, "none");
  const tallied = new Map(tally(findings.map((f) => f.severity)));
  return [...SEVERITIES].reverse().filter((s) => tallied.has(s)).map((s) => h("span", { class: `severity sev-${s}`, title: s }, `${number(tallied.get(s))} ${s}`));
}

function contract(model, own) {
  if (!model.hasContracts) return h("span", { class: "dim" }, "not read");
  const known = own.filter((e) => e.raw.documented && e.raw.documented.state !== "unknown");
  if (!known.length) return h("span", { class: "dim" }, "no contract");
  return `${number(known.filter((e) => e.raw.documented.state === "yes").length)} of ${number(own.length)}`;
}
