// Where the reader is: a view, a thing within it, and parameters; all of it in the address, so that every state has a link.
//
//   #/endpoints/0e23fdd75e1c5031?auth=none&auth=unknown&q=refund

/** `#/view/thing?name=value` to its parts. What can't be read is left out. */
export function parse(hash) {
  const text = hash.replace(/^#\/?/, "");
  const [path, query = ""] = text.split(/\?(.*)/s);
  const [view = "", ...rest] = path.split("/");
  const params = new Map();
  for (const [name, value] of new URLSearchParams(query)) {
    if (value === "") continue;
    params.set(name, [...(params.get(name) ?? []), value]);
  }
  let id = rest.join("/");
  try {
    id = decodeURIComponent(id);
  } catch {
    id = "";
  }
  return { view: view || "overview", id, params };
}

/** The parts to an address. */
export function format({ view, id = "", params = new Map() }) {
  const query = new URLSearchParams();
  for (const [name, values] of params) for (const value of values) query.append(name, value);
  const path = view === "overview" && !id ? "#/" : `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}`;
  const text = query.toString().replace(/%2F/g, "/").replace(/%3A/g, ":");
  return text ? `${path}?${text}` : path;
}

/** The address of a view with parameters: `link("endpoints", {auth: ["none"]})`. */
export function link(view, params = {}, id = "") {
  const map = new Map();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== "") map.set(name, [value].flat().map(String));
  }
  return format({ view, id, params: map });
}

/** The place with one parameter changed; an empty list takes it out. */
export function withParam(route, name, values) {
  const params = new Map(route.params);
  if (values.length) params.set(name, values);
  else params.delete(name);
  return { ...route, params };
}

/** Goes to a place; `replace` leaves no step in the history. */
export function go(route, replace = false) {
  const address = typeof route === "string" ? route : format(route);
  if (address === location.hash) return;
  if (replace) {
    history.replaceState(null, "", address);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = address;
  }
}

/** What the browser remembers of a reader's wishes; a page from a file may remember nothing. */
export const memory = {
  get(name) {
    try {
      return localStorage.getItem(`apicensus.${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`apicensus.${name}`, value);
    } catch {
      // Nothing is lost but the wish.
    }
  },
};
