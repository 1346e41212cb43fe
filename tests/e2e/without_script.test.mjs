// Pages work without script: personalised, consented to, counted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newVisit } from './browser.mjs';
import { startShop, until } from './stack.mjs';

const shop = await startShop();
const home = `${shop.edge.url}/`;
const title = (page) => page.locator('[data-heed-slot=hero] [data-heed-part=title]').textContent();
const fallback = 'Warm things for wet days';
const exposures = async () => (await shop.report()).ledger.exposures;

describe('with JavaScript off', () => {
  test('the page is still personalised', async () => {
    const { context, page } = await newVisit({ script: false });
    const shown = async () => {
      await page.goto(home);
      return title(page);
    };
    const { answer } = await until(shown, (text) => text !== fallback, 20_000);
    assert.match(answer, /muddy knees|mended free/);
    assert.deepEqual(await context.cookies(), []);
    await context.close();
  });
  test('consent works, the page is counted, and the edge keeps the session', async () => {
    const { context, page } = await newVisit({ script: false });
    await page.goto(home);
    const before = await exposures();
    await page.locator('#consent button[value="analytics.personalisation"]').click();
    await page.goto(`${shop.edge.url}/p/frog-wellies`);
    await until(exposures, (count) => count >= before + 3);
    const names = (await context.cookies()).map(({ name }) => name);
    for (const name of ['shop_consent', 'heed_id', 'heed_s']) assert.ok(names.includes(name), name);
    await context.close();
  });
  test('an exposure counts once, however often its image is loaded', async () => {
    const cookie = 'shop_consent=analytics.personalisation; heed_id=AbCdEfGhIjKlMnOpQrStUv';
    const get = (path) => fetch(shop.edge.url + path, { headers: { cookie } });
    const markup = await (await get('/p/frog-wellies')).text();
    const image = /<noscript><img src="([^"]*)"/.exec(markup)[1].replaceAll('&amp;', '&');
    const counted = async () => {
      const { triggers, ledger } = await shop.report();
      const total = triggers.reduce((sum, trigger) => sum + trigger.exposures, 0);
      return { total, repeated: ledger.repeated_views };
    };
    const before = await counted();
    await get(image);
    const { answer: once } = await until(counted, ({ total }) => total > before.total);
    await get(image);
    const { answer: twice } = await until(counted, ({ repeated }) => repeated > once.repeated);
    const shown = once.total - before.total;
    assert.deepEqual(twice, { total: once.total, repeated: before.repeated + shown });
  });
});
