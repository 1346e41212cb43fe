// A rehearsal runs everything that a first decision runs, and leaves nothing behind but speed.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createHeed, createRuntime, rehearse, verifyRuleset } from 'heed';

import { compile, key, keys, signed, wasm } from './bed.mjs';

const now = Date.parse('2026-11-20T10:00:00Z');
const source = {
  site: 't',
  version: 1,
  expires: '2099-01-01T00:00:00Z',
  consent: { default: 'device' },
  attributes: { country: { type: 'string' } },
  slots: { a: {}, hero: {} },
  triggers: { sale: { slot: 'hero', when: "country == 'DE'", parts: { p: ['q'] } } },
};
const file = signed(compile(source), [key]);
const ruleset = await verifyRuleset(file, { keys });

/** Counts instances made while `body` runs. */
async function instancesMade(body) {
  const { Instance } = WebAssembly;
  let count = 0;
  WebAssembly.Instance = function counted(...args) {
    count++;
    return new Instance(...args);
  };
  try {
    await body();
    return count;
  } finally {
    WebAssembly.Instance = Instance;
  }
}

test('the next runtime goes on with the instance, and knows nothing of the rehearsal', async () => {
  const made = await instancesMade(() => {
    rehearse(wasm);
    const runtime = createRuntime({ wasm, ruleset });
    assert.deepEqual(
      runtime.slots.map(({ name }) => name),
      ['a', 'hero'],
    );
    const session = runtime.session({ visitor: 'u', view: '1', level: 'device', now });
    assert.equal(session.decide('a', now).trigger, null);
    assert.deepEqual(session.winners(now), []);
    assert.deepEqual(session.set({ country: 'DE' }, now), []);
    assert.equal(session.decide('hero', now).trigger, 'sale');
  });
  assert.equal(made, 1);
});

test('a second runtime has an instance of its own', async () => {
  const made = await instancesMade(() => {
    rehearse(wasm);
    const [one, two] = [ruleset, ruleset].map((it) => createRuntime({ wasm, ruleset: it }));
    one[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    const session = two.session({ visitor: 'u', view: '1', level: 'device', now });
    assert.deepEqual(session.set({ country: 'DE' }, now), []);
    assert.equal(session.decide('hero', now).trigger, 'sale');
  });
  assert.equal(made, 2);
});

test('a page rehearses while its ruleset is on its way, not where it is there', async () => {
  const calls = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function watched(...args) {
    calls.push('instance');
    return new Instance(...args);
  };
  try {
    const late = new Promise((resolve) => {
      setTimeout(() => {
        calls.push('ruleset');
        resolve(file);
      }, 50);
    });
    const options = { wasm, keys, visitor: 'u', transport: null };
    const heed = await createHeed({ ...options, ruleset: late });
    heed.set({ country: 'DE' });
    assert.equal(heed.decide('hero').trigger, 'sale');
    assert.deepEqual(calls, ['instance', 'ruleset']);
  } finally {
    WebAssembly.Instance = Instance;
  }
});

test('what goes wrong in a rehearsal is told where it matters', () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  rehearse(empty);
  assert.throws(() => createRuntime({ wasm: empty, ruleset }), { code: 'wrong_abi' });
});
