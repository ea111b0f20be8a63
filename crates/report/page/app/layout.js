// A layered picture: nodes in columns, each column ordered so that few lines cross, lines as soft curves. Pure numbers.

const SWEEPS = 6;

/** `columns`: lists of `{id, width, height}`; `edges`: `{from, to, weight}`. Gives places by id, curves and the size. */
export function layered(columns, edges, { gapX = 150, gapY = 18, margin = 16, align = 0.5 } = {}) {
  const filled = columns.filter((column) => column.length);
  const ordered = order(filled.map((column) => [...column]), edges);
  const heights = ordered.map((column) => column.reduce((sum, n) => sum + n.height + gapY, -gapY));
  const height = Math.max(0, ...heights);
  const places = new Map();
  let x = margin;
  ordered.forEach((column, at) => {
    const width = Math.max(...column.map((n) => n.width));
    let y = margin + (height - heights[at]) * align;
    for (const n of column) {
      places.set(n.id, { x, y, width, height: n.height, column: at });
      y += n.height + gapY;
    }
    x += width + gapX;
  });
  const size = { width: x - gapX + margin, height: height + 2 * margin };
  return { places, curves: curves(edges, places), size };
}

function order(columns, edges) {
  const positions = () => new Map(columns.flatMap((column) => column.map((n, at) => [n.id, (at + 0.5) / column.length])));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const at = positions();
    for (const column of sweep % 2 ? [...columns].reverse() : columns) {
      const ids = new Set(column.map((n) => n.id));
      const middle = new Map(column.map((n) => [n.id, barycentre(n.id, ids, edges, at)]));
      column.sort((a, b) => middle.get(a.id) - middle.get(b.id) || (a.id < b.id ? -1 : 1));
    }
  }
  return columns;
}

function barycentre(id, own, edges, at) {
  let [sum, weight] = [0, 0];
  for (const edge of edges) {
    const other = edge.from === id ? edge.to : edge.to === id ? edge.from : null;
    if (other === null || own.has(other) || !at.has(other)) continue;
    sum += at.get(other) * edge.weight;
    weight += edge.weight;
  }
  return weight ? sum / weight : at.get(id);
}

/** Lines leave and arrive side by side, in the order of their other ends. */
function curves(edges, places) {
  const known = edges.filter((e) => places.has(e.from) && places.has(e.to));
  const port = (id, side, edge) => {
    const here = places.get(id);
    const other = (e) => places.get(side === "from" ? e.to : e.from).y;
    const all = known.filter((e) => e[side] === id).sort((a, b) => other(a) - other(b));
    return here.y + (here.height * (all.indexOf(edge) + 1)) / (all.length + 1);
  };
  return known.map((edge) => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    const [y1, y2] = [port(edge.from, "from", edge), port(edge.to, "to", edge)];
    const x1 = from.x + from.width;
    if (from.column === to.column) {
      const bend = x1 + 40;
      return { edge, path: `M${x1},${y1} C${bend},${y1} ${bend},${y2} ${x1},${y2}`, label: { x: bend, y: (y1 + y2) / 2 } };
    }
    const reach = Math.max(40, (to.x - x1) / 2);
    return { edge, path: `M${x1},${y1} C${x1 + reach},${y1} ${to.x - reach},${y2} ${to.x},${y2}`, label: { x: to.x - 22, y: y2 } };
  });
}
