// ./dev demo: the whole loop on this machine, on loopback. Keys, store, signed ruleset, shop, edge
// in workerd, and visitors who go through all of it.
//
//   node web-demo/demo.mjs                     runs until Ctrl-C and prints one address
//   node web-demo/demo.mjs --once [--sessions N]
//   node web-demo/demo.mjs --once --input F [--lines N]
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { verifyRuleset } from 'heed';

import {
  ledgerFaults,
  ledgerTable,
  sent,
  triggerTable,
  truthFaults,
  winFaults,
} from './demo/books.mjs';
import { connections, newTally } from './demo/browser.mjs';
import { playSession } from './demo/generated.mjs';
import { readRetail, replayRetail } from './demo/retail.mjs';
import { DemoError, readReport, requireBuilt, startStack } from './demo/stack.mjs';
import { catalog, catalogOf } from './shop/catalog.mjs';
import { startOrigin } from './shop/origin.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const rulesets = path.join(root, 'rulesets', 'shop');
const folder = path.join(root, '.demo');
const concurrency = 16;
const sessionsDefault = 8000;
const linesDefault = 110_000;
const ports = { store: 4801, edge: 4800 };

const began = performance.now();
const say = (text) =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

function options() {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        input: { type: 'string' },
        sessions: { type: 'string' },
        lines: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    for (const name of ['sessions', 'lines']) {
      if (values[name] !== undefined && !/^[1-9]\d{0,6}$/.test(values[name])) {
        throw new Error(`--${name} takes a whole number from 1`);
      }
    }
    return values;
  } catch (error) {
    console.error(
      `demo: ${error.message}\nusage: ./dev demo [--once] [--sessions N] [--input FILE [--lines N]]`,
    );
    process.exit(2);
  }
}

/** One demo at a time: the lock file holds the pid of the one that runs. */
async function lock() {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'pid');
  const other = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (other && isRunning(other))
    throw new DemoError(`a demo is running already (pid ${other}): stop it with Ctrl-C first`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const handle = await open(file, 'wx');
  await handle.writeFile(String(process.pid));
  await handle.close();
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** What visitors need: the edge's address, the module, and the ruleset verified once. */
async function siteOf(stack) {
  const { store, site, keys, key, edge } = stack;
  const headers = { authorization: `Bearer ${keys.read}` };
  const answer = await fetch(`${store.url}/v1/${site}/ruleset`, { headers });
  if (!answer.ok) throw new DemoError(`the store's ruleset: ${answer.status}`);
  const ruleset = await verifyRuleset(new Uint8Array(await answer.arrayBuffer()), {
    keys: [key],
    site,
  });
  const module = new WebAssembly.Module(await readFile(path.join(root, 'wasm/dist/heed.wasm')));
  return { edge: edge.url, agent: connections(concurrency), module, ruleset, tally: newTally() };
}

async function playGenerated(stack, count, stopped = () => false) {
  const site = await siteOf(stack);
  const products = catalog.products.map(({ sku, category, price, was }) => ({
    sku,
    category,
    price,
    reduced: was !== undefined,
  }));
  let next = 0;
  const work = async () => {
    while (next < count && !stopped()) {
      const number = ++next;
      await playSession(site, products, number);
      if (number % 1000 === 0) say(`${number} sessions`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  site.agent.destroy();
  return site.tally;
}

async function playRetail(stack, invoices) {
  const site = await siteOf(stack);
  await replayRetail(site, invoices, concurrency, (played) => {
    if (played % 1000 === 0) say(`${played} of ${invoices.length} invoices`);
  });
  site.agent.destroy();
  return site.tally;
}

/** Prints the tables and what does not hold. @returns the exit code */
async function close(stack, tally, faultsOf, metric) {
  const report = await readReport(stack);
  console.log(`\n${ledgerTable(tally, report)}\n\n${triggerTable(report, metric)}\n`);
  const faults = [...ledgerFaults(tally, report), ...faultsOf(report)];
  for (const fault of faults) console.error(`demo: ${fault}`);
  console.log(
    faults.length
      ? 'the demo found faults'
      : `all ${sent(tally)} records sent were counted; every claim holds`,
  );
  return faults.length ? 1 : 0;
}

async function once(stack, { sessions, retail }) {
  if (!retail) {
    const tally = await playGenerated(stack, sessions);
    return close(stack, tally, truthFaults, 'add_to_cart');
  }
  const { invoices, lines } = retail;
  const tally = await playRetail(stack, invoices);
  console.log(
    `\nA/A run over ${lines.taken + lines.cancelled} invoice lines of real customers (${lines.read} read): ` +
      `history cannot respond, so no trigger may be called a win.\n` +
      `lines without a customer ${lines.anonymous}, cancelled ${lines.cancelled}, unusable ${lines.unusable}; ` +
      `cancellations without their sale ${tally.unmatched ?? 0}`,
  );
  return close(stack, tally, winFaults, 'revenue');
}

/** Visitors keep coming until Ctrl-C. */
async function keepPlaying(stack) {
  let stopping = false;
  const stop = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  console.log(`\n  ${stack.edge.url}/\n\nCtrl-C stops everything.`);
  const playing = playGenerated(stack, Infinity, () => stopping);
  await Promise.race([stop, playing]);
  stopping = true;
  await playing.catch(() => undefined);
  return 0;
}

async function main() {
  const given = options();
  requireBuilt();
  const lines = Number(given.lines ?? linesDefault);
  const retail = given.input && (await readRetail(given.input, lines));
  if (retail && !retail.invoices.length)
    throw new DemoError(`${given.input}: no invoice line of a customer in it`);
  await lock();
  const products = retail && catalogOf(retail.products.map(shelved));
  const stack = await startStack({
    folder,
    rulesets,
    origin: (key) =>
      startOrigin({ port: 0, keys: [key], ...(products && { catalog: products }) }),
    ports: given.once ? { store: 0, edge: 0 } : ports,
    tickets: !retail,
    say,
  });
  try {
    if (!given.once && !retail) return await keepPlaying(stack);
    return await once(stack, { sessions: Number(given.sessions ?? sessionsDefault), retail });
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A real product as the shop's shelf knows products. */
const shelved = ({ sku, name, price }) => ({
  sku,
  category: 'home',
  name,
  price,
  shape: 'parcel',
  tones: ['oat', 'pine'],
  sizes: [],
  line: '',
  story: name,
});

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof DemoError) && error.code !== 'ENOENT') throw error;
  console.error(`demo: ${error.message}`);
  process.exitCode = 3;
}
