// clang-tidy over the sources of core, as many at a time as there are processors. A file that
// passed is left alone until it, a header that it includes or the configuration changes. The
// analyzer takes four times as long as the other checks together and runs with HEED_LONG
// (./dev nightly).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { cppFiles } from './sources.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const passed = path.join(root, 'build', 'clang-tidy');
const read = (file) => readFileSync(path.join(root, file), 'utf8');

const core = cppFiles(root).filter((file) => file.startsWith('core/'));
const checks = process.env.HEED_LONG ? '' : '-clang-analyzer-*';
const configuration = `${checks}\0${read('.clang-tidy')}`;
const texts = new Map(core.map((file) => [file, read(file)]));

/** A file and the headers of core that it includes, through others too: all that could be meant. */
function reached(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name] of texts.get(file).matchAll(/^#include "([^"]+)"/gm))
    for (const header of core.filter((it) => it.endsWith(`/${name}`))) reached(header, seen);
  return seen;
}

function lint(file) {
  return new Promise((resolve) => {
    const options = { cwd: root, maxBuffer: 1 << 26 };
    const args = ['-p', 'build', '--quiet', `--checks=${checks}`, file];
    execFile('clang-tidy', args, options, (error, stdout) => {
      resolve({
        failed: error !== null,
        said: `${stdout}${error?.code === 'ENOENT' ? error : ''}`,
      });
    });
  });
}

mkdirSync(passed, { recursive: true });
describe('clang-tidy', { concurrency: availableParallelism() }, () => {
  for (const file of core.filter((name) => name.endsWith('.cpp'))) {
    test(file, async () => {
      const parts = [...reached(file)].sort().flatMap((it) => [it, texts.get(it)]);
      const key = createHash('sha256')
        .update([configuration, ...parts].join('\0'))
        .digest('hex');
      const stamp = path.join(passed, key);
      if (existsSync(stamp)) return;
      const { failed, said } = await lint(file);
      assert.ok(!failed, said);
      writeFileSync(stamp, '');
    });
  }
});
