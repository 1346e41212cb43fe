// Starts and stops the parts of the demo on loopback: keys, store, ruleset, origin, edge.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { startWorkerd } from 'heed-edge/dev';

import { planted as plantedEffects } from './generated.mjs';
import { Stage } from '../stage/start.mjs';
import { startTower } from '../tower/serve.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const command = path.join(root, 'build', 'heed');
const startTimeoutMs = 15_000;
/** What a page has begun to ask of an edge is answered before that edge ends. */
const drainMs = 500;

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

/** Starts `heed serve`; @returns {url, child}: where it listens, once it does */
async function serve({ folder, port = 0, keys }) {
  const child = spawn(
    command,
    ['serve', '--dir', path.join(folder, 'store'), '--port', String(port), '--json'],
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
  return { url, child };
}

const isRunning = (child) => child.exitCode === null && child.signalCode === null;
async function end(child, signal) {
  if (!isRunning(child)) return;
  child.kill(signal);
  await once(child, 'exit');
}

/**
 * Runs the store until `stop`.
 *
 * @returns {url, pid, isUp, kill, restart, stop}: `kill` ends the process as a power cut would,
 *   `restart` starts another on the same folder and port
 */
export async function startStore(options) {
  let { url, child } = await serve(options);
  const port = Number(new URL(url).port);
  return {
    url,
    get pid() {
      return child.pid;
    },
    get isUp() {
      return isRunning(child);
    },
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      if (!isRunning(child)) ({ child } = await serve({ ...options, port }));
    },
    stop: () => end(child, 'SIGTERM'),
  };
}

/** Runs the edge until `stop`; `restart` puts a new one in its place, on another port. */
async function startEdge(port, bindings) {
  const entry = fileURLToPath(new URL('../edge/worker.mjs', import.meta.url));
  let running = await startWorkerd({ entry, port, bindings });
  return {
    get url() {
      return running.url;
    },
    get pid() {
      return running.pid;
    },
    restart: async () => {
      const before = running;
      running = await startWorkerd({ entry, bindings });
      await sleep(drainMs);
      await before.stop();
    },
    stop: () => running.stop(),
  };
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
const bindingsOf = ({ site, key, keys }, store) => ({
  SITE: site,
  KEYS: JSON.stringify([key]),
  KEYRING: `${store}/v1/${site}/keyring`,
  RULESET: `${store}/v1/${site}/ruleset`,
  OUTCOMES: `${store}/v1/${site}/outcomes`,
  INGEST_KEY: keys.ingest,
  ...(keys.ticket && { TICKET_KEY: keys.ticket }),
  MEMBER_KEY: keys.member,
  PREVIEW_KEY: keys.preview,
});
/** What the stage's edge has beside: where pages' logs go, and what outlives an isolate. */
const wireBindings = (wire) => ({ REPLAY: `${wire}/replay`, MEMORY: wire });

/** Keys, a store that trusts them, and the ruleset in it. */
async function startBooks({ folder, rulesets, port, tickets, say, parts }) {
  const keys = newKeys(tickets);
  const name = path.join(folder, 'release');
  const site = JSON.parse(await readFile(path.join(rulesets, 'site.heed.json'), 'utf8')).site;
  await heed('keys', 'new', name, '--site', site);
  const releaseKey = `${name}.key.json`;
  const key = JSON.parse(await readFile(`${name}.pub.json`, 'utf8')).public;
  say('keys made');
  const keyring = `${name}.keyring.json`;
  const store = await startStore({ folder, port, keys });
  parts.push(store);
  await putKeyring(store, site, keys, keyring);
  say('store up');
  const start = performance.now();
  const push = () =>
    heed('push', rulesets, '--key', releaseKey, '--store', store.url, '--token', keys.publish);
  await push();
  const compiledMs = Math.round(performance.now() - start);
  say('ruleset checked, signed, published');
  return { keys, site, key, keyring, releaseKey, store, compiledMs, push };
}

/**
 * @param options.folder    the state folder: keys, database, logs
 * @param options.rulesets  the ruleset's source folder
 * @param options.origin    starts the shop, whose script trusts `keys`, whose memberships
 *                          `memberKey` signs, which `frames` may show and whose pages `record`
 *                          that share of their visitors: ({keys, memberKey, frames, record}) =>
 *                          {url, stop}
 * @param options.ports     {store, edge, tower}, 0 for any free one; with `stage`, the stage too
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
    const books = await startBooks({ folder, rulesets, port: ports.store, tickets, say, parts });
    const { keys, site, key, store } = books;
    const planted = Object.entries(plantedEffects).map(([trigger, { effect }]) => ({
      trigger,
      effect,
    }));
    const stage =
      ports.stage === undefined ? null : new Stage({ ...books, folder, command, planted });
    if (stage) {
      // There is a version before the newest: an attacker has one to serve.
      await books.push();
      parts.push(stage);
      await stage.start(ports.stage);
    }
    // Whose rulesets pages trust: keys that are made in the tower join while the demo runs.
    const trusted = [key];
    let edge;
    const tower = await startTower({
      port: ports.tower,
      store: store.url,
      site,
      edge: () => stage?.url ?? edge?.url ?? '',
      pages,
      visitors: log && (() => log.text),
      onKeyring: async () => trusted.splice(0, Infinity, ...(await keysOf(store, site))),
      frames: stage?.url,
    });
    parts.push(tower);
    const shop = await origin({
      keys: trusted,
      memberKey: keys.member,
      frames: tower.url,
      record: stage ? 1 : 0,
    });
    parts.push(shop);
    edge = await startEdge(ports.edge, {
      ...bindingsOf(books, stage?.wire ?? store.url),
      ...(stage && wireBindings(stage.wire)),
      DRAFTS: `${tower.url}/drafts/`,
      ORIGIN: shop.url,
      FORGED_CLOCK: tickets ? '' : 'yes',
    });
    parts.push(edge);
    say('shop up, edge in workerd before it');
    const access = new URLSearchParams({ publish: keys.publish, preview: keys.preview });
    const console = `${tower.url}/#${access}`;
    stage?.open({ edge, tower, shop, console, trusted });
    const { keyring } = books;
    return { site, keys, key, trusted, keyring, store, shop, edge, tower, stage, console, stop };
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
