// The edge and the browser decide alike: the same bits, from the same facts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { choose, everything, newVisit, stateOf } from './browser.mjs';
import { packageScript, sleep, startShop, until } from './stack.mjs';

const shop = await startShop();
const script = await packageScript();

/** Decides the page again inside the browser, from what the edge says it had. */
async function decideInPage({ keys, snapshot, visitor, level }) {
  const { createRuntime, verifyRuleset } = await import('/e2e/heed.js');
  const state = JSON.parse(document.getElementById('heed-state').textContent);
  const bytes = async (path) => (await fetch(path)).arrayBuffer();
  const file = await bytes(`/_heed/ruleset/${state.ruleset.hash}`);
  const runtime = createRuntime({
    wasm: await WebAssembly.compile(await bytes('/_heed/heed.wasm')),
    ruleset: await verifyRuleset(file, { keys, site: state.site }),
  });
  const [{ serverTiming }] = performance.getEntriesByType('navigation');
  const told = (name) => serverTiming.find((entry) => entry.name === name).description;
  const text = (it) =>
    Uint8Array.from(atob(it.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const now = Number(told('heed-now'));
  const { view } = state;
  const options = { visitor: visitor ?? 'nobody', view, level, now };
  const session = runtime.session({ ...options, snapshot: snapshot ? text(snapshot) : undefined });
  session.set(JSON.parse(new TextDecoder().decode(text(told('heed-request')))), now);
  const [, section, name] = location.pathname.split('/');
  const kind = { '': 'home', c: 'category', p: 'product' }[section] ?? section;
  session.set({ page_type: kind, ...(section === 'c' && { category: name }) }, now);
  const decisions = session.decideAll(now).filter(({ trigger }) => trigger !== null);
  return JSON.stringify(decisions.filter(({ slot }) => slot !== 'mail'));
}

/** Opens a page and compares; @returns the decisions */
async function compare({ context, page }, path, level) {
  const jar = Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));
  await page.goto(shop.edge.url + path);
  const [snapshot] = jar.heed_s?.split('.') ?? []; // the marks of tabs stand behind it
  const given = { keys: [shop.key], snapshot, visitor: jar.heed_id, level };
  const made = await page.evaluate(decideInPage, given);
  const { decisions } = await stateOf(page);
  assert.equal(made, JSON.stringify(decisions), path);
  return decisions;
}

async function visitWithPackage(options) {
  const visit = await newVisit(options);
  await visit.page.route('**/e2e/heed.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  return visit;
}

describe('the browser decides what the edge decided', () => {
  test('for visitors who have not agreed, view by view', async () => {
    const visit = await visitWithPackage();
    for (const path of ['/', '/', '/', '/c/kids', '/p/frog-wellies', '/p/camp-flask', '/cart']) {
      await compare(visit, path, 'none');
    }
    await visit.context.close();
  });
  test('for a visitor with a history, page by page', async () => {
    const visit = await visitWithPackage();
    const { context, page } = visit;
    await page.goto(shop.edge.url);
    await page.waitForLoadState('networkidle');
    await choose(page, everything);
    await until(
      async () => (await context.cookies()).length,
      (count) => count >= 3,
    );
    const triggers = new Set();
    const looks = ['frog-wellies', 'puddle-suit', 'fair-isle-jumper', 'cord-dungarees'];
    for (const path of ['/', ...looks.map((sku) => `/p/${sku}`), '/c/kids', '/', '/cart']) {
      const decisions = await compare(visit, path, 'device');
      for (const { trigger } of decisions) triggers.add(trigger);
      await page.waitForLoadState('networkidle');
      await sleep(300);
    }
    assert.ok(triggers.has('kids_intent'), [...triggers].join());
    await context.close();
  });
});

test('a visitor on a phone gets the same at both', async () => {
  const agent =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1';
  const visit = await visitWithPackage({ headers: { 'user-agent': agent, 'cf-ipcountry': 'GB' } });
  await compare(visit, '/?utm_source=letter', 'none');
  await visit.context.close();
});
