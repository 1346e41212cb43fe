// ./dev demo: the whole loop on this machine, on loopback. Keys, store, signed ruleset, shop, edge
// in workerd, and visitors who go through all of it.
//
//   node web-demo/demo.mjs                     runs until Ctrl-C and prints one address
//   node web-demo/demo.mjs --once [--sessions N]
//   node web-demo/demo.mjs --once --input F [--lines N]
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { requireFree, takeFolder } from './demo/folder.mjs';
import { Crowd, planted } from './demo/generated.mjs';
import { Recorder } from './demo/recorder.mjs';
import { InputError, readRetail, replayRetail } from './demo/retail.mjs';
import { DemoError, readReport, requireBuilt, startStack } from './demo/stack.mjs';
import { catalog, catalogOf } from './shop/catalog.mjs';
import { startOrigin } from './shop/origin.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const rulesets = path.join(root, 'rulesets', 'shop');
const folder = path.join(root, '.demo');
const usage =
  'usage: ./dev demo [--port N] | --once [--sessions N] | --once --input FILE [--lines N]';
const concurrency = 16;
/** A calm shop: a person who looks at it shares the machine with its visitors. */
const arrivalMs = 400;
const earlySessions = 120;
const defaults = { sessions: 10_000, lines: 110_000, port: 4800 };

const began = performance.now();
const say = (text) =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

/** Aborts at the first Ctrl-C; a second one is the shell's own. */
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort(signal));

function options() {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        input: { type: 'string' },
        sessions: { type: 'string', default: String(defaults.sessions) },
        lines: { type: 'string', default: String(defaults.lines) },
        port: { type: 'string', default: String(defaults.port) },
        help: { type: 'boolean', default: false },
      },
    });
    for (const name of ['sessions', 'lines', 'port']) {
      if (!/^[1-9]\d{0,6}$/.test(values[name]))
        throw new Error(`--${name} takes a whole number from 1`);
      values[name] = Number(values[name]);
    }
    return values;
  } catch (error) {
    console.error(`demo: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** What visitors need: the edge's address, the module, and each ruleset verified once. */
async function siteOf({ site, trusted, edge }) {
  const verified = new Map();
  /** The ruleset that a page was made with; the tower may have published another since. */
  const rulesetOf = async (hash) => {
    if (!verified.has(hash)) {
      const answer = await fetch(`${edge.url}/_heed/ruleset/${hash}`);
      if (!answer.ok) throw new DemoError(`the edge has no ruleset ${hash}: ${answer.status}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      verified.set(hash, await verifyRuleset(bytes, { keys: trusted, site }));
    }
    return verified.get(hash);
  };
  const module = new WebAssembly.Module(await readFile(path.join(root, 'wasm/dist/heed.wasm')));
  return { edge: edge.url, agent: connections(concurrency), module, rulesetOf, tally: newTally() };
}

/** `count` sessions, a few at a time; with `pauseMs` they come one by one, for ever. */
async function playGenerated(site, count, pauseMs = 0, from = 0) {
  const crowd = new Crowd(site, catalog.products);
  let next = from;
  const work = async () => {
    while (next < count && !stopped.signal.aborted) {
      const number = ++next;
      await crowd.play(number);
      if (count < Infinity && number % 1000 === 0) say(`${number} of ${count} sessions`);
      if (pauseMs) await sleep(pauseMs, undefined, stopped).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: pauseMs ? 1 : concurrency }, work));
}

/** Prints the tables and what does not hold. @returns the exit code */
async function close(stack, tally, faultsOf, metric, truths) {
  const report = await readReport(stack);
  console.log(`\n${ledgerTable(tally, report)}\n\n${triggerTable(report, metric, truths)}\n`);
  const faults = [...ledgerFaults(tally, report), ...faultsOf(report)];
  for (const fault of faults) console.error(`demo: ${fault}`);
  console.log(
    faults.length
      ? 'the demo found faults'
      : `all ${sent(tally)} records sent were counted; every claim holds`,
  );
  return faults.length ? 1 : 0;
}

async function playOnce(stack, sessions) {
  const site = await siteOf(stack);
  await playGenerated(site, sessions);
  site.agent.destroy();
  const truths = Object.fromEntries(
    Object.entries(planted).map(([trigger, { effect }]) => [trigger, effect]),
  );
  return close(stack, site.tally, truthFaults, 'add_to_cart', truths);
}

async function playHistory(stack, { invoices, lines }) {
  const site = await siteOf(stack);
  let count = 0;
  const { unmatched } = await replayRetail(site, invoices, concurrency, () => {
    if (stopped.signal.aborted) throw new DemoError('stopped');
    if (++count % 1000 === 0) say(`${count} of ${invoices.length} invoices`);
  });
  site.agent.destroy();
  console.log(
    `\nA/A run over ${lines.taken + lines.cancelled} invoice lines of real customers ` +
      `(${lines.read} lines read): history cannot respond, so no trigger may be called a win.\n` +
      `lines without a customer ${lines.anonymous}, cancelled ${lines.cancelled}, ` +
      `unusable ${lines.unusable}; cancellations without their sale ${unmatched}`,
  );
  return close(stack, site.tally, winFaults, 'revenue');
}

/** Visitors keep coming until Ctrl-C. */
async function keepPlaying(stack, recorder) {
  const site = { ...(await siteOf(stack)), recorder };
  console.log(
    `\n  the shop   ${stack.edge.url}/\n  the tower  ${stack.console}\n\n` +
      'Visitors are in the shop. Ctrl-C stops everything.',
  );
  // The tower has somebody to ask about from the first minute.
  await playGenerated(site, earlySessions);
  await playGenerated(site, Infinity, arrivalMs, earlySessions);
  site.agent.destroy();
  console.log(`\nstopped after ${site.tally.sessions} sessions`);
  return 0;
}

async function play(stack, given, retail, recorder) {
  try {
    if (retail) return await playHistory(stack, retail);
    return given.once ? await playOnce(stack, given.sessions) : await keepPlaying(stack, recorder);
  } catch (error) {
    // Ctrl-C reaches the parts as well: a visitor on the way then finds nobody.
    if (stopped.signal.aborted) return given.once || retail ? 130 : 0;
    if (/^E(CONN|PIPE)/.test(error.code ?? ''))
      throw new DemoError(`a part of the demo stopped answering: ${error.message}`);
    throw error;
  }
}

/** A real product as the shop's shelf knows products. */
const shelved = (product) => ({
  ...product,
  shape: 'parcel',
  tones: ['chestnut', 'rust'],
  sizes: [],
  line: '',
  story: product.name,
});

async function main(given) {
  requireBuilt();
  const retail = given.input && (await readRetail(given.input, given.lines));
  if (retail && !retail.invoices.length)
    throw new InputError(`${given.input}: no invoice line of a customer in it`);
  const isOpen = !given.once && !retail;
  if (isOpen) for (const port of [given.port, given.port + 1]) await requireFree(port);
  const recorder = new Recorder();
  const giveBack = await takeFolder(folder);
  let stack;
  try {
    const shelf = retail ? catalogOf(retail.products.map(shelved)) : catalog;
    stack = await startStack({
      folder,
      rulesets,
      origin: (trust) => startOrigin({ ...trust, catalog: shelf }),
      ports: { store: 0, edge: isOpen ? given.port : 0, tower: isOpen ? given.port + 1 : 0 },
      log: recorder,
      tickets: !retail,
      say,
    });
    return await play(stack, given, retail, recorder);
  } finally {
    await stack?.stop();
    await giveBack();
  }
}

const given = options();
if (given.help) console.log(usage);
else {
  try {
    process.exitCode = await main(given);
  } catch (error) {
    if (!(error instanceof DemoError) && !(error instanceof InputError)) throw error;
    console.error(`demo: ${error.message}`);
    process.exitCode = error instanceof InputError ? 1 : 3;
  }
}
