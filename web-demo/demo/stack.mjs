// Starts and stops the parts of the demo on loopback: keys, store, ruleset, origin, edge.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startWorkerd } from 'heed-edge/dev';

import { startTower } from '../tower/serve.mjs';

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
      ...(keyring ? ['--keyring', keyring] : []),
      '--json',
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

/** A page of the shop on which each slot stands. */
const pages = {
  strip: '/',
  hero: '/',
  product_offer: '/p/frog-wellies',
  product_promise: '/p/frog-wellies',
  product_urgency: '/p/frog-wellies',
  product_story: '/p/frog-wellies',
  cart_banner: '/cart',
  capture: '/',
};

const keyringAt = (store, site) => `${store.url}/v1/${site}/keyring`;

async function putKeyring(store, site, keys, file) {
  const answer = await fetch(keyringAt(store, site), {
    method: 'PUT',
    headers: { authorization: `Bearer ${keys.publish}`, 'content-type': 'application/json' },
    body: await readFile(file),
  });
  if (!answer.ok) throw new DemoError(`the store's keyring: ${answer.status}`);
}

async function keysOf(store, site) {
  const { roles } = await (await fetch(keyringAt(store, site))).json();
  return roles.release.keys;
}

function newKeys(tickets) {
  const names = ['ingest', 'read', 'publish', 'member', 'preview', ...(tickets ? ['ticket'] : [])];
  return Object.fromEntries(names.map((name) => [name, randomKey()]));
}

/** What the edge is told of the store and of the keys. */
const bindingsOf = ({ site, key, keys, store }) => ({
  SITE: site,
  KEYS: JSON.stringify([key]),
  KEYRING: keyringAt(store, site),
  RULESET: `${store.url}/v1/${site}/ruleset`,
  OUTCOMES: `${store.url}/v1/${site}/outcomes`,
  INGEST_KEY: keys.ingest,
  ...(keys.ticket && { TICKET_KEY: keys.ticket }),
  MEMBER_KEY: keys.member,
  PREVIEW_KEY: keys.preview,
});

/**
 * @param options.folder    the state folder: keys, database, logs
 * @param options.rulesets  the ruleset's source folder
 * @param options.origin    starts the shop, whose script trusts `keys`, whose memberships
 *                          `memberKey` signs and which `frames` may show:
 *                          ({keys, memberKey, frames}) => {url, stop}
 * @param options.ports     {store, edge, tower}, 0 for any free one
 * @param options.log       recorded visitors for the tower: {text}; left out: none
 * @param options.tickets   false where visitors live in another time
 * @param options.say       prints a line
 */
export async function startStack({ folder, rulesets, origin, ports, log, tickets, say }) {
  const parts = [];
  const stop = async () => {
    for (const part of parts.splice(0).reverse()) await part.stop();
  };
  try {
    const keys = newKeys(tickets);
    const name = path.join(folder, 'release');
    const site = JSON.parse(await readFile(path.join(rulesets, 'site.heed.json'), 'utf8')).site;
    await heed('keys', 'new', name, '--site', site);
    const key = JSON.parse(await readFile(`${name}.pub.json`, 'utf8')).public;
    say('keys made');
    const keyring = `${name}.keyring.json`;
    const store = await startStore({ folder, port: ports.store, keys });
    parts.push(store);
    await putKeyring(store, site, keys, keyring);
    say('store up');
    const to = ['--store', store.url, '--token', keys.publish];
    await heed('push', rulesets, '--key', `${name}.key.json`, ...to);
    say('ruleset checked, signed, published');
    // Whose rulesets pages trust: keys that are made in the tower join while the demo runs.
    const trusted = [key];
    let edge;
    const tower = await startTower({
      port: ports.tower,
      store: store.url,
      site,
      edge: () => edge?.url ?? '',
      pages,
      visitors: log && (() => log.text),
      onKeyring: async () => trusted.splice(0, Infinity, ...(await keysOf(store, site))),
    });
    parts.push(tower);
    const shop = await origin({ keys: trusted, memberKey: keys.member, frames: tower.url });
    parts.push(shop);
    edge = await startWorkerd({
      entry: fileURLToPath(new URL('../edge/worker.mjs', import.meta.url)),
      port: ports.edge,
      bindings: {
        ...bindingsOf({ site, key, keys, store }),
        DRAFTS: `${tower.url}/drafts/`,
        ORIGIN: shop.url,
        FORGED_CLOCK: tickets ? '' : 'yes',
      },
    });
    parts.push(edge);
    say('shop up, edge in workerd before it');
    const access = new URLSearchParams({ publish: keys.publish, preview: keys.preview });
    const console = `${tower.url}/#${access}`;
    return { site, keys, key, trusted, keyring, store, shop, edge, tower, console, stop };
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
