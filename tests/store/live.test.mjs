// The live stream as a board reads it: within a second, across a crash, and in the published form.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import Ajv from 'ajv/dist/2020.js';

import { bed } from '../cli/command.mjs';

const corpus = fileURLToPath(new URL('../fuzz/corpus/outcome/documented.ndjson', import.meta.url));
const documented = readFileSync(corpus, 'utf8').trimEnd().split('\n');
const [head, exposure, outcome] = documented.map((line) => JSON.parse(line));
const site = 'shop.example';
const { start } = bed();

const schema = (name) => {
  const file = new URL(`../../rulesets/schema/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
};
const ajv = new Ajv({ strict: true, allowUnionTypes: true });
ajv.addSchema(schema('report'));
const validCounts = ajv.compile(schema('live'));

let store;
let address;

async function serve(port) {
  store = start('serve', '--dir', 'data', '--port', String(port));
  for await (const chunk of store.stdout) {
    address = /http:\/\/\S+:\d+/.exec(String(chunk))?.[0];
    if (address) return;
  }
  assert.fail('the store did not start');
}

async function kill() {
  const ended = new Promise((resolve) => store.on('exit', resolve));
  store.kill('SIGKILL');
  await ended;
}

/** A board: holds what the stream says, and comes back with its last id whenever it breaks. */
class Board {
  triggers = new Map();
  counts = null;
  lastId;
  /** Each counts event: its id, whether it was whole, how many triggers it told. */
  events = [];
  #stop = new AbortController();
  #ended;

  constructor(lastId = '') {
    this.lastId = lastId;
    this.#ended = this.#run();
  }

  async close() {
    this.#stop.abort();
    await this.#ended;
  }

  async #run() {
    while (!this.#stop.signal.aborted) {
      await this.#listen().catch(() => {});
      await pause(50);
    }
  }

  async #listen() {
    const headers = this.lastId ? { 'last-event-id': this.lastId } : {};
    const { signal } = this.#stop;
    const answer = await fetch(`${address}/v1/${site}/events`, { headers, signal });
    let text = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      let end;
      while ((end = text.indexOf('\n\n')) >= 0) {
        this.#hear(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  #hear(block) {
    const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s)));
    if (fields.get('event') !== 'counts') return;
    const counts = JSON.parse(fields.get('data'));
    assert.ok(validCounts(counts), JSON.stringify(validCounts.errors));
    if (counts.whole) this.triggers.clear();
    for (const trigger of counts.triggers) this.triggers.set(trigger.trigger, trigger);
    this.counts = counts;
    this.lastId = fields.get('id');
    this.events.push({ id: this.lastId, whole: counts.whole, told: counts.triggers.length });
  }

  /** Waits until `holds` does; how many ms it took. */
  async until(holds) {
    const begun = performance.now();
    while (!holds(this)) {
      assert.ok(performance.now() - begun < 15_000, JSON.stringify(this.counts));
      await pause(5);
    }
    return performance.now() - begun;
  }
}

let sent = 0;
async function send(...records) {
  const lines = [{ ...head, first: sent + 1, sent: Date.now() }, ...records];
  const answer = await fetch(`${address}/v1/${site}/outcomes`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  sent += records.length;
}

const hex = (n) => n.toString(16).padStart(16, '0');
let visitors = 0;
/** Exposures of new visitors, every other one held out; buyers also buy. */
function visits(trigger, count, buys) {
  const records = [];
  for (let i = 0; i < count; i += 1) {
    visitors += 1;
    const unit = hex(visitors);
    const held = i % 2 === 0;
    const seen = { ...exposure, trigger, at: Date.now(), unit, view: unit, held_out: held };
    records.push(held ? { ...seen, variant: '', options: {}, reason: 'holdout' } : seen);
    if (buys(i, held)) records.push(purchase(unit, trigger));
  }
  return records;
}
function purchase(unit, trigger) {
  const credits = [{ ...outcome.credits[0], trigger }];
  return { ...outcome, at: Date.now(), unit, id: unit, credits };
}
const conversions = (trigger) =>
  trigger?.arms.reduce((sum, { metrics }) => sum + (metrics.revenue?.conversions ?? 0), 0);

describe('the live stream', { concurrency: false }, () => {
  let board;
  before(async () => {
    await serve(0);
    await send(...visits('quiet', 4, () => false), ...visits('better', 4, () => false));
    board = new Board();
    await board.until(({ counts }) => counts);
  });
  after(async () => {
    await board.close();
    await kill();
  });

  test('begins with everything', () => {
    assert.deepEqual([...board.triggers.keys()], ['better', 'quiet']);
    assert.deepEqual(board.events.at(0).whole, true);
    assert.deepEqual(
      [board.triggers.get('quiet').goal, board.triggers.get('quiet').state],
      [null, 'collecting'],
    );
  });

  test('tells a purchase within a second, and of the triggers only the one it is credited to', async () => {
    for (let i = 1; i <= 5; i += 1) {
      const begun = performance.now();
      await send(purchase(hex(4 + i), 'better'));
      await board.until(({ counts }) => counts.ledger.outcomes === i);
      assert.ok(performance.now() - begun < 1000, `${performance.now() - begun} ms`);
      assert.equal(board.events.at(-1).whole, false);
      assert.ok(board.events.at(-1).told <= 1);
    }
    // The fifth names a visitor who has not been seen: it waits for the exposure.
    assert.equal(conversions(board.triggers.get('better')), 4);
    assert.equal(conversions(board.triggers.get('quiet')), 0);
  });

  test('the interval narrows and the state goes from collecting over leaning to clear', async () => {
    const seen = [];
    let width = Infinity;
    for (let round = 0; round < 40 && seen.at(-1) !== 'clear'; round += 1) {
      await send(...visits('better', 20, (i, held) => i % 20 < (held ? 6 : 11)));
      await board.until(({ counts }) => counts.delivery.acknowledged === sent);
      const trigger = board.triggers.get('better');
      const { goal, lift, state } = trigger;
      const drawn = lift.find((l) => l.metric === goal && l.measure === 'rate');
      assert.deepEqual([drawn.treatment, drawn.control, drawn.state], ['shown', 'holdout', state]);
      if (drawn.low !== null) {
        assert.ok(drawn.high - drawn.low < width, 'narrower with each round');
        width = drawn.high - drawn.low;
      }
      if (seen.at(-1) !== state) seen.push(state);
    }
    assert.deepEqual(seen, ['collecting', 'leaning', 'clear']);
  });

  test('says what the report says', async () => {
    await board.until(({ counts }) => counts.delivery.acknowledged === sent);
    const report = await (await fetch(`${address}/v1/${site}/report`)).json();
    assert.deepEqual([...board.triggers.values()], report.triggers);
    assert.deepEqual(board.counts.delivery, report.delivery);
    const { batches, repeated, ...ledger } = report.ledger;
    assert.ok(batches > 0 && repeated === 0);
    assert.deepEqual({ ...board.counts.ledger, ...ledger }, board.counts.ledger);
  });

  test('survives that the store is killed and started again: nothing is lost, nothing counts twice', async () => {
    const before = structuredClone(board.counts);
    const triggers = structuredClone([...board.triggers.values()]);
    const port = new URL(address).port;
    for (let round = 0; round < 3; round += 1) {
      const heard = board.events.length;
      await kill();
      await serve(port);
      await board.until(({ events }) => events.length > heard);
      assert.equal(board.events.at(-1).whole, true);
      assert.deepEqual(board.counts.ledger, before.ledger);
      assert.deepEqual(board.counts.delivery, before.delivery);
      assert.deepEqual([...board.triggers.values()], triggers);
    }
    await send(...visits('quiet', 2, () => true));
    await board.until(({ counts }) => counts.ledger.outcomes === before.ledger.outcomes + 2);
    assert.deepEqual([board.events.at(-1).whole, board.events.at(-1).told], [false, 1]);
  });

  test('who comes back to the same store is told what changed meanwhile, and no more', async () => {
    const id = board.lastId;
    await board.close();
    await send(...visits('third', 2, () => false));
    board = new Board(id);
    await board.until(({ counts }) => counts);
    assert.deepEqual([board.events[0].whole, board.events[0].told], [false, 1]);
    assert.deepEqual([...board.triggers.keys()], ['third']);
  });

  test('gaps are in flight until they close', async () => {
    sent += 3;
    await send(...visits('third', 1, () => false));
    await board.until(({ counts }) => counts.delivery.in_flight === 3);
    const { delivery } = board.counts;
    assert.equal(delivery.sent, delivery.acknowledged + 3);
    const late = sent;
    sent -= 4;
    await send(...visits('third', 3, () => false));
    await board.until(({ counts }) => counts.delivery.in_flight === 0);
    assert.equal(board.counts.delivery.acknowledged, late);
    sent = late;
  });
});
