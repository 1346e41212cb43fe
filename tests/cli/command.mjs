// Runs the command as a user does, in a folder of its own.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../build/heed', import.meta.url));
export const heedCommand = process.env.HEED_COMMAND ?? built;

/** A folder that goes when the tests of the file have ended, and the command run inside it. */
export function bed() {
  const folder = mkdtempSync(path.join(tmpdir(), 'heed-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name) => path.join(folder, name);
  const env = { ...process.env, HEED_STORE: '', HEED_TOKEN: '' };
  delete env.HEED_STORE;
  delete env.HEED_TOKEN;

  /** A crash, a hang or a signal fails here, whatever the test asks for. */
  function heed(...args) {
    const input = typeof args.at(-1) === 'object' ? args.pop().input : '';
    const run = spawnSync(heedCommand, args, {
      cwd: folder,
      env,
      input,
      timeout: 20_000,
      maxBuffer: 1 << 28,
    });
    // Who refuses its arguments has ended before it reads what it is given.
    const isUnread = run.error?.code === 'EPIPE' && run.status !== null;
    assert.equal(isUnread ? undefined : run.error, undefined, `heed ${args.join(' ')}`);
    assert.equal(run.signal, null, `heed ${args.join(' ')} was killed by ${run.signal}`);
    assert.ok([0, 1, 2, 3].includes(run.status), `heed ${args.join(' ')} ended ${run.status}`);
    return { status: run.status, out: run.stdout.toString(), err: run.stderr.toString() };
  }

  /** Runs a shell command on a terminal of its own, as somebody who types `input`. */
  function onTerminal(command, input) {
    const run = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: folder,
      env,
      input,
      timeout: 20_000,
    });
    assert.equal(run.error, undefined, command);
    assert.equal(run.signal, null, command);
    return run.stdout.toString();
  }

  return {
    at,
    heed,
    onTerminal,
    /** The same, and it must succeed. */
    done(...args) {
      const run = heed(...args);
      assert.equal(run.status, 0, run.err);
      return run;
    },
    start: (...args) => spawn(heedCommand, args, { cwd: folder, env }),
    read: (name) => readFileSync(at(name)),
    write: (name, content) => writeFileSync(at(name), content),
  };
}

/** Site `t`: one trigger, one slot, version 1, no expiry worth mentioning. */
export const source = {
  site: 't',
  version: 1,
  expires: '2099-01-01T00:00:00Z',
  attributes: { country: { type: 'string' }, hour: { type: 'number' } },
  slots: { hero: {} },
  triggers: {
    r0: {
      slot: 'hero',
      when: "country in ['DE','AT'] && hour >= 8",
      parts: { arm: ['a', 'b'] },
      policy: { split: { arm: { a: 0.5, b: 0.5 } } },
    },
  },
};

export const visitor =
  '{"visitor":"u1","now":"2026-11-20T10:00:00Z",' +
  '"attributes":{"country":"DE","hour":9},"slots":["hero"]}';
