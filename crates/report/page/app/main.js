// Opens the data and keeps the page in step with its address.
import { byId, h, put } from "./dom.js";
import { index, open } from "./data.js";
import { format, go, memory, parse, withParam } from "./state.js";
import { number } from "./text.js";
import { EndpointsView } from "./endpoints.js";
import { overview } from "./overview.js";
import { matrix } from "./matrix.js";
import { findings } from "./findings.js";
import { map } from "./map.js";
import { outbound } from "./outbound.js";
import { versions } from "./versions.js";
import { changes } from "./changes.js";
import { coverage } from "./coverage.js";
import { help, listen } from "./keys.js";

const THEMES = ["system", "light", "dark"];
const root = document.documentElement;

function applyTheme(theme) {
  if (theme === "system") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  const button = byId("theme");
  button.textContent = { system: "◐", light: "☀", dark: "☾" }[theme];
  button.title = `Theme: ${theme} (t)`;
  button.setAttribute("aria-label", `Theme: ${theme}`);
}

let theme = THEMES.includes(memory.get("theme")) ? memory.get("theme") : "system";
applyTheme(theme);

function nextTheme() {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  memory.set("theme", theme);
  applyTheme(theme);
}

/** Every view: its words, how many things it has, and what draws it. */
function viewsOf(model) {
  const openFindings = model.findings.filter((f) => f.status === "open").length;
  return [
    { name: "overview", text: "Overview", draw: overview },
    { name: "endpoints", text: "Endpoints", n: model.endpoints.length },
    { name: "auth", text: "Auth", draw: matrix },
    { name: "findings", text: "Findings", n: openFindings, draw: findings },
    { name: "map", text: "Map", draw: map },
    { name: "outbound", text: "Outbound", n: model.catalog.outbound?.calls?.length ?? 0, draw: outbound },
    { name: "versions", text: "Versions", draw: versions },
    ...(model.against ? [{ name: "changes", text: "Changes", n: model.against.changes?.changes?.length ?? 0, draw: changes }] : []),
    { name: "coverage", text: "Coverage", n: (model.catalog.troubles ?? []).length, draw: coverage },
  ];
}

class App {
  constructor(model) {
    this.model = model;
    this.views = viewsOf(model);
    this.box = byId("view");
    this.search = byId("search");
    this.endpoints = new EndpointsView(model);
    this.scrolled = new Map();
    byId("subtitle").textContent = subtitle(model);
    this.search.addEventListener("input", () => this.searched());
    addEventListener("hashchange", () => this.show());
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
    listen(this);
  }

  searched() {
    const q = this.search.value.trim() ? [this.search.value.trim()] : [];
    const searches = ["endpoints", "findings", "outbound"].includes(this.route.view);
    const route = searches ? this.route : { view: "endpoints", id: "", params: new Map() };
    go(withParam(route, "q", q), searches);
  }

  show() {
    const route = parse(location.hash);
    const view = this.views.find((v) => v.name === route.view) ?? (route.view === "changes" ? { name: "changes", draw: changes } : this.views[0]);
    const before = this.route;
    this.route = { ...route, view: view.name };
    const q = route.params.get("q")?.[0] ?? "";
    if (this.search.value.trim() !== q) this.search.value = q;
    this.drawTabs(view);
    if (before) this.scrolled.set(format(before), this.box.scrollTop);
    root.dataset.view = view.name;
    if (view.name === "endpoints") {
      if (!this.endpoints.root.isConnected) put(this.box, this.endpoints.root);
      this.endpoints.update(this.route);
    } else {
      put(this.box, view.draw(this.model, this.route));
      this.box.scrollTop = before && before.view === view.name && before.id === route.id ? this.scrolled.get(format(before)) ?? 0 : this.scrolled.get(format(this.route)) ?? 0;
    }
    if (before && before.view !== view.name && document.activeElement !== this.search) this.box.focus({ preventScroll: true });
    document.title = `${view.text ?? "Changes"} · ${this.model.title} · API inventory`;
  }

  drawTabs(current) {
    const tabs = byId("tabs");
    put(tabs, this.views.map((v) => h("a", { href: v.name === "overview" ? "#/" : `#/${v.name}`, class: "tab", "aria-current": v.name === current.name ? "page" : undefined }, v.text, v.n ? h("span", { class: "count" }, number(v.n)) : null)),
      revisions(this.model));
    const on = tabs.querySelector("[aria-current=page]");
    if (on) tabs.scrollLeft = Math.max(0, on.offsetLeft - tabs.clientWidth / 2 + on.offsetWidth / 2);
  }

  get isEndpoints() {
    return this.route.view === "endpoints";
  }

  step(by) {
    if (this.isEndpoints) this.endpoints.step(by);
    else this.among(by);
  }

  /** In other views: the next thing that opens or leads somewhere. */
  among(by) {
    const stops = [...this.box.querySelectorAll("summary, .page a[href], .node")].filter((node) => node.getClientRects().length);
    const at = stops.indexOf(document.activeElement);
    const next = stops[at < 0 ? (by > 0 ? 0 : stops.length - 1) : at + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  arrow(by, event) {
    if (!this.isEndpoints || event.target.closest(".detail, .facets")) return false;
    this.endpoints.step(by);
    return true;
  }

  enter() {
    if (!this.isEndpoints) return false;
    this.endpoints.enter();
    return true;
  }

  turn(right) {
    if (this.isEndpoints) this.endpoints.turn(right);
  }

  /** From the search to what it found. */
  fromSearch(event) {
    event.preventDefault();
    this.search.blur();
    if (this.isEndpoints) {
      this.endpoints.cursor = -1;
      this.endpoints.step(1);
    }
  }

  escape(event) {
    if (document.activeElement === this.search) {
      event.preventDefault();
      if (this.search.value) {
        this.search.value = "";
        this.searched();
      } else this.search.blur();
    } else if (this.isEndpoints && this.endpoints.escape()) event.preventDefault();
    else if (this.route.id) go(format({ ...this.route, id: "" }));
  }

  theme() {
    nextTheme();
  }

  print(on) {
    if (on) for (const box of this.box.querySelectorAll(".grown")) box.showAll?.();
    if (this.isEndpoints && !this.route.id) this.endpoints.print(on);
  }
}

function subtitle(model) {
  const [own, ...others] = model.catalog.repositories ?? [];
  const revision = own?.revision;
  if (!revision || others.length) return "";
  const short = revision.commit.slice(0, 8);
  return revision.commit.startsWith(revision.requested) ? short : `${revision.requested} ${short}`;
}

/** Other pages of the same server, where there are any. */
function revisions(model) {
  if (!model.links?.length) return null;
  const kinds = [["revision", "Shown"], ["compare", "Compare with"]];
  return h("span", { class: "revisions" }, kinds.map(([kind, text]) => {
    const own = model.links.filter((l) => l.kind === kind);
    if (own.length < 2) return null;
    return h("label", { class: "small dim" }, text, " ", h("select", { onchange: (event) => location.assign(event.currentTarget.value + location.hash) }, own.map((l) => h("option", { value: l.href, selected: l.current }, l.text))));
  }));
}

async function start() {
  const box = byId("data");
  const data = await open(box.textContent);
  box.remove();
  const app = new App(index(data));
  app.show();
  root.dataset.ready = "true";
  performance.mark("interactive");
}

byId("theme").addEventListener("click", nextTheme);
byId("help").addEventListener("click", help);
start().catch((error) => put(byId("view"), h("p", { class: "loading" }, `The inventory could not be opened: ${error.message}`)));
