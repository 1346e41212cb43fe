// One engine in one process.
//   node worker.mjs cold NAME FOLDER    prints {load, first, memory}: ms, ms, bytes
//   node worker.mjs serve NAME FOLDER   (forked) checks, then times batches on request
// FOLDER holds workload.json and the engine's config.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { matching } from '../workload.mjs';
import { engineOf } from './adapters/index.mjs';
import { configFile } from './config_file.mjs';

const [mode, name, folder] = process.argv.slice(2);
const engine = engineOf(name);
const bytes = new Uint8Array(readFileSync(configFile(folder, name)));
const { rules, visitors, changes } = JSON.parse(
  readFileSync(path.join(folder, 'workload.json'), 'utf8'),
);
const won = engine.won ?? ((loaded, all) => all);

function heap() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function cold() {
  const before = heap();
  const start = performance.now();
  const loaded = await engine.load(bytes, rules.length);
  const ready = performance.now();
  const context = await engine.context(loaded, visitors[0]);
  await engine.all(loaded, context);
  const decided = performance.now();
  const memory = heap() - before;
  console.log(JSON.stringify({ load: ready - start, first: decided - start, memory }));
  await engine.close?.(loaded);
  process.exit(0);
}

/** @throws where a rule was decided that does not match, or one was missed */
async function check(loaded, context, attributes) {
  const list = won(loaded, await engine.all(loaded, context));
  const got = list.filter((_, i) => i % 2 === 0).sort((a, b) => a - b);
  const want = matching(rules, attributes);
  if (JSON.stringify(got) !== JSON.stringify(want))
    throw new Error(`${name}: decided ${got.length} rules, ${want.length} match`);
  return list;
}

/** A visitor is decided in turn with fifteen others: warm, and not the same one again. */
async function prepare(loaded) {
  const checked = rules.length >= 10_000 ? 24 : visitors.length;
  const contexts = [];
  const arms = new Map();
  for (const visitor of visitors.slice(0, checked)) {
    const context = await engine.context(loaded, visitor);
    const list = await check(loaded, context, visitor.attributes);
    for (let i = 0; i < list.length; i += 2) {
      if (rules[list[i]].arms.length !== 2) continue;
      arms.set(list[i + 1], (arms.get(list[i + 1]) ?? 0) + 1);
    }
    if (contexts.length < 16) contexts.push(context);
  }
  const [a, b] = [arms.get('a') ?? 0, arms.get('b') ?? 0];
  if (Math.abs(a - b) > 6 * Math.sqrt(a + b)) throw new Error(`${name}: arms ${a} and ${b}`);
  return contexts;
}

async function prepareChanges(loaded) {
  const events = [];
  for (const { visitor, attribute, value } of changes.slice(0, 16)) {
    const { attributes } = visitors[visitor];
    const context = await engine.context(loaded, visitors[visitor]);
    await engine.change(loaded, context, attribute, value);
    await check(loaded, context, { ...attributes, [attribute]: value });
    await engine.change(loaded, context, attribute, attributes[attribute]);
    await check(loaded, context, attributes);
    events.push({ context, attribute, values: [value, attributes[attribute]] });
  }
  return events;
}

/** Answers may come at once or later; only those that come later are waited for. */
const later = (value) => typeof value?.then === 'function';

async function serve() {
  const loaded = await engine.load(bytes, rules.length);
  const contexts = await prepare(loaded);
  const events = await prepareChanges(loaded);
  let at = 0;
  const bodies = {
    async all(count) {
      for (let i = 0; i < count; i++) {
        const answer = engine.all(loaded, contexts[at++ & 15]);
        if (later(answer)) await answer;
      }
    },
    async change(count) {
      for (let i = 0; i < count; i++, at++) {
        const { context, attribute, values } = events[(at >> 1) % events.length];
        const done = engine.change(loaded, context, attribute, values[at & 1]);
        if (later(done)) await done;
        const answer = engine.all(loaded, context);
        if (later(answer)) await answer;
      }
    },
  };
  process.on('message', async ({ body, count }) => {
    if (!body) process.exit(0);
    globalThis.gc();
    const start = performance.now();
    await bodies[body](count);
    process.send({ ms: performance.now() - start });
  });
  process.send({ ready: true });
}

await (mode === 'cold' ? cold() : serve());
