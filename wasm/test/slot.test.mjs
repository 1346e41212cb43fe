// `<heed-slot>` and what counts as seen, in real Chromium, by the page's clock and by a forged one.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { compile, key, keys, signed } from './bed.mjs';
import { launch, serve, until } from './chromium.mjs';

const source = {
  site: 'shop.example',
  version: 7,
  expires: '2099-01-01T00:00:00Z',
  consent: { default: 'device' },
  slots: { hero: {}, low: {} },
  triggers: {
    hero: { slot: 'hero', parts: { title: ['Save on boots'] } },
    low: { slot: 'low', parts: { title: ['Come again'] } },
  },
};
const slot = (name, id) =>
  `<heed-slot name="${name}" id="${id}"><p data-heed-part="title">As before</p></heed-slot>`;
const page =
  '<!doctype html><title>t</title><main id="main">' +
  `${slot('hero', 'first')}</main><script type="module" src="/page.js"></script>`;
const script = `
import { createHeed } from '/dist/index.js';
import { defineSlots } from '/dist/slot.js';
const bytes = async (path) => (await fetch(path)).arrayBuffer();
window.faults = [];
addEventListener('unhandledrejection', ({ reason }) => faults.push(String(reason)));
window.seen = [];
window.start = async () => {
  const [wasm, ruleset] = [bytes('/dist/heed.wasm'), bytes('/shop.heed')];
  const it = await createHeed({ wasm, ruleset, keys: ${JSON.stringify(keys)}, transport: null });
  it.on('exposure', ({ slot }) => seen.push(slot));
  return (window.heed = it);
};
window.defineSlots = defineSlots;
window.loaded = true;`;

let site;
let browser;
let tab;

before(async () => {
  site = await serve({
    '/': page,
    '/page.js': script,
    '/shop.heed': signed(compile(source), [key]),
  });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  await tab?.context().close();
  tab = await (await browser.newContext({ viewport: { width: 800, height: 600 } })).newPage();
  tab.on('pageerror', (error) => assert.fail(error));
});

async function open({ clock = false } = {}) {
  if (clock) await tab.clock.install();
  await tab.goto(site.url);
  await tab.waitForFunction('window.loaded');
  // From here on it stands still but for what a test lets pass.
  if (clock) await tab.clock.pauseAt(Date.now() + 60_000);
}
const textOf = (id) => tab.locator(`#${id} p`).textContent();
const seen = () => tab.evaluate(() => window.seen);
const shows = (id, text) => until(async () => (await textOf(id)) === text);

/** The observer speaks after a frame: real time, whatever the page's clock says. */
async function look() {
  await tab.screenshot();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** What a browser does when its tab goes behind another, or comes back. */
const show = (state) =>
  tab.evaluate((now) => {
    Object.defineProperty(document, 'visibilityState', { value: now, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

describe('<heed-slot>', () => {
  test('shows its decision, also where it comes to the page later', async () => {
    await open();
    await tab.evaluate(async () => defineSlots(await start()));
    await shows('first', 'Save on boots');
    await tab.evaluate((html) => main.insertAdjacentHTML('beforeend', html), slot('low', 'later'));
    await shows('later', 'Come again');
    await tab.evaluate(() => {
      const made = document.createElement('heed-slot');
      made.id = 'made';
      main.append(made);
      made.setAttribute('name', 'low');
      made.innerHTML = '<p data-heed-part="title">As before</p>';
    });
    await shows('made', 'Come again');
  });

  test('waits for a Heed that is still being made, and keeps its words without one', async () => {
    await open();
    await tab.evaluate(() => defineSlots(Promise.reject(new Error('no ruleset'))));
    await look();
    assert.equal(await textOf('first'), 'As before');
    await tab.evaluate(() => defineSlots(start()));
    await shows('first', 'Save on boots');
    assert.deepEqual(await tab.evaluate(() => faults), []);
  });

  test('is let go when it leaves the page, and taken up again when it comes back', async () => {
    await open({ clock: true });
    await tab.evaluate(async () => defineSlots(await start()));
    await shows('first', 'Save on boots');
    await look();
    await tab.evaluate(() => {
      window.gone = first;
      gone.remove();
    });
    await tab.clock.runFor(5000);
    assert.deepEqual(await seen(), []);
    await tab.evaluate(() => main.append(gone));
    await look();
    await tab.clock.runFor(1000);
    assert.deepEqual(await seen(), ['hero']);
  });
});

describe('seen', () => {
  test('is half in view for one second of the clock, not a millisecond less', async () => {
    await open({ clock: true });
    await tab.evaluate(async () => defineSlots(await start()));
    await shows('first', 'Save on boots');
    await look();
    await tab.clock.runFor(999);
    assert.deepEqual(await seen(), []);
    await tab.clock.runFor(1);
    assert.deepEqual(await seen(), ['hero']);
    await tab.clock.runFor(10_000);
    assert.deepEqual(await seen(), ['hero'], 'once a page view');
  });

  test('is not what a hidden tab holds, and a second begins anew', async () => {
    await open({ clock: true });
    await tab.evaluate(async () => defineSlots(await start()));
    await shows('first', 'Save on boots');
    await look();
    await tab.clock.runFor(600);
    await show('hidden');
    await look();
    await tab.clock.runFor(60_000);
    assert.deepEqual(await seen(), []);
    await show('visible');
    await look();
    await tab.clock.runFor(600);
    assert.deepEqual(await seen(), [], 'twice 600 ms are no second');
    await tab.clock.runFor(400);
    assert.deepEqual(await seen(), ['hero']);
  });

  test('takes a second of real time', async () => {
    await open();
    await tab.evaluate(async () => {
      const it = await start();
      it.on('exposure', () => (window.seenAt = performance.now()));
      window.definedAt = performance.now();
      defineSlots(it);
    });
    const ms = await until(() => tab.evaluate(() => window.seenAt - window.definedAt));
    assert.ok(ms >= 999 && ms < 3000, `${ms} ms`);
  });
});
