// Paths as a tree: services, segments, endpoints. Segments that have a single way on are one node.

/** Nodes: `{key, label, endpoints, children: Map, total, auth: {state: n}}`. */
export function grow(endpoints, labelOf) {
  const root = newNode("", "");
  for (const e of endpoints) {
    let here = step(root, e.serviceId, labelOf(e.serviceId));
    here.isService = true;
    for (const segment of e.path.split("/").filter((part, at) => at > 0 || part)) {
      if (segment === "") continue;
      here = step(here, segment, segment);
    }
    here.endpoints.push(e);
  }
  for (const service of root.children.values()) {
    for (const [key, child] of service.children) service.children.set(key, joined(child));
  }
  weigh(root);
  return root;
}

function newNode(key, label) {
  return { key, label, endpoints: [], children: new Map(), total: 0, auth: {} };
}

function step(parent, segment, label) {
  let child = parent.children.get(segment);
  if (!child) parent.children.set(segment, (child = newNode(`${parent.key}/${segment}`, label)));
  return child;
}

function joined(here) {
  while (here.children.size === 1 && here.endpoints.length === 0) {
    const [only] = here.children.values();
    here = { ...only, label: `${here.label}/${only.label}` };
  }
  for (const [key, child] of here.children) here.children.set(key, joined(child));
  return here;
}

function weigh(here) {
  for (const e of here.endpoints) tallyInto(here, e.auth, 1);
  for (const child of here.children.values()) {
    weigh(child);
    for (const [state, n] of Object.entries(child.auth)) tallyInto(here, state, n);
  }
}

function tallyInto(here, state, n) {
  here.auth[state] = (here.auth[state] ?? 0) + n;
  here.total += n;
}

/** The lines that are seen when `open` says which nodes are: `{node, depth}` or `{endpoint, depth}`. A node that holds one
 * endpoint is that endpoint. */
export function seen(root, open) {
  const rows = [];
  const walk = (here, depth) => {
    for (const child of [...here.children.values()].sort((a, b) => (a.label < b.label ? -1 : 1))) {
      if (child.endpoints.length === 1 && child.total === 1 && !child.isService) {
        rows.push({ endpoint: child.endpoints[0], depth });
        continue;
      }
      rows.push({ node: child, depth });
      if (!open(child)) continue;
      for (const endpoint of child.endpoints) rows.push({ endpoint, depth: depth + 1 });
      walk(child, depth + 1);
    }
  };
  walk(root, 0);
  return rows;
}
