// The keyboard. Nothing here works while something is being typed, save Escape and Enter.
import { byId, h, put } from "./dom.js";

const HELP = [
  ["/", "Search"], ["j, k", "Next, previous line; with a page open, its neighbour"], ["Enter", "Open"], ["h, l", "Fold, unfold in the tree"], ["Esc", "Close, go back"],
  ["g then o e a f m c u v d", "Go to overview, endpoints, auth, findings, map, coverage, outbound, versions, changes"],
  ["t", "Light, dark or as the system"], ["?", "This help"],
];

const VIEWS = { o: "", e: "endpoints", a: "auth", f: "findings", m: "map", c: "coverage", u: "outbound", v: "versions", d: "changes" };

export function help() {
  const dialog = byId("keys");
  put(dialog, h("form", { method: "dialog" }, h("h2", { id: "keys-title" }, "Keyboard"),
    h("dl", {}, HELP.map(([keys, text]) => [h("dt", {}, keys.split(", ").map((k, at) => [at ? ", " : "", h("kbd", {}, k)])), h("dd", {}, text)])),
    h("p", { class: "dim small" }, "Words in the search narrow each other. ", h("code", {}, "auth:none"), ", ", h("code", {}, "method:post"), " and the other filters can be typed too."),
    h("button", { class: "primary" }, "Close")));
  if (!dialog.open) dialog.showModal();
}

/** `app` has: view(), search, step(n), enter(), turn(right), escape(), theme(). */
export function listen(app) {
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape") return app.escape(event);
    if (typing) return typing === app.search && event.key === "Enter" ? app.fromSearch(event) : typing === app.search && event.key === "ArrowDown" ? app.fromSearch(event) : undefined;
    if (Date.now() - waiting < 1200 && event.key in VIEWS) {
      waiting = 0;
      event.preventDefault();
      location.hash = `#/${VIEWS[event.key]}`;
      return undefined;
    }
    const does = {
      "/": () => app.search.focus(), "?": help, t: () => app.theme(), j: () => app.step(1), k: () => app.step(-1), ArrowDown: () => app.arrow(1, event), ArrowUp: () => app.arrow(-1, event),
      h: () => app.turn(false), l: () => app.turn(true), g: () => (waiting = Date.now()), Enter: () => (onControl(event.target) ? false : app.enter()),
    }[event.key];
    if (does && does() !== false) event.preventDefault();
    return undefined;
  });
}

const onControl = (target) => Boolean(target.closest("a, button, summary, label, input"));
