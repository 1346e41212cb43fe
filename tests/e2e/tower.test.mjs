// The marketer's console in a real browser, on the real store, edge and shop: no terminal.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { manyTriggers } from '../../web-demo/demo/many.mjs';
import { choose, desktop, everything, newVisit, phone, picture } from './browser.mjs';
import { startShop, until } from './stack.mjs';
import { recordedVisitors } from './tower_inputs.mjs';

const wide = { width: 1440, height: 900 };
const shop = await startShop({ log: { text: recordedVisitors(200) } });
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A browser that nobody has used, with the console open in it. */
async function openTower({ viewport = wide, address = shop.console } = {}) {
  const visit = await newVisit({ viewport });
  await visit.page.goto(address);
  await checked(visit.page);
  return visit;
}

/** Waits until what is in the editor has been looked at, whole. */
async function checked(page) {
  await page.locator('.check-line .hint', { hasText: 'checked in' }).waitFor();
  await page.locator('.head .badge:not(.quiet)').waitFor();
}

const trigger = (page, name) => page.locator('.left').getByRole('button', { name });
const tab = (page, name) => page.getByRole('tab', { name });

/** Puts the cursor behind the next `text` in the editor. */
async function behind(page, text) {
  await page.locator('.cm-content').press('Control+f');
  const field = page.locator('.cm-search input[name=search]');
  await field.pressSequentially(text);
  await field.press('Enter');
  await field.press('Escape');
  await page.locator('.cm-content').press('ArrowRight');
}

async function useOwnKey(page) {
  await tab(page, 'Changes').click();
  await page.getByRole('button', { name: 'Make a key here' }).click();
  await page.getByRole('button', { name: 'Add it to the keyring' }).click();
  await page.getByText('in the keyring', { exact: true }).waitFor();
}

async function changeTitle(page, text) {
  await trigger(page, /children's clothes/).click();
  await tab(page, 'Preview').click();
  await page.getByRole('button', { name: 'Edit title' }).click();
  await page.keyboard.type(text);
  await page.locator('.head .badge', { hasText: 'Unpublished' }).waitFor();
}

const publish = async (page, version) => {
  await tab(page, 'Changes').click();
  await page.getByRole('button', { name: `Sign and publish version ${version}` }).click();
  await page.getByText(`Version ${version} is published`).waitFor();
};

const stored = async (what) => {
  const headers = { authorization: `Bearer ${shop.keys.publish}` };
  const answer = await fetch(`${shop.store.url}/v1/${shop.site}/ruleset${what}`, { headers });
  return answer.json();
};
const served = async () => (await fetch(shop.edge.url)).headers.get('x-heed');

describe("the marketer's step", { concurrency: false }, () => {
  test('is done by clicks and typing alone, in under three minutes', async () => {
    const start = performance.now();
    const { context, page } = await openTower();
    await picture(page, 'tower-start');

    await changeTitle(page, 'Ready for every puddle');
    await trigger(page, /children's clothes/).click();
    await behind(page, "stage.purchase != 'bought'");
    await page.keyboard.type(' && pric > 5');
    await page.keyboard.press('Escape');

    // What, where, and a suggestion, in place.
    const mistake = page.locator('.problem.error');
    await mistake.waitFor();
    assert.match(await mistake.innerText(), /unknown attribute pric/);
    assert.match(await mistake.innerText(), /triggers-home:48/);
    assert.equal(await page.locator('.cm-lintRange-error').innerText(), 'pric');
    await page.locator('.cm-lintRange-error').hover();
    await page.locator('.cm-tooltip-lint', { hasText: 'Did you mean `price`?' }).waitFor();
    await picture(page, 'tower-mistake');
    await tab(page, 'Changes').click();
    await page.getByText('1 mistake first').waitFor();
    await page.getByRole('button', { name: 'Use price' }).first().click();
    await page.locator('.check-line', { hasText: 'No problems' }).waitFor();

    // Whom it reaches, and two of them.
    await page.locator('.figure', { hasText: /^[1-9][\d.]*%$/ }).waitFor();
    assert.match(await page.locator('.share').innerText(), /\d+ of 200 recorded visitors/);
    assert.equal(await page.locator('.example').count(), 2);
    const pair = await page.locator('.example').first().innerText();
    assert.match(pair, /Ready for the next puddle/);
    assert.match(pair, /Ready for every puddle|The page as it is/);
    await picture(page, 'tower-changes');

    await useOwnKey(page);
    await publish(page, 2);
    assert.ok(performance.now() - start < 180_000);

    const { ms } = await until(served, (said) => said?.startsWith('ok; v=2;'), 5000);
    assert.ok(ms < 5000);
    const { versions } = await stored('/versions');
    assert.deepEqual(
      versions.map(({ version, has_source }) => [version, has_source]),
      [
        [2, true],
        [1, true],
      ],
    );
    const { files } = await stored('/source?version=2');
    const creatives = files.find(({ name }) => name === 'creatives.heed.json');
    assert.match(creatives.text, /"Ready for every puddle"/);
    assert.deepEqual(await page.evaluate(() => window.seen.violations), []);
    assert.deepEqual(await page.evaluate(() => window.seen.errors), []);
    await context.close();
  });

  test('can be undone: what an earlier version said is published as the next', async () => {
    const { context, page } = await openTower();
    await useOwnKey(page);
    await tab(page, 'History').click();
    await page.getByRole('button', { name: 'Roll back to version 1' }).click();
    await page.getByRole('button', { name: 'Sign and roll back' }).click();
    await page.getByText('Version 3 says what version 1 said').waitFor();
    await until(served, (said) => said?.startsWith('ok; v=3;'), 5000);
    const [first, third] = await Promise.all([stored('/source?version=1'), stored('/source')]);
    assert.deepEqual(third, first);
    await picture(page, 'tower-history');
    await context.close();
  });

  test('a key made here is kept in this browser and cannot be read out of it', async () => {
    const { context, page } = await openTower();
    await useOwnKey(page);
    const kept = await page.evaluate(() =>
      new Promise((resolve) => {
        indexedDB.open('heed-tower').onsuccess = ({ target }) => {
          const keys = target.result.transaction('keys').objectStore('keys').getAll();
          keys.onsuccess = () => resolve(keys.result);
        };
      }).then(async ([{ secret, ...rest }]) => ({
        ...rest,
        extractable: secret.extractable,
        refused: await crypto.subtle.exportKey('pkcs8', secret).catch(({ name }) => name),
      })),
    );
    assert.equal(kept.extractable, false);
    assert.equal(kept.refused, 'InvalidAccessError');
    await page.reload();
    await checked(page);
    await tab(page, 'Changes').click();
    await page.locator('.key-line code', { hasText: kept.id }).waitFor();
    assert.equal(page.url().includes(shop.keys.publish), false, 'no key stays in the address');
    await context.close();
  });

  test('a key file signs as well', async () => {
    const { context, page } = await openTower();
    await tab(page, 'Changes').click();
    const file = page.locator('.publish input[type=file]');
    await file.setInputFiles(path.join(shop.folder, 'release.pub.json'));
    await page.getByText('it is the public half').waitFor();
    await file.setInputFiles(path.join(shop.folder, 'release.key.json'));
    await page.getByText('in the keyring', { exact: true }).waitFor();
    await changeTitle(page, 'Signed by a file');
    await publish(page, 4);
    await context.close();
  });
});

describe('two people', () => {
  test('who publish the same version both keep what they wrote', async () => {
    const ann = await openTower();
    const ben = await openTower();
    for (const { page } of [ann, ben]) await useOwnKey(page);
    await changeTitle(ann.page, 'Of Ann');
    await trigger(ben.page, /weekend outdoors/).click();
    await tab(ben.page, 'Preview').click();
    await ben.page.getByRole('button', { name: 'Edit title' }).click();
    await ben.page.keyboard.type('Of Ben');
    await ben.page.locator('.head .badge', { hasText: 'Unpublished' }).waitFor();

    const { version } = (await stored('/versions')).versions[0];
    await publish(ann.page, version + 1);
    await tab(ben.page, 'Changes').click();
    await ben.page.getByRole('button', { name: `Sign and publish version ${version + 1}` }).click();
    const dialog = ben.page.getByRole('dialog');
    await dialog.getByText(`Version ${version + 1} came first`).waitFor();
    await dialog.getByText('both changed it, in different places').waitFor();
    const side = (name) => dialog.getByRole('region', { name });
    await side('Theirs').getByText('Of Ann').waitFor();
    await side('Yours').getByText('Of Ben').waitFor();
    assert.match(await dialog.locator('.cm-merge-b').innerText(), /Of Ben/);
    await picture(ben.page, 'tower-conflict');
    await dialog.getByRole('button', { name: 'Go on with both' }).click();
    await checked(ben.page);
    await publish(ben.page, version + 2);
    const { files } = await stored('/source');
    const { text } = files.find(({ name }) => name === 'creatives.heed.json');
    assert.match(text, /"Of Ann"/);
    assert.match(text, /"Of Ben"/);
    for (const { context } of [ann, ben]) await context.close();
  });
});

describe('the preview', () => {
  test('shows the real page with the draft in it, and nothing of it is counted', async () => {
    const { context, page } = await openTower();
    await useOwnKey(page);
    await changeTitle(page, 'Only in the draft');
    const frame = page.frameLocator('iframe');
    const title = frame.locator('[data-heed-slot=hero] [data-heed-part=title]');
    await title.filter({ hasText: 'Only in the draft' }).waitFor({ timeout: 10_000 });
    const state = JSON.parse(await frame.locator('#heed-state').textContent());
    assert.equal(state.preview, true);
    assert.equal(state.ticket, '');
    assert.doesNotMatch(await (await fetch(shop.edge.url)).text(), /Only in the draft/);
    for (const device of ['Phone', 'Desktop']) {
      await page.getByLabel(device).check();
      const width = { Phone: 390, Desktop: 1280 }[device];
      await until(
        () => frame.locator('html').evaluate(() => innerWidth),
        (is) => is === width,
      );
      await picture(page, `tower-preview-${device.toLowerCase()}`);
    }
    const cookies = await context.cookies(shop.edge.url);
    assert.deepEqual(
      cookies.filter(({ name }) => name.startsWith('heed_')),
      [],
    );
    await context.close();
  });
});

describe('a link that is followed in a preview', () => {
  test('leads to a preview, and nothing counts, whoever follows it', async () => {
    const { context, page } = await openTower();
    // A visitor of the shop, too, who agreed to everything: what they do in a preview is no visit.
    const visitor = await context.newPage();
    await visitor.goto(shop.edge.url);
    await choose(visitor, everything);
    const cookies = async () => {
      const all = await context.cookies(shop.edge.url);
      return all.filter(({ name }) => name.startsWith('heed_')).map(({ value }) => value);
    };
    await until(cookies, (values) => values.length === 2);
    await visitor.close();
    const settled = async () => (await shop.report()).ledger.records;
    let before = -1;
    await until(settled, (count) => before === (before = count));
    const kept = await cookies();

    await trigger(page, /children's clothes/).click();
    await tab(page, 'Preview').click();
    const frame = page.frameLocator('iframe');
    const state = async () => JSON.parse(await frame.locator('#heed-state').textContent());
    await until(state, (now) => now.preview);
    const { view } = await state();
    // A page may keep its referrer to itself.
    const inside = frame.locator('a[href^="/c/"]').first();
    await inside.evaluate((link) => link.setAttribute('rel', 'noreferrer'));
    await inside.click();
    const next = await until(state, (now) => now.view !== view);
    assert.equal(next.answer.preview, true);
    await frame.locator('a[href^="/p/"]').first().click();
    const last = await until(state, (now) => now.view !== next.answer.view);
    assert.equal(last.answer.preview, true);
    assert.equal(last.answer.ticket, '');
    // Long enough for a slot in view to be seen and its exposure to leave.
    await page.waitForTimeout(2000);
    assert.equal(await settled(), before);
    assert.deepEqual(await cookies(), kept);
    await context.close();
  });
});

describe('the console', () => {
  for (const [name, viewport] of Object.entries({ desktop: wide, narrow: desktop, phone })) {
    test(`has no serious fault for axe, in any of its parts (${name})`, async () => {
      const { context, page } = await openTower({ viewport });
      const parts = ['Triggers', 'Source', 'Preview', 'Visitor', 'Changes', 'History'];
      for (const part of parts) {
        const nav = page.getByRole('navigation').getByRole('button', { name: part });
        if (await nav.isVisible()) await nav.click();
        else if (await tab(page, part).isVisible()) await tab(page, part).click();
        await page.waitForTimeout(300);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          window.axe.run(document, { iframes: false }),
        );
        const serious = violations.filter(({ impact }) => /serious|critical/.test(impact));
        assert.deepEqual(
          serious.map(({ id, nodes }) => `${part}: ${id}: ${nodes[0].html.slice(0, 160)}`),
          [],
        );
        await picture(page, `tower-${name}-${part.toLowerCase()}`);
      }
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, 'nothing reaches beyond the screen');
      await context.close();
    });
  }

  test('is worked with the keyboard alone', async () => {
    const { context, page } = await openTower();
    const focused = (selector) => page.locator(`${selector}:focus`);
    const tabTo = async (selector, limit = 80) => {
      for (let i = 0; i < limit; i++) {
        if ((await focused(selector).count()) > 0) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`${selector} cannot be reached`);
    };
    await tabTo('.outline input[type=search]');
    await page.keyboard.type('weekend');
    await tabTo('button.trigger');
    await page.keyboard.press('Enter');
    await focused('.cm-content').waitFor();
    await page.keyboard.type('x');
    await page.locator('.problem.error').first().waitFor();
    await page.keyboard.press('Control+z');
    await page.locator('.check-line', { hasText: 'No problems' }).waitFor();
    await tabTo('[role=tab][aria-selected=true]');
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('[role=tab]:focus').innerText(), 'Visitor');
    await page.locator('.why .headline').waitFor();
    await context.close();
  });

  test('completes and explains by the schema and by the names of the ruleset', async () => {
    const { context, page } = await openTower();
    await trigger(page, /weekend outdoors/).click();
    await behind(page, 'outdoor_intent > kids_intent');
    await page.keyboard.type(' && segment.lo');
    const list = page.locator('.cm-tooltip-autocomplete');
    await list.getByText('segment.loyal').waitFor();
    // The list takes no Enter in its first moments: whoever types on means a new line.
    await page.waitForTimeout(300);
    await page.keyboard.press('Enter');
    await page.locator('.cm-line', { hasText: '&& segment.loyal"' }).waitFor();
    await page.locator('.cel-scope', { hasText: 'segment.campers' }).first().hover();
    await page.locator('.hover', { hasText: 'outdoor_intent > 1.5' }).waitFor();
    await page.locator('.json-name', { hasText: 'campaign' }).first().hover();
    await page.locator('.hover', { hasText: 'One of `campaigns`' }).waitFor();
    await context.close();
  });

  test('explains a recorded visitor, and another with typed attributes', async () => {
    const { context, page } = await openTower();
    await tab(page, 'Visitor').click();
    await page.locator('.side').getByLabel('Slot').selectOption('strip');
    await page.locator('.why .headline').waitFor();
    await page.locator('.fold summary', { hasText: 'Attributes' }).click();
    await page.locator('.attribute', { hasText: 'country' }).locator('input').fill('FR');
    await page.keyboard.press('Tab');
    const abroad = page.locator('.candidate', { hasText: 'from_abroad' });
    await abroad.locator('.badge', { hasText: /wins|would do/ }).waitFor();
    await page.locator('.attribute', { hasText: 'country' }).locator('input').fill('GB');
    await page.keyboard.press('Tab');
    await abroad.locator('.failure', { hasText: 'is GB' }).waitFor();
    await context.close();
  });

  test('keeps a draft that was discarded, and takes it up again', async () => {
    const { context, page } = await openTower();
    await changeTitle(page, 'Not thrown away');
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.locator('.head .badge', { hasText: 'Up to date' }).waitFor();
    await tab(page, 'History').click();
    await page.getByRole('heading', { name: 'Your drafts that gave way' }).waitFor();
    await picture(page, 'tower-kept');
    await page.getByRole('button', { name: 'Take up' }).first().click();
    await page.locator('.head .badge', { hasText: 'Unpublished' }).waitFor();
    await trigger(page, /children's clothes/).click();
    await tab(page, 'Preview').click();
    const shown = page.locator('.options-list').getByText('Not thrown away').first();
    await shown.waitFor({ state: 'attached' });
    await context.close();
  });

  test('stands still where motion is not wanted', async () => {
    const { context, page } = await openTower();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const moving = () =>
      page.evaluate(() => {
        const times = (style) =>
          `${style.transitionDuration},${style.animationDuration}`.split(',').map(parseFloat);
        const slow = [...document.querySelectorAll('*')].filter((element) =>
          ['', '::before', '::after'].some((part) => {
            const style = getComputedStyle(element, part || null);
            const plays = style.animationName !== 'none' || style.transitionProperty !== 'none';
            return plays && times(style).some((seconds) => seconds > 0);
          }),
        );
        return [...slow.map(({ className }) => className), ...document.getAnimations()];
      });
    for (const part of ['Preview', 'Visitor', 'Changes', 'History']) {
      await tab(page, part).click();
      await page.locator('.head button').first().hover();
      assert.deepEqual(await moving(), [], part);
    }
    await page.locator('.cm-content').click();
    await page.keyboard.type('x');
    assert.deepEqual(await moving(), []);
    await context.close();
  });

  test('asks for the key of the store, and says why where it is a wrong one', async () => {
    const { context, page } = await newVisit({ viewport: wide });
    await page.goto(shop.tower.url);
    await page.getByLabel('Publish key').fill('wrong');
    await page.getByRole('button', { name: 'Open the console' }).click();
    await page.getByRole('alert').filter({ hasText: 'does not know this key' }).waitFor();
    await page.getByLabel('Publish key').fill(shop.keys.publish);
    await page.getByRole('button', { name: 'Open the console' }).click();
    await checked(page);
    await context.close();
  });

  test('looks at what is typed into 5,000 triggers without looking at them all', async () => {
    const file = path.join(shop.folder, 'many.heed.json');
    await writeFile(file, manyTriggers(5000));
    const { context, page } = await openTower();
    await page.locator('.outline-foot input[type=file]').setInputFiles(file);
    await page.locator('.check-line', { hasText: '5,000 triggers checked' }).waitFor();
    await page.getByLabel('Find a trigger').fill('t0096');
    await trigger(page, /t0096/).click();
    await behind(page, 'price < 97');
    await page.keyboard.type(' && pric > 5');
    const mistake = page.locator('.problem.error', { hasText: 'unknown attribute pric' });
    await mistake.waitFor({ timeout: 20_000 });
    // The mistake was found before the whole was gone through again.
    await page.locator('.head .badge', { hasText: 'mistake' }).waitFor();
    await mistake.getByRole('button', { name: 'Use price' }).click();
    await mistake.waitFor({ state: 'detached', timeout: 20_000 });
    await context.close();
  });
});
