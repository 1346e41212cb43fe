// The demo's state folder: one demo at a time lives in it, and leaves nothing behind.
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';

import { DemoError } from './stack.mjs';

/** Whether `pid` is a demo that runs; another process may have got the number of one that died. */
async function isDemo(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'demo.mjs');
  return command.includes('demo.mjs');
}

/**
 * Takes the folder; what an earlier demo left in it goes.
 *
 * @returns a function that gives it back and removes it
 * @throws DemoError where another demo runs
 */
export async function takeFolder(folder) {
  const file = path.join(folder, 'pid');
  const other = Number(await readFile(file, 'utf8').catch(() => ''));
  if (other && (await isDemo(other)))
    throw new DemoError(`a demo is running already (process ${other}); stop it with Ctrl-C first`);
  await rm(folder, { recursive: true, force: true });
  const temporary = path.join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const handle = await open(file, 'wx');
  await handle.writeFile(String(process.pid));
  await handle.close();
  // What the parts put aside stays in the folder too.
  process.env.TMPDIR = temporary;
  return () => rm(folder, { recursive: true, force: true });
}

/** @throws DemoError where something else listens on the port */
export async function requireFree(port) {
  const server = net.createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  }).catch(({ code }) => {
    throw new DemoError(
      `port ${port} cannot be used (${code}); stop what uses it, or give another with --port N`,
    );
  });
  await new Promise((resolve) => server.close(resolve));
}
