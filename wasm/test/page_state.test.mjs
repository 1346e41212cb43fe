// A page that the edge has decided: what it did not name keeps its fallback, consent goes on with
// what is shown, and a preview leaves nothing behind.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { createHeedSync, createRuntime, memoryStorage, verifyRuleset } from 'heed';

import { compile, cookieJar, key, keys, signed, store, wasm } from './bed.mjs';

const source = {
  site: 'shop.example',
  version: 7,
  expires: '2099-01-01T00:00:00Z',
  consent: { cookie: 'shop_consent', default: 'none', gpc: 'none', grants: { yes: 'device' } },
  attributes: { device: { type: 'string' }, referrer: { type: 'string' } },
  slots: { hero: {}, side: {}, mail: { channel: 'email' } },
  triggers: {
    split: {
      slot: 'hero',
      when: 'true',
      parts: { title: ['a', 'b', 'c', 'd'] },
      holdout: 0.5,
      policy: { split: { title: { a: 0.25, b: 0.25, c: 0.25, d: 0.25 } } },
    },
    side: { slot: 'side', when: "device == 'phone'", parts: { title: ['x'] } },
    letter: { slot: 'mail', when: 'true', parts: { title: ['x'] } },
  },
};
const ruleset = await verifyRuleset(signed(compile(source), [key]), { keys });
const runtime = createRuntime({ wasm, ruleset });
const now = Date.parse('2026-11-20T10:00:00Z');

/** What an edge embeds for a view at level none. */
function stateFor(view, more = {}) {
  const session = runtime.session({ visitor: 'nobody', view, level: 'none', now });
  const decisions = session.decideAll(now).filter(({ slot }) => slot === 'hero');
  const { hash, version } = runtime;
  return {
    heed: 1,
    site: 'shop.example',
    ruleset: { version, hash },
    view,
    ...more,
    decisions,
    outcomes: '/o',
    ticket: '',
  };
}
function client(state, cookies = cookieJar()) {
  const transport = store();
  const heed = createHeedSync({
    wasm,
    ruleset,
    state,
    cookies,
    transport,
    storage: () => memoryStorage(),
    now: () => now,
  });
  return { heed, transport, cookies };
}
const views = Array.from({ length: 20 }, (_, i) => (i + 1).toString(16).padStart(16, '5'));

describe('a page that the edge has decided', () => {
  test('keeps the fallback of a slot that the state does not name', () => {
    const { heed } = client(stateFor(views[0]));
    heed.set({ device: 'phone' });
    assert.equal(heed.decide('side').trigger, null);
    assert.equal(heed.decideAll().find(({ slot }) => slot === 'side').trigger, null);
    assert.equal(heed.decide('mail').reason, 'no_consent', "other channels are not the page's");
  });
  test('decides by itself where it runs another ruleset', () => {
    const state = stateFor(views[0]);
    const { heed } = client({ ...state, ruleset: { ...state.ruleset, hash: '0'.repeat(16) } });
    heed.set({ device: 'phone' });
    assert.equal(heed.decide('side').trigger, 'side');
  });
});

describe('a cookie that a session does not fit', () => {
  test('stays as it was, and the page is told once', async () => {
    const cookies = cookieJar();
    const { heed } = client(stateFor(views[0]), cookies);
    const problems = [];
    heed.on('error', (problem) => problems.push(problem));
    heed.setConsent('session');
    heed.set({ device: 'phone' });
    await delay(1);
    const kept = cookies.get('heed_s');
    assert.ok(kept);
    for (const letter of 'ab') {
      heed.set({ device: letter.repeat(1000), referrer: letter.repeat(1000) });
      await delay(1);
    }
    assert.equal(cookies.get('heed_s'), kept);
    assert.deepEqual(
      problems.map(({ code, where }) => [code, where]),
      [['too_large', 'heed_s']],
    );
    assert.match(
      problems[0].message,
      /^keep fewer or shorter attributes: it would pass \d+ bytes$/,
    );
    heed.set({ device: 'tablet', referrer: null });
    await delay(1);
    assert.notEqual(cookies.get('heed_s'), kept);
  });
});

describe('a visitor who agrees on a page', () => {
  for (const view of views) {
    test(`goes on with what view ${view} shows, and it counts`, async () => {
      const { heed, transport, cookies } = client(stateFor(view));
      const shown = heed.decide('hero');
      assert.equal(heed.expose(shown), false, 'nothing counts before');
      heed.setConsent('device');
      assert.equal(heed.expose(heed.decide('hero')), true);
      await heed.flush();
      assert.deepEqual(
        transport.records().map(({ type }) => type),
        ['exposure'],
      );
      const visitor = cookies.values.get('heed_id');
      const next = runtime
        .session({ visitor, view: 'f'.repeat(16), level: 'device', now })
        .decide('hero', now);
      assert.equal(JSON.stringify(next), JSON.stringify(shown), 'the next page shows the same');
    });
  }
  test('ids stay random', () => {
    const ids = views.map((view) => {
      const { heed, cookies } = client(stateFor(view));
      heed.setConsent('device');
      return cookies.values.get('heed_id');
    });
    assert.equal(new Set(ids).size, views.length);
  });
});

describe('a preview', () => {
  test("keeps nothing, sends nothing, and leaves the looker's cookies alone", async () => {
    const cookies = cookieJar({
      shop_consent: 'yes',
      heed_id: 'AbCdEfGhIjKlMnOpQrStUv',
      heed_s: 'x',
    });
    const before = [...cookies.values];
    const { heed, transport } = client(stateFor(views[0], { preview: true }), cookies);
    assert.equal(heed.level, 'none');
    heed.setConsent('device');
    assert.equal(heed.level, 'none');
    assert.equal(heed.expose(heed.decide('hero')), false);
    await heed.flush();
    assert.equal(transport.batches.length, 0);
    assert.deepEqual([...cookies.values], before);
  });
});
