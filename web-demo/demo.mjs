// ./dev demo: the whole loop on this machine, on loopback. Keys, store, signed ruleset, shop, edge
// in workerd, and visitors who go through all of it.
//
//   node web-demo/demo.mjs                     runs until Ctrl-C and prints one address
//   node web-demo/demo.mjs --once [--sessions N]
//   node web-demo/demo.mjs --once --input F [--lines N]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import {
  ledgerFaults,
  ledgerTable,
  sent,
  triggerTable,
  truthFaults,
  winFaults,
} from './demo/books.mjs';
import { requireFree, takeFolder } from './demo/folder.mjs';
import { Crowd, planted } from './demo/generated.mjs';
import { Recorder } from './demo/recorder.mjs';
import { InputError, readRetail, replayRetail } from './demo/retail.mjs';
import { siteOf } from './demo/site.mjs';
import { DemoError, readReport, requireBuilt, startStack } from './demo/stack.mjs';
import { catalog, catalogOf } from './shop/catalog.mjs';
import { startOrigin } from './shop/origin.mjs';
import { openBrowser } from './stage/open.mjs';
import { Traffic } from './stage/traffic.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const rulesets = path.join(root, 'rulesets', 'shop');
const folder = path.join(root, '.demo');
const usage =
  'usage: ./dev demo [--port N] | --once [--sessions N] | --once --input FILE [--lines N]';
const concurrency = 16;
/** Of the crowd's visitors, whose pages keep a replay log. */
const replayShare = 0.1;
/** The board has something to say from the first minutes. */
const openingSessions = 6000;
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

/** `count` sessions, a few at a time. */
async function playGenerated(site, count) {
  const crowd = new Crowd(site, catalog.products);
  let next = 0;
  const work = async () => {
    while (next < count && !stopped.signal.aborted) {
      const number = ++next;
      await crowd.play(number);
      if (number % 1000 === 0) say(`${number} of ${count} sessions`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
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
  const site = await siteOf(stack, concurrency);
  await playGenerated(site, sessions);
  site.agent.destroy();
  const truths = Object.fromEntries(
    Object.entries(planted).map(([trigger, { effect }]) => [trigger, effect]),
  );
  return close(stack, site.tally, truthFaults, 'add_to_cart', truths);
}

async function playHistory(stack, { invoices, lines }) {
  const site = await siteOf(stack, concurrency);
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
  const site = await siteOf(stack, concurrency);
  Object.assign(site, { recorder, replayShare, isPatient: () => !stopped.signal.aborted });
  const traffic = new Traffic(new Crowd(site, catalog.products), stopped.signal);
  traffic.rush = openingSessions;
  stack.stage.join(traffic, site.tally);
  const address = `${stack.stage.url}/stage/`;
  console.log(`\n  ${address}\n\nVisitors are in the shop. Ctrl-C stops everything.`);
  console.log(await openBrowser(address));
  await traffic.run();
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
  const recorder = new Recorder();
  const giveBack = await takeFolder(folder);
  let stack;
  try {
    if (isOpen) for (const port of [given.port, given.port + 1]) await requireFree(port);
    const shelf = retail ? catalogOf(retail.products.map(shelved)) : catalog;
    stack = await startStack({
      folder,
      rulesets,
      origin: (trust) => startOrigin({ ...trust, catalog: shelf }),
      ports: {
        ...{ store: 0, edge: 0, tower: isOpen ? given.port + 1 : 0 },
        ...(isOpen && { stage: given.port }),
      },
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
