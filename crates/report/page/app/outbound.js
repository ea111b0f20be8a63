// What the code calls of other services, by host.
import { h } from "./dom.js";
import { link } from "./state.js";
import { count, number, tally } from "./text.js";
import { excerpt, place } from "./source.js";
import { choices, empty, grown, pathText } from "./parts.js";

/** The host of a call; where the code decides it as it runs, what it comes from. */
export const hostOf = (call) => call.host ?? "a path without a host";

/** Whether the code says which host it is. */
export const hasHost = (call) => /^[a-z][a-z+.-]*:\/\/[^/{]/i.test(call.url);

/** The services that a file may belong to: those with the longest folder around it, of which several may share one. */
export function servicesOfFile(model, file, known) {
  let best = [];
  for (const service of model.services.values()) {
    if (!known.has(service.id) || (service.root && !file.startsWith(`${service.root}/`))) continue;
    if (!best.length || service.root.length > best[0].root.length) best = [service];
    else if (service.root.length === best[0].root.length) best.push(service);
  }
  return best;
}

export function outbound(model, route) {
  const { calls = [], files_not_read: unread = 0 } = model.catalog.outbound ?? {};
  const kind = route.params.get("audience")?.[0] ?? "production";
  const q = route.params.get("q")?.[0] ?? "";
  const shown = calls.filter((c) => (kind === "all" || c.audience === kind) && (!q || hostOf(c) === q || `${c.url} ${c.at.file} ${c.client}`.toLowerCase().includes(q.toLowerCase())));
  const kinds = tally(calls.map((c) => c.audience));
  const hosts = tally(shown.map(hostOf));
  return h("div", { class: "page" }, h("h2", {}, "Calls to other services"),
    h("p", { class: "dim" }, unread ? `${count(unread, "file")} of deployed code ${unread === 1 ? "was" : "were"} not parsed, as nothing that serves endpoints asks for ${unread === 1 ? "it" : "them"}: what ${unread === 1 ? "it calls" : "they call"} is not known.` : "All deployed code that was found was looked at for calls."),
    h("div", { class: "choice-lines" }, kinds.length > 1 ? choices("Kind of code", [...kinds.map(([k, n]) => [k, k, n]), ["all", "all", calls.length]], kind, (value) => link("outbound", { audience: value === "production" ? undefined : value, q })) : null,
      q ? h("a", { class: "filter", href: link("outbound", { audience: kind === "production" ? undefined : kind }) }, q, " ×") : null),
    shown.length ? hosts.map(([host, n]) => hostBlock(model, host, n, shown.filter((c) => hostOf(c) === host)))
      : empty(calls.length ? "No call fits" : "No calls were found", calls.length ? h("a", { href: "#/outbound" }, "Show all") : "The code that was read makes none with a client that a model knows."));
}

const hostBlock = (model, host, n, calls) => h("section", { class: "rule" }, h("div", { class: "rule-head" }, h("h3", { class: "mono" }, host), h("span", { class: "count" }, number(n))),
  grown(calls, (call) => callLine(model, call), 25));

const callLine = (model, call) => h("details", { class: "finding-line", ontoggle: (event) => openCall(event, model, call) },
  h("summary", {}, h("span", { class: "method" }, call.method), h("span", { class: "mono subject" }, pathText(call.url)), h("span", { class: "dim small finding-place" }, `${call.client} · ${call.at.file}:${call.at.line}`)), h("div", { class: "finding-body" }, place(call.at)));

function openCall(event, model, call) {
  const box = event.currentTarget;
  if (!box.open || box.dataset.full) return;
  box.dataset.full = "1";
  box.querySelector(".finding-body").append(excerpt(model, { file: call.at.file, line: call.at.line }) ?? h("p", { class: "dim small" }, "The source was not at hand when this page was made."));
}
