// The stage with its crowd, as `./dev demo` starts it, on free ports; the crowd waits to be called.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

import { Crowd } from '../../web-demo/demo/generated.mjs';
import { siteOf } from '../../web-demo/demo/site.mjs';
import { readReport, requireBuilt, startStack } from '../../web-demo/demo/stack.mjs';
import { catalog } from '../../web-demo/shop/catalog.mjs';
import { startOrigin } from '../../web-demo/shop/origin.mjs';
import { Traffic } from '../../web-demo/stage/traffic.mjs';
import { newVisit } from './browser.mjs';
import { root } from './stack.mjs';

export const wide = { width: 1440, height: 900 };

/** @returns the demo's stack; `traffic` is the crowd, `report()` reads the store's */
export async function startStage({ log } = {}) {
  requireBuilt();
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-stage-'));
  const stack = await startStack({
    folder,
    rulesets: path.join(root, 'rulesets', 'shop'),
    origin: (trust) => startOrigin(trust),
    ports: { store: 0, edge: 0, tower: 0, stage: 0 },
    log,
    tickets: true,
    say: () => {},
  });
  const stopped = new AbortController();
  const site = await siteOf(stack, 8);
  Object.assign(site, { replayShare: 0.2, isPatient: () => !stopped.signal.aborted });
  const traffic = new Traffic(new Crowd(site, catalog.products), stopped.signal);
  traffic.pace = 'paused';
  stack.stage.join(traffic, site.tally);
  const running = traffic.run();
  after(async () => {
    stopped.abort();
    await running;
    site.agent.destroy();
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { ...stack, folder, traffic, tally: site.tally, report: () => readReport(stack) };
}

/** A browser that nobody has used, with the stage open in it and a page in its frame. */
export async function openStage(shop, { viewport = wide, headers, reducedMotion } = {}) {
  const visit = await newVisit({ viewport, headers });
  if (reducedMotion) await visit.page.emulateMedia({ reducedMotion });
  await visit.page.goto(`${shop.stage.url}/stage/`);
  const frame = visit.page.frameLocator('iframe[title="The shop"]');
  await frame.locator('.brand').waitFor();
  return { ...visit, frame };
}

/** Goes to a step of the walk. */
export const step = (page, name) =>
  page.getByRole('navigation', { name: 'The walk' }).getByRole('button', { name }).click();

export const panel = (page) => page.locator('.step');
export const button = (page, name) => panel(page).getByRole('button', { name });

/** What stands beside a name in the step's panel. */
export const fact = (page, name) =>
  panel(page).locator('.facts > div', { hasText: name }).locator('dd');

/** Until the visitor in the frame is one whom the hero is shown to. */
export async function untilShown(page) {
  for (let tries = 0; tries < 30; tries++) {
    await page.waitForFunction(() => {
      const inFrame = document.querySelector('iframe').contentWindow;
      return inFrame.heed && inFrame.document.readyState === 'complete';
    });
    const hero = await page.evaluate(() => {
      const { contentDocument } = document.querySelector('iframe');
      const state = JSON.parse(contentDocument.getElementById('heed-state').textContent);
      return state.decisions.find(({ slot }) => slot === 'hero') ?? null;
    });
    if (hero && !hero.held_out) return hero;
    await page.getByRole('button', { name: 'Somebody new' }).first().click();
    await page.waitForTimeout(300);
  }
  throw new Error('nobody was shown the hero in 30 views');
}
