// A score decays to the same bits in Node, workerd and Chromium, in the module that visitors load;
// tests/vectors/decay_test.cpp holds native to the same digest.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createRuntime, verifyRuleset } from 'heed';
import { startWorkerd } from 'heed-edge/dev';

import { bundled, compile, key, keys, signed, sourceModule, wasm } from './bed.mjs';
import { launch, serve } from './chromium.mjs';

const file = new URL('../../tests/vectors/decay/decay.json', import.meta.url);
const vector = JSON.parse(readFileSync(file, 'utf8'));
const ruleset = Buffer.from(signed(compile(vector.source), [key]));
const module = '../../test/decay.mjs';

test('in Node, which reads a million scores', async () => {
  const { decayDigest } = await sourceModule(module);
  const verified = await verifyRuleset(ruleset, { keys, now: 0 });
  const digest = (changed) =>
    decayDigest(createRuntime({ wasm, ruleset: verified }), { ...vector, ...changed });
  assert.equal(Object.keys(vector.source.features).length * vector.steps, 1_000_000);
  assert.equal(digest({}), vector.digest);
  assert.notEqual(digest({ steps: 9 }), digest({ steps: 9, seed: vector.seed + 1 }));
});

test('in workerd', async () => {
  const entry = fileURLToPath(new URL('decay_worker.mjs', import.meta.url));
  const worker = await startWorkerd({ entry });
  try {
    const body = JSON.stringify({ ruleset: ruleset.toString('base64'), keys, vector });
    const response = await fetch(worker.url, { method: 'POST', body });
    assert.equal(await response.text(), vector.digest);
  } finally {
    await worker.stop();
  }
});

const script = `
import { createRuntime, verifyRuleset } from '/dist/index.js';
import { decayDigest } from '/decay.js';
const bytes = async (path) => (await fetch(path)).arrayBuffer();
window.digest = async (keys) => {
  const wasm = new WebAssembly.Module(await bytes('/dist/heed.wasm'));
  const ruleset = await verifyRuleset(new Uint8Array(await bytes('/decay.heed')), { keys, now: 0 });
  const vector = JSON.parse(new TextDecoder().decode(await bytes('/vector.json')));
  return decayDigest(createRuntime({ wasm, ruleset }), vector);
};`;

test('in Chromium', async () => {
  const site = await serve({
    '/': '<!doctype html><title>t</title><script type="module" src="/page.js"></script>',
    '/page.js': script,
    '/decay.js': await bundled(module),
    '/decay.heed': ruleset,
    '/vector.json': JSON.stringify(vector),
  });
  const browser = await launch();
  try {
    const tab = await browser.newPage();
    await tab.goto(site.url);
    await tab.waitForFunction('window.digest');
    assert.equal(await tab.evaluate((known) => window.digest(known), keys), vector.digest);
  } finally {
    await browser.close();
    await site.close();
  }
});
