// What a decision costs through the package: attributes from a plain object, decisions as objects
// or as numbers.
//
//   node bench/match/api.mjs FOLDER      a folder of workload.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { argv } from 'node:process';

import { createRuntime, verifyRuleset } from 'heed';

import { median } from '../figures.mjs';
import { generate } from '../workload.mjs';
import { keys, signed } from '../signed.mjs';

const now = Date.parse('2026-11-20T10:00:00Z');
const wasm = new WebAssembly.Module(
  readFileSync(new URL('../../wasm/dist/heed.wasm', import.meta.url)),
);
// Plain objects and names as a page has them: parsed, and written out.
const { visitors, changes } = JSON.parse(JSON.stringify(generate(1, { visitors: 256 })));
const slotNames = Array.from({ length: 8 }, (_, i) => `s${i}`);

async function runtimeOf(folder, name) {
  const bytes = signed(readFileSync(path.join(folder, `${name}.heed`)));
  const runtime = createRuntime({ wasm, ruleset: await verifyRuleset(bytes, { keys }) });
  runtime.index();
  return runtime;
}

const sessionOf = (runtime, { id }) =>
  runtime.session({ visitor: id, view: '1', level: 'device', now });

let sink = 0;
/** Microseconds a call, the mean. */
function batch(count, call) {
  const before = performance.now();
  for (let i = 0; i < count; i++) sink += call(i);
  return ((performance.now() - before) * 1000) / count;
}

/** How long calls go on before they are timed: the host compiles what is hot beside them. */
const warmMs = 150;

/** Microseconds a call, the median of rounds of a few milliseconds. */
function time(call) {
  for (const start = performance.now(); performance.now() - start < warmMs;) batch(1000, call);
  return median(Array.from({ length: 31 }, () => batch(1000, call)));
}

const print = (figure, value, unit = 'us') =>
  console.log(JSON.stringify({ figure, value: Number(value.toPrecision(4)), unit }));

const [, , folder] = argv;
const slots = await runtimeOf(folder, 'slots');
const eight = await runtimeOf(folder, 'eight');

const session = sessionOf(slots, visitors[0]);
const others = visitors.map((visitor) => sessionOf(slots, visitor));
for (const [i, { attributes }] of visitors.entries()) {
  assert.deepEqual(others[i].set(attributes, now), []);
  const all = others[i].decideAll(now).filter(({ trigger }) => trigger !== null);
  assert.deepEqual(others[i].winners(now), all);
  assert.equal(others[i].winnersTyped(now).length, 8 * all.length);
}
print(
  'API, a slot a rule: 21 attributes and objects',
  time((i) => {
    session.set(visitors[i & 255].attributes, now);
    return session.winners(now).length;
  }),
);
print(
  'API, a slot a rule: 21 attributes and numbers',
  time((i) => {
    session.set(visitors[i & 255].attributes, now);
    return session.winnersTyped(now).length;
  }),
);
print(
  'API, a slot a rule: 21 attributes',
  time((i) => session.set(visitors[i & 255].attributes, now).length),
);
print(
  'API, a slot a rule: a session, 21 attributes and objects',
  time((i) => {
    const fresh = sessionOf(slots, visitors[i & 255]);
    fresh.set(visitors[i & 255].attributes, now);
    const { length } = fresh.winners(now);
    fresh[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    return length;
  }),
);

const changed = changes.map(({ visitor, attribute, value }) => {
  const { id, attributes } = visitors[visitor % visitors.length];
  const own = sessionOf(eight, { id });
  own.set(attributes, now);
  return { own, values: [{ [attribute]: value }, { [attribute]: attributes[attribute] }] };
});
const oneChanged = (i) => {
  const { own, values } = changed[(i >> 1) & 63];
  own.set(values[i & 1], now);
  return own.decide(slotNames[i & 7], now).trigger === null ? 0 : 1;
};
print('API, eight slots: one changed, one slot, first thousand', batch(1000, oneChanged));
print('API, eight slots: one changed, one slot', time(oneChanged));
print(
  'API, eight slots: one number changed, one slot',
  time((i) => {
    const { own } = changed[0];
    own.set({ cart_value: i & 255 }, now);
    return own.decide('s3', now).trigger === null ? 0 : 1;
  }),
);
assert.ok(sink >= 0);
