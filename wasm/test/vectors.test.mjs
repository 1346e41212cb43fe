// tests/vectors/*.json through heed.wasm and the package's own API, and through decide.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createHeedSync, verifyRuleset } from 'heed';

import { compile, key, keys, signed, wasm } from './bed.mjs';
import { play } from './play.mjs';

const folder = fileURLToPath(new URL('../../tests/vectors/', import.meta.url));
const decide = fileURLToPath(new URL('../decide.mjs', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'heed-vectors-'));
after(() => rmSync(scratch, { recursive: true }));

const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const isLine = ({ expect }) => expect !== null && 'error' in expect;
const sourceOf = ({ rulesets }, name) =>
  rulesets?.[name] ?? JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

test('there are vectors', () => assert.ok(files.length >= 10));

for (const file of files) {
  const { spec_version: version, vectors, ...rest } = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
  describe(file, () => {
    test('is of the version that this test reads', () => assert.equal(version, 1));
    const images = new Map();
    const imageOf = (name) => {
      if (!images.has(name)) images.set(name, compile(sourceOf(rest, name)));
      return images.get(name);
    };
    for (const vector of vectors) {
      // A line that is refused is the studio's parser's business; the package takes values, not lines.
      if (!isLine(vector)) {
        test(`package: ${vector.name}`, async () => {
          const image = imageOf(vector.ruleset);
          const ruleset = await verifyRuleset(signed(image, [key]), { keys, now: 0 });
          const answer = play((options) => createHeedSync({ wasm, ruleset, ...options }), vector.in);
          assert.equal(JSON.stringify(answer), JSON.stringify(vector.expect));
        });
      }
      test(`decide.mjs: ${vector.name}`, () => {
        const image = path.join(scratch, `${file}-${vector.ruleset}.heed`);
        writeFileSync(image, imageOf(vector.ruleset));
        const input = typeof vector.in === 'string' ? vector.in : JSON.stringify(vector.in);
        const { stdout, status } = spawnSync(process.execPath, [decide, image], { input, encoding: 'utf8' });
        assert.equal(status, isLine(vector) ? 1 : 0);
        if (!isLine(vector)) assert.equal(stdout, vector.expect === null ? '' : `${JSON.stringify(vector.expect)}\n`);
        else assert.equal(JSON.parse(stdout).line, vector.expect.line);
      });
    }
  });
}
