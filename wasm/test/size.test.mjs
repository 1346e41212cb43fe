// What a visitor downloads may not grow unnoticed. `./dev bench size` says where the bytes go; a
// ceiling is what was reached and 3 %, and moves down with it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';

const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
const brotli = (name) =>
  brotliCompressSync(readFileSync(new URL(`../dist/${name}`, import.meta.url)), { params }).length;

const ceilings = { 'heed.wasm': 47_400, 'index.js': 18_700, 'slot.js': 380 };

for (const [name, ceiling] of Object.entries(ceilings)) {
  test(`${name} is at most ${ceiling} bytes brotli`, () => {
    const size = brotli(name);
    assert.ok(size <= ceiling, `${size} bytes: see ./dev bench size`);
  });
}
