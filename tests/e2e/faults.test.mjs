// Whatever breaks on heed's side, the shop stands as its makers wrote it.
import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';

import { newVisit } from './browser.mjs';
import { publishedRuleset, startShop, until } from './stack.mjs';

const shop = await startShop();
const good = await publishedRuleset(shop);

/** Serves a ruleset that the test may spoil. */
async function startSource() {
  const source = { bytes: good };
  const server = http.createServer((_, response) => response.end(source.bytes));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return Object.assign(source, { url: `http://127.0.0.1:${server.address().port}/r.heed` });
}
function spoilt() {
  const bytes = Buffer.from(good);
  bytes[bytes.length >> 1] ^= 0x40;
  return bytes;
}

async function assertUntouched(edge, reason) {
  const [answer, own] = await Promise.all([fetch(`${edge.url}/`), fetch(`${shop.shop.url}/`)]);
  assert.equal(answer.headers.get('x-heed'), `bypass; reason=${reason}`);
  assert.equal(await answer.text(), await own.text());
  assert.equal(answer.status, 200);
}

describe("with the edge's ruleset corrupted", () => {
  test('the untouched page is served with the bypass header, and works', async () => {
    const source = await startSource();
    source.bytes = spoilt();
    const edge = await shop.edgeWith({ RULESET: source.url });
    await assertUntouched(edge, 'bad_signature');
    const { context, page } = await newVisit();
    await page.goto(edge.url);
    const title = page.locator('[data-heed-slot=hero] [data-heed-part=title]');
    assert.equal(await title.textContent(), 'Warm things for wet days');
    await page.waitForLoadState('networkidle');
    assert.deepEqual(await page.evaluate(() => window.seen.errors), []);
    await page.locator('#consent button[value="none"]').click();
    await page.locator('#consent').waitFor({ state: 'hidden' });
    await context.close();
  });
  test('an edge that runs turns to the untouched page, and back when it is whole', async () => {
    const source = await startSource();
    const edge = await shop.edgeWith({ RULESET: source.url });
    const heed = async () => (await fetch(`${edge.url}/`)).headers.get('x-heed');
    await until(heed, (said) => said?.startsWith('ok'));
    source.bytes = spoilt();
    await until(heed, (said) => said === 'bypass; reason=bad_signature', 15_000);
    source.bytes = good;
    await until(heed, (said) => said?.startsWith('ok'), 15_000);
  });
});

describe('with the store gone', () => {
  test('pages stay personalised and whole', async () => {
    const edge = await shop.edgeWith({});
    const heed = async () => (await fetch(`${edge.url}/`)).headers.get('x-heed');
    await until(heed, (said) => said?.startsWith('ok'));
    await shop.store.stop();
    const { context, page } = await newVisit();
    const response = await page.goto(edge.url);
    assert.match(response.headers()['x-heed'], /^ok/);
    await page.locator('#consent button[value="analytics.personalisation"]').click();
    await page.waitForLoadState('networkidle');
    assert.deepEqual(await page.evaluate(() => window.seen.errors), []);
    await context.close();
  });
});
