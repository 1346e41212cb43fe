// Winners as objects and as numbers, by a scan and by the rows of an index.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRuntime, verifyRuleset } from 'heed';

import { compile, key, keys, signed, wasm } from './bed.mjs';

const now = Date.parse('2026-11-20T10:00:00Z');
const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
const trigger = (i) => ({
  slot: `s${i}`,
  when: `n >= ${i} && n < ${i + 10}${i % 3 === 0 ? " && segment.near && kind != 'odd'" : ''}`,
  parts: { arm: ['a', 'b', 'c'], look: ['x', 'y'] },
  policy: { split: { arm: { a: 0.5, b: 0.25, c: 0.25 } } },
  ...(i % 4 === 0 ? { holdout: 0.5 } : {}),
});
const source = {
  site: 't',
  version: 1,
  expires: '2099-01-01T00:00:00Z',
  attributes: { n: { type: 'number' }, kind: { type: 'string' }, who: { type: 'set' } },
  segments: { near: "'me' in who" },
  journeys: {
    way: [
      { stage: 'start', when: 'true' },
      { stage: 'far', when: 'n > 20' },
    ],
  },
  microsegments: { journey: 'way', segments: ['near'] },
  slots: Object.fromEntries(names.map((name) => [name, {}])),
  triggers: Object.fromEntries(names.map((name, i) => [`t${i}`, trigger(i)])),
};
const ruleset = await verifyRuleset(signed(compile(source), [key]), { keys });
const sessionOf = (runtime, visitor) =>
  runtime.session({ visitor, view: '1', level: 'device', now });

const states = [
  { n: 12, kind: 'odd', who: ['me'] },
  { n: 3.5, kind: 'even', who: ['me', 'you'] },
  { n: 30, who: [] },
  { n: 45, kind: 'é\u{1f600}', who: ['me'] },
  { n: null },
];

test('an index changes no decision, whenever it comes', () => {
  const early = createRuntime({ wasm, ruleset });
  early.index();
  const late = createRuntime({ wasm, ruleset });
  for (const visitor of ['u1', 'u2', 'u3']) {
    const [first, then] = [early, late].map((it) => sessionOf(it, visitor));
    for (const state of states) {
      for (const it of [first, then]) assert.deepEqual(it.set(state, now), []);
      // A runtime that has decided once scans.
      const scan = sessionOf(createRuntime({ wasm, ruleset }), visitor);
      for (const earlier of states.slice(0, states.indexOf(state) + 1)) scan.set(earlier, now);
      const expected = scan.decideAll(now);
      assert.deepEqual(first.decideAll(now), expected);
      assert.deepEqual(then.decideAll(now), expected);
      names.forEach((slot, i) => assert.deepEqual(then.decide(slot, now), expected[i]));
    }
  }
});

test('winners are the decisions that name a trigger', () => {
  for (const prepare of [() => {}, (runtime) => runtime.index()]) {
    const runtime = createRuntime({ wasm, ruleset });
    prepare(runtime);
    let count = 0;
    for (const visitor of ['u1', 'u2', 'u3', 'u4']) {
      const session = sessionOf(runtime, visitor);
      for (const state of states) {
        session.set(state, now);
        const expected = session.decideAll(now).filter((it) => it.trigger !== null);
        const winners = session.winners(now);
        assert.deepEqual(winners, expected);
        assert.deepEqual(
          winners.map((it) => it.microsegment),
          expected.map((it) => it.microsegment),
        );
        count += winners.length;
      }
    }
    assert.ok(count > 60, `${count} winners`);
  }
});

test('typed winners carry the same numbers', () => {
  const runtime = createRuntime({ wasm, ruleset });
  runtime.index();
  const heldOut = new Set();
  for (const visitor of ['u1', 'u2', 'u3', 'u4', 'u5', 'u6']) {
    const session = sessionOf(runtime, visitor);
    session.set(states[1], now);
    const winners = session.winners(now);
    const words = session.winnersTyped(now).slice();
    assert.equal(words.length, 8 * winners.length);
    const view = new DataView(words.buffer);
    winners.forEach((winner, i) => {
      const at = 32 * i;
      assert.equal(runtime.slots[view.getUint32(at, true)].name, winner.slot);
      assert.equal(view.getFloat64(at + 8, true), winner.probability);
      assert.equal(view.getUint8(at + 25) === 1, winner.held_out);
      heldOut.add(winner.held_out);
      if (winner.held_out) return;
      assert.equal(view.getUint8(at + 24), 2);
      assert.equal('abc'[view.getUint8(at + 16)], winner.options.arm);
      assert.equal('xy'[view.getUint8(at + 17)], winner.options.look);
    });
  }
  assert.deepEqual(heldOut, new Set([true, false]));
});

test('equal decisions are one object that nobody can change', () => {
  const session = sessionOf(createRuntime({ wasm, ruleset }), 'u1');
  session.set(states[0], now);
  const [winner] = session.winners(now);
  assert.equal(session.decide(winner.slot, now), winner);
  assert.equal(session.winners(now)[0], winner);
  assert.throws(() => (winner.variant = 'other'), TypeError);
  session.set(states[2], now);
  const lost = session.decide(winner.slot, now);
  assert.equal(lost.trigger, null);
  assert.equal(session.decide(winner.slot, now), lost);
});
