// Runs in the page: the contrast of every piece of text that is seen, by WCAG 2.2 (1.4.3): 4.5:1, 3:1 for large text.

export function contrast() {
  const parse = (color) => {
    const parts = color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return { r: parts[0], g: parts[1], b: parts[2], a: parts[3] ?? 1 };
  };
  const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ({ r, g, b }) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (node) => {
    const layers = [];
    const box = node.closest("svg a.node")?.querySelector("rect");
    if (box) layers.push(parse(getComputedStyle(box).fill));
    for (let at = node; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const poor = new Set();
  let checked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.nodeValue.trim() || !node?.checkVisibility({ visibilityProperty: true }) || node.closest("script, style, .visually-hidden, title, .skip")) continue;
    const style = getComputedStyle(node);
    const color = parse(node.closest("svg") ? style.fill : style.color);
    const below = ground(node);
    const [a, b] = [light(over(color, below)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    checked++;
    if (ratio < (isLarge ? 3 : 4.5)) poor.add(`${ratio.toFixed(2)}:1 "${walker.currentNode.nodeValue.trim().slice(0, 30)}" .${node.getAttribute("class")}`);
  }
  return { checked, poor: [...poor] };
}
