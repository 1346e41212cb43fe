// One visitor, many pages at once: whatever becomes of the tabs, what is counted is what the shop's
// own log says was done.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { choose, everything, newVisit, stateOf } from './browser.mjs';
import { add, agrees, capTimes, crash, done, go, shop } from './counting.mjs';
import { sleep, until } from './stack.mjs';

/** Numbers in [0, 1), the same for the same seed. */
function randomOf(seed) {
  let x = seed;
  return () => (x = (x * 48_271 + 11) % 2_147_483_647) / 2_147_483_647;
}

/** Whether a tab holds the lock of who owns the state. */
const leads = (tab) =>
  tab.evaluate(() =>
    navigator.locks.request(`probe ${Math.random()}`, async ({ name }) => {
      const { held } = await navigator.locks.query();
      const holder = (wanted) => held.find((it) => wanted(it.name))?.clientId;
      return holder((it) => it.startsWith('heed:')) === holder((it) => it === name);
    }),
  );

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

  test('lose and double nothing, at whatever moment the owner is killed', async (t) => {
    const seed = Number(process.env.HEED_SEED ?? Date.now() % 100_000);
    t.diagnostic(`HEED_SEED=${seed}`);
    const random = randomOf(seed);
    const before = done();
    const { context, page } = await newVisit();
    await go(page, '/');
    await choose(page, everything);
    await until(
      async () => (await context.cookies()).map(({ name }) => name),
      (names) => names.includes('heed_s'),
    );
    let tabs = [page, await context.newPage(), await context.newPage()];
    for (const tab of tabs.slice(1)) await go(tab, '/p/frog-wellies');
    for (let round = 0; round < 5; round++) {
      const [owner, second, third] = tabs;
      assert.ok(await leads(owner), `round ${round}: the one that stayed longest owns the state`);
      const work = Promise.all([go(second, '/p/puddle-suit'), add(third)]);
      await sleep(random() * 400);
      await crash(owner);
      await work;
      const next = await context.newPage();
      for (const tab of [third, next]) await go(tab, '/p/camp-flask');
      tabs = [second, third, next];
      await agrees(context, before);
      await owner.close();
    }
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
