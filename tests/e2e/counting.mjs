// A shop whose edge says what it has counted of a visitor, beside the shop's own log of what was
// done: one stack for one test file.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

import { root, startShop, until } from './stack.mjs';

const countMax = 40;
export const capTimes = 4;

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
export const shop = await startShop({
  rulesets: await countingRuleset(),
  before: (origin) => logged(origin, log),
});

/** What the log says was done. A page is asked for once each time it is made. */
export const done = () => ({
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

export const go = async (tab, address, url = shop.edge.url) => {
  await tab.goto(url + address);
  await tab.waitForLoadState('networkidle');
};
export const add = async (tab) => {
  await tab.getByRole('button', { name: 'Put in basket' }).click();
  await tab.waitForURL('**/cart');
  await tab.waitForLoadState('networkidle');
};
export async function crash(tab) {
  const gone = new Promise((resolve) => tab.once('crash', resolve));
  const session = await tab.context().newCDPSession(tab);
  session.send('Page.crash').catch(() => undefined);
  await gone;
}
/**
 * The edge has counted what the shop's log says, neither more nor less.
 *
 * @param before  what was done before this visitor came
 */
export async function agrees(context, before = { pages: 0, products: 0, adds: 0 }) {
  const expected = done();
  for (const what of Object.keys(expected)) expected[what] -= before[what];
  await until(
    () => counted(context),
    (seen) => JSON.stringify(seen) === JSON.stringify(expected),
  ).catch(({ message }) => assert.fail(`${message}; the log says ${JSON.stringify(expected)}`));
}
