// The page of one endpoint: how it comes about, who may call it, what it takes and gives, and what is wrong with it.
import { h } from "./dom.js";
import { link } from "./state.js";
import { AUTH_WORDS, CONTROL_WORDS, DOCUMENTED_WORDS, count, typeText } from "./text.js";
import { excerpt, place } from "./source.js";
import { fields } from "./schema.js";
import { authPill, chips, endpointLink, pathText, section, severityTag } from "./parts.js";

export function endpointPage(model, e) {
  return h("article", { class: "endpoint", "aria-label": `${e.method} ${e.path}` },
    head(model, e), ownFindings(model, e), changed(e), origin(model, e), auth(model, e), controls(model, e), exposure(model, e), takes(model, e), gives(model, e),
    sensitive(e), documented(model, e), related(model, e));
}

function head(model, e) {
  const service = model.services.get(e.serviceId);
  const facts = [service?.name ?? e.serviceId, e.raw.framework, e.version && `version ${e.version}`, `confidence ${e.raw.confidence}`, ...(service?.owners ?? [])];
  return h("header", { class: "endpoint-head" },
    h("h2", {}, h("span", { class: "method" }, e.method), " ", h("span", { class: "mono path" }, pathText(e.path))),
    e.raw.summary ? h("p", { class: "summary" }, e.raw.summary) : null,
    h("p", { class: "chips" }, authPill(e), chips(e)),
    h("p", { class: "dim small" }, facts.filter(Boolean).join(" · ")));
}

function ownFindings(model, e) {
  return section("Findings", e.findings.map((f) => h("div", { class: `finding ${f.status}` },
    h("p", {}, severityTag(f.severity), " ", h("a", { href: link("findings", {}, f.rule) }, f.rule),
      model.fresh.has(f.fingerprint) ? h("span", { class: "chip alarm" }, "new") : null,
      f.status === "suppressed" ? h("span", { class: "chip" }, `suppressed: ${f.suppression?.reason ?? ""}`) : null),
    h("p", {}, f.message, ". ", h("span", { class: "dim" }, f.why)),
    h("p", { class: "remedy" }, h("strong", {}, "To mend it: "), f.remedy, "."),
    f.evidence?.length ? h("ul", { class: "evidence" }, f.evidence.map((v) => h("li", {}, v.what, " ", place(v.at)))) : null)));
}

function changed(e) {
  if (!e.change) return null;
  return section("What changed", changeDetails(e.change));
}

export const changeDetails = (change) => h("ul", { class: "evidence" }, (change.details ?? []).map((d) => h("li", {}, d.text,
  d.breaking ? h("span", { class: "chip warn" }, "breaking") : null, d.weaker ? h("span", { class: "chip alarm" }, "weaker") : null)));

const STEPS = { app: "application", mount: "mount", prefix: "prefix", class: "class", route: "route", handler: "handler", text: "text" };

/** The trail, a step that says nothing new left out. */
function origin(model, e) {
  const steps = [];
  for (const step of e.raw.trail ?? []) {
    const last = steps.at(-1);
    if (last && last.file === step.file && last.line === step.line && last.what === step.what && (last.gives ?? "") === (step.gives ?? "")) continue;
    steps.push(step);
  }
  const items = steps.map((step) => h("li", { class: "step" },
    h("div", { class: "step-head" }, h("span", { class: "step-what" }, STEPS[step.what] ?? step.what), step.gives ? h("code", { class: "gives" }, step.gives) : null, place(step)),
    excerpt(model, { file: step.file, line: step.line, end: step.end_line, before: 0, after: step.what === "route" ? 1 : 0, most: 8 })));
  const handler = e.raw.handler;
  if (handler) {
    const at = handler.defined_at ?? handler;
    const same = !handler.defined_at || (at.file === handler.file && at.line === handler.line);
    items.push(h("li", { class: "step" },
      h("div", { class: "step-head" }, h("span", { class: "step-what" }, "handler"), h("code", {}, handler.symbol || "anonymous"), place(at)),
      excerpt(model, { file: at.file, line: at.line, end: same ? handler.end_line : at.line + 7, mark: at.line, before: same ? 1 : 0, after: 0, most: 15 })));
  } else {
    items.push(h("li", { class: "step" }, h("div", { class: "step-head" }, h("span", { class: "step-what" }, "handler"), h("span", { class: "dim" }, "outside of the scanned tree"))));
  }
  return section("How it comes about",
    e.raw.raw_path !== e.path ? h("p", { class: "small dim" }, "In the framework's words ", h("code", {}, e.raw.raw_path)) : null,
    h("ol", { class: "trail" }, items), holes(e), conditions(e), again(e));
}

function holes(e) {
  return (e.raw.holes ?? []).map((hole) => h("p", { class: "note warn" }, h("code", {}, hole.label), " is not known: ", hole.reason, " ", place(hole.at)));
}

function conditions(e) {
  if (!e.raw.conditions?.length) return null;
  const value = (c) => (c.default === undefined ? "" : c.default ? " (so by default)" : " (not so by default)");
  return h("div", { class: "note" }, h("p", {}, "Registered only when ", e.raw.conditions.length > 1 ? "all of these hold" : "this holds", ":"),
    h("ul", { class: "evidence" }, e.raw.conditions.map((c) => h("li", {}, h("code", {}, c.text), value(c), " ", place(c)))));
}

function again(e) {
  if (!e.raw.also_registered_at?.length) return null;
  return h("p", { class: "small dim" }, "Registered again at ", e.raw.also_registered_at.map((at) => [place(at), " "]));
}

function auth(model, e) {
  const a = e.raw.auth;
  const says = (a.chain ?? []).filter((g) => g.says);
  const silent = (a.chain ?? []).filter((g) => !g.says);
  const basis = says.length && a.state !== "unknown" ? (a.inferred ? "It was read off what the guard's code does." : "A model knows the guard.") : "";
  const schemes = (a.schemes ?? []).map((s) => h("li", {}, h("strong", {}, s.kind), s.name ? [" ", h("code", {}, s.name)] : null));
  return section("Who may call it",
    h("p", {}, authPill(e), " ", AUTH_WORDS[a.state], " ", basis),
    a.reason ? h("p", { class: "note warn" }, a.reason) : null,
    a.by_design ? h("p", { class: "small" }, "It would be open on purpose: ", h("strong", {}, a.by_design), ".") : null,
    schemes.length ? h("div", { class: "facts" }, h("span", { class: "dim" }, "Schemes"), h("ul", { class: "inline" }, schemes)) : null,
    a.scopes?.length ? h("div", { class: "facts" }, h("span", { class: "dim" }, "Scopes"), h("span", {}, a.scopes.map((s) => [h("code", {}, s), " "]))) : null,
    a.roles?.length ? h("div", { class: "facts" }, h("span", { class: "dim" }, "Roles"), h("span", {}, a.roles.map((s) => [h("code", {}, s), " "]))) : null,
    says.length ? h("ol", { class: "trail" }, says.map((g) => guard(model, g, true))) : null,
    silent.length ? h("details", { class: "silent" }, h("summary", {}, `${count(silent.length, "guard")} on the way that ${silent.length === 1 ? "does" : "do"} not decide`),
      h("ol", { class: "trail" }, silent.map((g) => guard(model, g, false)))) : null,
    !a.chain?.length && a.state === "none" ? h("p", { class: "dim small" }, "No guard stands on the way to it.") : null);
}

function guard(model, g, full) {
  return h("li", { class: "step" },
    h("div", { class: "step-head" }, h("span", { class: "step-what" }, g.level), h("code", {}, g.symbol),
      g.says ? h("span", { class: `pill auth-${g.says}` }, g.says) : null, g.basis ? h("span", { class: "dim small" }, g.basis) : null, place(g.at)),
    g.defined ? h("p", { class: "small dim" }, "defined at ", place(g.defined)) : null,
    full ? excerpt(model, { file: (g.defined ?? g.at).file, line: (g.defined ?? g.at).line, end: (g.defined ?? g.at).line + (g.defined ? 7 : 0), mark: (g.defined ?? g.at).line, before: 0, after: g.defined ? 0 : 1 }) : null);
}

function controls(model, e) {
  const entries = Object.entries(e.raw.controls ?? {});
  return section("Controls", entries.length ? h("ul", { class: "controls" }, entries.map(([kind, c]) => h("li", { class: `control ${c.state}` },
    h("div", { class: "control-head" }, h("span", { class: `state state-${c.state}` }, c.state), h("strong", {}, CONTROL_WORDS[kind] ?? kind),
      c.limits?.map((l) => h("code", {}, l)), c.origins?.length ? h("span", {}, "origins ", c.origins.map((o) => [h("code", {}, o), " "])) : null,
      c.credentials ? h("span", { class: "chip warn" }, "with credentials") : null),
    c.reason ? h("p", { class: "small dim" }, c.reason) : null,
    c.evidence?.length ? h("p", { class: "small dim" }, c.evidence.map((v) => [v.lifts ? "lifted by " : "by ", h("code", {}, v.symbol), " ", place(v.at), " "])) : null))) : null);
}

/** How it is reached from outside, where gateways were read. */
function exposure(model, e) {
  const x = e.raw.exposure;
  if (!x) return null;
  return section("From outside", h("p", {}, h("span", { class: `state state-${x.state === "exposed" ? "yes" : x.state === "unexposed" ? "no" : "unknown"}` }, x.state), " ", x.reason ?? ""),
    (x.through ?? []).map((t) => h("div", { class: "facts" }, h("span", { class: "mono small" }, [...(t.hosts ?? []), t.path ?? "(path not known)"].join("")),
      h("span", { class: "small" }, t.auth ? ["asks: ", h("strong", {}, t.auth.state), " ", t.auth.by ?? ""] : "says nothing of who may pass", " ", place(t.at)))));
}

function takes(model, e) {
  const parameters = e.raw.parameters ?? [];
  const bodies = e.raw.bodies ?? [];
  if (!parameters.length && !bodies.length) return section("What it takes", h("p", { class: "dim" }, "Nothing is known that it takes."));
  const marks = new Map((e.raw.sensitive ?? []).filter((s) => s.where.startsWith("body.")).map((s) => [s.where.slice(5), s.class]));
  return section("What it takes",
    parameters.length ? h("table", { class: "cards" }, h("thead", {}, h("tr", {}, ["Where", "Name", "Type", ""].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, parameters.map((p) => h("tr", {}, h("td", { class: "dim" }, p.in), h("td", { class: "mono" }, p.name || "*", p.catch_all ? h("span", { class: "dim" }, " rest of the path") : null),
        h("td", { class: "mono" }, p.type ?? (p.schema ? typeText(p.schema) : p.pattern ? "" : "any"), p.pattern ? h("code", { class: "dim" }, p.pattern) : null),
        h("td", {}, p.required ? h("span", { class: "required" }, "required") : null, p.sensitive ? h("span", { class: "chip warn" }, p.sensitive.class) : null))))) : null,
    bodies.map((b) => h("div", { class: "body" }, h("p", {}, h("code", {}, b.content_type), " ", h("span", { class: "mono" }, typeText(b.schema)), b.required ? h("span", { class: "required" }, "required") : null),
      fields(model, b.schema, marks))));
}

function gives(model, e) {
  return section("What it gives", (e.raw.responses ?? []).map((r) => h("div", { class: "body" },
    h("p", {}, h("strong", {}, r.status), " ", r.content_type ? h("code", {}, r.content_type) : null, " ", r.schema ? h("span", { class: "mono" }, typeText(r.schema)) : null),
    r.schema?.$ref || r.schema?.properties || r.schema?.items ? h("details", {}, h("summary", {}, "Fields"), fields(model, r.schema)) : null)));
}

function sensitive(e) {
  return section("Sensitive data", e.raw.sensitive?.length ? h("ul", { class: "evidence" }, e.raw.sensitive.map((s) => h("li", {}, h("code", {}, s.where), " ", h("strong", {}, s.class), h("span", { class: "dim" }, ` (rule ${s.rule})`)))) : null);
}

function documented(model, e) {
  const d = e.raw.documented;
  if (!d) return null;
  return section("Contract", h("p", {}, h("strong", {}, DOCUMENTED_WORDS[d.state]), d.contract ? [" ", h("code", {}, d.contract)] : null, d.grade ? ` (${d.grade})` : null, " ", place(d.at)),
    d.reason ? h("p", { class: "small dim" }, d.reason) : null,
    d.mismatches?.length ? h("ul", { class: "evidence" }, d.mismatches.map((m) => h("li", {}, m))) : null);
}

function related(model, e) {
  const same = (model.onPath.get(`${e.serviceId} ${e.path}`) ?? []).filter((other) => other !== e);
  const versions = (model.lineages.get(e.lineage) ?? []).filter((other) => other !== e);
  return [
    section("Other methods of this path", same.length ? h("ul", { class: "links" }, same.map((o) => h("li", {}, endpointLink(o), " ", authPill(o)))) : null),
    section("Other versions", versions.length ? h("ul", { class: "links" }, versions.map((o) => h("li", {}, endpointLink(o), " ", authPill(o)))) : null),
    section("Identity", h("p", { class: "small dim" }, h("code", {}, e.id), " stays the same when the handler moves.")),
  ];
}
