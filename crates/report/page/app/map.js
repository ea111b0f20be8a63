// A picture: who may call, gateways where any were read, services, and what they call. Beside it the same as a table.
import { h, s } from "./dom.js";
import { layered } from "./layout.js";
import { link } from "./state.js";
import { count, number, tally } from "./text.js";
import { calm, empty } from "./parts.js";
import { hasHost, hostOf, servicesOfFile } from "./outbound.js";

const WIDTH = 210;
const MOST_HOSTS = 24;
const MOST_SERVICES = 60;
const ANYONE = "caller anyone";
const KNOWN = "caller known";
const DOUBT = "caller doubt";
const SOMEWHERE = "hosts that are not known";

export function map(model) {
  const picture = collect(model);
  if (!picture.services.length) return h("div", { class: "page" }, h("h2", {}, "Map"), empty("Nothing to draw", "There are no services in this catalog."));
  return h("div", { class: "page map-page" }, h("h2", {}, "Map"), h("p", { class: "dim" }, caption(model, picture)), legend(), matchMedia("(max-width: 620px)").matches ? table(picture) : null, h("div", { class: "scroll map", tabindex: "0", role: "group", "aria-label": "Picture of services" }, draw(model, picture)), matchMedia("(max-width: 620px)").matches ? null : table(picture));
}

function caption(model, picture) {
  const gateways = picture.gateways.length ? `${count(picture.gateways.length, "gateway")}, ` : "";
  const note = picture.gateways.length ? "" : " No gateway was found in the scanned files, so callers stand right before the services.";
  const hidden = [picture.hiddenHosts ? `${count(picture.hiddenHosts, "further host")} in the view Outbound` : "", picture.hiddenServices ? `${count(picture.hiddenServices, "smaller service")} left out` : ""].filter(Boolean).join(" · ");
  const hosts = picture.hosts.filter((x) => x.name !== SOMEWHERE);
  const others = picture.hosts.find((x) => x.name === SOMEWHERE);
  const calls = hosts.length || others ? ` ${count(hosts.length, "known host")} called${others ? `, ${count(others.n, "call")} to hosts that the code decides as it runs` : ""}.` : " No calls to other services were found.";
  return `${gateways}${count(picture.services.length, "service")}.${calls}${note} ${hidden}`;
}

const legend = () => h("ul", { class: "map-legend small" }, [["none", "open to anyone"], ["unknown", "not known"], ["required", "identity required"], ["out", "calls"]].map(([kind, text]) => h("li", {}, h("span", { class: `stroke stroke-${kind}` }), text)));

/** Nodes and edges of the picture. */
function collect(model) {
  const of = model.endpoints.filter((e) => e.raw.audience === "production");
  const all = of.length ? of : model.endpoints;
  const sizes = tally(all.map((e) => e.serviceId));
  const services = sizes.slice(0, MOST_SERVICES).map(([id, n]) => ({ id, n, service: model.services.get(id), auth: new Map(tally(all.filter((e) => e.serviceId === id).map(callerOf))) }));
  const known = new Set(services.map((x) => x.id));
  const edges = [];
  const gateways = (model.catalog.gateways ?? []).filter((g) => g.audience !== "test" && g.audience !== "example");
  if (gateways.length) through(gateways, known, edges);
  else for (const { id, auth } of services) for (const [kind, n] of auth) edges.push({ from: kind, to: id, weight: n, kind: { [ANYONE]: "none", [KNOWN]: "required", [DOUBT]: "unknown" }[kind] });
  const { hosts, shared, hiddenHosts } = called(model, known, edges);
  return { services, gateways, hosts, shared, edges, hiddenHosts, hiddenServices: sizes.length - services.length };
}

/** Who gets through: anyone, who proves an identity, or nobody can tell. */
function callerOf(e) {
  if (e.auth === "required") return KNOWN;
  if (e.auth === "unknown") return DOUBT;
  return ANYONE;
}

function through(gateways, known, edges) {
  const sums = new Map();
  for (const gateway of gateways) {
    for (const route of gateway.routes ?? []) {
      for (const target of route.targets ?? []) {
        if (!target.service || !known.has(target.service)) continue;
        const kind = route.auth?.state === "required" ? "required" : "none";
        const key = `${gateway.id}\n${target.service}\n${kind}`;
        sums.set(key, (sums.get(key) ?? 0) + 1);
      }
    }
  }
  for (const [key, weight] of sums) {
    const [from, to, kind] = key.split("\n");
    edges.push({ from: `gateway ${from}`, to, weight, kind });
  }
}

function called(model, known, edges) {
  const sums = new Map();
  const totals = new Map();
  const shared = new Map();
  for (const call of (model.catalog.outbound?.calls ?? []).filter((c) => c.audience === "production")) {
    const host = hasHost(call) ? hostOf(call) : SOMEWHERE;
    const target = serviceCalled(model, call.host ?? "", known);
    const from = callingNode(model, call, known, shared);
    const to = target ?? `host ${host}`;
    if (!from || to === from) continue;
    if (!target) totals.set(host, (totals.get(host) ?? 0) + 1);
    const key = `${from}\n${to}`;
    sums.set(key, (sums.get(key) ?? 0) + 1);
  }
  const all = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const hosts = all.slice(0, MOST_HOSTS).map(([name, n]) => ({ name, n }));
  const shown = new Set(hosts.map((x) => `host ${x.name}`));
  for (const [key, weight] of sums) {
    const [from, to] = key.split("\n");
    if (shown.has(to) || known.has(to)) edges.push({ from, to, weight, kind: "out" });
  }
  return { hosts, shared: [...shared.values()], hiddenHosts: all.length - hosts.length };
}

/** Who makes a call: a service, or the code that several services of one folder share. */
function callingNode(model, call, known, shared) {
  const services = servicesOfFile(model, call.at.file, known);
  if (services.length < 2) return services[0]?.id;
  const id = `shared ${services[0].root}`;
  shared.set(id, { id, root: services[0].root, n: services.length });
  return id;
}

/** The service of the catalog that a host is: by its URLs, or by its name. */
function serviceCalled(model, host, known) {
  const bare = host.replace(/^\w+:\/\//, "").replace(/:\d+$/, "").toLowerCase();
  for (const service of model.services.values()) {
    if (!known.has(service.id)) continue;
    const urls = (service.base_urls ?? []).map((u) => u.replace(/^\w+:\/\//, "").split("/")[0].replace(/:\d+$/, "").toLowerCase());
    if (urls.includes(bare) || service.name.toLowerCase() === bare) return service.id;
  }
  return null;
}

function draw(model, picture) {
  const callers = [[ANYONE, "Anyone"], [DOUBT, "Not known"], [KNOWN, "Who proves an identity"]].filter(([id]) => picture.edges.some((e) => e.from === id)).map(([id, text]) => ({ id, text, width: 196, height: 44 }));
  const gateways = picture.gateways.map((g) => ({ id: `gateway ${g.id}`, text: g.name || g.file, sub: `${g.kind} · ${count((g.routes ?? []).length, "route")}`, width: WIDTH, height: 54 }));
  const services = picture.services.map((x) => ({ id: x.id, x, text: x.service?.name ?? x.id, sub: `${count(x.n, "endpoint")} · ${(x.service?.frameworks ?? []).join(", ")}`, width: WIDTH, height: 66 }));
  const hosts = picture.hosts.map((x) => ({ id: `host ${x.name}`, text: x.name.replace(/^https?:\/\//, ""), sub: count(x.n, "call"), host: x.name, width: WIDTH, height: 48 }));
  const shared = picture.shared.map((x) => ({ id: x.id, text: "shared code", sub: `of ${count(x.n, "service")} in ${x.root || "the root"}`, width: WIDTH, height: 54 }));
  const narrow = matchMedia("(max-width: 620px)").matches;
  const { places, curves, size } = layered([callers, gateways, [...services, ...shared], hosts], picture.edges, narrow ? { gapX: 70, align: 0 } : { gapX: 150 });
  const box = s("svg", { viewBox: `0 0 ${size.width} ${size.height}`, width: size.width, height: size.height, role: "img", "aria-label": caption(model, picture) });
  const labels = [];
  const most = Math.max(1, ...picture.edges.map((e) => e.weight));
  for (const { edge, path, label } of curves) {
    box.append(s("path", { d: path, class: `edge edge-${edge.kind}`, "stroke-width": (1.2 + 5 * Math.sqrt(edge.weight / most)).toFixed(1) }, s("title", {}, number(edge.weight))));
    if (edge.kind !== "out") labels.push(s("text", { x: label.x, y: label.y + 4, class: "edge-text" }, number(edge.weight)));
  }
  box.append(...labels);
  for (const n of [...callers, ...gateways, ...services, ...shared, ...hosts]) box.append(nodeShape(n, places.get(n.id)));
  return box;
}

function nodeShape(n, at) {
  const kind = n.x ? "service" : n.host !== undefined ? "host" : n.id.split(" ")[0];
  const href = {
    service: () => link("endpoints", { service: n.id }),
    host: () => link("outbound", { q: n.host === SOMEWHERE ? undefined : n.host }),
    caller: () => link("endpoints", { auth: { [ANYONE]: ["none", "public", "optional"], [KNOWN]: "required", [DOUBT]: "unknown" }[n.id] }),
    shared: () => link("outbound"),
    gateway: () => link("endpoints", { exposure: "exposed" }),
  }[kind]();
  const group = s("a", { href, class: `node node-${kind}` }, s("title", {}, n.text), s("rect", { x: at.x, y: at.y, width: at.width, height: at.height, rx: kind === "caller" ? at.height / 2 : 8 }));
  group.append(s("text", { x: at.x + 14, y: at.y + (n.sub ? 21 : at.height / 2 + 5), class: "node-text" }, clip(n.text, at.width - 28, 7.4)));
  if (n.sub) group.append(s("text", { x: at.x + 14, y: at.y + 39, class: "node-sub" }, clip(n.sub, at.width - 28, 6.4)));
  if (n.x) group.append(...bar(n.x, at));
  return group;
}

const clip = (text, width, each) => (text.length * each <= width ? text : `${text.slice(0, Math.max(1, Math.floor(width / each) - 1))}…`);

function bar(x, at) {
  const width = at.width - 28;
  let left = at.x + 14;
  return [ANYONE, DOUBT, KNOWN].filter((kind) => x.auth.get(kind)).map((kind) => {
    const part = (width * x.auth.get(kind)) / x.n;
    const rect = s("rect", { x: left, y: at.y + at.height - 16, width: Math.max(1, part - 1), height: 5, rx: 2, class: `bar-${{ [ANYONE]: "none", [DOUBT]: "unknown", [KNOWN]: "required" }[kind]}` });
    left += part;
    return rect;
  });
}

function table(picture) {
  const outOf = (id) => picture.edges.filter((e) => e.from === id && e.kind === "out").map((e) => e.to.replace(/^host /, ""));
  return h("details", { class: "map-table", open: matchMedia("(max-width: 620px)").matches }, h("summary", {}, "The same as a table"), h("table", { class: "cards" },
    h("thead", {}, h("tr", {}, ["Service", "Open to anyone", "Not known", "Identity required", "Calls"].map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, picture.services.map((x) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: link("endpoints", { service: x.id }) }, x.service?.name ?? x.id)),
      [[ANYONE, "Open to anyone"], [DOUBT, "Not known"], [KNOWN, "Identity required"]].map(([kind, text]) => h("td", { class: "num", "data-label": text }, number(x.auth.get(kind) ?? 0))),
      h("td", { class: "mono small", "data-label": "Calls" }, outOf(x.id).join(", ") || h("span", { class: "dim" }, "nothing that was found")))),
      picture.shared.map((x) => h("tr", {}, h("th", { scope: "row" }, `Code that ${count(x.n, "service")} share`), h("td"), h("td"), h("td"), h("td", { class: "mono small", "data-label": "Calls" }, outOf(x.id).join(", ")))))));
}
