// One visitor, many pages at once: whatever becomes of the tabs, what is counted is what the shop's
// own log says was done.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { choose, everything, newVisit, stateOf } from './browser.mjs';
import { root, sleep, startShop, until } from './stack.mjs';

const countMax = 40;
const capTimes = 4;

/** The shop's ruleset, and slots whose winner says what the edge has counted. */
async function countingRuleset() {
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-e2e-rules-'));
  after(() => rm(folder, { recursive: true, force: true }));
  await cp(path.join(root, 'rulesets', 'shop'), folder, { recursive: true });
  const triggers = {
    capped: {
      slot: 'strip',
      priority: 1000,
      parts: { message: ['strip_loyal'], link: ['link_reduced'] },
      template: 'strip',
      cap: { times: capTimes, per: '1d' },
    },
  };
  for (const feature of ['pages', 'products', 'adds']) {
    for (let count = 0; count <= countMax; count++) {
      const when = `${feature} == ${count}`;
      triggers[`${feature}_${count}`] = { slot: `e2e_${feature}`, when, parts: { text: ['x'] } };
    }
  }
  const source = {
    slots: { e2e_pages: {}, e2e_products: {}, e2e_adds: {} },
    features: { products: { count: 'product_view' }, adds: { count: 'add_to_cart' } },
    triggers,
  };
  await writeFile(path.join(folder, 'e2e.heed.json'), JSON.stringify(source));
  return folder;
}

/** The shop behind a log of what was asked of it: pages by path, and what was put in baskets. */
async function logged(shop, log) {
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    if (method === 'POST' || /text\/html/.test(headers.accept)) log.push(`${method} ${url}`);
    const passed = http.request(shop.url + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.closeAllConnections();
    server.close();
    return shop.stop();
  };
  return { ...shop, url: `http://127.0.0.1:${server.address().port}`, stop };
}

const log = [];
const shop = await startShop({
  rulesets: await countingRuleset(),
  before: (origin) => logged(origin, log),
});

/** What the log says was done. A page is asked for once each time it is made. */
const done = () => ({
  pages: log.filter((line) => line.startsWith('GET ')).length,
  products: log.filter((line) => line.startsWith('GET /p/')).length,
  adds: log.filter((line) => line === 'POST /cart/add').length,
});

/** What the edge has counted of the visitor with these cookies. */
async function counted(context) {
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const answer = await fetch(`${shop.edge.url}/help`, { headers: { cookie } });
  const markup = await answer.text();
  const state = /id="heed-state">([^<]*)</.exec(markup);
  const { decisions } = JSON.parse(state[1]);
  const of = (slot) =>
    Number(
      decisions
        .find((it) => it.slot === `e2e_${slot}`)
        ?.trigger.split('_')
        .at(-1),
    );
  return { pages: of('pages'), products: of('products'), adds: of('adds') };
}

const go = async (tab, address) => {
  await tab.goto(shop.edge.url + address);
  await tab.waitForLoadState('networkidle');
};
const add = async (tab) => {
  await tab.getByRole('button', { name: 'Put in basket' }).click();
  await tab.waitForURL('**/cart');
  await tab.waitForLoadState('networkidle');
};
async function crash(tab) {
  const gone = new Promise((resolve) => tab.once('crash', resolve));
  const session = await tab.context().newCDPSession(tab);
  session.send('Page.crash').catch(() => undefined);
  await gone;
}
/** The edge has counted what the shop's log says, neither more nor less. */
async function agrees(context) {
  const expected = done();
  await until(
    () => counted(context),
    (seen) => JSON.stringify(seen) === JSON.stringify(expected),
  ).catch(({ message }) => assert.fail(`${message}; the log says ${JSON.stringify(expected)}`));
}

describe('three tabs, ten pages and more', () => {
  test('count what was done, through back, reload, crashes and the edge', async () => {
    const { context, page: first } = await newVisit();
    await go(first, '/');
    await choose(first, everything);
    await until(
      async () => (await context.cookies()).map(({ name }) => name),
      (names) => names.includes('heed_s'),
    );
    const [second, third] = [await context.newPage(), await context.newPage()];
    // At once: the owner's, and two that have it told.
    await Promise.all([
      go(first, '/c/kids'),
      go(second, '/p/frog-wellies'),
      go(third, '/p/puddle-suit'),
    ]);
    await agrees(context);
    await add(second);
    await first.goBack();
    await first.waitForLoadState('networkidle');
    await first.goForward();
    await first.waitForLoadState('networkidle');
    await third.reload();
    await third.waitForLoadState('networkidle');
    await agrees(context);
    // The owner dies while the others go on.
    await crash(first);
    await Promise.all([go(second, '/p/camp-flask'), add(third)]);
    await agrees(context);
    // And the next one, in the middle of a click.
    const last = await context.newPage();
    await go(last, '/p/cord-dungarees');
    await Promise.all([crash(second), add(last)]);
    await go(third, '/p/fair-isle-jumper');
    await agrees(context);
    for (const tab of [first, second, third, last]) await tab.close();
    await agrees(context);
    const again = await context.newPage();
    await go(again, '/c/outdoor');
    await agrees(context);
    const { adds, pages } = done();
    assert.ok(pages >= 14, `${pages} pages`);
    const outcomes = async () => (await shop.report()).ledger.outcomes;
    await until(outcomes, (count) => count >= adds);
    await sleep(500);
    assert.equal(await outcomes(), adds, 'each click is one outcome in the store');
    await context.close();
  });

  test('a cap holds across them', async () => {
    const exposures = async () =>
      (await shop.report()).triggers.find(({ trigger }) => trigger === 'capped')?.exposures ?? 0;
    const { context, page } = await newVisit();
    const before = await exposures();
    await go(page, '/');
    await choose(page, everything);
    const tabs = [page, await context.newPage(), await context.newPage()];
    let seen = 0;
    for (let view = 0; view < 7; view++) {
      const tab = tabs[view % 3];
      if (view > 0) await go(tab, '/help');
      const { decisions } = await stateOf(tab);
      const isShown = decisions.some(({ trigger }) => trigger === 'capped');
      assert.equal(isShown, seen < capTimes, `view ${view}, ${seen} seen`);
      if (isShown) seen++;
      await until(exposures, (count) => count === before + seen);
      if (view === 3) await crash(tabs.splice(1, 1, await context.newPage())[0]);
      await sleep(200);
    }
    await context.close();
  });
});
