// Whatever lies in the shared buffer, every export answers: none traps, hangs or writes outside.
// And when an instance does trap, the page goes on.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createHeedSync, createRuntime, verifyRuleset } from 'heed';

import { compile, key, keys, signed, sourceModule, wasm } from './bed.mjs';

const abi = await sourceModule('abi.ts');

const source = {
  site: 't',
  version: 3,
  expires: '2099-01-01T00:00:00Z',
  consent: { default: 'device' },
  attributes: {
    country: { type: 'string' },
    seen: { type: 'set' },
    hour: { type: 'number' },
    born: { type: 'time' },
  },
  signals: { view: { sku: 'string', price: 'number' }, buy: { revenue: 'number' } },
  features: { views: { count: 'view', window: '30m' }, last: { last: 'view', value: 'sku' } },
  metrics: { revenue: { signal: 'buy', value: 'revenue', goal: true, window: '7d' } },
  slots: { hero: {}, side: {} },
  triggers: {
    a: {
      slot: 'hero',
      when: "country == 'DE'",
      parts: { arm: ['x', 'y'] },
      policy: { split: { arm: { x: 0.5, y: 0.5 } } },
    },
    b: { slot: 'side', when: 'views >= 1', parts: { arm: ['z'] } },
  },
};
const image = compile(source);
const now = Date.parse('2026-11-20T10:00:00Z');
const view = 'a1b2c3d4e5f60718';

/** An instance before there is a ruleset. */
function open() {
  const { exports } = new WebAssembly.Instance(wasm, {});
  exports._initialize();
  const head = () => new DataView(exports.memory.buffer, exports.heed_head(), abi.headSize);
  const put = (bytes) => {
    assert.ok(exports.heed_reserve(bytes.length) >= 0);
    new Uint8Array(exports.memory.buffer, head().getUint32(abi.headBuffer, true), bytes.length).set(
      bytes,
    );
    return bytes.length;
  };
  return { exports, head, put };
}

function opened() {
  const host = open();
  assert.ok(host.exports.heed_open(host.put(image)) >= 0);
  const visitor = Buffer.from('\x08\x07\x06\x05\x04\x03\x02\x01\x02\0\0\0u1', 'latin1');
  const session = host.exports.heed_session(host.put(visitor), 2, now);
  assert.equal(session, 0);
  return host;
}

/** A sequence of its own (xorshift), so that a failure can be played again. */
function numbers(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const interesting = [
  0, 1, 2, 3, 255, 256, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
];
const times = [now, 0, -1, 8.64e15, -8.64e15, 9e15, 1e300, NaN, Infinity, -Infinity, 0.5];

/** A module whose one function is `unreachable`. */
const trap = new WebAssembly.Module(
  Buffer.from('0061736d010000000104016000000302010007050101740000' + '0a050103' + '00000b', 'hex'),
);

/** From now on instances of heed.wasm trap, for real, in the `decide` after each `ruin`. */
function trappable() {
  const real = WebAssembly.Instance;
  const { t: unreachable } = new real(trap).exports;
  const instances = [];
  let armed = false;
  WebAssembly.Instance = function (...args) {
    const { exports } = new real(...args);
    instances.push(exports);
    const decide = (...given) => {
      const traps = armed;
      armed = false;
      return traps ? unreachable() : exports.heed_decide(...given);
    };
    return { exports: { ...exports, heed_decide: decide } };
  };
  const restore = () => (WebAssembly.Instance = real);
  return { instances, ruin: () => (armed = true), restore };
}

test('the module imports nothing', () => assert.deepEqual(WebAssembly.Module.imports(wasm), []));

test('abi.ts is what the headers say', async () => {
  const { abiSource } = await import('../abi.mjs');
  const { readFileSync } = await import('node:fs');
  assert.equal(
    readFileSync(new URL('../package/src/abi.ts', import.meta.url), 'utf8'),
    abiSource(),
  );
});

describe('every export answers', () => {
  const calls = (exports) => ({
    heed_open: (n) => exports.heed_open(n()),
    heed_rows: (n) => exports.heed_rows(n() % 128),
    heed_cell: (n) => exports.heed_cell(n() % 128, n() % 3),
    heed_child: (n) => exports.heed_child(n() % 128, n() % 3),
    heed_string: (n) => exports.heed_string(n() % 64),
    heed_find: (n) => exports.heed_find(n() % 128, n()),
    heed_session: (n, t) => exports.heed_session(n(), n(), t()),
    heed_end: (n) => exports.heed_end(n() || 7),
    heed_set: (n, t) => exports.heed_set(n() % 3, n(), t()),
    heed_observe: (n, t) => exports.heed_observe(n() % 3, n(), t()),
    heed_refund: (n, t) => exports.heed_refund(n() % 3, n(), t()),
    heed_decide: (n, t) => exports.heed_decide(n() % 3, n(), t()),
    heed_decide_all: (n, t) => exports.heed_decide_all(n() % 3, t()),
    heed_expose: (n, t) => exports.heed_expose(n() % 3, n(), t()),
    heed_begin_view: (n) => exports.heed_begin_view(n() % 3),
    heed_set_level: (n, t) => exports.heed_set_level(n() % 3, n(), t()),
    heed_save: (n) => exports.heed_save(n() % 3, n()),
    heed_drain: (n) => exports.heed_drain(n() % 3),
    heed_explain: (n, t) => exports.heed_explain(n() % 3, n(), t()),
    heed_index: () => exports.heed_index(),
    heed_winners: (n, t) => exports.heed_winners(n() % 3, t()),
  });

  test('is a list of all of them', () => {
    const names = WebAssembly.Module.exports(wasm)
      .map(({ name }) => name)
      .filter((name) => name.startsWith('heed_'));
    const fixed = ['heed_abi', 'heed_head', 'heed_reserve'];
    assert.deepEqual(names.sort(), [...fixed, ...Object.keys(calls({}))].sort());
  });

  test('before there is a ruleset', () => {
    const { exports } = open();
    for (const [name, call] of Object.entries(calls(exports))) {
      for (const value of interesting) {
        const answer = call(
          () => value,
          () => now,
        );
        assert.ok(answer <= 0, `${name}(${value}) answered ${answer}`);
      }
    }
  });

  test('to garbage of every size, 40,000 times', () => {
    const random = numbers(20_261_120);
    let host = opened();
    const pick = () =>
      random() % 3 === 0 ? random() % 64 : interesting[random() % interesting.length];
    for (let round = 0; round < 40_000; round++) {
      if (round % 4000 === 3999) host = opened();
      const bytes = Buffer.alloc(random() % 160);
      for (let i = 0; i < bytes.length; i++)
        bytes[i] = random() % 4 === 0 ? random() : random() % 6;
      host.put(bytes);
      const table = Object.entries(calls(host.exports));
      const [name, call] = table[random() % table.length];
      const answer = call(pick, () => times[random() % times.length]);
      assert.ok(Number.isInteger(answer), name);
      if (answer < 0) assert.ok(-1 - answer < abi.errorCodes.length, `${name} answered ${answer}`);
    }
    assert.ok(host.exports.memory.buffer.byteLength < 64 << 20, 'memory stays small');
  });

  test('to every truncation and every flipped byte of an image', () => {
    const host = open();
    for (let size = 0; size < image.length; size++) {
      assert.ok(host.exports.heed_open(host.put(image.subarray(0, size))) < 0, `${size} bytes`);
    }
    for (let at = 0; at < image.length; at++) {
      const bytes = Buffer.from(image);
      bytes[at] ^= 0xff;
      host.exports.heed_open(host.put(bytes));
    }
    assert.ok(host.exports.heed_open(host.put(image)) >= 0, 'and opens the true one afterwards');
  });

  test('as the example in docs/formats/abi.md shows', () => {
    const { exports, head, put } = open();
    const small = { ...source, features: {}, metrics: {}, triggers: {}, slots: { hero: {} } };
    assert.ok(exports.heed_open(put(compile(small))) >= 0);
    exports.heed_session(
      put(Buffer.from('\x08\x07\x06\x05\x04\x03\x02\x01\x02\0\0\0u1', 'latin1')),
      2,
      now,
    );
    assert.equal(exports.heed_decide(0, 0, now), 32);
    const data = new DataView(exports.memory.buffer, exports.heed_head()).getUint32(
      abi.headData,
      true,
    );
    assert.equal(head().byteLength, abi.headSize);
    const bytes = Buffer.from(exports.memory.buffer, data, 32).toString('hex');
    assert.equal(
      bytes,
      `00000000${'f'.repeat(8)}000000000000f03f${'0'.repeat(16)}000005${'0'.repeat(10)}`,
    );
  });

  test('more than any call can need is refused', () => {
    const { exports } = open();
    assert.ok(exports.heed_reserve(0xffff_ffff) < 0);
    assert.ok(exports.heed_reserve(25 << 20) < 0);
    assert.ok(exports.heed_reserve(24 << 20) >= 0);
  });
});

describe('the package', async () => {
  const ruleset = await verifyRuleset(signed(image, [key]), { keys, now });
  const client = (options = {}) =>
    createHeedSync({
      wasm,
      ruleset,
      visitor: 'u1',
      transport: null,
      state: null,
      now: () => now,
      ...options,
    });

  test('answers every wrong value with a problem, and never throws', () => {
    const heed = client();
    const problems = [];
    heed.on('error', ({ code }) => problems.push(code));
    heed.set({ country: 5 });
    heed.set({ hour: NaN });
    heed.set({ seen: ['a', 5] });
    heed.set({ born: new Date(NaN) });
    heed.set({ nowhere: 1 });
    heed.set({ country: { toString: () => 'DE' } });
    heed.set({ country: 'x'.repeat(1025) });
    heed.set({ seen: Array.from({ length: 257 }, String) });
    assert.equal(heed.observe('nothing'), false);
    assert.equal(heed.observe('view', { colour: 'red' }), false);
    assert.equal(heed.observe('view', { price: 'dear' }), false);
    assert.equal(heed.observe('buy', { revenue: 1 }, { id: 'x'.repeat(129) }), false);
    assert.equal(heed.decide('nowhere').reason, 'no_trigger');
    assert.equal(heed.expose({ slot: 'hero', trigger: 'zzz', reason: 'split' }), false);
    assert.deepEqual([...new Set(problems)].sort(), [
      'bad_id',
      'not_finite',
      'too_large',
      'too_many',
      'unknown_attribute',
      'unknown_field',
      'unknown_signal',
      'unknown_slot',
      'wrong_type',
    ]);
  });

  test('takes no ruleset that it has not verified', () => {
    for (const forged of [{ version: 3, expires: 1e15 }, image, { ...ruleset }]) {
      assert.throws(() => createRuntime({ wasm, ruleset: forged }), {
        name: 'HeedError',
        code: 'not_supported',
      });
    }
  });

  test('a cookie of garbage starts a fresh session and is reported', () => {
    for (const snapshot of [new Uint8Array([1]), new Uint8Array(1500).fill(255)]) {
      const heed = client({ snapshot });
      heed.set({ country: 'DE' });
      assert.equal(heed.decide('hero').trigger, 'a');
    }
  });

  test('a trap ends the instance and not the page: state comes back as last saved', () => {
    const { instances, ruin, restore } = trappable();
    try {
      const heed = client();
      const problems = [];
      heed.on('error', ({ code }) => problems.push(code));
      heed.set({ country: 'DE' });
      heed.observe('view', { sku: 's', price: 1 });
      assert.equal(heed.decide('side').trigger, 'b');
      assert.ok(heed.snapshot().length > 0);
      ruin();
      assert.deepEqual(
        JSON.stringify(heed.decide('side')),
        '{"slot":"side","trigger":null,"reason":"no_trigger"}',
      );
      assert.equal(instances.length, 2);
      assert.equal(heed.decide('side').trigger, 'b');
      assert.equal(heed.decide('hero').trigger, 'a', 'attributes too');
      heed.observe('view', { sku: 's', price: 1 });
      assert.deepEqual(problems, ['wasm_trap']);
      for (let i = 0; i < 5; i++) {
        ruin();
        assert.equal(heed.decide('side').trigger, null);
      }
      assert.equal(instances.length, 4, 'a module that keeps trapping is left alone');
    } finally {
      restore();
    }
  });
});
