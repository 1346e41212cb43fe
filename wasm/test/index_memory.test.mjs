// Where there is no room for an index, decisions are by a scan: the same ones, and nothing stops.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { createRuntime, verifyRuleset } from 'heed';

import { compile, key, keys, signed } from './bed.mjs';

const ruleCount = 12_000;
const now = Date.parse('2026-11-20T10:00:00Z');
const names = Array.from({ length: ruleCount }, (_, i) => `r${i}`);
const source = {
  site: 't',
  version: 3,
  expires: '2099-01-01T00:00:00Z',
  consent: { default: 'device' },
  attributes: { country: { type: 'string' }, hour: { type: 'number' } },
  slots: Object.fromEntries(names.map((name) => [`s${name}`, {}])),
  triggers: Object.fromEntries(
    names.map((name, i) => [
      name,
      {
        slot: `s${name}`,
        when: `country == 'c${i % 500}' && hour >= ${i}`,
        parts: { arm: ['x', 'y'] },
        policy: { split: { arm: { x: 0.5, y: 0.5 } } },
      },
    ]),
  ),
};
const ruleset = await verifyRuleset(signed(compile(source), [key]), { keys, site: 't', now });
const bytes = readFileSync(new URL('../dist/heed.wasm', import.meta.url));

/** The module with at most so many pages of 64 KiB: the memory section's maximum is another. */
function moduleOf(pages) {
  const copy = Uint8Array.from(bytes);
  let at = 8;
  const number = () => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = copy[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    const section = copy[at++];
    const size = number();
    if (section === 5) break;
    at += size;
  }
  assert.equal(number(), 1, 'one memory');
  assert.equal(number(), 1, 'which has a maximum');
  number();
  const from = at;
  assert.equal(number(), 4096);
  assert.equal(at - from, 2);
  copy[from] = (pages & 127) | 128;
  copy[from + 1] = pages >> 7;
  return new WebAssembly.Module(copy);
}

const visitors = [0, 7, 123, 499].map((i) => ({ country: `c${i}`, hour: i + 5000 }));

/** What twenty decisions show, and what was thrown or trapped on the way. */
function shown(wasm) {
  const runtime = createRuntime({ wasm, ruleset });
  const decided = [];
  for (const [i, attributes] of visitors.entries()) {
    const session = runtime.session({ visitor: `u${i}`, view: '1', level: 'device', now });
    session.set(attributes, now);
    for (let time = 0; time < 20; time += 1) {
      decided.push(JSON.stringify(session.winners(now)));
      decided.push(JSON.stringify(session.decide(`sr${i}`, now)));
    }
    runtime.index();
    decided.push(JSON.stringify(session.winners(now)));
    assert.equal(session.trapped, null);
    session[Symbol.dispose]();
  }
  runtime[Symbol.dispose]();
  return decided;
}

test('less and less memory leads to a scan, and to the same decisions', () => {
  const expected = shown(moduleOf(4096));
  assert.ok(expected.some((text) => text.length > 1000));
  // The builds that an instance is asked for say whether the index fitted.
  const real = WebAssembly.Instance;
  const outcomes = new Map();
  try {
    for (let pages = 17; pages <= 120; pages += 4) {
      let failed = false;
      WebAssembly.Instance = function (...args) {
        const { exports } = new real(...args);
        const heed_index = () => {
          failed = true;
          const size = exports.heed_index();
          failed = false;
          return size;
        };
        return { exports: { ...exports, heed_index } };
      };
      let decided;
      try {
        decided = shown(moduleOf(pages));
      } catch {
        outcomes.set('no ruleset', (outcomes.get('no ruleset') ?? 0) + 1);
        continue;
      }
      assert.deepEqual(decided, expected, `${pages} pages`);
      const what = failed ? 'scan' : 'index';
      outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    }
  } finally {
    WebAssembly.Instance = real;
  }
  assert.ok(outcomes.get('scan') > 1, JSON.stringify([...outcomes]));
  assert.ok(outcomes.get('index') > 1, JSON.stringify([...outcomes]));
});
