// The demo's own stack in a folder of its own, on free ports, for one test file.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startWorkerd } from 'heed-edge/dev';

import { readReport, requireBuilt, startStack } from '../../web-demo/demo/stack.mjs';
import { startOrigin } from '../../web-demo/shop/origin.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const worker = path.join(root, 'web-demo', 'edge', 'worker.mjs');

/**
 * Store, origin and edge, with the shop's ruleset published.
 *
 * @param options.before  stands before the shop: {url, stop} of one for that of the other
 * @param options.log     recorded visitors for the tower
 * @returns the demo's stack; `report()` reads the store's; `edgeWith(bindings)` starts another edge
 *   of the same shop
 */
export async function startShop({
  rulesets = path.join(root, 'rulesets', 'shop'),
  before = (origin) => origin,
  log,
} = {}) {
  requireBuilt();
  const folder = await mkdtemp(path.join(tmpdir(), 'heed-e2e-'));
  const stack = await startStack({
    folder,
    rulesets,
    origin: async (trust) => before(await startOrigin(trust)),
    ports: { store: 0, edge: 0, tower: 0 },
    log,
    tickets: true,
    say: () => {},
  });
  const edgeWith = async (bindings) => {
    const { site, store } = stack;
    const edge = await startWorkerd({
      entry: worker,
      bindings: {
        SITE: site,
        KEYS: JSON.stringify([stack.key]),
        RULESET: `${store.url}/v1/${site}/ruleset`,
        OUTCOMES: `${store.url}/v1/${site}/outcomes`,
        INGEST_KEY: stack.keys.ingest,
        TICKET_KEY: stack.keys.ticket,
        MEMBER_KEY: stack.keys.member,
        ORIGIN: stack.shop.url,
        ...bindings,
      },
    });
    after(() => edge.stop());
    return edge;
  };
  after(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { ...stack, folder, edgeWith, report: () => readReport(stack) };
}

/** The signed ruleset that the store serves. */
export async function publishedRuleset({ store, site, keys }) {
  const headers = { authorization: `Bearer ${keys.read}` };
  const answer = await fetch(`${store.url}/v1/${site}/ruleset`, { headers });
  return Buffer.from(await answer.arrayBuffer());
}

/** The package as a page loads it, for tests that put it into a page themselves. */
export const packageScript = () => readFile(path.join(root, 'wasm', 'dist', 'index.js'), 'utf8');

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until `test` holds of the answer; @returns {answer, ms}: what came, and after how long */
export async function until(ask, test, limitMs = 5000) {
  const start = performance.now();
  for (;;) {
    const answer = await ask();
    const ms = performance.now() - start;
    if (test(answer)) return { answer, ms };
    if (ms > limitMs) throw new Error(`not so within ${limitMs} ms: ${JSON.stringify(answer)}`);
    await sleep(20);
  }
}
