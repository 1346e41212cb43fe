// What a visitor sees first is what stays: personalised before any script ran, and unmoved by it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  choose,
  desktop,
  everything,
  newVisit,
  openShown,
  phone,
  picture,
  stateOf,
} from './browser.mjs';
import { sleep, startShop, until } from './stack.mjs';

const shop = await startShop();
const home = `${shop.edge.url}/`;
const titles = ['Made for muddy knees and long walks', 'Good clothes, mended free for life'];
const fallback = 'Warm things for wet days';

/** Holds every script of a page until `release` is called. */
async function holdScripts(page) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route('**/*.js', async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

const painted = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => {
          if (list.getEntriesByName('first-contentful-paint').length) resolve();
        }).observe({ type: 'paint', buffered: true });
      }),
  );

describe('the first paint', () => {
  for (const [size, viewport] of Object.entries({ desktop, phone })) {
    test(`already shows the personalised hero (${size})`, async () => {
      const { context, page } = await newVisit({ viewport });
      const release = await holdScripts(page);
      let title = fallback;
      for (let views = 0; title === fallback && views < 25; views++) {
        await page.goto(home, { waitUntil: 'commit' });
        await painted(page);
        title = await page.locator('[data-heed-slot=hero] [data-heed-part=title]').textContent();
      }
      assert.ok(titles.includes(title), title);
      const hero = page.locator('[data-heed-slot=hero]');
      await page.locator('[data-heed-part=image]').evaluate((image) => image.decode());
      const before = await hero.screenshot();
      await picture(page, `home-${size}`);
      release();
      await page.waitForLoadState('networkidle');
      await sleep(300);
      const after = await hero.screenshot();
      assert.ok(before.equals(after), 'the hero looks different once scripts have run');
      await context.close();
    });
  }
});

describe('what heed downloads', () => {
  const asked = (page) =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => new URL(name).pathname.startsWith('/_heed/'))
        .map(({ startTime }) => startTime),
    );

  test('waits until the page that the edge has decided is loaded and painted', async () => {
    const { context, page } = await newVisit();
    await openShown(page, home, 'hero');
    await until(
      () => asked(page),
      ({ length }) => length === 2,
    );
    const { loaded, largest } = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const [{ loadEventStart }] = performance.getEntriesByType('navigation');
          new PerformanceObserver((list) => {
            resolve({ loaded: loadEventStart, largest: list.getEntries().at(-1) });
          }).observe({ type: 'largest-contentful-paint', buffered: true });
        }),
    );
    for (const at of await asked(page)) {
      assert.ok(at >= loaded, `asked for at ${at} ms, loaded at ${loaded} ms`);
      assert.ok(at >= largest.loadTime, `the largest picture was there at ${largest.loadTime} ms`);
    }
    await context.close();
  });
  test('does not wait where the visitor has agreed: what they do counts', async () => {
    const { context, page } = await newVisit();
    await openShown(page, home, 'hero');
    await choose(page, everything);
    await until(
      () => context.cookies(),
      (all) => all.some(({ name }) => name === 'heed_id'),
    );
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await page.route('**/art/**', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${home}p/frog-wellies`, { waitUntil: 'domcontentloaded' });
    await until(() => page.evaluate(() => window.heed !== undefined), Boolean, 2500);
    assert.notEqual(await page.evaluate(() => document.readyState), 'complete');
    release();
    await context.close();
  });
  test('is asked for at once where somebody uses the page before it is loaded', async () => {
    const { context, page } = await newVisit();
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await page.route('**/art/**', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(home, { waitUntil: 'domcontentloaded' });
    await page.locator('h1').waitFor();
    assert.deepEqual(await asked(page), []);
    await page.keyboard.press('Tab');
    await until(() => page.evaluate(() => window.heed !== undefined), Boolean);
    assert.notEqual(await page.evaluate(() => document.readyState), 'complete');
    release();
    await context.close();
  });
});

describe('hydration', () => {
  test('moves nothing', async (t) => {
    const { context, page } = await newVisit();
    await openShown(page, home, 'hero');
    await page.waitForLoadState('networkidle');
    await sleep(500);
    // Nothing that the package does to a page precedes its module.
    const { shifts, began } = await page.evaluate(() => ({
      shifts: window.seen.shifts,
      began: performance.getEntriesByType('resource').find(({ name }) => name.endsWith('heed.wasm'))
        .responseEnd,
    }));
    const before = shifts.filter(({ at }) => at < began);
    if (before.length > 0) t.diagnostic(`before the module came: ${JSON.stringify(before)}`);
    const after = shifts.filter(({ at }) => at >= began);
    assert.deepEqual(after, [], `the module came at ${began} ms`);
    await context.close();
  });
  test('changes nothing inside a slot', async () => {
    const { context, page } = await newVisit();
    await openShown(page, home, 'hero');
    await page.waitForLoadState('networkidle');
    await sleep(500);
    assert.deepEqual(await page.evaluate(() => window.seen.changes), []);
    await context.close();
  });
  test('keeps the fallback of a visitor who is held out', async () => {
    const { context, page } = await newVisit();
    const heldOut = async () => {
      await page.goto(home);
      return (await stateOf(page)).decisions.find(({ slot }) => slot === 'hero');
    };
    await until(heldOut, (decision) => decision?.held_out, 30_000);
    await page.waitForLoadState('networkidle');
    const title = page.locator('[data-heed-slot=hero] [data-heed-part=title]');
    assert.equal(await title.textContent(), fallback);
    await context.close();
  });
});

test('a page under script-src self and wasm-unsafe-eval works', async () => {
  const { context, page } = await newVisit();
  const { response } = await openShown(page, home, 'hero');
  const policy = response.headers()['content-security-policy'];
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
  await page.locator('#consent button[value="analytics.personalisation"]').click();
  // Only the running package writes the session's cookie.
  const cookies = async () => (await context.cookies()).map(({ name }) => name);
  await until(cookies, (names) => names.includes('heed_s'));
  assert.deepEqual(await page.evaluate(() => window.seen.violations), []);
  await context.close();
});
