// A list that has only the rows that are seen in the document. Heights are known beforehand, so nothing ever jumps.
import { h } from "./dom.js";

const OVERSCAN = 8;

export class VirtualList {
  /** `heightOf(i)` in pixels and `render(i)` must give the same for the same row until `set` is called. */
  constructor({ label }) {
    this.items = h("ul", { class: "virtual-items", role: "list", "aria-label": label });
    this.box = h("div", { class: "virtual", tabindex: "-1" }, this.items);
    this.rows = new Map();
    this.offsets = new Float64Array(1);
    this.count = 0;
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    for (const moved of ["wheel", "pointerdown", "touchstart"]) this.box.addEventListener(moved, () => (this.revealed = -1), { passive: true });
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.box);
    this.width = 0;
    this.revealed = -1;
  }

  /** Shows other rows. */
  set(count, heightOf, render) {
    Object.assign(this, { count, heightOf, render, revealed: -1 });
    this.measure();
  }

  resized() {
    const width = this.box.clientWidth;
    if (width !== this.width) {
      this.width = width;
      if (this.render) this.measure();
      // Other heights put other rows in sight; the one that was shown last stays.
      this.reveal(this.revealed);
    } else {
      this.draw();
    }
  }

  measure() {
    this.width = this.box.clientWidth;
    this.offsets = new Float64Array(this.count + 1);
    for (let at = 0; at < this.count; at++) this.offsets[at + 1] = this.offsets[at] + this.heightOf(at);
    this.items.style.height = `${this.offsets[this.count]}px`;
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.draw();
  }

  /** The row at a height. */
  at(y) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsets[middle + 1] <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  draw() {
    if (!this.render || this.isPrinting) return;
    const top = this.box.scrollTop;
    const first = Math.max(0, this.at(top) - OVERSCAN);
    const last = Math.min(this.count, this.at(top + this.box.clientHeight) + OVERSCAN + 1);
    for (const [at, row] of this.rows) {
      if ((at < first || at >= last) && !row.contains(document.activeElement)) {
        row.remove();
        this.rows.delete(at);
      }
    }
    for (let at = first; at < last; at++) if (!this.rows.has(at)) this.insert(at);
  }

  insert(at) {
    const row = this.render(at);
    row.style.top = `${this.offsets[at]}px`;
    row.style.height = `${this.offsets[at + 1] - this.offsets[at]}px`;
    row.setAttribute("aria-posinset", String(at + 1));
    row.setAttribute("aria-setsize", String(this.count));
    const after = [...this.rows.keys()].filter((other) => other > at).sort((a, b) => a - b)[0];
    this.items.insertBefore(row, after === undefined ? null : this.rows.get(after));
    this.rows.set(at, row);
    return row;
  }

  /** Brings a row into sight and gives its element. */
  reveal(at) {
    if (at < 0 || at >= this.count) return null;
    this.revealed = at;
    const [top, bottom] = [this.offsets[at], this.offsets[at + 1]];
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = Math.max(0, top - 40);
    else if (bottom > scrollTop + clientHeight) this.box.scrollTop = bottom - clientHeight + 8;
    this.draw();
    return this.rows.get(at) ?? null;
  }

  /** Draws a row anew. */
  redraw(at) {
    const row = this.rows.get(at);
    if (!row) return;
    const focused = row.contains(document.activeElement);
    row.remove();
    this.rows.delete(at);
    const fresh = this.insert(at);
    if (focused) fresh.querySelector("a, button")?.focus({ preventScroll: true });
  }

  /** All rows, one after the other, for paper; `false` goes back. */
  print(on) {
    this.isPrinting = on;
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    if (on) for (let at = 0; at < this.count; at++) this.items.append(this.render(at));
    else {
      this.items.replaceChildren();
      this.measure();
    }
  }
}
