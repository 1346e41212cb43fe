// Caps and values through the package: what a cap holds back is said, and leaves a record.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createHeedSync, createRuntime, verifyRuleset } from 'heed';

import { compile, key, keys, signed, store, wasm } from './bed.mjs';

const now = Date.parse('2026-11-20T10:00:00Z');
const minute = 60_000;
const source = {
  site: 't',
  version: 1,
  expires: '2099-01-01T00:00:00Z',
  cap: { cool_down: '1m' },
  segments: {},
  features: { shown: { count: 'heed_exposure' } },
  journeys: { way: [{ stage: 'start', when: 'true' }] },
  microsegments: { journey: 'way', value: { other: 2 } },
  attributes: { seen: { type: 'bool' } },
  slots: { hero: {}, side: {} },
  triggers: {
    first: {
      slot: 'hero',
      priority: 1,
      when: 'seen && shown < 9',
      cap: { session: 1 },
      parts: { x: ['a'] },
    },
    cheap: { slot: 'hero', when: 'seen', value: 1, parts: { x: ['b'] } },
    dear: { slot: 'hero', when: 'seen', parts: { x: ['c'] } },
    side: { slot: 'side', when: 'seen', parts: { x: ['d'] } },
  },
};
const ruleset = await verifyRuleset(signed(compile(source), [key]), { keys });

function play(indexed) {
  const runtime = createRuntime({ wasm, ruleset });
  if (indexed) runtime.index();
  const start = (snapshot) =>
    runtime.session({ visitor: 'u1', view: '1', level: 'device', now, snapshot });
  let session = start();
  session.set({ seen: true }, now);
  assert.equal(session.expose(session.decide('hero', now), now), 'counted');
  session = start(session.save());
  const types = (records) => records.map(({ bytes }) => bytes[0]);

  session.beginView('2');
  const held = session.decide('side', now + 1);
  assert.deepEqual([held.trigger, held.reason], [null, 'capped']);
  assert.equal(held.microsegment, 'other/start', 'nobody won, and the visitor stands there');
  assert.deepEqual(Object.keys(held), ['slot', 'trigger', 'reason'], 'as `heed decide` prints it');
  const why = session.explain('side', now + 1);
  assert.equal(why.suppressed, 'side');
  assert.equal(why.microsegment, 'other/start', 'also where nobody won');
  assert.equal(why.candidates[0].cap, null);
  const { reached, frees, cool_down_ms } = why.candidates[0].programme_cap;
  assert.deepEqual([reached, frees, cool_down_ms], ['cool_down', now + minute, minute]);
  assert.equal(session.expose(held, now + 1), 'counted');
  assert.equal(session.expose(held, now + 1), 'repeated');
  assert.deepEqual(types(session.drain()), [5], 'once a view and slot');

  const later = now + minute;
  const next = session.decide('hero', later);
  assert.equal(next.trigger, 'dear', 'worth 2 as its microsegment, not 1');
  const explained = session.explain('hero', later);
  assert.equal(explained.suppressed, 'first');
  assert.deepEqual(explained.margin, { by: 'value', runner_up: 'cheap', priority: 0, value: 1 });
  assert.equal(session.expose(next, later), 'counted');
  assert.deepEqual(types(session.drain()), [5, 1]);
}

for (const indexed of [false, true])
  test(`caps hold, and say so, ${indexed ? 'by an index' : 'by a scan'}`, () => play(indexed));

test('the client records what a cap held back once a view, and nobody saw it', async () => {
  const transport = store();
  const clock = { now };
  const options = { wasm, ruleset, visitor: 'u1', consent: 'device', state: null, transport };
  const heed = createHeedSync({ ...options, now: () => clock.now });
  const shown = [];
  heed.on('exposure', ({ slot, trigger }) => shown.push([slot, trigger]));
  heed.on('error', ({ code, message }) => assert.fail(`${code}: ${message}`));
  assert.equal(heed.expose(heed.decide('hero')), false, 'nobody won, and no cap is why');
  heed.set({ seen: true });
  assert.equal(heed.expose(heed.decide('hero')), true);
  const held = heed.decide('side');
  assert.deepEqual([held.trigger, held.reason], [null, 'capped']);
  assert.equal(held.microsegment, 'other/start', 'nobody won, and the visitor stands there');
  assert.deepEqual(Object.keys(held), ['slot', 'trigger', 'reason'], 'as `heed decide` prints it');
  assert.equal(heed.expose(held), true);
  assert.equal(heed.expose(held), false, 'once a view and slot');
  clock.now += minute;
  assert.equal(heed.decide('side').trigger, 'side');
  assert.equal(heed.expose(heed.decide('side')), true, 'what was held back may still be shown');
  assert.deepEqual(shown, [
    ['hero', 'first'],
    ['side', 'side'],
  ]);
  await heed.flush();
  const types = transport.records().map(({ type }) => type);
  assert.deepEqual(types, ['exposure', 'suppressed', 'exposure']);
  heed[Symbol.dispose]();
});

test("heed's own signals are refused, also as refunds, and no cap's feature hears of them", () => {
  const problems = [];
  const options = { wasm, ruleset, visitor: 'u1', consent: 'device', state: null };
  const heed = createHeedSync({ ...options, transport: null });
  heed.on('error', ({ code, where }) => problems.push([code, where]));
  const names = ['heed_exposure', 'heed_outcome', 'heed_anything'];
  for (const name of names) {
    assert.equal(heed.observe(name, { slot: 'hero' }), false, name);
    assert.equal(heed.refund(name, 'id'), false, name);
  }
  assert.deepEqual(
    problems,
    names.map((name) => ['unknown_signal', name]),
  );
  assert.equal(heed.explain('hero').inputs.shown, 0, 'nothing was shown');
  heed.set({ seen: true });
  assert.equal(heed.expose(heed.decide('hero')), true);
  assert.equal(heed.explain('hero').inputs.shown, 1, "heed's own word counts");
  heed[Symbol.dispose]();
});
