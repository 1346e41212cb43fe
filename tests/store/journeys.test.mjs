// heed report journeys against a computation of its own over the very records that were sent.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import Ajv from 'ajv/dist/2020.js';

import { bed } from '../cli/command.mjs';

const day = 86_400_000;
const window = 2 * day;
const stages = ['none', 'aware', 'consider', 'bought'];
const segments = ['parents', 'regulars', 'other'];
const ruleset = {
  site: 't',
  currency: 'GBP',
  attributes: { parent: { type: 'bool' }, regular: { type: 'bool' }, keen: { type: 'bool' } },
  signals: { view: {}, buy: { revenue: 'number' }, mail: {} },
  features: { views: { count: 'view', window: '30d' }, since_buy: { since: 'buy' } },
  segments: { parents: 'parent', regulars: 'regular' },
  journeys: {
    purchase: [
      { stage: 'aware', when: 'views >= 1' },
      { stage: 'consider', when: 'keen' },
      { stage: 'bought', when: "since_buy < duration('1d')" },
    ],
  },
  microsegments: { journey: 'purchase', segments: ['parents', 'regulars'] },
  metrics: {
    revenue: { signal: 'buy', value: 'revenue', goal: true, window: '2d' },
    mailed: { signal: 'mail', bounty: 4, window: '1d' },
  },
  slots: { hero: {} },
  triggers: { t: { slot: 'hero', when: 'true', parts: { arm: ['a'] } } },
};

const { done, heed, start, write } = bed();
const schema = new URL('../../rulesets/schema/journeys.schema.json', import.meta.url);
const valid = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(schema, 'utf8')),
);
let store;
let address;

before(async () => {
  done('keys', 'new', 'ann', '--site', 't');
  const { journeys, microsegments, ...without } = ruleset;
  assert.ok(journeys && microsegments);
  write('t.heed.json', JSON.stringify(ruleset));
  write('without.heed.json', JSON.stringify(without));
  store = start('serve', '--dir', 'data', '--port', '0', '--keyring', 'ann.keyring.json');
  for await (const chunk of store.stdout) {
    address = /http:\/\/\S+:\d+/.exec(String(chunk))?.[0];
    if (address) break;
  }
});
after(() => store.kill('SIGKILL'));

const hex = (n) => n.toString(16).padStart(16, '0');
const at = () => ['--site', 't', '--store', address];
const push = (file) =>
  done('push', file, '--key', 'ann.key.json', '--store', address, '--yes', '--json');
const journeys = () => JSON.parse(done('report', 'journeys', ...at(), '--json').out);

const sequence = new Map(); // by device
async function send(device, records) {
  const first = (sequence.get(device) ?? 0) + 1;
  sequence.set(device, first - 1 + records.length);
  const head = { heed: 1, device: hex(device), epoch: hex(1), first, sent: Date.now(), ticket: '' };
  const answer = await fetch(`${address}/v1/t/outcomes`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: [head, ...records].map((line) => JSON.stringify(line)).join('\n'),
  });
  const said = await answer.json();
  assert.equal(said.accepted, records.length, JSON.stringify(said));
}

const base = (unit, time) => ({ at: time, ruleset: 2, unit: hex(unit) });
let views = 0;
function exposure(unit, time, microsegment) {
  views += 1;
  const shown = { variant: 'a', options: { arm: 'a' }, probability: 1, reason: 'fixed' };
  const seen = { slot: 'hero', trigger: 't', microsegment, held_out: false, view: hex(views) };
  return { type: 'exposure', ...base(unit, time), ...seen, ...shown };
}
function suppressed(unit, time, microsegment) {
  views += 1;
  const seen = { slot: 'hero', trigger: 't', microsegment, view: hex(views) };
  return { type: 'suppressed', ...base(unit, time), ...seen, cap: 'trigger', limit: 'times' };
}
function outcome(unit, time, microsegment, value, id, metric = 'revenue') {
  return { type: 'outcome', ...base(unit, time), metric, value, id, microsegment, credits: [] };
}
const refund = (bought, time, microsegment, value) => {
  return { ...bought, type: 'refund', at: time, microsegment, value };
};

/** Numbers with the same bits everywhere (SplitMix32). */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A visitor's life: wanders through cells, buys, sends some back. Records in order of time. */
function life(unit, random, now) {
  const records = [];
  const below = (n) => Math.floor(random() * n);
  let time = now - 25 * day + below(25 * day);
  let segment = segments[below(3)];
  let stage = below(3);
  let bought;
  for (let i = 1 + below(12); i > 0 && time < now - 60_000; i -= 1) {
    const cell = `${segment}/${stages[stage]}`;
    const id = `${unit}-${i}`;
    const kind = below(6);
    if (stage === 3 || kind === 0) {
      bought = outcome(unit, time, cell, below(10_000) / 100, id);
      records.push(bought);
      if (below(4) === 0) records.push({ ...bought, at: time + 1 });
    } else if (kind === 1 && bought) {
      records.push(refund(bought, time, cell, below(2) ? 0 : bought.value / 2));
      bought = undefined;
    } else if (kind === 2) {
      records.push(suppressed(unit, time, cell));
    } else if (kind === 3) {
      records.push(outcome(unit, time, cell, 4, `m${id}`, 'mailed'));
    } else {
      records.push(exposure(unit, time, cell));
      if (below(5) === 0) records.push({ ...records.at(-1), at: time + 2 });
    }
    time += 1000 + below(day * (below(3) + 0.01));
    stage = Math.min(3, Math.max(0, stage + below(4) - 1));
    if (below(5) === 0) segment = segments[below(3)];
  }
  return records;
}

function quantile(values, p) {
  const sorted = values.toSorted((a, b) => a - b);
  const h = (sorted.length - 1) * p;
  const low = sorted[Math.floor(h)];
  return low + (h - Math.floor(h)) * (sorted[Math.ceil(h)] - low);
}

/** What a visitor's records say, each once: places in order of time, and money. */
function visitorOf(records) {
  const seen = new Set();
  let value = 0;
  const places = [];
  const amounts = new Map();
  for (const record of records.toSorted((a, b) => a.at - b.at)) {
    const key = `${record.type} ${record.view ?? record.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (record.metric === 'revenue' && record.type === 'outcome') {
      value += record.value;
      amounts.set(record.id, record.value);
    } else if (record.type === 'refund') {
      const whole = record.value === 0 || record.value >= amounts.get(record.id);
      value -= whole ? amounts.get(record.id) : record.value;
    }
    const [segment, stage] = record.microsegment.split('/');
    places.push({ at: record.at, segment, stage: stages.indexOf(stage) });
  }
  return { places, value };
}

const standsIn = (name) => (p) => name === null || p.segment === name;

/** Entered for the last time: the first place of the last run in one microsegment. */
function lastEntry(places, here) {
  let entered = places.findLastIndex(here);
  const { segment, stage } = places[entered];
  while (places[entered - 1]?.stage === stage && places[entered - 1].segment === segment) {
    entered -= 1;
  }
  return places[entered].at;
}

/** What became of a stage's visitors. */
function fateOf(visitors, name, s, now) {
  const sums = { from: stages[s], reached: 0, moved_on: 0, waiting: 0, lost: 0 };
  let [on, off] = [0, 0];
  for (const { places, value } of visitors) {
    const here = (p) => p.stage === s && standsIn(name)(p);
    const first = places.findIndex(here);
    if (first < 0) continue;
    sums.reached += 1;
    if (places.slice(first).some((p) => p.stage > s)) {
      sums.moved_on += 1;
      on += value;
    } else if (lastEntry(places, here) > now - window) {
      sums.waiting += 1;
    } else {
      sums.lost += 1;
      off += value;
    }
  }
  const moved = sums.moved_on ? on / sums.moved_on : null;
  const stayed = sums.lost ? off / sums.lost : null;
  const loss = moved === null || stayed === null ? null : sums.lost * (moved - stayed);
  return { ...sums, value_moved_on: moved, value_lost: stayed, loss };
}

function transitionsOf(visitors, name) {
  const changes = new Map();
  for (const { places } of visitors) {
    let entered = places[0].at;
    for (let i = 1; i < places.length; i += 1) {
      const [from, to] = [places[i - 1], places[i]];
      if (from.stage === to.stage) continue;
      if (standsIn(name)(from)) {
        const key = `${from.stage} ${to.stage}`;
        const change = changes.get(key) ?? { times: [], who: new Set() };
        change.times.push(to.at - entered);
        change.who.add(places);
        changes.set(key, change);
      }
      entered = to.at;
    }
  }
  const sorted = [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, { times, who }]) => ({
    from: stages[Number(key[0])],
    to: stages[Number(key[2])],
    count: times.length,
    visitors: who.size,
    median_ms: quantile(times, 0.5),
    p90_ms: quantile(times, 0.9),
  }));
}

/** The whole report, from the definitions in docs/formats/journeys.md, segment by segment. */
function expected(visitors, name, now) {
  const fates = stages.map((_, s) => fateOf(visitors, name, s, now));
  return {
    segment: name,
    visitors: visitors.filter(({ places }) => places.some(standsIn(name))).length,
    stages: fates.map(({ from, reached }) => ({ stage: from, visitors: reached })),
    transitions: transitionsOf(visitors, name),
    losses: fates.slice(0, -1),
  };
}

/** Sums of money in another order differ in the last bits. */
function near(actual, wanted, path = '') {
  if (typeof wanted === 'number') {
    const far = Math.abs(actual - wanted) > 1e-9 * Math.max(1, Math.abs(wanted));
    assert.ok(typeof actual === 'number' && !far, `${path}: ${actual}, not ${wanted}`);
  } else if (wanted !== null && typeof wanted === 'object') {
    assert.deepEqual(Object.keys(actual), Object.keys(wanted), path);
    for (const key of Object.keys(wanted)) near(actual[key], wanted[key], `${path}.${key}`);
  } else {
    assert.equal(actual, wanted, path);
  }
}

describe('report journeys', { concurrency: false }, () => {
  test('without a journey says which key to write', () => {
    push('without.heed.json');
    const run = heed('report', 'journeys', ...at());
    assert.equal(run.status, 1);
    assert.match(run.err, /no_journey.*"microsegments": \{"journey": /);
  });

  test("agrees with a computation over 400 visitors' records", async () => {
    push('t.heed.json');
    const random = randomOf(5);
    const now = Date.now();
    const lives = Array.from({ length: 400 }, (_, i) => life(i + 1, random, now));
    // The first half of each life is sent by one device, the rest by another.
    for (const [i, records] of lives.entries()) {
      const half = Math.ceil(records.length / 2);
      await send(2 * i + 1, records.slice(0, half));
      await send(2 * i + 2, records.slice(half));
    }

    const answer = journeys();
    assert.ok(valid(answer), JSON.stringify(valid.errors));
    const visitors = lives.map(visitorOf);
    const wanted = [null, ...segments.toSorted()].map((s) => expected(visitors, s, answer.at));
    near(answer.segments, wanted);
    assert.equal(answer.unknown, 0);
    assert.deepEqual(
      [answer.journey, answer.stages, answer.metrics],
      ['purchase', stages, ['revenue']],
    );
    const worst = wanted
      .slice(1)
      .flatMap(({ segment, losses }) => losses.map((loss) => ({ segment, ...loss })))
      .reduce((a, b) => (b.loss > a.loss ? b : a));
    const { segment, from, lost, loss } = worst;
    near(answer.costliest, { segment, from, lost, loss });
    assert.ok(
      wanted[0].losses.some(({ waiting }) => waiting > 5),
      'some may still move on',
    );
  });

  test('a late record is placed by its time, and other stages are counted as unknown', async () => {
    const before = journeys();
    const now = Date.now() - 5 * day;
    const unit = 9000;
    await send(9000, [
      exposure(unit, now, 'parents/none'),
      exposure(unit, now + 5000, 'parents/bought'),
    ]);
    await send(9001, [exposure(unit, now + 2000, 'parents/aware')]);
    await send(9002, [exposure(unit, now + 4000, 'parents/bought')]);
    await send(9003, [exposure(unit, now + 1000, 'gone/then'), exposure(unit, now + 6000, 'all')]);
    const later = journeys();
    const counts = ({ segments: [, , parents] }, from, to) =>
      parents.transitions.find((t) => t.from === from && t.to === to)?.count ?? 0;
    assert.equal(later.segments[2].segment, 'parents');
    for (const [from, to, more] of [
      ['none', 'aware', 1],
      ['aware', 'bought', 1],
      ['none', 'bought', 0],
    ]) {
      assert.equal(counts(later, from, to) - counts(before, from, to), more, `${from} ${to}`);
    }
    assert.equal(later.unknown, 2);
  });

  test('is printed for people, with the costliest loss last', () => {
    const { out } = done('report', 'journeys', ...at());
    const { costliest } = journeys();
    assert.match(
      out,
      /^t: journey purchase, ruleset version 2, money in GBP\n\nall visitors: 401 /,
    );
    assert.match(
      out,
      /\n {2}aware -> consider +\d+ times, \d+ visitors, median .*, 9 of 10 within /,
    );
    assert.ok(
      out.endsWith(
        `costliest loss: ${costliest.segment} after ${costliest.from}: ${costliest.lost} visitors, ` +
          `${costliest.loss.toFixed(2)}\n`,
      ),
      out.slice(-200),
    );
  });

  test('what does not fit together is refused', () => {
    const run = heed('report', 'journeys', ...at(), '--trigger', 't');
    assert.equal(run.status, 2);
    assert.match(run.err, /neither --trigger, --by nor --format csv/);
    assert.equal(heed('report', 'travels', ...at()).status, 2);
    assert.equal(heed('report', 'journeys', '--site', 'nobody', '--store', address).status, 1);
  });
});
