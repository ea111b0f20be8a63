// Facets: what endpoints can be filtered by, and which of them a set of filters keeps.
//
// Values of one facet widen each other, facets narrow each other. A facet's own numbers leave its own filter out of account.
import { SEVERITIES, AUTH_STATES } from "./data.js";

const inOrder = (words) => (a, b) => {
  const [x, y] = [words.indexOf(a), words.indexOf(b)];
  return (x < 0 ? 99 : x) - (y < 0 ? 99 : y) || (a < b ? -1 : 1);
};

const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "ANY", "QUERY", "MUTATION", "SUBSCRIPTION", "WS", "GRPC"];

const openFindings = (e) => e.findings.filter((f) => f.status === "open");

const sensitiveOf = (e) => [
  ...(e.raw.sensitive ?? []).map((s) => s.class),
  ...(e.raw.parameters ?? []).filter((p) => p.sensitive).map((p) => p.sensitive.class),
];

/** Every facet: its name in addresses, its words, the values of an endpoint, the order of values. */
export const FACETS = [
  { name: "service", label: "Service", of: (e) => [e.serviceId] },
  { name: "method", label: "Method", of: (e) => [e.method], sort: inOrder(METHODS) },
  { name: "auth", label: "Who may call it", of: (e) => [e.auth], sort: inOrder(AUTH_STATES) },
  { name: "flag", label: "Flags", of: (e) => (e.raw.auth.by_design ? [...e.flags, "open by design"] : e.flags) },
  { name: "severity", label: "Severity of findings", of: (e) => openFindings(e).map((f) => f.severity), sort: inOrder([...SEVERITIES].reverse()) },
  { name: "finding", label: "Finding", of: (e) => openFindings(e).map((f) => f.rule) },
  { name: "documented", label: "In a contract", of: (e) => (e.raw.documented ? [e.raw.documented.state] : []), sort: inOrder(["yes", "no", "unknown"]) },
  { name: "exposure", label: "Exposure", of: (e) => (e.raw.exposure ? [e.raw.exposure.state] : []) },
  { name: "owner", label: "Owner", of: (e, model) => model.services.get(e.serviceId)?.owners ?? [] },
  { name: "framework", label: "Framework", of: (e) => [e.raw.framework] },
  { name: "audience", label: "Kind of code", of: (e) => [e.raw.audience], sort: inOrder(["production", "test", "example", "generated", "vendored"]) },
  { name: "changed", label: "Changed", of: (e) => changesOf(e) },
  { name: "version", label: "Version", of: (e) => (e.version ? [e.version] : []) },
  { name: "scheme", label: "Scheme", of: (e) => [...new Set((e.raw.auth.schemes ?? []).map((s) => s.kind))] },
  { name: "role", label: "Role or scope", of: (e) => [...(e.raw.auth.roles ?? []), ...(e.raw.auth.scopes ?? [])] },
  { name: "sensitive", label: "Sensitive data", of: (e) => [...new Set(sensitiveOf(e))] },
  { name: "protocol", label: "Protocol", of: (e) => [e.raw.protocol] },
];

function changesOf(e) {
  if (!e.change) return [];
  return [e.change.kind, e.change.breaking && "breaking", e.change.weaker && "weaker"].filter(Boolean);
}

/** Words of a search, in lower case; `auth:none` is a filter where `auth` is a facet. */
export function searchOf(text) {
  const terms = [];
  const filters = new Map();
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [name, value] = word.split(/:(.*)/s);
    if (value && FACETS.some((f) => f.name === name.toLowerCase())) {
      filters.set(name.toLowerCase(), [...(filters.get(name.toLowerCase()) ?? []), value.toLowerCase()]);
    } else {
      terms.push(word.toLowerCase());
    }
  }
  return { terms, filters };
}

/** The filters that an address asks for. Without a word on it, only deployed code is shown, where there is any. */
export function filtersOf(params, model) {
  const filters = new Map();
  for (const facet of FACETS) {
    const values = params.get(facet.name) ?? [];
    if (values.length && !values.includes("all")) filters.set(facet.name, new Set(values));
  }
  const hasProduction = model.endpoints.some((e) => e.raw.audience === "production");
  if (!params.has("audience") && hasProduction) filters.set("audience", new Set(["production"]));
  return { filters, search: searchOf((params.get("q") ?? []).join(" ")) };
}

const KEPT = new WeakMap();

/** The values of an endpoint, facet by facet. */
export function valuesOf(e, model) {
  let values = KEPT.get(e);
  if (!values) KEPT.set(e, (values = FACETS.map((facet) => facet.of(e, model))));
  return values;
}

/** What the filters keep, and for each facet how often each value would be kept. */
export function apply(model, { filters, search }) {
  const kept = [];
  const counts = FACETS.map(() => new Map());
  const asked = FACETS.map((facet) => filters.get(facet.name));
  const typed = FACETS.map((facet) => search.filters.get(facet.name));
  for (const e of model.endpoints) {
    if (!search.terms.every((term) => e.text.includes(term))) continue;
    const values = valuesOf(e, model);
    let misses = 0;
    let missed = -1;
    for (let at = 0; at < FACETS.length && misses < 2; at++) {
      const fits = (!asked[at] || values[at].some((v) => asked[at].has(v)))
        && (!typed[at] || values[at].some((v) => typed[at].some((t) => v.toLowerCase().includes(t))));
      if (!fits) {
        misses++;
        missed = at;
      }
    }
    if (misses === 0) kept.push(e);
    if (misses > 1) continue;
    for (let at = 0; at < FACETS.length; at++) {
      if (misses === 1 && at !== missed) continue;
      for (const value of new Set(values[at])) counts[at].set(value, (counts[at].get(value) ?? 0) + 1);
    }
  }
  return { kept, counts };
}
