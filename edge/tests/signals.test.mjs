// What a request is: decided with at the edge, counted once by whoever owns the visitor's state.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createHeedSync, createRuntime, memoryStorage, verifyRuleset } from 'heed';
import { readFile } from 'node:fs/promises';

import {
  always,
  consented,
  cookiesOf,
  html,
  heroPage,
  key,
  raw,
  ruleset,
  source,
  startEdge,
  stateOf,
} from './bed.mjs';

const file = ruleset(
  source({
    signals: { ad_click: { source: 'string', cost: 'number' } },
    features: { clicks: { count: 'ad_click' }, from: { last: 'ad_click', value: 'source' } },
    triggers: {
      welcome: {
        ...always('hero', { title: ['Hello'] }),
        when: 'clicks >= 1',
        cap: { times: 64, per: '1d' },
      },
    },
  }),
);
const edge = await startEdge({ file, pages: { '/': html(heroPage) } });
const module = await WebAssembly.compile(
  await readFile(new URL(import.meta.resolve('heed/heed.wasm'))),
);
const verified = await verifyRuleset(file, { keys: [key.public] });
const runtime = createRuntime({ wasm: module, ruleset: verified });

const visitor = 'AbCdEfGhIjKlMnOpQrStUv';
const click = { signal: 'ad_click', fields: { source: 'letter', cost: 0.4 } };
async function load(signals, cookie = '') {
  const headers = {
    cookie: `${consented.cookie}; heed_id=${visitor}; ${cookie}`,
    'x-test-signals': JSON.stringify(signals),
  };
  return (await raw(edge.url, { headers })).body.toString();
}
/** What the image of a page without script answers: the new `heed_s=...`. */
async function image(body, cookie) {
  const source = /<noscript><img src="([^"]*)"/.exec(body)[1].replaceAll('&amp;', '&');
  const headers = { cookie: `${consented.cookie}; heed_id=${visitor}; ${cookie}` };
  const answer = await raw(edge.url + source, { headers });
  return cookiesOf(answer).heed_s.split(';')[0];
}
/** How a cookie's state explains the slot. */
function explained(heedS) {
  const snapshot = Buffer.from(heedS.split('.')[0], 'base64url');
  const view = '0'.repeat(16);
  const now = Date.now();
  const session = runtime.session({ visitor, view, level: 'device', now, snapshot });
  assert.equal(session.refused, null);
  return session.explain('hero', now);
}
/** How often it has counted the click, and the exposure. */
const clicksIn = (heedS) => explained(heedS).inputs.clicks;
const exposuresIn = (heedS) => explained(heedS).candidates[0].cap.times;

/** The cookies of a visitor who has agreed, and the package's way to them. */
function consentingJar() {
  const cookies = new Map([
    ['shop_consent', 'analytics.personalisation'],
    ['heed_id', visitor],
  ]);
  const jar = {
    get: (name) => cookies.get(name),
    set: (name, value) => void cookies.set(name, value),
    delete: (name) => void cookies.delete(name),
  };
  return { cookies, jar };
}

describe('the signals of a request', () => {
  test('are decided with, and handed to the page under ids', async () => {
    const state = stateOf(await load([click, { ...click, id: 'gclid-1' }]));
    assert.equal(state.decisions[0].trigger, 'welcome');
    assert.deepEqual(state.signals, [
      { ...click, id: `${state.view}.0` },
      { ...click, id: 'gclid-1' },
    ]);
    assert.deepEqual(stateOf(await load([])).decisions, []);
  });
  test('a page counts each id once, however often it is opened', async () => {
    const { cookies, jar } = consentingJar();
    const pages = [
      await load([{ ...click, id: 'gclid-1' }]),
      await load([{ ...click, id: 'gclid-1' }]),
      await load([click]),
      await load([click]),
    ].map(stateOf);
    // Answered out of order, and the last one opened twice.
    for (const at of [1, 3, 0, 2, 2]) {
      const heed = createHeedSync({
        wasm: module,
        ruleset: verified,
        state: pages[at],
        cookies: jar,
        transport: null,
        storage: () => memoryStorage(),
      });
      heed[Symbol.dispose]();
    }
    assert.equal(clicksIn(cookies.get('heed_s')), 3);
  });
  test('without script the image counts them, and hands the marks of tabs on', async () => {
    const body = await load([click]);
    const once = await image(body, '');
    const twice = await image(body, `${once}.abc12z-1f.q-2`);
    assert.match(twice, /\.abc12z-1f\.q-2$/);
    assert.equal(clicksIn(twice.slice('heed_s='.length)), 1);
    assert.equal(clicksIn((await image(await load([click]), twice)).slice('heed_s='.length)), 2);
  });
  test('edge, browser, edge, browser: each signal and each exposure counts once', async () => {
    const { cookies, jar } = consentingJar();
    const options = { wasm: module, ruleset: verified, cookies: jar, transport: null };
    for (let round = 1; round <= 20; round++) {
      const heedS = cookies.get('heed_s');
      const body = await load([click], heedS ? `heed_s=${heedS}` : '');
      if (round % 2) {
        // Asked for twice, as a browser may.
        for (const kept of [heedS, 'last']) {
          const before = kept === 'last' ? cookies.get('heed_s') : kept;
          const line = await image(body, before ? `heed_s=${before}` : '');
          cookies.set('heed_s', line.slice('heed_s='.length));
        }
      } else {
        const state = stateOf(body);
        const heed = createHeedSync({ ...options, state, storage: () => memoryStorage() });
        assert.equal(heed.expose(heed.decide('hero')), true);
        assert.equal(heed.expose(heed.decide('hero')), false);
        heed.observe('ad_click', click.fields);
        heed[Symbol.dispose]();
      }
      // The browser counts the request's signal and its own; the edge the request's.
      const expected = round + Math.floor(round / 2);
      assert.equal(clicksIn(cookies.get('heed_s')), expected, `round ${round}`);
      assert.equal(exposuresIn(cookies.get('heed_s')), round, `round ${round}`);
    }
  });
  test('a slotless page without script counts them too', async () => {
    assert.match(await load([{ signal: 'ad_click', fields: {} }]), /<noscript><img/);
  });
});
