// The stage's steps in a real browser: what each claims is on the page, and in the store, the
// network log and the storage too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { fact, openStage, panel, button, startStage, untilShown } from './stage_bed.mjs';

const shop = await startStage();

describe('the stage', () => {
  test('answers whoever has opened it, and nobody else', async () => {
    const { url } = shop.stage;
    for (const path of ['api/state', 'api/kill', 'api/map', `store/v1/${shop.site}/report`])
      assert.equal((await fetch(`${url}/stage/${path}`)).status, 403, path);
    const post = { method: 'POST', headers: { 'x-stage-token': 'guessed' } };
    assert.equal((await fetch(`${url}/stage/api/kill`, post)).status, 403);
    assert.equal(shop.store.isUp, true);
    // What needs power is not among the addresses of edge and store.
    for (const part of [shop.edge, shop.store])
      assert.notEqual((await fetch(`${part.url}/stage/api/kill`, { method: 'POST' })).status, 200);
    assert.equal(shop.store.isUp, true);
  });
});

describe('step 1, first visit', () => {
  test('the first byte holds the hero, and without script nothing changes', async () => {
    const { context, page, frame, sent } = await openStage(shop);
    await untilShown(page);
    const hero = frame.locator('[data-heed-slot=hero]');
    const before = await hero.innerText();
    const title = await hero.locator('h1').innerText();
    await fact(page, 'In the first byte').getByText(title).waitFor();
    assert.equal(await fact(page, 'As the shop wrote it').innerText(), 'Warm things for wet days');
    assert.notEqual(title, 'Warm things for wet days');
    assert.match(await fact(page, 'Decided at the edge').innerText(), /^ok; v=2; slots=[1-9]/);
    assert.match(await fact(page, 'Server-Timing').innerText(), /^heed;dur=\d/);
    await fact(page, 'A decision')
      .getByText(/^[\d.]+ µs in this browser$/)
      .waitFor();

    await button(page, 'Switch JavaScript off').click();
    await panel(page).getByText('byte for byte').waitFor();
    await page.waitForFunction(
      () => document.querySelector('iframe').contentWindow.heed === undefined,
    );
    assert.equal(await hero.innerText(), before);
    const ran = await page.evaluate(() => 'heed' in document.querySelector('iframe').contentWindow);
    assert.equal(ran, false, 'no script has run in the frame');
    // It is explained all the same, of the same view.
    await page.getByRole('heading', { name: 'Why?' }).waitFor();
    await page.locator('.candidate.won', { hasText: 'first_visit' }).waitFor();
    await button(page, 'Switch JavaScript on').click();
    await page.waitForFunction(() => 'heed' in document.querySelector('iframe').contentWindow);
    assert.equal(await hero.innerText(), before);
    assert.equal(sent.length, 0);
    assert.deepEqual(await page.evaluate(() => window.seen.violations), []);
    assert.deepEqual(await page.evaluate(() => window.seen.errors), []);
    await context.close();
  });
});
