// Shows an address in the person's own browser, where there is one.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const settleMs = 1500;
const openers = ['xdg-open', 'open', 'sensible-browser', 'chromium', 'google-chrome', 'firefox'];

/** @returns null where it runs, else why not */
async function run(command, address) {
  const child = spawn(command, [address], { stdio: 'ignore', detached: true });
  child.unref();
  const ended = new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ? `it ended with ${code}` : null));
    child.once('error', (error) => resolve(error.message));
  });
  return Promise.race([ended, sleep(settleMs, null, { ref: false })]);
}

/** @returns one sentence for the terminal: what was opened, or what to do where nothing can be */
export async function openBrowser(address, env = process.env) {
  const byHand = `open ${address} yourself.`;
  const { BROWSER: own } = env;
  if (own === 'none') return `No browser is opened, as BROWSER says; ${byHand}`;
  const hasScreen = own || process.platform === 'darwin' || env.DISPLAY || env.WAYLAND_DISPLAY;
  if (!hasScreen) return `There is no screen here to show a browser on; ${byHand}`;
  for (const command of own ? [own] : openers) {
    if ((await run(command, address)) === null) return `It opens in your browser (${command}).`;
  }
  return own
    ? `BROWSER names '${own}', which does not start; ${byHand}`
    : `No browser was found; ${byHand}`;
}
