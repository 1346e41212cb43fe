// Every snippet of the three guides, executed as it is printed: editing a guide edits this test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { newVisit } from './browser.mjs';
import { commands, Reader, snippets } from './guide.mjs';
import { root, until } from './stack.mjs';

/** Types a snippet into the developer tools. */
const typeInto = (page, { text }) => page.evaluate(`(async () => {\n${text}\n})()`);

describe('the guide', { concurrency: false }, () => {
  test('for the web developer works as printed', async () => {
    const reader = new Reader('web-developer');
    const observe = await reader.follow();
    const { context, page } = await newVisit();
    const problems = [];
    page.on('console', (message) => message.type() === 'warning' && problems.push(message.text()));
    const title = () => page.locator('h1').textContent();
    await page.goto(reader.url('8080'));
    await page.waitForFunction('window.heed');
    assert.equal(await title(), 'Welcome');
    await typeInto(page, observe);
    await page.reload();
    await page.waitForFunction('window.heed');
    const decision = await page.evaluate(() => heed.decide('hero'));
    assert.equal(decision.trigger, 'still_looking');
    const words = decision.held_out ? 'Welcome' : decision.options.title;
    assert.equal(await title(), words);

    await typeInto(page, await reader.follow());
    const asked = await reader.follow();
    const said = await page.evaluate(`(() => { ${asked.text}; return { trigger, reason }; })()`);
    assert.deepEqual(said, { trigger: 'still_looking', reason: decision.reason });

    const consent = await reader.follow();
    await page.goto(`${reader.url('8080')}later.html`);
    await page.locator('heed-slot[data-heed-slot=hero]').waitFor();
    assert.equal(await title(), words);
    const kept = async () =>
      (await context.cookies()).map(({ name }) => name).filter((name) => name.startsWith('heed'));
    assert.deepEqual((await kept()).sort(), ['heed_id', 'heed_s']);
    await typeInto(page, consent);
    assert.deepEqual(await kept(), []);
    assert.equal(await reader.follow(), null);
    assert.deepEqual(problems, []);
    await context.close();
  });

  for (const name of ['edge-engineer', 'marketer']) {
    test(`for the ${name} works as printed`, async () => {
      assert.equal(await new Reader(name).follow(), null);
    });
  }

  test('is read whole: no fence escapes the reader', () => {
    for (const name of ['web-developer', 'edge-engineer', 'marketer']) {
      const text = readFileSync(path.join(root, 'docs', 'guide', `${name}.md`), 'utf8');
      assert.equal(snippets(text).length * 2, text.match(/^```/gm).length, name);
    }
    const block = '$ a\nsays\n$ b\n';
    assert.deepEqual(commands(block), [
      { command: 'a', says: ['says'] },
      { command: 'b', says: [] },
    ]);
  });

  test('that is wrong is found out', async () => {
    const reader = new Reader('marketer');
    const { status } = await reader.run('heed-that-is-not-there');
    assert.notEqual(status, 0);
  });
});
