// Looks at reports in a real Chromium: clicks, filters, keys, links, colours, times. `cargo xtask page` runs it.
//
//   node page.mjs BINARY FOLDER CHROMIUM     FOLDER has node_modules/playwright-core; screenshots go to FOLDER/screenshots
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { contrast } from "./contrast.mjs";
import { empty, earlier, hostile, large } from "./catalogs.mjs";

const [, , binary, folder, executablePath] = process.argv;
const { chromium } = createRequire(`${resolve(folder)}/`)("playwright-core");
const here = dirname(fileURLToPath(import.meta.url));
const bookshop = join(here, "../repos/bookshop");
const shots = join(folder, "screenshots");
mkdirSync(shots, { recursive: true });

const VIEWS = ["", "endpoints", "auth", "findings", "map", "outbound", "versions", "changes", "coverage"];
const INTERACTIVE_MS = 1000;
const failures = [];

function report(name, args) {
  const file = resolve(folder, `${name}.html`);
  execFileSync(binary, ["report", ...args, "--quiet", "-o", file], { stdio: ["ignore", "inherit", "inherit"] });
  return file;
}

function catalog(name, value) {
  const file = resolve(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(value));
  return file;
}

function ok(condition, message) {
  if (!condition) throw new Error(message);
}

const same = (is, should, what) => ok(is === should, `${what}: ${JSON.stringify(is)}, not ${JSON.stringify(should)}`);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** A page that fails on any error, any dialog and any request but its own file. */
async function visit(file, hash = "", { width = 1280, height = 900, theme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => complaints.push(`error: ${e.message}`));
  page.on("dialog", (d) => (complaints.push(`dialog: ${d.message()}`), d.dismiss()));
  page.on("request", (r) => !r.url().startsWith(`file://${encodeURI(file)}`) && !r.url().startsWith("data:") && complaints.push(`request: ${r.url()}`));
  await page.addInitScript(() => {
    globalThis.shifts = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((e) => !e.hadRecentInput && (globalThis.shifts += e.value))).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`file://${file}${hash}`);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "true", null, { timeout: 30000 });
  return { page, done: async () => { await context.close(); ok(!complaints.length, complaints.join("\n    ")); } };
}

async function check(name, run) {
  const start = Date.now();
  try {
    const note = await run();
    console.log(`ok    ${name}${note ? ` (${note})` : ""}  ${Date.now() - start} ms`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL  ${name}\n    ${error.message}`);
  }
}

const go = async (page, hash) => {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.waitForTimeout(40);
};
const hashOf = (page) => page.evaluate(() => location.hash);
const total = (page) => page.locator(".total strong").innerText();
const text = (page) => page.locator("main").innerText();

const now = JSON.parse(execFileSync(binary, ["scan", bookshop, "-f", "json", "-q"], { maxBuffer: 1 << 28 }));
const sample = report("sample", [bookshop, "--against", catalog("earlier", earlier(now))]);
const big = report("large", [catalog("large", large(now, 5000))]);
const bad = report("hostile", [catalog("hostile", hostile(now))]);
const none = report("empty", [catalog("empty", empty(now))]);

await check("5,000 endpoints: size, time until interactive, no shifts", async () => {
  const times = [];
  for (let round = 0; round < 3; round++) {
    const { page, done } = await visit(big, "#/endpoints");
    times.push(await page.evaluate(() => performance.getEntriesByName("interactive")[0].startTime));
    await page.waitForTimeout(200);
    const shifts = await page.evaluate(() => globalThis.shifts);
    ok(shifts < 0.02, `the layout shifts by ${shifts}`);
    await done();
  }
  const best = Math.round(Math.min(...times));
  const size = statSync(big).size;
  ok(best < INTERACTIVE_MS, `interactive after ${times.map(Math.round).join(", ")} ms`);
  ok(size < 5 << 20, `${size} bytes`);
  return `${best} ms, ${Math.round(size / 1024)} KB`;
});

await check("5,000 endpoints: few rows in the document, the last is reached, filters are quick", async () => {
  const { page, done } = await visit(big, "#/endpoints");
  same(await total(page), "5,000", "total");
  ok((await page.locator(".virtual .row").count()) < 80, "too many rows in the document");
  await page.locator(".virtual").evaluate((box) => { box.scrollTop = box.scrollHeight; });
  await page.waitForTimeout(120);
  ok((await page.locator(".virtual").innerText()).includes("/zz/last"), "the last endpoint is not shown at the end");
  const spent = await page.evaluate(() => {
    const start = performance.now();
    const input = document.getElementById("search");
    input.value = "area7";
    input.dispatchEvent(new Event("input"));
    return performance.now() - start;
  });
  ok(spent < 200, `a search took ${Math.round(spent)} ms`);
  await done();
  return `a search takes ${Math.round(spent)} ms`;
});

await check("every view has something to say, without leaks of the language", async () => {
  const { page, done } = await visit(sample);
  for (const view of VIEWS) {
    await page.locator(`.tab[href="#/${view}"]`).click();
    const said = await text(page);
    ok(said.length > 40, `${view} is empty`);
    ok(!/undefined|\bNaN\b|\[object/.test(said), `${view}: ${said.match(/.{0,40}(undefined|\bNaN\b|\[object).{0,20}/)?.[0]}`);
  }
  await done();
});

await check("filters: click, count, address, back again from the address", async () => {
  const { page, done } = await visit(sample, "#/endpoints");
  const all = Number(await total(page));
  const label = page.locator(".facet-value", { hasText: "required" }).first();
  const expected = await label.locator(".count").innerText();
  await label.click();
  same(await total(page), expected, "kept");
  ok(Number(expected) < all, "the filter takes nothing out");
  for (const pill of await page.locator(".row .pill").allInnerTexts()) ok(pill.startsWith("required"), `a row says ${pill}`);
  const address = await hashOf(page);
  ok(address.includes("auth=required"), address);
  await done();
  const again = await visit(sample, address);
  same(await total(again.page), expected, "kept after opening the address");
  await again.page.locator(".filter").first().click();
  same(Number(await total(again.page)), all, "all again");
  await again.done();
});

await check("facets widen within and narrow between; a search can name a facet", async () => {
  const { page, done } = await visit(sample, "#/endpoints?method=GET&method=POST");
  const two = Number(await total(page));
  await go(page, "#/endpoints?method=GET");
  const get = Number(await total(page));
  await go(page, "#/endpoints?method=GET&auth=required");
  const narrow = Number(await total(page));
  ok(two > get && narrow < get, `${two} ${get} ${narrow}`);
  await go(page, "#/endpoints?q=method:get");
  same(Number(await total(page)), get, "method:get");
  await go(page, "#/endpoints?q=method:get+nothinglikethis");
  ok((await text(page)).includes("No endpoint fits"), "no word on the empty list");
  await done();
});

await check("every endpoint has a link that opens its page", async () => {
  const { page, done } = await visit(sample);
  for (const e of now.endpoints) {
    await go(page, `#/endpoints/${e.id}?audience=all`);
    const head = await page.locator(".endpoint h2").innerText();
    ok(head.replace(/\s/g, "").endsWith(e.path.replace(/\s/g, "")), `${e.id}: ${head}`);
  }
  await go(page, "#/endpoints/0000000000000000");
  ok((await text(page)).includes("no such endpoint"), "no word on a link that leads nowhere");
  await done();
});

await check("the page of an endpoint: trail with source, guards, parameters", async () => {
  const e = now.endpoints.find((x) => x.auth.state === "required" && x.trail.length > 1);
  const { page, done } = await visit(sample, `#/endpoints/${e.id}`);
  const said = await page.locator(".endpoint").innerText();
  for (const part of ["How it comes about", "Who may call it", "What it takes", e.auth.chain.find((g) => g.says).symbol, e.handler.symbol]) ok(said.includes(part), `no ${part}`);
  ok((await page.locator(".code-line").count()) > 3, "no source");
  await done();
});

await check("keyboard: / j k Enter Esc ? g t", async () => {
  const { page, done } = await visit(sample, "#/endpoints");
  await page.keyboard.press("/");
  same(await page.evaluate(() => document.activeElement.id), "search", "focus after /");
  await page.keyboard.type("book");
  ok((await hashOf(page)).includes("q=book"), "the search is not in the address");
  await page.keyboard.press("Enter");
  same(await page.locator("[aria-current=true].row-link").count(), 1, "rows that are current");
  const first = await page.locator("[aria-current=true].row-link .row-path").innerText();
  await page.keyboard.press("j");
  const second = await page.locator("[aria-current=true].row-link .row-path, [aria-current=true].row-link .row-method").allInnerTexts();
  await page.keyboard.press("k");
  same(await page.locator("[aria-current=true].row-link .row-path").innerText(), first, "k after j");
  ok(second.length === 2, "j leads nowhere");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(60);
  ok((await page.locator(".endpoint h2").innerText()).includes(first), "Enter does not open");
  await page.keyboard.press("Escape");
  await page.waitForTimeout(60);
  same(await page.locator(".endpoint").count(), 0, "pages after Escape");
  await page.keyboard.press("?");
  ok(await page.locator("#keys").isVisible(), "no help");
  await page.keyboard.press("Escape");
  ok(!(await page.locator("#keys").isVisible()), "the help stays");
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.waitForTimeout(60);
  same(await hashOf(page), "#/findings", "g f");
  await page.keyboard.press("j");
  ok(await page.evaluate(() => document.activeElement.closest(".page") !== null), "j leads nowhere in findings");
  await page.keyboard.press("t");
  await page.keyboard.press("t");
  same(await page.evaluate(() => document.documentElement.dataset.theme), "dark", "theme after t t");
  await done();
});

await check("tree: folds and unfolds, and finds its endpoints", async () => {
  const { page, done } = await visit(big, "#/endpoints?mode=tree");
  const before = await page.locator(".virtual .row").count();
  await page.locator(".node-line[aria-expanded=true]").first().click();
  ok((await page.locator(".virtual .row").count()) < before, "it does not fold");
  await page.locator(".node-line[aria-expanded=false]").first().press("l");
  await done();
});

await check("findings: rules in words, evidence on demand, links to endpoints", async () => {
  const { page, done } = await visit(sample, "#/findings");
  const head = page.locator(".finding-line summary").first();
  await head.click();
  ok((await page.locator(".finding-line[open] .evidence li").count()) > 0, "no evidence");
  await page.locator(".finding-line[open] .endpoint-link").first().click();
  await page.locator(".endpoint h2").waitFor();
  await go(page, "#/findings/unauthenticated");
  ok((await text(page)).includes("What the rule means"), "no words on the rule");
  await done();
});

await check("changes: added, removed, weaker, and as a filter", async () => {
  const { page, done } = await visit(sample, "#/changes");
  const said = await text(page);
  for (const word of ["added", "removed", "weaker"]) ok(said.includes(word), `no ${word}`);
  await go(page, "#/endpoints?changed=added");
  ok(Number(await total(page)) > 0, "no endpoint is marked as added");
  await done();
});

await check("hostile names are text", async () => {
  const { page, done } = await visit(bad, "#/endpoints?audience=all");
  for (const view of [...VIEWS, ...JSON.parse(readFileSync(join(folder, "hostile.json"))).endpoints.slice(0, 8).map((e) => `endpoints/${e.id}?audience=all`)]) {
    await go(page, `#/${view}`);
    same(await page.evaluate(() => document.querySelectorAll("main img, main script, main iframe, main [onerror]").length), 0, `elements from text in ${view}`);
  }
  same(await page.evaluate(() => globalThis.pwned), undefined, "pwned");
  same(await page.evaluate(() => ({}).polluted), undefined, "polluted");
  ok((await page.content()).includes("&lt;img src=x onerror"), "the hostile path is not shown");
  await done();
});

await check("an empty catalog is honest", async () => {
  const { page, done } = await visit(none);
  for (const view of VIEWS) {
    await go(page, `#/${view}`);
    ok((await text(page)).length > 30, `${view} says nothing`);
  }
  ok((await text(page)).includes("What was looked at"), "no coverage");
  await done();
});

await check("nothing is wider than the screen, at 360 and 1,600 px, in both themes; contrast is AA; screenshots", async () => {
  let pairs = 0;
  const open = now.endpoints.find((e) => e.auth.state === "required").id;
  for (const [width, height] of [[360, 780], [1600, 1000]]) {
    for (const theme of ["light", "dark"]) {
      const { page, done } = await visit(sample, "", { width, height, theme });
      for (const view of [...VIEWS, `endpoints/${open}`, "endpoints?mode=tree"]) {
        await go(page, `#/${view}`);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        ok(wider <= 0, `${view} at ${width}: ${wider} px wider than the screen`);
        const cut = await page.evaluate(() => [...document.querySelectorAll(".page, .endpoint")].filter((n) => n.scrollWidth > n.clientWidth + 1).length);
        same(cut, 0, `parts wider than their box in ${view} at ${width}`);
        const result = await page.evaluate(contrast);
        pairs += result.checked;
        ok(!result.poor.length, `${view} ${theme} ${width}: ${result.poor.slice(0, 4).join("; ")}`);
        await page.screenshot({ path: join(shots, `${view.replace(/\W+/g, "-") || "overview"}-${width}-${theme}.png`) });
      }
      await done();
    }
  }
  return `${pairs} pieces of text`;
});

await check("prints whole lists", async () => {
  const { page, done } = await visit(big, "#/endpoints?q=area7");
  const kept = Number((await total(page)).replace(",", ""));
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  ok((await page.locator(".virtual .row-link").count()) === kept, "not all rows are printed");
  const pdf = await page.pdf({ format: "A4" });
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  ok(pdf.length > 20000, `a PDF of ${pdf.length} bytes`);
  await done();
});

await check("served: the same page, its policy as a header, other revisions to choose", async () => {
  const server = spawn(binary, ["serve", join(folder, "earlier.json"), catalog("now", now), "--listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  const address = await new Promise((done, fail) => server.stderr.on("data", (text) => { const found = String(text).match(/http:\S+/); if (found) done(found[0]); else fail(new Error(String(text))); }));
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints = [];
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
    page.on("pageerror", (e) => complaints.push(e.message));
    page.on("request", (r) => !r.url().startsWith(address) && !r.url().startsWith("data:") && complaints.push(`request: ${r.url()}`));
    await page.goto(`${address}#/endpoints`);
    await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
    ok(Number(await total(page)) > 0, "no endpoints");
    const [, compare] = await page.locator(".revisions select").all();
    await Promise.all([page.waitForURL(/against=/), compare.selectOption({ index: 1 })]);
    await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
    ok(await page.locator(".tab", { hasText: "Changes" }).isVisible(), "no changes where revisions are compared");
    await page.screenshot({ path: join(shots, "served.png") });
    await context.close();
    ok(!complaints.length, complaints.join("; "));
  } finally {
    server.kill();
  }
});

await browser.close();
console.log(failures.length ? `${failures.length} failed: ${failures.join("; ")}` : "all good");
process.exit(failures.length ? 1 : 0);
