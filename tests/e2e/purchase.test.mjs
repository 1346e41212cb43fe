// Money: a purchase is in the report at once, and counts once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { choose, everything, newVisit, phone, picture } from './browser.mjs';
import { sleep, startShop, until } from './stack.mjs';

const shop = await startShop();
const price = 22;

/** A visitor who agrees, looks at wellies and puts them in the basket. */
async function fillBasket(viewport) {
  const visit = await newVisit(viewport && { viewport });
  const { page } = visit;
  await page.goto(shop.edge.url);
  await page.waitForLoadState('networkidle');
  await choose(page, everything);
  await until(
    async () => (await visit.context.cookies()).length,
    (count) => count >= 3,
  );
  await page.goto(`${shop.edge.url}/p/frog-wellies`);
  await page.waitForLoadState('networkidle');
  // The page's slots have to be in view for a second to count as seen.
  await sleep(1800);
  await page.getByRole('button', { name: 'Put in basket' }).click();
  await page.waitForURL('**/cart');
  await page.waitForLoadState('networkidle');
  return visit;
}

async function order({ page }) {
  await page.getByRole('link', { name: 'To the till' }).click();
  await page.waitForURL('**/checkout');
  await page.getByLabel('Name').fill('A. Visitor');
  await page.getByLabel('Street and house').fill('1 Lane');
  await page.getByLabel('Town and postcode').fill('Leeds LS1');
  await page.waitForLoadState('networkidle');
  await page.getByRole('button', { name: /^Order for/ }).click();
  await page.waitForURL('**/thanks');
}

/** What the report says of revenue; `credited` is the most that one trigger has earned. */
async function revenue() {
  const { triggers, ledger } = await shop.report();
  const earned = triggers.map(({ arms }) =>
    arms.reduce((sum, { metrics }) => sum + (metrics.revenue?.value ?? 0), 0),
  );
  return { outcomes: ledger.outcomes, refunds: ledger.refunds, credited: Math.max(0, ...earned) };
}

describe('a purchase', () => {
  test('reaches the report within a second, credited to what was seen', async () => {
    const visit = await fillBasket();
    const before = await revenue();
    await order(visit);
    const { answer } = await until(revenue, ({ outcomes }) => outcomes > before.outcomes);
    const opened = await visit.page.evaluate(() => performance.timeOrigin);
    const ms = Math.round(Date.now() - opened);
    assert.ok(ms < 1000, `it took ${ms} ms from opening the thank-you page`);
    assert.equal(answer.outcomes, before.outcomes + 1);
    assert.equal(answer.credited, before.credited + price);
    await visit.context.close();
  });
  test('counts once, however often the thank-you page is reloaded', async () => {
    const visit = await fillBasket();
    const before = await revenue();
    await order(visit);
    await until(revenue, ({ outcomes }) => outcomes === before.outcomes + 1);
    for (let i = 0; i < 3; i++) {
      await visit.page.reload();
      await visit.page.waitForLoadState('networkidle');
      await sleep(700);
    }
    const { outcomes, credited } = await revenue();
    assert.equal(outcomes, before.outcomes + 1);
    assert.equal(credited, before.credited + price);
    await visit.context.close();
  });
  test('that is sent back is taken back once', async () => {
    const visit = await fillBasket(phone);
    const before = await revenue();
    await order(visit);
    await until(revenue, ({ outcomes }) => outcomes === before.outcomes + 1);
    await picture(visit.page, 'thanks-phone');
    await visit.page.getByRole('link', { name: 'Send something back' }).first().click();
    await visit.page.getByRole('button', { name: 'Send it back' }).click();
    const { answer } = await until(revenue, ({ refunds }) => refunds === before.refunds + 1);
    assert.equal(answer.credited, before.credited);
    await visit.page.reload();
    await visit.page.waitForLoadState('networkidle');
    await sleep(1000);
    const after = await revenue();
    assert.deepEqual([after.refunds, after.credited], [before.refunds + 1, before.credited]);
    await visit.context.close();
  });
});
