// A session fits its cookie, however busy the visitor: measured on the demo's own visitors and on
// one who does everything that the shop offers, again and again.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';

import { createRuntime, verifyRuleset } from 'heed';

import { Browser, connections, newTally } from '../../web-demo/demo/browser.mjs';
import { Crowd } from '../../web-demo/demo/generated.mjs';
import { catalog } from '../../web-demo/shop/catalog.mjs';
import { publishedRuleset, root, startShop } from './stack.mjs';

const snapshotSizeMax = 1500;
const cookieSizeMax = 2000;
/** What browsers keep of one cookie, name and attributes included. */
const browserCookieSizeMax = 4096;

const shop = await startShop();
const module = new WebAssembly.Module(await readFile(path.join(root, 'wasm/dist/heed.wasm')));
const ruleset = await verifyRuleset(await publishedRuleset(shop), { keys: [shop.key] });
const runtime = createRuntime({ wasm: module, ruleset });
const newSite = () => ({
  edge: shop.edge.url,
  agent: connections(8),
  module,
  rulesetOf: async () => ruleset,
  tally: newTally(),
});

/** All that conditions read, by name, of a session that goes on from `snapshot`. */
function inputsOf(snapshot, visitor, now) {
  const options = { visitor, view: '0'.repeat(16), level: 'device', now, snapshot };
  const session = runtime.session(options);
  assert.equal(session.refused, null);
  const read = runtime.slots.map(({ name }) => session.explain(name, now).inputs);
  return Object.assign({}, ...read);
}

describe('the cookie of a session', () => {
  test("holds the demo's busiest visitor of 300 sessions", async (t) => {
    const site = newSite();
    const crowd = new Crowd(site, catalog.products);
    for (let number = 1; number <= 300; number++) await crowd.play(number);
    const { cookieSizeMax: largest, errors } = site.tally;
    assert.deepEqual(errors, []);
    assert.ok(largest > 200 && largest <= cookieSizeMax, `${largest} characters`);
    t.diagnostic(`the largest heed_s has ${largest} characters of ${cookieSizeMax}`);
  });

  test('holds all that decides of one who does everything, beside the ticket', async (t) => {
    const browser = new Browser(newSite(), { headers: { 'cf-ipcountry': 'GB' } });
    browser.consent(['analytics', 'personalisation']);
    const categories = new Set(catalog.products.map(({ category }) => category));
    let last;
    for (let round = 0; round < 6; round++) {
      await browser.open('/');
      browser.observe('email_given', {}, { id: 'letter' });
      browser.observe('offer_click', { slot: 'hero' });
      for (const category of categories) {
        await browser.open(`/c/${category}`);
        const { sku, price } = catalog.products.filter((it) => it.category === category)[round % 3];
        await browser.open(`/p/${sku}`);
        browser.observe('add_to_cart', { sku, category, price: Number(price) });
        await browser.submit('/cart/add', { sku });
      }
      await browser.open('/checkout');
      const address = { name: 'A. Visitor', street: '1 Lane', town: 'Leeds LS1' };
      last = await browser.submit('/checkout', address);
    }
    const { snapshot, cookie } = browser.kept;
    const kept = Buffer.from(cookie.split('.')[0], 'base64url');
    const { ticket } = last.state;
    t.diagnostic(
      `whole ${snapshot.length} bytes, kept ${kept.length}, as text ${cookie.length}; ` +
        `ticket ${ticket.length}`,
    );
    assert.ok(kept.length <= snapshotSizeMax, `${kept.length} bytes`);
    assert.ok(cookie.length <= cookieSizeMax, `${cookie.length} characters`);
    assert.ok(cookie.length + ticket.length < browserCookieSizeMax);
    // What is shed are ids that the store knows too: no condition reads otherwise.
    const now = Date.now();
    const { visitor } = browser;
    assert.deepEqual(inputsOf(kept, visitor, now), inputsOf(snapshot, visitor, now));
    await browser.leave();
  });
});
