// Catalogs to look at, made from a real one: a large one, one with hostile names, an earlier one, an empty one.

const copy = (value) => structuredClone(value);
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** As many endpoints as asked for, with the evidence of real ones. The last path is `/zz/last`. */
export function large(now, size) {
  const out = copy(now);
  const real = now.endpoints.filter((e) => e.audience === "production");
  out.endpoints = Array.from({ length: size }, (_, at) => {
    const e = copy(real[at % real.length]);
    const area = Math.floor(at / 40);
    e.id = at.toString(16).padStart(16, "0");
    e.method = METHODS[at % METHODS.length];
    e.protocol = "http";
    e.path = e.raw_path = at === size - 1 ? "/zz/last" : `/api/v${1 + (area % 3)}/area${area}/things/{thing_id}/parts/${at}`;
    e.handler = { ...e.handler, file: `services/area${area}/handlers/things.py`, line: 10 + (at % 400), end_line: 30 + (at % 400), symbol: `ThingHandler${at}.serve` };
    e.service = now.services[at % 2].id;
    return e;
  }).sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : a.path === "/zz/last" ? 1 : b.path === "/zz/last" ? -1 : a.path < b.path ? -1 : 1));
  const last = out.endpoints.find((e) => e.path === "/zz/last");
  out.endpoints = [...out.endpoints.filter((e) => e !== last), { ...last, service: out.endpoints.at(-1).service }];
  out.findings = Array.from({ length: 1500 }, (_, at) => ({ ...copy(now.findings[at % now.findings.length]), endpoint: out.endpoints[at * 3].id, subject: `${out.endpoints[at * 3].method} ${out.endpoints[at * 3].path}`, fingerprint: `f${at}` }));
  return out;
}

const ATTACKS = [
  "<img src=x onerror=\"globalThis.pwned=1\">", "</script><script>globalThis.pwned=1</script>", "\"><svg onload=globalThis.pwned=1>", "javascript:globalThis.pwned=1",
  "{{data}}", "__proto__", "constructor", "<!--", "]]>", "\u202Egnp.exe", "\u2028", "' onmouseover='globalThis.pwned=1", "{?<b>x</b>}",
];

/** Hostile text in every text of the catalog that scanned code decides. */
export function hostile(now) {
  const out = copy(now);
  out.endpoints.forEach((e, at) => {
    const attack = ATTACKS[at % ATTACKS.length];
    Object.assign(e, { path: `/${attack}/{id}`, raw_path: `/${attack}`, summary: attack });
    if (e.handler) Object.assign(e.handler, { symbol: attack, file: `${attack}/x.py` });
    e.parameters = [{ in: "query", name: attack, type: attack, required: false }];
    e.auth.roles = [attack];
    e.auth.reason = attack;
    e.conditions = [{ text: attack, file: attack, line: 1 }];
    e.bodies = [{ content_type: attack, required: true, schema: { $ref: `#/schemas/${attack}` } }];
    out.schemas = { ...out.schemas, [attack]: { type: "object", properties: JSON.parse(`{${JSON.stringify(attack)}: {"type": ${JSON.stringify(attack)}}, "__proto__": {"polluted": "yes"}}`) } };
  });
  out.services.forEach((s, at) => Object.assign(s, { name: ATTACKS[at], owners: [ATTACKS[at + 1]] }));
  out.findings.forEach((f, at) => Object.assign(f, { subject: ATTACKS[at % ATTACKS.length], message: ATTACKS[at % ATTACKS.length], remedy: ATTACKS[0] }));
  out.troubles = ATTACKS.map((attack) => ({ kind: "syntax", file: attack, line: 1, message: attack, effect: attack }));
  out.outbound = { files_not_read: 1, calls: ATTACKS.map((attack, at) => ({ method: "GET", url: `https://${attack}/x`, host: attack, client: attack, at: { file: attack, line: at + 1 }, audience: "production" })) };
  out.repositories.forEach((r) => (r.name = ATTACKS[1]));
  return out;
}

/** As it might have been before: an endpoint less, one more, one that asked for an identity. */
export function earlier(now) {
  const out = copy(now);
  const served = out.endpoints.filter((e) => e.audience === "production" && e.protocol === "http");
  const gone = copy(served[0]);
  Object.assign(gone, { id: "feedfeedfeedfeed", path: "/legacy/report", raw_path: "/legacy/report" });
  gone.handler.symbol = "legacy_report";
  out.endpoints = [...out.endpoints.filter((e) => e !== served[1]), gone];
  const weaker = served.find((e) => e.auth.state === "none" && e !== served[1] && e !== served[0]);
  weaker.auth = { state: "required", schemes: [{ kind: "bearer" }] };
  out.findings = out.findings.slice(2);
  return out;
}

/** Nothing was found. */
export function empty(now) {
  return { ...copy(now), services: [], endpoints: [], findings: [], contracts: [], troubles: [], schemas: {}, outbound: { calls: [], files_not_read: 0 },
    coverage: { files_seen: 12, files_read: 3, files_parsed: 0, files_evaluated: 0, routers: { found: 0, mounted: 0 }, detached_endpoints: 0, partial_endpoints: 0 } };
}
