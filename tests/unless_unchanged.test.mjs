// A build that is skipped must be one that would have made the same again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../cmake/unless_unchanged.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'heed-unchanged-'));
after(() => rmSync(folder, { recursive: true }));
const put = (name, text) => writeFileSync(path.join(folder, name), text);
const read = (name) => readFileSync(path.join(folder, name), 'utf8');

for (const name of ['in', 'in/deep', 'in/left', 'out']) mkdirSync(path.join(folder, name));
put('in/a', '1');
put('in/deep/b', '2');
put('in/left/c', '3');
put('lock', 'x');
put('runs', '');

/** Builds, perhaps. @returns {ran, status} */
function build(command = 'cat in/a in/deep/* > out/made') {
  const before = read('runs').length;
  const args = ['stamp', 'in', 'lock', '!in/left', '--', 'out', '--', 'sh', '-c'];
  const shell = `printf r >> runs; ${command}`;
  const { status } = spawnSync('node', [script, ...args, shell], { cwd: folder });
  return { ran: read('runs').length > before, status };
}
const runs = { ran: true, status: 0 };
const skips = { ran: false, status: 0 };

test('a build runs once, and again after each change of what it reads or made', () => {
  assert.deepEqual(build(), runs);
  assert.deepEqual(build(), skips);
  const remove = (name) => rmSync(path.join(folder, name));
  const changes = {
    'an input': () => put('in/a', '4'),
    'an input further down': () => put('in/deep/b', '5'),
    'a new input': () => put('in/deep/new', '6'),
    'an input taken away': () => remove('in/deep/new'),
    'a lone file': () => put('lock', 'y'),
    'an output': () => put('out/made', 'something else'),
    'an output taken away': () => remove('out/made'),
    'a stray output': () => put('out/stray', ''),
  };
  for (const [what, change] of Object.entries(changes)) {
    change();
    assert.deepEqual(build(), runs, what);
    assert.deepEqual(build(), skips, what);
  }
  put('in/left/c', '7');
  assert.deepEqual(build(), skips, 'what is left out');
  assert.equal(read('out/made'), '45');
});

test('contents that move from one file to another are a change', () => {
  build();
  put('in/a', '');
  put('in/deep/b', '45');
  assert.deepEqual(build(), runs);
});

test('another command is another build', () => {
  build();
  assert.deepEqual(build('cat in/a > out/made'), runs);
});

test('a build that fails is tried again, and says so', () => {
  assert.deepEqual(build('exit 3'), { ran: true, status: 3 });
  assert.deepEqual(build('exit 3'), { ran: true, status: 3 });
  assert.deepEqual(build(), runs);
});

test('an input that changes while it is read makes the next call run', () => {
  const command = 'cat in/a > out/made; printf changed > in/a';
  put('in/a', 'first');
  assert.deepEqual(build(command), runs);
  assert.deepEqual(build(command), runs);
  assert.deepEqual(build(command), skips);
});
