// The view of endpoints: filters, a list or a tree, and the page of the one that is open.
import { announce, h, put } from "./dom.js";
import { AUTH_STATES } from "./data.js";
import { format, go, link, withParam } from "./state.js";
import { FACETS, apply, filtersOf } from "./filter.js";
import { count, number } from "./text.js";
import { grow, seen } from "./tree.js";
import { VirtualList } from "./virtual.js";
import { GROUP, INDENT, groupRow, nodeRow, row, rowHeight } from "./list.js";
import { drawFacets, toggle, valueText } from "./facets.js";
import { endpointPage } from "./endpoint.js";
import { authOf, empty } from "./parts.js";

const SORTS = [["", "By service"], ["severity", "Worst first"], ["auth", "Open first"], ["method", "By method"], ["place", "By file"]];
const FEW = 60;

export class EndpointsView {
  constructor(model) {
    this.model = model;
    this.list = new VirtualList({ label: "Endpoints" });
    this.folded = new Map();
    this.open = new Set();
    this.cursor = -1;
    this.facets = h("aside", { class: "facets", id: "facets", "aria-label": "Filters" });
    this.total = h("p", { class: "total" });
    this.active = h("div", { class: "active" });
    this.modes = h("div", { class: "modes", role: "group", "aria-label": "Show as" });
    this.sort = h("select", { "aria-label": "Sort", onchange: () => go(withParam(this.route, "sort", this.sort.value ? [this.sort.value] : []), true) },
      SORTS.map(([value, text]) => h("option", { value }, text)));
    this.toggleFilters = h("button", { type: "button", class: "only-narrow", "aria-expanded": "false", "aria-controls": "facets", onclick: () => this.showFilters() }, "Filters");
    this.nothing = h("div", { class: "nothing" });
    this.detail = h("section", { class: "detail", "aria-label": "Endpoint", tabindex: "-1" });
    this.root = h("div", { class: "endpoints" }, this.facets,
      h("div", { class: "list-pane" }, h("div", { class: "toolbar" }, this.toggleFilters, this.total, this.modes, this.sort), this.active, this.nothing, this.list.box),
      this.detail);
  }

  showFilters(on = !this.root.classList.contains("show-facets")) {
    this.root.classList.toggle("show-facets", on);
    this.toggleFilters.setAttribute("aria-expanded", String(on));
  }

  update(route) {
    this.route = route;
    const key = format({ view: "endpoints", params: route.params });
    if (key !== this.key) {
      this.key = key;
      this.refilter();
    }
    this.select();
  }

  refilter() {
    const { model, route } = this;
    const asked = filtersOf(route.params, model);
    const { kept, counts } = apply(model, asked);
    Object.assign(this, { asked, kept, cursor: -1 });
    this.mode = route.params.get("mode")?.[0] === "tree" ? "tree" : "list";
    this.sort.value = route.params.get("sort")?.[0] ?? "";
    this.sort.hidden = this.mode === "tree";
    drawFacets(this.facets, model, route, counts, asked.filters, this.folded);
    this.drawBar();
    this.fill();
    this.list.box.scrollTop = 0;
    this.list.draw();
    announce(count(kept.length, "endpoint"));
  }

  drawBar() {
    const { model, route, kept } = this;
    put(this.total, h("strong", {}, number(kept.length)), kept.length === model.endpoints.length ? " endpoints" : ` of ${count(model.endpoints.length, "endpoint")}`);
    put(this.modes, [["list", "List"], ["tree", "Tree"]].map(([mode, text]) => h("a", {
      class: "choice", href: format(withParam(route, "mode", mode === "list" ? [] : [mode])), "aria-current": mode === this.mode ? "true" : undefined,
    }, text)));
    put(this.active, [...this.asked.filters].flatMap(([name, values]) => [...values].map((value) => {
      if (name === "audience" && !route.params.has("audience")) return this.hiddenNote();
      const label = FACETS.find((f) => f.name === name).label;
      return h("button", { type: "button", class: "filter", title: `Take out: ${label}`, onclick: () => toggle(route, name, value, values) }, h("span", { class: "dim" }, `${label}: `), valueText(model, name, value), h("span", { "aria-hidden": "true" }, " ×"));
    })));
  }

  /** What is hidden without having been asked for is said. */
  hiddenNote() {
    const hidden = this.model.endpoints.filter((e) => e.raw.audience !== "production").length;
    if (!hidden) return null;
    return h("a", { class: "small", href: format(withParam(this.route, "audience", ["all"])) }, `${number(hidden)} of tests, examples and other code not shown: show`);
  }

  /** Lines of the list: endpoints, headings of services, nodes of the tree. */
  fill() {
    const { model, kept } = this;
    if (this.mode === "tree") {
      const root = grow(kept, (id) => model.services.get(id)?.name ?? id);
      // Services are open and so is everything where there is little; what the reader folds or unfolds stays so.
      const open = (node) => this.open.has(node.key) || (!this.open.has(`!${node.key}`) && (node.isService || kept.length <= FEW));
      this.isOpen = open;
      this.lines = seen(root, open);
    } else {
      const sort = this.sort.value;
      const sorted = sort ? [...kept].sort(ORDERS[sort]) : kept;
      this.lines = [];
      const byService = !sort && new Set(kept.map((e) => e.serviceId)).size > 1;
      let last = null;
      for (const endpoint of sorted) {
        if (byService && endpoint.serviceId !== last) this.lines.push({ service: (last = endpoint.serviceId) });
        this.lines.push({ endpoint });
      }
    }
    put(this.nothing, this.lines.length ? null : this.none());
    this.nothing.hidden = this.lines.length > 0;
    this.list.set(this.lines.length, (at) => this.height(at), (at) => this.line(at));
  }

  none() {
    if (!this.model.endpoints.length) {
      return empty("No endpoints in this catalog", "Nothing was found that registers one. ", h("a", { href: link("coverage") }, "What was read"), " tells whether that means anything.");
    }
    return empty("No endpoint fits these filters", h("a", { href: "#/endpoints" }, "Clear all filters"));
  }

  height(at) {
    const line = this.lines[at];
    if (!line.endpoint) return GROUP;
    return rowHeight(line.endpoint, this.list.box, this.list.width, (line.depth ?? 0) * INDENT);
  }

  line(at) {
    const line = this.lines[at];
    const current = at === this.cursor;
    if (line.service !== undefined) {
      const of = this.kept.filter((e) => e.serviceId === line.service);
      return groupRow(this.model.services.get(line.service), of.length, authOf(of));
    }
    if (line.node) return nodeRow(line.node, line.depth, this.isOpen(line.node), () => this.fold(line.node), current);
    const href = format({ ...this.route, id: line.endpoint.id });
    return row(line.endpoint, { href, current, terms: this.asked.search.terms, indent: (line.depth ?? 0) * INDENT });
  }

  fold(node) {
    const isOpen = this.isOpen(node);
    this.open.delete(isOpen ? node.key : `!${node.key}`);
    this.open.add(isOpen ? `!${node.key}` : node.key);
    const top = this.list.box.scrollTop;
    this.fill();
    this.list.box.scrollTop = top;
    this.list.draw();
    this.moveTo(this.lines.findIndex((line) => line.node?.key === node.key));
  }

  /** Shows the endpoint of the address, or none. */
  select() {
    const id = this.route.id;
    const e = id ? this.model.byId.get(id) : null;
    this.root.classList.toggle("has-detail", Boolean(id));
    if (this.shown === id) return;
    this.shown = id;
    const back = h("a", { class: "back", href: format({ ...this.route, id: "" }) }, "← Back to the list");
    const close = h("a", { class: "close", href: format({ ...this.route, id: "" }), "aria-label": "Close", title: "Close (Esc)" }, "×");
    if (e) put(this.detail, h("div", { class: "detail-bar" }, back, close), endpointPage(this.model, e));
    else if (id) put(this.detail, h("div", { class: "detail-bar" }, back, close), empty("There is no such endpoint in this catalog", `Its identity is ${id}; it may be gone or have another path now.`));
    else put(this.detail);
    this.detail.scrollTop = 0;
    if (e) {
      this.moveTo(this.lines.findIndex((line) => line.endpoint === e), false);
      announce(`${e.method} ${e.path}`);
    }
  }

  moveTo(at, focus = true) {
    if (at < 0 || at >= this.lines.length) return;
    const before = this.cursor;
    this.cursor = at;
    this.list.redraw(before);
    this.list.redraw(at);
    const element = this.list.reveal(at);
    if (focus) element?.querySelector("a, button")?.focus({ preventScroll: true });
  }

  /** j and k: the next line that is something; with a page open, its neighbour's page. */
  step(by) {
    let at = this.cursor < 0 ? (by > 0 ? 0 : this.lines.length - 1) : this.cursor + by;
    while (this.lines[at]?.service !== undefined) at += by;
    const line = this.lines[at];
    if (!line) return;
    this.moveTo(at);
    if (this.route.id && line.endpoint) go(format({ ...this.route, id: line.endpoint.id }), true);
  }

  enter() {
    const line = this.lines[this.cursor];
    if (line?.endpoint) go(format({ ...this.route, id: line.endpoint.id }));
    else if (line?.node) this.fold(line.node);
  }

  /** Right opens a node, left closes it. */
  turn(right) {
    const node = this.lines[this.cursor]?.node;
    if (node && this.isOpen(node) !== right) this.fold(node);
  }

  escape() {
    if (this.root.classList.contains("show-facets")) this.showFilters(false);
    else if (this.route.id) {
      go(format({ ...this.route, id: "" }));
      this.moveTo(this.cursor);
    } else return false;
    return true;
  }

  print(on) {
    this.list.print(on);
  }
}

const by = (keyOf) => (a, b) => {
  const [x, y] = [keyOf(a), keyOf(b)];
  return x < y ? -1 : x > y ? 1 : a.at - b.at;
};

const ORDERS = {
  severity: by((e) => -e.rank),
  auth: by((e) => AUTH_STATES.indexOf(e.auth) + (e.raw.auth.by_design ? 0.5 : 0)),
  method: by((e) => e.method),
  place: by((e) => e.place.replace(/:(\d+)$/, (_, line) => `:${line.padStart(7, "0")}`)),
};
