// Who sees little, uses no mouse, or wants nothing to move: shop and stage are theirs too.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';

import { desktop, newVisit, phone } from './browser.mjs';
import { openStage, startStage, step, wide } from './stage_bed.mjs';

const shop = await startStage();
shop.traffic.rush = 40;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const stepNames = ['First', 'Browse', 'Privacy', 'Attack', 'Kill', 'Buy', 'books'].map(
  (name) => new RegExp(name),
);

async function assertNoSerious(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { iframes: false }));
  const serious = violations.filter(({ impact }) => /serious|critical/.test(impact));
  assert.deepEqual(
    serious.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0].html.slice(0, 160)}`),
    [],
  );
}

describe('axe finds nothing serious', () => {
  test('in the stage, at any step', async () => {
    const { context, page } = await openStage(shop);
    await page.locator('.candidate').first().waitFor();
    for (const name of stepNames) {
      await step(page, name);
      await assertNoSerious(page, String(name));
    }
    await context.close();
  });
  test('in the stage on a phone, in any of its parts', async () => {
    const { context, page } = await openStage(shop, { viewport: phone });
    const parts = page.getByRole('navigation', { name: 'Parts of the stage' });
    for (const name of ['Shop', 'Step and why', 'Board']) {
      await parts.getByRole('button', { name }).click();
      await assertNoSerious(page, name);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${name}: nothing reaches beyond the screen`);
    }
    await context.close();
  });
  for (const [name, viewport] of Object.entries({ desktop, phone })) {
    test(`in the shop (${name})`, async () => {
      const { context, page } = await newVisit({ viewport });
      for (const path of ['/', '/c/kids', '/p/frog-wellies', '/cart', '/help', '/consent']) {
        await page.goto(shop.stage.url + path);
        await page.waitForLoadState('networkidle');
        await assertNoSerious(page, path);
      }
      await context.close();
    });
  }
});

/** What has the focus, and whether one sees that it has. */
const focused = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const name = at.getAttribute('aria-label') ?? at.title ?? '';
    const label = at.labels?.[0]?.innerText ?? '';
    const { top, bottom } = at.getBoundingClientRect();
    return {
      tag: at.localName,
      text: (name || at.innerText || label).trim().split('\n').at(-1),
      isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
      isInView: bottom > 0 && top < innerHeight,
    };
  });

describe('the keyboard alone', () => {
  test('reaches every control of the stage, from the left to the right, and one sees where', async () => {
    const { context, page } = await openStage(shop);
    await page.locator('.candidate').first().waitFor();
    const reached = [];
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press('Tab');
      const at = await focused(page);
      if (at.tag === 'body') break;
      // Inside the frames the shop's own focus shows; its document is another.
      if (at.tag !== 'iframe') assert.ok(at.isSeen && at.isInView, JSON.stringify(at));
      reached.push(at.tag === 'iframe' ? 'the shop' : at.text);
    }
    const order = [
      ...['First visit', 'The books', 'Next', 'Front page', 'JavaScript', 'the shop'],
      ...['Somebody new', 'Switch JavaScript off'],
    ];
    const places = order.map((name) => reached.indexOf(name));
    assert.ok(
      places.every((place, i) => place >= 0 && place > (places[i - 1] ?? -1)),
      `${order.map((name, i) => `${name}: ${places[i]}`).join(', ')} in ${reached.join(' | ')}`,
    );
    await context.close();
  });

  test('takes a step, switches script off, asks what if and attacks', async () => {
    const { context, page } = await openStage(shop);
    await page.locator('.candidate').first().waitFor();
    const tabTo = async (test) => {
      for (let i = 0; i < 120; i++) {
        await page.keyboard.press('Tab');
        if (test(await focused(page))) return;
      }
      assert.fail(`${test} is not reached`);
    };
    await tabTo(({ text }) => text === 'JavaScript');
    await page.keyboard.press('Space');
    await page.getByText('byte for byte').waitFor();
    await page.keyboard.press('Space');
    await page.getByText('byte for byte').waitFor({ state: 'detached' });
    await tabTo(({ text }) => text === 'Time');
    await page.keyboard.press('ArrowDown');
    await page
      .getByRole('group', { name: 'What if' })
      .getByText(/^(Still|Then) /)
      .waitFor();
    await page.reload();
    await page.locator('.candidate').first().waitFor();
    await tabTo(({ text }) => text === 'Attack');
    await page.keyboard.press('Enter');
    await tabTo(({ text }) => text?.startsWith('One bit') || text === 'Flip a byte');
    await page.keyboard.press('Enter');
    await page.getByText('x-heed: bypass; reason=bad_signature').waitFor({ timeout: 20_000 });
    await tabTo(({ text }) => text === 'Mend the wire');
    await page.keyboard.press('Enter');
    await page.getByText('x-heed: ok').waitFor({ timeout: 20_000 });
    await context.close();
  });

  test('goes through the shop: skip link, navigation, consent', async () => {
    const { context, page } = await newVisit();
    await page.goto(shop.stage.url);
    await page.keyboard.press('Tab');
    assert.equal((await focused(page)).text, 'Skip to the page');
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      const at = await focused(page);
      if (at.tag === 'body') break;
      assert.ok(at.isSeen, JSON.stringify(at));
      if (at.text === 'No, thank you') break;
    }
    await page.keyboard.press('Enter');
    await page.locator('#consent').waitFor({ state: 'hidden' });
    await context.close();
  });
});

/** Whatever moves by style sheet while things are pointed at, pressed and changed. */
const moving = (page) =>
  page.evaluate(() =>
    document.getAnimations().map(({ effect, transitionProperty, animationName }) => {
      const { className, localName } = effect.target;
      return `${localName}.${className}: ${transitionProperty ?? animationName}`;
    }),
  );

describe('with reduced motion nothing moves', () => {
  const still = async (page, selector) => {
    for (const element of (await page.locator(selector).all()).slice(0, 12)) {
      if (!(await element.isVisible())) continue;
      await element.hover({ timeout: 2000 }).catch(() => undefined);
      assert.deepEqual(await moving(page), []);
    }
    const behaviour = await page.evaluate(
      () => getComputedStyle(document.documentElement).scrollBehavior,
    );
    assert.equal(behaviour, 'auto');
  };
  test('on the stage', async () => {
    const { context, page } = await openStage(shop, { reducedMotion: 'reduce' });
    for (const name of stepNames) {
      await step(page, name);
      assert.deepEqual(await moving(page), []);
      await still(page, '.step button, .step label');
    }
    await context.close();
  });
  test('in the shop', async () => {
    const { context, page } = await newVisit();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(shop.stage.url);
    await still(page, 'a, button');
    await context.close();
  });
  test('in the tower', async () => {
    const { context, page } = await newVisit({ viewport: wide });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(shop.console);
    await page.locator('.check-line .hint', { hasText: 'checked in' }).waitFor();
    await still(page, 'button');
    await context.close();
  });
});
