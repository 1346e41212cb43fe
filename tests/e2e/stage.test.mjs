// The stage in a real browser, on the real parts: who may act on it, and the whole walk.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';

import { openStage, startStage, wide } from './stage_bed.mjs';
import * as steps from './stage_steps.mjs';
import { recordedVisitors } from './tower_inputs.mjs';

const shop = await startStage({ log: { text: recordedVisitors(200) } });
const narrow = { width: 390, height: 844 };

/** Where pictures for people go: never into the repository. */
async function pictureFolder() {
  const folder = process.env.HEED_PICTURES;
  if (!folder) return mkdtemp(path.join(tmpdir(), 'heed-walk-'));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** The page as it is, and as a phone shows it. */
async function pictures(page, folder, name) {
  await page.screenshot({ path: path.join(folder, `${name}-1440.png`) });
  await page.setViewportSize(narrow);
  const parts = page.getByRole('navigation', { name: 'Parts of the stage' });
  for (const part of ['Shop', 'Step and why', 'Board']) {
    await parts.getByRole('button', { name: part }).click();
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wider <= 0, `${name}, ${part}: nothing reaches beyond the screen`);
    const file = `${name}-390-${part.split(' ')[0].toLowerCase()}.png`;
    await page.screenshot({ path: path.join(folder, file), fullPage: part !== 'Board' });
  }
  await parts.getByRole('button', { name: 'Shop' }).click();
  await page.setViewportSize(wide);
}

describe('the stage', () => {
  test('answers whoever has opened it, and nobody else', async () => {
    const { url } = shop.stage;
    for (const path of ['api/state', 'api/kill', 'api/map', `store/v1/${shop.site}/report`])
      assert.equal((await fetch(`${url}/stage/${path}`)).status, 403, path);
    const post = { method: 'POST', headers: { 'x-stage-token': 'guessed' } };
    assert.equal((await fetch(`${url}/stage/api/kill`, post)).status, 403);
    // What needs power is not among the addresses of edge and store.
    for (const part of [shop.edge, shop.store])
      assert.notEqual((await fetch(`${part.url}/stage/api/kill`, { method: 'POST' })).status, 200);
    assert.equal(shop.store.isUp, true);
  });
});

test('the whole walk', async (t) => {
  const folder = await pictureFolder();
  t.diagnostic(`pictures in ${folder}`);
  const visit = await openStage(shop);
  // The board's last question takes thousands of visitors: they come while the walk begins.
  Object.assign(shop.traffic, { pace: 'calm', rush: 9000 });
  const walk = [
    ['1 first visit', steps.firstVisit],
    ['2 browse', steps.browsing],
    ['3 privacy', steps.privacy],
    ['4 be the marketer', steps.published],
    ['5 attack', steps.attacked],
    ['6 kill the store', steps.killed],
    ['7 buy', steps.bought],
    ['7 reveal', steps.revealed],
    ['8 the books', steps.books],
  ];
  for (const [name, play] of walk) {
    await t.test(name, async () => {
      await play(shop, visit);
      await pictures(visit.page, folder, name.replaceAll(' ', '-'));
    });
  }
  assert.deepEqual(await visit.page.evaluate(() => window.seen.violations), []);
  assert.deepEqual(await visit.page.evaluate(() => window.seen.errors), []);
  await visit.context.close();
});
