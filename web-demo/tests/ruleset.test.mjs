// The shop's ruleset fits the shop: what its triggers say, show and promise is there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { planted } from '../demo/generated.mjs';
import { isCode } from '../shop/till.mjs';
import { Visit, startShop } from './visit.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rulesets = path.join(root, 'rulesets');
const run = promisify(execFile);
const heed = (...args) => run(path.join(root, 'build', 'heed'), args);

async function merged(folder) {
  const source = {};
  for (const name of await readdir(folder)) {
    const part = JSON.parse(await readFile(path.join(folder, name), 'utf8'));
    for (const [key, value] of Object.entries(part)) {
      if (typeof value === 'object') source[key] = { ...source[key], ...value };
    }
  }
  return source;
}
const source = await merged(path.join(rulesets, 'shop'));
const triggers = Object.entries(source.triggers);
const onPages = triggers.filter(([, { slot }]) => source.slots[slot].channel === 'page');

const shop = await startShop();
const visit = new Visit(shop);
const addresses = ['/', '/c/kids', '/p/frog-wellies', '/cart'];
const pages = await Promise.all(addresses.map(async (it) => (await visit.open(it)).html));

test('the compiler has nothing to say about the shop, and takes every example', async () => {
  const { stdout, stderr } = await heed('check', path.join(rulesets, 'shop'));
  assert.match(stdout + stderr, /ok, 0 warning/);
  const examples = await readdir(path.join(rulesets, 'examples'));
  assert.ok(examples.length >= 2);
  for (const name of examples) await heed('check', path.join(rulesets, 'examples', name));
});

describe('a trigger', () => {
  for (const [name, trigger] of triggers) {
    test(`${name} says what, whose and why, and keeps a holdout`, () => {
      for (const key of ['name', 'owner', 'hypothesis']) assert.ok(trigger[key], key);
      assert.ok(trigger.holdout >= 0.1 && trigger.holdout <= 0.5);
    });
  }
  for (const [name, { slot, parts }] of onPages) {
    test(`${name} fills parts that the page has in that slot`, () => {
      const own = pages.map((html) => {
        const from = html.indexOf(`data-heed-slot="${slot}"`);
        return from < 0 ? '' : html.slice(from, html.indexOf('</section>', from));
      });
      for (const part of Object.keys(parts)) {
        assert.ok(
          own.some((html) => html.includes(`data-heed-part="${part}"`)),
          part,
        );
      }
    });
  }
});

describe('an asset', () => {
  const assets = Object.entries(source.assets);
  for (const [name, { kind, src, href, alt }] of assets) {
    if (kind === 'image' || kind === 'link') {
      test(`${name} points at something that the shop has`, async () => {
        assert.equal((await visit.open(src ?? href)).status, 200);
        if (kind === 'image') assert.ok(alt);
      });
    }
  }
  test('promises no code that the till does not know', () => {
    const codes = assets.flatMap(([, { text }]) => /\bcode ([A-Z][A-Z0-9]+)/.exec(text)?.[1] ?? []);
    assert.ok(codes.length >= 3);
    for (const code of codes) assert.ok(isCode(code), code);
  });
});

test('what is planted is what the trials say', () => {
  for (const [name, { slot, text }] of Object.entries(planted)) {
    const trigger = source.triggers[name];
    assert.equal(trigger.slot, slot);
    assert.equal(trigger.holdout, 0.5);
    assert.ok(trigger.parts.message[0].includes(text));
    assert.equal(
      pages.some((html) => html.includes(text)),
      false,
      'the fallback says it too',
    );
    assert.deepEqual(triggers.filter(([, it]) => it.slot === slot).length, 1, 'the slot is shared');
  }
});
