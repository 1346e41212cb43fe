// What the long watch takes and tells; it runs for hours itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { options, summary } from './nightly.mjs';

const program = fileURLToPath(new URL('nightly.mjs', import.meta.url));
const run = (...args) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

test('takes an hour and ten million images unless told otherwise', () => {
  assert.deepEqual(options([]), { seconds: 3600, images: 10_000_000, only: [] });
  const given = options(['--seconds', '90', '--images', '5', '--only', 'asan,fuzz']);
  assert.deepEqual(given, { seconds: 90, images: 5, only: ['asan', 'fuzz'] });
});

test('a wrong call ends with 2 and says how it is called', () => {
  for (const args of [
    ['--seconds', '0'],
    ['--images', 'many'],
    ['--hours', '1'],
    ['--only', 'x'],
  ]) {
    const { status, stderr } = run(...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, /usage: \.\/dev nightly|no stage has such a name/);
  }
});

test('tells what each stage did, and every finding below it', () => {
  const rows = [
    { name: 'fuzz', time: '60 min', did: '9 targets', found: [] },
    { name: 'asan tests', time: '9 s', did: '12 passed', found: ['ended with 8', 'another'] },
  ];
  assert.equal(
    summary(rows),
    'fuzz        60 min  9 targets  nothing found\n' +
      'asan tests     9 s  12 passed  2 found\n' +
      '  ! ended with 8\n' +
      '  ! another',
  );
});
