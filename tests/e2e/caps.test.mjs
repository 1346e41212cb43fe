// Caps hold for a visitor, wherever that is: in another tab, after a crash, in a browser that was
// closed, at the edge without script, and from there back. Each test has a shop of its own.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { choose, everything, newVisit, stateOf } from './browser.mjs';
import { root, sleep, startShop, until } from './stack.mjs';

const minuteMs = 60_000;
const strip = {
  slot: 'strip',
  priority: 1000,
  template: 'strip',
  parts: { message: ['strip_loyal'], link: ['link_reduced'] },
};

/** The shop with `source` beside its own rules, and an edge whose clock goes by a header. */
async function cappedShop(source) {
  const rulesets = await mkdtemp(path.join(tmpdir(), 'heed-e2e-rules-'));
  after(() => rm(rulesets, { recursive: true, force: true }));
  await cp(path.join(root, 'rulesets', 'shop'), rulesets, { recursive: true });
  await writeFile(path.join(rulesets, 'caps.heed.json'), JSON.stringify(source));
  const shop = await startShop({ rulesets });
  const edge = await shop.edgeWith({ FORGED_CLOCK: '1' });
  const told = async () => (await shop.report()).triggers.find((it) => it.trigger === 'capped');
  return { ...shop, edge, told };
}

/** Has said yes on the shop's home; at `at` by the edge's clock. */
async function agreed(shop, { at, ...visit }) {
  const { context, page } = await newVisit(visit);
  await later(context, at);
  await page.goto(shop.edge.url);
  await choose(page, everything);
  await until(
    async () => (await context.cookies()).map(({ name }) => name),
    (names) => names.includes('heed_s'),
  );
  return { context, page };
}

const later = (context, at) => context.setExtraHTTPHeaders({ 'x-demo-now': String(at) });

/** The same browser profile, started again. */
async function restarted(context, { at, script = true }) {
  const cookies = await context.cookies();
  await context.close();
  const { context: next, page } = await newVisit({ script });
  await next.addCookies(cookies);
  await later(next, at);
  return { context: next, page };
}

/** Whether a page without any other slot showed it; waits until that is counted. */
async function shows(shop, tab) {
  const before = (await shop.told())?.exposures ?? 0;
  await tab.goto(`${shop.edge.url}/help`);
  const { decisions } = await stateOf(tab);
  const is = decisions.some(({ trigger }) => trigger === 'capped');
  if (is)
    await until(
      async () => (await shop.told())?.exposures,
      (count) => count === before + 1,
    );
  else await sleep(300);
  return is;
}

async function crash(tab) {
  const gone = new Promise((resolve) => tab.once('crash', resolve));
  const session = await tab.context().newCDPSession(tab);
  session.send('Page.crash').catch(() => undefined);
  await gone;
}

describe('a cap', () => {
  test('of a session holds until the session ends', async () => {
    const shop = await cappedShop({ triggers: { capped: { ...strip, cap: { session: 1 } } } });
    const start = Date.now();
    let { context, page } = await agreed(shop, { at: start });
    const other = await context.newPage();
    assert.equal(await shows(shop, page), true);
    assert.equal(await shows(shop, page), false, 'on the next page');
    assert.equal(await shows(shop, other), false, 'in another tab');
    await crash(page);
    assert.equal(await shows(shop, await context.newPage()), false, 'after a crash');
    ({ context, page } = await restarted(context, { at: start + 5 * minuteMs }));
    assert.equal(await shows(shop, page), false, 'in a browser that was closed');
    ({ context, page } = await restarted(context, { at: start + 10 * minuteMs, script: false }));
    assert.equal(await shows(shop, page), false, 'at the edge, without script');
    ({ context, page } = await restarted(context, { at: start + 15 * minuteMs }));
    assert.equal(await shows(shop, page), false, 'and back in the browser');
    await later(context, start + 46 * minuteMs);
    assert.equal(await shows(shop, page), true, 'half an hour after the last page');
    assert.equal(await shows(shop, page), false, 'once again');
    assert.equal((await shop.told()).exposures, 2);
    await context.close();
  });

  test('of everything together holds for every slot', async () => {
    const shop = await cappedShop({
      cap: { times: 3, per: '1d' },
      triggers: { capped: strip },
    });
    const start = Date.now();
    let { context, page } = await agreed(shop, { at: start });
    const exposures = async () =>
      (await shop.report()).triggers.reduce((sum, it) => sum + it.exposures, 0);
    const tabs = [page, await context.newPage(), await context.newPage()];
    // The home page has shown its own; what is left of three is the strip's.
    await sleep(1500);
    const first = await exposures();
    assert.ok(first >= 1 && first <= 3, `${first} on the first page`);
    for (let view = 0; view < 4; view++)
      assert.equal(await shows(shop, tabs[view % 3]), first + view < 3, `view ${view}`);
    await tabs[1].goto(shop.edge.url);
    const { decisions } = await stateOf(tabs[1]);
    assert.deepEqual(
      decisions.filter(({ trigger }) => trigger !== null),
      [],
      'nor does any other slot',
    );
    assert.equal(await shows(shop, page), false);
    const heldBack = async () => (await shop.told()).suppressed;
    const { answer } = await until(heldBack, ({ count }) => count > 0);
    assert.equal(answer.by[0].cap, 'programme', 'the report says what held it back');
    ({ context, page } = await restarted(context, { at: start + minuteMs, script: false }));
    assert.equal(await shows(shop, page), false, 'at the edge, without script');
    assert.equal(await exposures(), 3);
    await context.close();
  });

  test('of a campaign rests between two, from the edge to the browser', async () => {
    const shop = await cappedShop({
      campaigns: { rest: { cap: { cool_down: '10m' } } },
      triggers: { capped: { ...strip, campaign: 'rest' } },
    });
    const start = Date.now();
    let { context, page } = await agreed(shop, { at: start, script: false });
    // Without script the page that answers the yes is the first that counts.
    await until(
      async () => (await shop.told())?.exposures,
      (count) => count === 1,
    );
    assert.equal(await shows(shop, page), false, 'on the next page');
    ({ context, page } = await restarted(context, { at: start + 5 * minuteMs }));
    assert.equal(await shows(shop, page), false, 'in the browser');
    await later(context, start + 11 * minuteMs);
    assert.equal(await shows(shop, page), true, 'after ten minutes');
    assert.equal(await shows(shop, await context.newPage()), false, 'and not at once again');
    await context.close();
  });
});
