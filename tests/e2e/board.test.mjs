// The live board in a real browser, on a real store with records of visitors whose truth is known.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { startBoard } from '../../web-demo/board/serve.mjs';
import { startStore } from '../../web-demo/demo/stack.mjs';
import { Records, site, truths } from './board_records.mjs';
import { newVisit, phone, picture } from './browser.mjs';
import { until } from './stack.mjs';

const keys = { ingest: 'ingest key', read: 'read key', publish: 'publish key' };
const wide = { width: 1440, height: 900 };
const folder = await mkdtemp(path.join(tmpdir(), 'heed-board-'));
let store = await startStore({ folder, keys });
const port = Number(new URL(store.url).port);
const planted = Object.fromEntries(
  Object.entries(truths).map(([trigger, { effect }]) => [trigger, effect]),
);
const board = await startBoard({ store: store.url, site, planted, metric: 'add_to_cart' });
after(async () => {
  await board.stop();
  await store.stop();
  await rm(folder, { recursive: true, force: true });
});
const records = new Records(store, keys.ingest);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function openBoard(viewport = wide, { reduced = false } = {}) {
  const { context, page } = await newVisit({ viewport });
  if (reduced) await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`${board.url}/#read=${encodeURIComponent(keys.read)}`);
  await page.locator('.board-live.on').waitFor();
  return { context, page };
}

async function report() {
  const headers = { authorization: `Bearer ${keys.read}` };
  return (await fetch(`${store.url}/v1/${site}/report`, { headers })).json();
}

const card = (page, trigger) => page.locator(`[data-trigger=${trigger}]`);
const stateOf = (page, trigger) => card(page, trigger).locator('.board-state').textContent();
const number = (text) => Number(text.replaceAll(',', '').replace('\u2212', '-'));
/** Sent, acknowledged, counted, lost. */
const books = async (page) => (await page.locator('.board-books dd').allTextContents()).map(number);
const counted = async (page) => (await books(page))[2];
const countedAll = (page) =>
  until(
    () => counted(page),
    (count) => count === records.sent,
  );

/** The interval that a card names, in points. */
async function interval(page, trigger) {
  const text = await card(page, trigger).locator('.board-lift > span').textContent();
  return text.match(/[+\u2212]?\d[\d.]*/g).map(number);
}

describe('the live board', { concurrency: false }, () => {
  test('counts what the store counts, within a second', async () => {
    const { context, page } = await openBoard();
    await page.getByText('Nothing has been counted yet').waitFor();
    await records.send(100);
    const { ms } = await countedAll(page);
    assert.ok(ms <= 1000, `${ms} ms`);
    assert.deepEqual(await books(page), [records.sent, records.sent, records.sent, 0]);
    const { triggers } = await report();
    assert.deepEqual(triggers.map(({ trigger }) => trigger).sort(), Object.keys(truths).sort());
    for (const { trigger, exposures, arms } of triggers) {
      await card(page, trigger).getByText(`${exposures} exposures`).waitFor();
      const rows = await card(page, trigger).locator('.board-counts tbody tr').allInnerTexts();
      const sums = [true, false].map((shown) => {
        const own = arms.filter((arm) => arm.shown === shown);
        const sum = (of) => own.reduce((total, arm) => total + of(arm), 0);
        return [sum((it) => it.visitors), sum((it) => it.metrics.add_to_cart?.conversions ?? 0)];
      });
      assert.deepEqual(
        rows.map((row) => row.split(/\s+/).slice(-3, -1).map(number)),
        sums,
      );
    }
    await context.close();
  });

  test('draws an interval that narrows, and judges it', async () => {
    const { context, page } = await openBoard();
    const [lowBefore, highBefore] = (await interval(page, 'gift_wrap')).slice(-2);
    const pixels = () =>
      card(page, 'gift_wrap')
        .locator('canvas')
        .evaluate((canvas) => canvas.toDataURL());
    const before = await pixels();
    for (const count of [200, 400, 800, 1600, 2000]) {
      await records.send(count);
      await countedAll(page);
    }
    const [low, high] = (await interval(page, 'gift_wrap')).slice(-2);
    assert.ok(high - low < (highBefore - lowBefore) / 3, `${low} to ${high}`);
    assert.notEqual(await pixels(), before);
    const { lift } = (await report()).triggers.find(({ trigger }) => trigger === 'gift_wrap');
    const own = lift.find((it) => it.metric === 'add_to_cart' && it.measure === 'rate');
    assert.deepEqual(
      [low, high],
      [own.low, own.high].map((share) => Number((100 * share).toFixed(1))),
    );
    assert.equal(await stateOf(page, 'gift_wrap'), 'Clear win');
    assert.equal(await stateOf(page, 'loud_popup'), 'Harmful');
    assert.match(await stateOf(page, 'new_story'), /^(Collecting|Leaning)/);
    await picture(page, 'board-wide');
    await context.close();
  });

  test('reveals planted effects over the intervals, and takes them away', async () => {
    const { context, page } = await openBoard();
    const reveal = page.getByRole('button', { name: 'Reveal the planted effects' });
    await reveal.click();
    const verdict = (trigger) => card(page, trigger).locator('.board-verdict');
    await verdict('gift_wrap').getByText('+10.0 points. Found: a win').waitFor();
    await verdict('loud_popup').getByText('flagged as harmful').waitFor();
    await verdict('new_story').getByText('was not called a win').waitFor();
    await picture(page, 'board-revealed');
    await reveal.click();
    await verdict('gift_wrap').waitFor({ state: 'detached' });
    await context.close();
  });

  test('shows another metric when asked', async () => {
    const { context, page } = await openBoard();
    await page.getByLabel('Lift in').selectOption('revenue');
    await card(page, 'gift_wrap').getByText('points in revenue').waitFor();
    const { triggers } = await report();
    const own = triggers[0].lift.find((it) => it.metric === 'revenue' && it.measure === 'rate');
    const [low] = (await interval(page, triggers[0].trigger)).slice(-2);
    assert.equal(low, Number((100 * own.low).toFixed(1)));
    await context.close();
  });

  test('updates in place: nothing is made anew, nothing moves', async () => {
    const { context, page } = await openBoard();
    await card(page, 'new_story').locator('canvas').waitFor();
    await page.evaluate(() => {
      window.made = [];
      const changes = new MutationObserver((list) => {
        for (const { addedNodes, removedNodes } of list)
          for (const node of [...addedNodes, ...removedNodes])
            if (node instanceof Element) window.made.push(node.outerHTML.slice(0, 80));
      });
      changes.observe(document.querySelector('.board'), { subtree: true, childList: true });
      window.seen.shifts.length = 0;
    });
    for (let i = 0; i < 4; i++) {
      await records.send(20);
      await countedAll(page);
    }
    const { made, shifts } = await page.evaluate(() => ({
      made: window.made,
      shifts: window.seen.shifts,
    }));
    assert.deepEqual(made, []);
    assert.deepEqual(shifts, []);
    await context.close();
  });

  test('says what was lost', async () => {
    const { context, page } = await openBoard();
    await records.send(10, { triggers: ['gift_wrap'], skipped: 4 });
    await countedAll(page);
    await page.getByText('Some records never arrived').waitFor();
    const lost = await page.locator('.board-books dd').last().textContent();
    assert.match(lost, /^4 \(/);
    assert.equal((await report()).ledger.missing, 4);
    await context.close();
  });

  test('waits for a store that is gone, keeps what it read, and goes on', async () => {
    const { context, page } = await openBoard();
    await countedAll(page);
    await store.stop();
    await page.locator('.board-live.off').waitFor();
    await page.getByRole('alert').waitFor();
    assert.equal(await counted(page), records.sent);
    await picture(page, 'board-waiting');
    store = await startStore({ folder, keys, port });
    await page.locator('.board-live.on').waitFor({ timeout: 20_000 });
    await records.send(10);
    await countedAll(page);
    await context.close();
  });

  test('asks for the key that the store wants', async () => {
    const { context, page } = await newVisit({ viewport: wide });
    await page.goto(`${board.url}/#read=wrong`);
    await page.getByRole('alert').getByText('the store does not know this key').waitFor();
    await context.close();
  });

  for (const [name, viewport] of Object.entries({ wide, phone })) {
    test(`has no serious issue, fits and stands still: ${name}`, async () => {
      const { context, page } = await openBoard(viewport, { reduced: true });
      await card(page, 'new_story').locator('canvas').waitFor();
      await page.getByRole('button', { name: 'Reveal' }).click();
      await page.addScriptTag({ content: axe }).catch(() => page.evaluate(axe));
      const { violations } = await page.evaluate(() => window.axe.run());
      const serious = violations.filter(({ impact }) => /serious|critical/.test(impact));
      assert.deepEqual(
        serious.map(({ id, nodes }) => [id, nodes[0].html]),
        [],
      );
      assert.ok(await page.evaluate(() => document.body.scrollWidth <= innerWidth));
      assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
      await picture(page, `board-${name}`);
      await context.close();
    });
  }

  test('is read with the keyboard alone: each plot has its table', async () => {
    const { context, page } = await openBoard();
    const own = card(page, 'gift_wrap');
    await own.locator('canvas').waitFor();
    const label = await own.getByRole('img').getAttribute('aria-label');
    assert.match(label, /^gift_wrap: The lift is [+]\d/);
    await page.locator('body').press('Tab');
    for (let i = 0; i < 6; i++) {
      const isThere = await own
        .locator('summary')
        .evaluate((summary) => summary === document.activeElement);
      if (isThere) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    const rows = own.locator('.board-readings tbody tr');
    await rows.first().waitFor();
    const shown = (await interval(page, 'gift_wrap')).slice(-2);
    const [first] = await rows.allInnerTexts();
    assert.deepEqual(
      first
        .match(/[+\u2212]?[\d.]+/g)
        .slice(-2)
        .map(number),
      shown,
    );
    await context.close();
  });
});
