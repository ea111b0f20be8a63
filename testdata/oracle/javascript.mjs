#!/usr/bin/env node
// Asks the real Node frameworks what the cases' applications serve.
//
// usage: node javascript.mjs [--write] --modules DIR CASES.md ...
//
// DIR has a node_modules with the frameworks, typescript among them. A case says above its expectation what to run:
// `<!-- truth: app.js -->`, several with commas, with an older major `<!-- truth: app.js with express=express4 -->`
// (the name under which that major is installed). Without the comment, or with `by hand`, a case is left alone.
// TypeScript and ES modules are transpiled to CommonJS, so a tree may mix both. Prints a diff where the file and the
// framework disagree; --write puts the framework's answer into the file, flags that are there already being kept.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const VERBS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];
const order = (verb) => [...VERBS, 'ANY', 'WS'].indexOf(verb);

function readCases(text) {
  const found = [];
  let current, fence;
  text.split('\n').forEach((line, number) => {
    const mark = line.match(/^(`{3,})\s*(\S*)\s*(.*?)\s*$/);
    if (fence) {
      if (mark && mark[1].length >= fence.ticks && !mark[2]) {
        if (fence.kind === 'endpoints' && current) Object.assign(current, { span: [fence.start, number], expected: fence.body });
        else if (fence.name && current) current.files[fence.name] = fence.body.join('\n') + '\n';
        fence = undefined;
      } else fence.body.push(line);
    } else if (mark) fence = { ticks: mark[1].length, kind: mark[2], name: mark[3], start: number + 1, body: [] };
    else if (line.startsWith('## ')) found.push((current = { title: line.slice(3).trim(), files: {}, expected: [] }));
    else if (current) current.truth = line.match(/<!--\s*truth:\s*(.*?)\s*-->/)?.[1] ?? current.truth;
  });
  return found.filter((c) => Object.keys(c.files).length);
}

function answer(rows) {
  const unique = new Map(rows.map((r) => [JSON.stringify(r), r]));
  const sorted = [...unique.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : order(a.verb) - order(b.verb)));
  const width = Math.max(0, ...sorted.map((r) => r.path.length));
  return sorted.map((r) => `${r.verb.padEnd(6)} ${r.path.padEnd(width)}  ${r.where}`.trimEnd());
}

function runCase(test, modules) {
  const folder = fs.mkdtempSync(path.join(modules, 'case-'));
  try {
    for (const [name, text] of Object.entries(test.files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    const [entries, aliases = ''] = test.truth.split(' with ');
    const rows = [];
    for (const entry of entries.split(', ')) {
      const done = spawnSync(process.execPath, [path.join(here, 'javascript_ask.cjs'), folder, entry, aliases], { cwd: folder, encoding: 'utf8', timeout: 60000 });
      const lines = done.stdout.split('\n').filter((l) => l.startsWith('= '));
      if (!lines.length || done.stderr.includes('oracle:')) throw new Error(done.stderr || 'no endpoints');
      rows.push(...lines.map((l) => JSON.parse(l.slice(2))));
    }
    return answer(rows);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function main(args) {
  const write = args.includes('--write');
  const modules = path.resolve(args[args.indexOf('--modules') + 1]);
  let bad = 0;
  for (const file of args.filter((a) => a.endsWith('.md'))) {
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    for (const test of readCases(lines.join('\n')).reverse()) {
      if (!test.truth || test.truth.startsWith('by hand')) continue;
      try {
        const flags = new Map(test.expected.filter((l) => l.includes('[')).map((l) => [l.split(/\s+/).slice(0, 2).join(' '), l.slice(l.indexOf('['))]));
        const got = runCase(test, modules).map((l) => [l, flags.get(l.split(/\s+/).slice(0, 2).join(' '))].filter(Boolean).join(' '));
        const key = (l) => l.split(/\s+/).slice(0, 2).join(' ');
        // What nothing serves is listed apart; the framework can't tell.
        got.push(...test.expected.filter((l) => l.includes('[detached]') && !got.some((g) => key(g) === key(l))));
        got.sort((a, b) => (key(a).split(' ')[1] < key(b).split(' ')[1] ? -1 : key(a).split(' ')[1] > key(b).split(' ')[1] ? 1 : 0));
        const squeeze = (all) => all.map((l) => l.replace(/\s+/g, ' ').trim()).join('\n');
        if (squeeze(got) !== squeeze(test.expected)) {
          bad++;
          console.log([`${file}: ${test.title}`, ...test.expected.map((l) => `  - ${l}`), ...got.map((l) => `  + ${l}`)].join('\n'));
        }
        if (write) lines.splice(test.span[0], test.span[1] - test.span[0], ...got);
      } catch (error) {
        bad++;
        console.log(`${file}: ${test.title}: ${error.message}`);
      }
    }
    if (write) fs.writeFileSync(file, lines.join('\n'));
  }
  process.exitCode = write ? 0 : Math.min(bad, 1);
}

main(process.argv.slice(2));
