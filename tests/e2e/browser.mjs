// Real Chromium, as Debian ships it. A visit is one browser profile that nobody has used before.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

import { root } from './stack.mjs';

const executablePath = '/usr/bin/chromium';
export const desktop = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

const args = ['--no-sandbox', '--disable-dev-shm-usage'];
const running = new Map();
/** @param keeps  whether pages that are left are kept aside for going back, as people's are */
async function browser(keeps) {
  if (!running.has(keeps)) {
    const ignoreDefaultArgs = keeps ? ['--disable-back-forward-cache'] : [];
    running.set(keeps, chromium.launch({ executablePath, args, ignoreDefaultArgs }));
  }
  return running.get(keeps);
}
after(async () => {
  for (const launched of running.values()) await (await launched).close();
});

/** Watches a page from before its first script: shifts, changes inside slots, broken rules. */
function watch() {
  const seen = { shifts: [], changes: [], violations: [], errors: [] };
  Object.defineProperty(window, 'seen', { value: seen });
  const shifts = new PerformanceObserver((list) => {
    for (const { value, startTime, sources } of list.getEntries()) {
      const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
      const moved = sources.map(({ node, previousRect, currentRect }) => {
        const what = node?.className || node?.textContent?.trim().slice(0, 20);
        return `${node?.nodeName} ${what} (${box(previousRect)}) to (${box(currentRect)})`;
      });
      seen.shifts.push({ at: startTime, moved: `${value}: ${moved.join(', ')}` });
    }
  });
  shifts.observe({ type: 'layout-shift', buffered: true });
  addEventListener('error', ({ message }) => seen.errors.push(message));
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    seen.violations.push(`${violatedDirective} ${blockedURI}`),
  );
  addEventListener('DOMContentLoaded', () => {
    const changes = new MutationObserver((records) => {
      for (const { target, type } of records) {
        const element = target instanceof Element ? target : target.parentElement;
        const slot = element?.closest('[data-heed-slot]');
        if (slot) seen.changes.push(`${type} in ${slot.dataset.heedSlot}`);
      }
    });
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    changes.observe(document.body, all);
  });
}

/**
 * A new visitor with an empty profile.
 *
 * @returns {context, page, sent}: `sent` lists the batches that left for the edge
 */
export async function newVisit({
  viewport = desktop,
  script = true,
  headers = {},
  keeps = false,
} = {}) {
  const context = await (
    await browser(keeps)
  ).newContext({ viewport, javaScriptEnabled: script, extraHTTPHeaders: headers });
  const page = await context.newPage();
  if (script) await page.addInitScript(watch);
  const sent = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/_heed/outcomes') sent.push(request);
  });
  return { context, page, sent };
}

/** The state that the edge embedded, null where it left the page alone. */
export async function stateOf(page) {
  const text = await page.locator('#heed-state').textContent({ timeout: 1000 });
  return text === null ? null : JSON.parse(text);
}

/**
 * Opens a page anew until one of its slots is shown, not held out: without consent every view draws
 * again.
 */
export async function openShown(page, url, slot, tries = 25) {
  for (let i = 0; i < tries; i++) {
    const response = await page.goto(url);
    const heed = response.headers()['x-heed'];
    if (!heed?.startsWith('ok')) continue;
    const decision = (await stateOf(page)).decisions.find((it) => it.slot === slot);
    if (decision && !decision.held_out) return { response, decision };
  }
  throw new Error(`slot '${slot}' was not shown at ${url} in ${tries} views`);
}

/** Chooses in the consent bar. */
export const choose = (page, grant) => page.locator(`#consent button[value="${grant}"]`).click();
export const everything = 'analytics.personalisation';

/** All that a site can have left in this profile. */
export async function traces({ context, page }) {
  const storage = await page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  const cookies = (await context.cookies()).map(({ name }) => name);
  return { cookies, ...storage };
}

/** Keeps a picture for people under build/e2e. */
export async function picture(page, name) {
  const folder = path.join(root, 'build', 'e2e');
  mkdirSync(folder, { recursive: true });
  return page.screenshot({ path: path.join(folder, `${name}.png`) });
}
