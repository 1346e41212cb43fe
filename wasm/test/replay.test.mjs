// A page's log, recorded in real Chromium, decides the same natively: by `heed replay-log`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { compile, key, keys, signed } from './bed.mjs';
import { launch, serve, until } from './chromium.mjs';

const heed =
  process.env.HEED_COMMAND ?? fileURLToPath(new URL('../../build/heed', import.meta.url));
const source = {
  site: 'shop.example',
  version: 7,
  expires: '2099-01-01T00:00:00Z',
  consent: { cookie: 'shop_consent', default: 'none', grants: { some: 'session', yes: 'device' } },
  attributes: {
    city: { type: 'string' },
    hour: { type: 'number' },
    tags: { type: 'set' },
    tier: { type: 'string', source: 'profile' },
    since: { type: 'time' },
  },
  signals: { view: { sku: 'string', price: 'number' }, buy: { revenue: 'number' } },
  features: {
    views: { count: 'view', window: '30m' },
    dear: { count: 'view', where: 'price > 20' },
    taste: { score: 'view', where: "sku in ['bag', 'shoe']", half_life: '3d' },
    last: { last: 'view', value: 'sku' },
    bought: { since: 'buy' },
  },
  metrics: { revenue: { signal: 'buy', value: 'revenue', goal: true, window: '7d' } },
  segments: { keen: 'taste > 1.5' },
  journeys: {
    buying: [
      { stage: 'aware', when: 'true' },
      { stage: 'near', when: 'views >= 3' },
      { stage: 'bought', when: "bought < duration('1h')", sticky: true },
    ],
  },
  microsegments: { journey: 'buying', segments: ['keen'] },
  slots: { hero: {}, side: { refresh: 'live' }, foot: { refresh: 'live' }, low: {} },
  triggers: {
    keen: {
      slot: 'hero',
      when: "segment.keen && city == 'Leeds'",
      parts: { title: ['a', 'b', 'c'], tone: ['calm', 'loud'] },
      policy: {
        split: { title: { a: 0.25, b: 0.25, c: 0.5 }, tone: { calm: 0.5, loud: 0.5 } },
      },
    },
    any: { slot: 'hero', when: 'hour < 12', parts: { title: ['morning'] }, holdout: 0.5 },
    dear: {
      slot: 'side',
      when: "dear >= 2 && 'vip' in tags",
      parts: { title: ['x'] },
      cap: { times: 3, per: '1h' },
    },
    late: { slot: 'side', when: "last != 'bag' && has(last)", parts: { title: ['y'] } },
    tier: { slot: 'foot', when: "tier == 'gold' || stage.buying == 'bought'", parts: { t: ['z'] } },
    held: { slot: 'low', when: 'has(since)', parts: { t: ['z'] }, holdout: 1 },
  },
};

const folder = mkdtempSync(path.join(tmpdir(), 'heed-replay-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name) => path.join(folder, name);
/** What the command says of a log; @returns {status, out, err} */
function replay(log, ...more) {
  writeFileSync(at('pages.heedlog'), log);
  const args = ['replay-log', at('pages.heedlog'), at('shop.heed'), ...more];
  return new Promise((resolve) =>
    execFile(heed, args, (error, out, err) => resolve({ status: error?.code ?? 0, out, err })),
  );
}

const page = `<!doctype html><title>t</title><section data-heed-slot="side">
<p data-heed-part="title">-</p></section><script type="module" src="/page.js"></script>`;
const script = `
import { createHeed } from '/dist/index.js';
import { recorder } from '/dist/replay.js';
const bytes = async (path) => (await fetch(path)).arrayBuffer();
window.problems = [];
window.start = async (options) => {
  const [wasm, ruleset] = [bytes('/dist/heed.wasm'), bytes('/shop.heed')];
  const record = recorder(options);
  window.client = await createHeed({ wasm, ruleset, keys: ${JSON.stringify(keys)}, record });
  client.on('error', ({ message }) => problems.push(message));
  client.bind(document);
};
window.loaded = true;`;
const free = 'a.visitor@example.com';

let site;
let browser;
const skip = !existsSync(heed) && 'build/heed is not built';
before(async () => {
  const file = signed(compile(source), [key]);
  writeFileSync(at('shop.heed'), file);
  site = await serve({ '/': page, '/page.js': script, '/shop.heed': file });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

async function visit(consent) {
  const context = await browser.newContext();
  if (consent) await context.addCookies([{ name: 'shop_consent', value: consent, url: site.url }]);
  const open = async (options) => {
    const tab = await context.newPage();
    tab.on('pageerror', (error) => assert.fail(error));
    await tab.goto(site.url);
    await tab.waitForFunction('window.loaded');
    await tab.evaluate((it) => window.start(it), options);
    return tab;
  };
  return { context, open };
}

/** Does what a page of such a shop may do, seeded. */
function live(tab, seed) {
  return tab.evaluate(
    async ([from, text]) => {
      let state = from;
      const below = (count) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * count);
      };
      const one = (list) => list[below(list.length)];
      for (let step = 0; step < 60; step++) {
        const what = below(8);
        if (what === 0) client.set({ city: one(['Leeds', text, undefined]), hour: below(24) });
        else if (what === 1)
          client.set({ tags: one([['vip', text], [text], []]), since: new Date() });
        else if (what === 2) client.set({ tier: one(['gold', text]), unknown: text });
        else if (what < 6)
          client.observe('view', { sku: one(['bag', 'shoe', text]), price: below(100) / 3 });
        else if (what === 6 && step > 40)
          client.observe('buy', { revenue: 5 }, { id: `o${below(3)}` });
        else client.expose(client.decide(one(['hero', 'side', 'foot', 'low'])));
        if (below(5) === 0) client.decideAll();
        if (below(10) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    [seed, free],
  );
}
const isQuiet = async () => {
  const before = site.logs.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  return before > 0 && site.logs.length === before;
};

describe('a log recorded in Chromium', { skip }, () => {
  test('decides the same natively, through tabs, reloads and money', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { context, open } = await visit('yes');
      const first = await open({ share: 1 });
      const second = await open({ share: 1 });
      await Promise.all([live(first, seed), live(second, seed + 100)]);
      await first.reload();
      await first.waitForFunction('window.loaded');
      await first.evaluate(() => window.start({ share: 1 }));
      await live(first, seed + 200);
      await first.close({ runBeforeUnload: true });
      await second.goto('about:blank');
      await until(isQuiet);
      await context.close();
    }
    const log = Buffer.concat(site.logs);
    const { status, out, err } = await replay(log, '--json');
    assert.equal(status, 0, out + err);
    const said = JSON.parse(out);
    assert.deepEqual(said.differences, []);
    assert.ok(said.logs >= 12 && said.decisions > 400 && said.signals > 200, out);
    assert.deepEqual([said.other_rulesets, said.after_gaps], [0, 0]);
    assert.ok(!log.includes(free) && !log.includes('example'), 'no free text');
    assert.match((await replay(log)).out, /played again: no difference\n$/);
  });
  test('shows what somebody has changed in it', async () => {
    const log = Buffer.concat(site.logs);
    // The last decision of a chunk is of the slot `low`: held out by trigger `held`, or nobody's.
    const [chunk] = site.logs;
    const changed = Buffer.from(chunk);
    // The reason of the last entry: nobody's, or the trigger's before its microsegment.
    const isWon = chunk.at(-4) !== 0 && chunk.at(-1) === 0 && chunk.at(-5) !== 0;
    changed[changed.length - (isWon ? 4 : 1)] ^= 1;
    const { status, out } = await replay(changed);
    assert.equal(status, 1, out);
    assert.match(out, /chunk 0 entry \d+: low\n {2}logged {3}.+\n {2}replayed .+\n/);
    assert.match(out, /1 difference\n$/);
    const cut = await replay(log.subarray(0, log.length - 3));
    assert.equal(cut.status, 1);
    assert.match(cut.err, /byte \d+.*in the middle of a chunk/);
    const other = Buffer.from(chunk);
    other[20] ^= 1;
    const foreign = await replay(other);
    assert.deepEqual([foreign.status, foreign.out], [1, '']);
    assert.match(foreign.err, /no chunk of the log was made with this ruleset/);
  });
  test('is not kept without consent, below its level, or outside its share', async () => {
    const before = site.logs.length;
    for (const [consent, options] of [
      [null, { share: 1 }],
      ['some', { share: 1 }],
      ['yes', { share: 0 }],
    ]) {
      const { context, open } = await visit(consent);
      const tab = await open(options);
      await live(tab, 7);
      await tab.goto('about:blank');
      await context.close();
    }
    const { context, open } = await visit('yes');
    const tab = await open({ share: 1 });
    await tab.evaluate(() => {
      client.observe('view', { sku: 'bag', price: 1 });
      client.setConsent('none');
    });
    await tab.goto('about:blank');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await context.close();
    assert.equal(site.logs.length, before);
  });
  test('ends at its bound', async () => {
    const before = site.logs.length;
    const { context, open } = await visit('yes');
    const tab = await open({ share: 1, sizeMax: 6000 });
    for (let round = 0; round < 10; round++) await live(tab, round + 1);
    await tab.goto('about:blank');
    await until(isQuiet);
    await context.close();
    const size = Buffer.concat(site.logs.slice(before)).length;
    assert.ok(size > 5000 && size < 7500, `${size} bytes`);
    assert.equal((await replay(Buffer.concat(site.logs.slice(before)))).status, 0);
  });
});
