// Before the visitor agrees nothing is stored and nothing sent; after it, what was agreed to.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { choose, everything, newVisit, openShown, traces } from './browser.mjs';
import { sleep, startShop, until } from './stack.mjs';

const shop = await startShop();
const home = `${shop.edge.url}/`;
const nothing = { cookies: [], local: [], session: [], databases: [], caches: [], workers: 0 };
const batches = async () => (await shop.report()).ledger.batches;

describe('before the consent click', () => {
  test('no cookie, no storage key and no request to the store exists', async () => {
    const before = await batches();
    const visit = await newVisit();
    await openShown(visit.page, home, 'hero');
    // Long enough for the hero to have been in view, and for anything eager to have left.
    await sleep(2500);
    assert.deepEqual(await traces(visit), nothing);
    await visit.page.goto(`${shop.edge.url}/c/kids`);
    await sleep(500);
    assert.deepEqual(await traces(visit), nothing);
    assert.equal(visit.sent.length, 0);
    assert.equal(await batches(), before);
    await visit.context.close();
  });
  test('a no leaves the answer and nothing else', async () => {
    const visit = await newVisit();
    await openShown(visit.page, home, 'hero');
    await choose(visit.page, 'none');
    await sleep(1500);
    assert.deepEqual(await traces(visit), { ...nothing, cookies: ['shop_consent'] });
    assert.equal(visit.sent.length, 0);
    await visit.context.close();
  });
  test('Global Privacy Control is a no', async () => {
    const visit = await newVisit({ headers: { 'sec-gpc': '1' } });
    await visit.page.addInitScript(() => {
      Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });
    });
    await openShown(visit.page, home, 'hero');
    await choose(visit.page, everything);
    await sleep(1500);
    assert.deepEqual(await traces(visit), { ...nothing, cookies: ['shop_consent'] });
    assert.equal(visit.sent.length, 0);
    await visit.context.close();
  });
});

describe('after it', () => {
  test('what is done before heed runs counts when it does', async () => {
    const visit = await newVisit();
    const { page } = visit;
    await page.goto(home);
    await choose(page, everything);
    await sleep(500);
    const outcomes = async () => (await shop.report()).ledger.outcomes;
    const before = await outcomes();
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await page.route('**/_heed/heed.wasm', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${shop.edge.url}/p/frog-wellies`);
    await page.evaluate(() => addEventListener('submit', (event) => event.preventDefault()));
    await page.getByRole('button', { name: 'Put in basket' }).click();
    assert.equal(await page.evaluate(() => 'heed' in window), false, 'heed has not started');
    release();
    await until(outcomes, (count) => count === before + 1);
    await visit.context.close();
  });
  test('one batch goes, and the store counts it', async () => {
    const { exposures } = (await shop.report()).ledger;
    const before = await batches();
    const visit = await newVisit();
    await openShown(visit.page, home, 'hero');
    await sleep(1500);
    await choose(visit.page, everything);
    await until(batches, (count) => count > before);
    await sleep(1500);
    assert.equal(visit.sent.length, 1);
    assert.equal(await batches(), before + 1);
    assert.ok((await shop.report()).ledger.exposures > exposures);
    const { cookies, databases } = await traces(visit);
    assert.deepEqual(cookies.sort(), ['heed_id', 'heed_s', 'shop_consent']);
    assert.equal(databases.length, 1);
    await visit.context.close();
  });
  test('a yes that comes before heed does counts what the page shows', async () => {
    const { ledger: before } = await shop.report();
    const visit = await newVisit();
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await visit.page.route('**/_heed/heed.wasm', async (route) => {
      await released;
      await route.continue();
    });
    const { decision } = await openShown(visit.page, home, 'hero');
    await choose(visit.page, everything);
    await visit.page.locator('#consent').waitFor({ state: 'hidden' });
    assert.equal(visit.sent.length, 0);
    release();
    await until(
      () => visit.sent.length,
      (count) => count > 0,
    );
    const shown = await visit.page.evaluate(() => window.heed.decide('hero'));
    assert.equal(shown.trigger, decision.trigger);
    assert.equal(shown.variant, decision.variant);
    // The store draws again: an exposure of a visitor who was to see something else is refused.
    await until(
      async () => (await shop.report()).ledger.exposures,
      (exposures) => exposures > before.exposures,
    );
    assert.equal((await shop.report()).ledger.refused, before.refused);
    await visit.context.close();
  });
  test('only this visit means nothing outlives it', async () => {
    const visit = await newVisit();
    await openShown(visit.page, home, 'hero');
    await choose(visit.page, 'analytics');
    await until(
      () => visit.context.cookies(),
      (all) => all.some(({ name }) => name === 'heed_s'),
    );
    const kept = (await visit.context.cookies()).filter(({ name }) => name.startsWith('heed_'));
    assert.deepEqual(
      kept.map(({ expires }) => expires),
      kept.map(() => -1),
    );
    assert.deepEqual((await traces(visit)).databases, []);
    await visit.context.close();
  });
  test('a no afterwards erases what was kept', async () => {
    const visit = await newVisit();
    await openShown(visit.page, home, 'hero');
    await choose(visit.page, everything);
    await until(
      () => visit.sent.length,
      (count) => count > 0,
    );
    await visit.page.goto(`${shop.edge.url}/consent`);
    await visit.page.locator('#consent button[value="none"]').click();
    await until(
      async () => (await visit.context.cookies()).map(({ name }) => name),
      (names) => !names.some((name) => name.startsWith('heed_')),
    );
    await visit.page.goto(home);
    await until(
      () => traces(visit),
      ({ databases }) => databases.length === 0,
    );
    await visit.context.close();
  });
});
