// Starts and stops the parts of the demo on loopback: keys, store, ruleset, origin, edge.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startWorkerd } from 'heed-edge/dev';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const command = path.join(root, 'build', 'heed');
const startTimeoutMs = 15_000;

/** A key for one purpose of this demo: it lives as long as the state folder. */
const randomKey = () =>
  crypto
    .getRandomValues(new Uint8Array(24))
    .reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');

export class DemoError extends Error {}

export function requireBuilt() {
  for (const file of [command, path.join(root, 'wasm', 'dist', 'heed.wasm')]) {
    if (!existsSync(file))
      throw new DemoError(`${path.relative(root, file)} is missing: run ./dev build first`);
  }
}

async function heed(...args) {
  try {
    return await run(command, args);
  } catch (error) {
    throw new DemoError(`heed ${args[0]} failed: ${error.stderr || error.message}`.trim());
  }
}

/** No list of processes shows the environment. */
const secrets = ({ ingest, read, publish, ticket }) => ({
  HEED_INGEST_KEY: ingest,
  HEED_READ_KEY: read,
  HEED_PUBLISH_KEY: publish,
  ...(ticket && { HEED_TICKET_KEY: ticket }),
});

/** Runs `heed serve` until `stop`; @returns {url, pid, stop} */
export async function startStore({ folder, port = 0, keys, keyring }) {
  const child = spawn(
    command,
    [
      ...['serve', '--dir', path.join(folder, 'store'), '--port', String(port)],
      ...['--keyring', keyring, '--json'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...secrets(keys) } },
  );
  let said = '';
  child.stderr.on('data', (data) => (said = (said + data).slice(-4096)));
  const url = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new DemoError(`the store ${why}: ${said.trim()}`));
    const timer = setTimeout(() => fail(`did not start in ${startTimeoutMs} ms`), startTimeoutMs);
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      const found = /http:\/\/[0-9.:[\]]+/.exec(text)?.[0];
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { url, pid: child.pid, stop };
}

/**
 * @param options.folder    the state folder: keys, database, logs
 * @param options.rulesets  the ruleset's source folder
 * @param options.origin    starts the shop, whose script trusts `key` and whose memberships
 *                          `secret` signs: (key, secret) => {url, stop}
 * @param options.ports     {store, edge}, 0 for any free one
 * @param options.tickets   false where visitors live in another time
 * @param options.say       prints a line
 */
export async function startStack({ folder, rulesets, origin, ports, tickets, say }) {
  const parts = [];
  const stop = async () => {
    for (const part of parts.splice(0).reverse()) await part.stop();
  };
  try {
    const keys = {
      ingest: randomKey(),
      read: randomKey(),
      publish: randomKey(),
      member: randomKey(),
    };
    if (tickets) keys.ticket = randomKey();
    const name = path.join(folder, 'release');
    const site = JSON.parse(await readFile(path.join(rulesets, 'site.heed.json'), 'utf8')).site;
    await heed('keys', 'new', name, '--site', site);
    const key = JSON.parse(await readFile(`${name}.pub.json`, 'utf8')).public;
    say('keys made');
    const keyring = `${name}.keyring.json`;
    const store = await startStore({ folder, port: ports.store, keys, keyring });
    parts.push(store);
    say('store up');
    await heed(
      'push',
      rulesets,
      '--key',
      `${name}.key.json`,
      '--store',
      store.url,
      '--token',
      keys.publish,
    );
    say('ruleset checked, signed, published');
    const shop = await origin(key, keys.member);
    parts.push(shop);
    const edge = await startWorkerd({
      entry: fileURLToPath(new URL('../edge/worker.mjs', import.meta.url)),
      port: ports.edge,
      bindings: {
        SITE: site,
        KEYS: JSON.stringify([key]),
        RULESET: `${store.url}/v1/${site}/ruleset`,
        OUTCOMES: `${store.url}/v1/${site}/outcomes`,
        INGEST_KEY: keys.ingest,
        ...(keys.ticket && { TICKET_KEY: keys.ticket }),
        MEMBER_KEY: keys.member,
        ORIGIN: shop.url,
        FORGED_CLOCK: tickets ? '' : 'yes',
      },
    });
    parts.push(edge);
    say('shop up, edge in workerd before it');
    return { site, keys, key, keyring, store, shop, edge, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reads the store's report. */
export async function readReport({ store, site, keys }) {
  const headers = { authorization: `Bearer ${keys.read}` };
  const answer = await fetch(`${store.url}/v1/${site}/report`, { headers });
  if (!answer.ok)
    throw new DemoError(`the store's report: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
