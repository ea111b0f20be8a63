// Unpacks the data and puts indexes on it. Everything that views ask about the catalog is answered here.

/** Equal values are one object: the packed form writes each once, parts before what holds them. */
export function unpack({ keys, values, root }) {
  const out = new Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (!Array.isArray(value)) {
      out[at] = value;
    } else if (value[0] === 0) {
      const list = new Array(value.length - 1);
      for (let i = 1; i < value.length; i++) list[i - 1] = out[value[i]];
      out[at] = list;
    } else {
      const names = keys[value[0] - 1];
      // Without a prototype, so that a name like `__proto__` is a name.
      const object = Object.create(null);
      for (let i = 0; i < names.length; i++) object[names[i]] = out[value[i + 1]];
      out[at] = object;
    }
  }
  return out[root];
}

/** Text in base64, compressed with zlib, to the value that it packs. */
export async function open(base64) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser can't unpack the data (no DecompressionStream); a newer one can");
  const binary = atob(base64.trim());
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return unpack(JSON.parse(await new Response(stream).text()));
}

const NONE = Object.freeze([]);

/** The data with its indexes. */
export function index(data) {
  const { catalog } = data;
  const services = new Map((catalog.services ?? NONE).map((service) => [service.id, service]));
  const model = {
    ...data,
    catalog,
    services,
    rules: new Map((data.rules ?? NONE).map((rule) => [rule.id, rule])),
    findings: catalog.findings ?? NONE,
    endpoints: [],
    byId: new Map(),
    source: indexSource(data.source),
    hasContracts: (catalog.views ?? NONE).includes("spec"),
    hasGateways: (catalog.gateways ?? NONE).length > 0 || (catalog.views ?? NONE).includes("gateway"),
  };
  const found = new Map();
  for (const finding of model.findings) {
    if (finding.endpoint) found.set(finding.endpoint, [...(found.get(finding.endpoint) ?? NONE), finding]);
  }
  const changes = changesById(data.against);
  const fresh = new Set(data.against?.fresh ?? NONE);
  model.fresh = fresh;
  model.endpoints = (catalog.endpoints ?? NONE).map((raw, at) => endpoint(raw, at, model, found.get(raw.id) ?? NONE, changes));
  for (const e of model.endpoints) model.byId.set(e.id, e);
  model.onPath = groupBy(model.endpoints, (e) => `${e.raw.service} ${e.path}`);
  model.lineages = groupBy(model.endpoints.filter((e) => e.lineage), (e) => e.lineage);
  return model;
}

function groupBy(items, keyOf) {
  const map = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const list = map.get(key);
    if (list) list.push(item);
    else map.set(key, [item]);
  }
  return map;
}

function changesById(against) {
  const map = new Map();
  for (const change of against?.changes?.changes ?? NONE) {
    map.set(change.endpoint || `${change.service} ${change.method} ${change.path}`, change);
  }
  return map;
}

/** An endpoint as views use it: short names for what they ask often. */
function endpoint(raw, at, model, findings, changes) {
  const service = model.services.get(raw.service);
  const place = raw.handler ?? raw.registered_at;
  const change = changes.get(raw.id) ?? changes.get(`${raw.service} ${raw.method} ${raw.path}`);
  const e = {
    raw, at, findings, change,
    id: raw.id,
    path: raw.path,
    method: methodOf(raw),
    service: service?.name ?? raw.service,
    serviceId: raw.service,
    auth: raw.auth.state,
    symbol: raw.handler?.symbol ?? "",
    place: `${place.file}:${place.line}`,
    flags: flagsOf(raw),
    version: raw.lifecycle?.version ?? versionIn(raw.path)?.name ?? "",
    lineage: "",
  };
  const version = versionIn(raw.path);
  if (version) e.lineage = `${raw.service} ${e.method} ${version.rest}`;
  e.rank = Math.max(-1, ...findings.filter((f) => f.status === "open").map((f) => SEVERITIES.indexOf(f.severity)));
  e.text = [e.method, e.path, raw.raw_path, e.symbol, place.file, e.service, raw.summary ?? "", raw.id, raw.registered_at.file]
    .join("\n").toLowerCase();
  return e;
}

/** From the least to the worst. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"];
/** From what stands open to what is not known. */
export const AUTH_STATES = ["none", "unknown", "optional", "public", "required"];

function methodOf(raw) {
  return { websocket: "WS", grpc: "GRPC", soap: "SOAP" }[raw.protocol] ?? raw.method;
}

/** The first segment of a path that is a version, and the path without it and without names of parameters. */
export function versionIn(path) {
  const segments = path.replace(/\/+$/, "").split("/");
  const at = segments.findIndex((segment) => /^[vV]\d{1,3}(\.\d+)?$/.test(segment));
  if (at < 0) return null;
  const rest = segments.map((segment, i) => (i === at ? "*" : segment.startsWith("{") ? "{}" : segment)).join("/");
  return { name: segments[at].toLowerCase(), rest };
}

function flagsOf(raw) {
  const shadow = raw.documented?.state === "no" && !raw.documented.grade && !raw.auth.by_design;
  return [
    shadow && "shadow",
    raw.lifecycle?.deprecated && "deprecated",
    raw.path_state === "partial" && "partial",
    raw.path_state === "pattern" && "pattern",
    raw.detached && "detached",
    raw.conditions?.length && "conditional",
    raw.implicit && "built-in",
    raw.third_party && "third-party",
    raw.streaming,
  ].filter(Boolean);
}

/** File to its lines by number. */
function indexSource(source) {
  if (!source) return null;
  const files = new Map();
  for (const [file, runs] of Object.entries(source.files)) {
    const lines = new Map();
    for (const run of runs) run.text.forEach((text, at) => lines.set(run.line + at, text));
    files.set(file, lines);
  }
  return { files, missing: source.missing, leftOut: source.left_out };
}
