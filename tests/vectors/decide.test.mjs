// The vectors through the command, as a user runs it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { draw, xxh64 } from './draw.mjs';
import { check, vectorGroups } from './vectors.mjs';

const built = fileURLToPath(new URL('../../build/heed', import.meta.url));
const heed = process.env.HEED_COMMAND ?? built;
const folder = mkdtempSync(path.join(tmpdir(), 'heed-vectors-'));
after(() => rmSync(folder, { recursive: true }));

function run(args, input = '') {
  const { status, stdout, stderr, error } = spawnSync(heed, args, { input, encoding: 'utf8' });
  assert.equal(error, undefined);
  return { status, stdout, stderr };
}

describe('heed decide', () => {
  vectorGroups().forEach(({ title, source, vectors }, i) => {
    test(title, () => {
      const file = path.join(folder, `${i}.heed`);
      writeFileSync(`${file}.json`, source);
      const built = run(['build', `${file}.json`, '-o', file]);
      assert.equal(built.status, 0, built.stderr);
      const input = vectors.map(({ line }) => `${line}\n`).join('');
      const decided = run(['decide', file], input);
      const lines = decided.stdout.split('\n');
      assert.equal(lines.pop(), '');
      assert.equal(lines.length, vectors.length, decided.stdout);
      vectors.forEach((vector, at) => check(vector, lines[at]));
      assert.equal(decided.status, vectors.some(({ code }) => code) ? 1 : 0);
    });
  });
});

// The check values of xxHash's own sanity test.
test('the tool that worked the draws out agrees with published values', () => {
  assert.equal(xxh64('', 0n), 0xef46db3751d8e999n);
  assert.equal(xxh64('a', 0n), 0xd24ec4f1a98c6e5bn);
  assert.equal(xxh64('abc', 0n), 0x44bc2cf5ad770999n);
  assert.equal(draw('t', 'u1', 'p/r0/arm'), 2727609322);
});
