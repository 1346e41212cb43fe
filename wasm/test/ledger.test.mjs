// The ledger in virtual time against a store that fails in every way a network can.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { memoryStorage } from 'heed';

import { readBatch, sourceModule, store, virtualTime } from './bed.mjs';

const { Ledger, limits } = await sourceModule('ledger.ts');

let lastRandom = 0n;

/** A record as the runtime writes it: a type, a time, and what identifies it here. */
function record(priority, mark, at = 1_795_687_200_000) {
  const bytes = new Uint8Array(13);
  bytes[0] = priority === 'exposure' ? 1 : 2;
  new DataView(bytes.buffer).setBigInt64(1, BigInt(at), true);
  new DataView(bytes.buffer).setUint32(9, mark, true);
  return { priority, bytes };
}
const markOf = ({ type, body }) =>
  type === 'dropped' ? 'dropped' : new DataView(body.buffer).getUint32(9, true);

function open({
  answers = [],
  storage = memoryStorage(),
  time = virtualTime(),
  transport,
  random = () => 0.5,
} = {}) {
  const backend = transport ?? store(answers);
  const problems = [];
  const ledger = new Ledger({
    storage,
    transport: backend,
    now: time.now,
    ticket: 'ticket',
    after: time.after,
    random,
    report: ({ code }) => problems.push(code),
    random64: () => (lastRandom += 1n),
  });
  return { ledger, time, storage, problems, store: backend };
}

test('an exposure is on its way within 500 ms, with what came with it', async () => {
  const { ledger, time, store } = open();
  ledger.append([record('exposure', 1)]);
  await time.advance(100);
  ledger.append([record('exposure', 2)]);
  assert.equal(store.batches.length, 0);
  await time.advance(400);
  assert.deepEqual(store.records().map(markOf), [1, 2]);
  const [batch] = store.batches;
  assert.deepEqual([batch.first, batch.ticket, batch.sent], [1, 'ticket', time.now() - 250]);
});

test('money leaves at once, and takes what waited before it along', async () => {
  const { ledger, time, store } = open();
  ledger.append([record('exposure', 1)]);
  ledger.append([record('goal', 2)]);
  await time.advance(0);
  assert.deepEqual(store.records().map(markOf), [1, 2]);
});

test('sequences have no gaps, and what is acknowledged leaves the disk', async () => {
  const { ledger, time, store, storage } = open();
  for (let i = 1; i <= 10; i++) {
    ledger.append([record('exposure', i)]);
    await time.advance(300);
  }
  assert.deepEqual(
    store.batches.map(({ first }) => first),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.deepEqual(await ledger.flush(), {
    acknowledged: 10,
    pending: 0,
    dropped: { signal: 0, exposure: 0, driver: 0, goal: 0 },
  });
  assert.deepEqual(await storage.read('r/', 'r0', 100), []);
});

test('a lost answer is sent again under the same key, later and later', async () => {
  const { ledger, time, store } = open({ answers: ['lost', { status: 503 }, { status: 200 }] });
  ledger.append([record('goal', 1)]);
  await time.advance(0);
  assert.equal(store.batches.length, 0);
  await time.advance(499);
  assert.equal(store.batches.length, 0, 'half of the first second, at a chance of a half');
  await time.advance(1);
  await time.advance(1000);
  await time.advance(2000);
  assert.deepEqual(
    store.batches.map(({ first }) => first),
    [1],
  );
});

test('full jitter: chance decides between nothing and the ceiling', async () => {
  for (const [chance, wait] of [
    [0, 0],
    [0.999, 999],
  ]) {
    const { ledger, time, store } = open({ answers: ['lost'], random: () => chance });
    ledger.append([record('goal', 1)]);
    await time.advance(0);
    await time.advance(wait - 1);
    assert.equal(store.batches.length, wait === 0 ? 1 : 0);
    await time.advance(1);
    assert.equal(store.batches.length, 1);
  }
});

test('Retry-After is kept to, by money too', async () => {
  const { ledger, time, store } = open({ answers: [{ status: 429, retryAfterMs: 30_000 }] });
  ledger.append([record('exposure', 1)]);
  await time.advance(1000);
  ledger.append([record('goal', 2)]);
  await time.advance(28_000);
  assert.equal(store.batches.length, 0);
  await time.advance(2_000);
  assert.deepEqual(store.records().map(markOf), [1, 2]);
});

test('after five failures in a row nothing is tried for a minute', async () => {
  let tries = 0;
  const { ledger, time } = open({
    transport: { send: () => Promise.reject(new Error(String(++tries))) },
    random: () => 0,
  });
  ledger.append([record('goal', 1)]);
  await time.advance(0);
  assert.equal(tries, limits.failureCountMax);
  ledger.append([record('goal', 2)]);
  await time.advance(59_000);
  ledger.leave();
  assert.equal(tries, limits.failureCountMax);
  await time.advance(2_000);
  assert.ok(tries > limits.failureCountMax);
});

test('a gap is filled from mark + 1', async () => {
  const { ledger, time, store } = open({ answers: [{ status: 409, mark: 2 }] });
  ledger.append([1, 2, 3, 4].map((mark) => record('goal', mark)));
  await time.advance(0);
  // The store of this test counts from nothing, so it answers 409 with 0 to a batch from 3.
  assert.equal(store.batches[0].first, 3);
  assert.deepEqual(store.batches[0].records.map(markOf), [3, 4]);
});

test('what the store lost after acknowledging it is said to be lost', async () => {
  const { ledger, time, store } = open({ answers: [{ status: 200, mark: 2 }] });
  ledger.append([record('goal', 1), record('goal', 2)]);
  await time.advance(0);
  ledger.append([record('goal', 3)]);
  await time.advance(0);
  assert.deepEqual(
    store.batches.map(({ first, records }) => [first, records.map(markOf)]),
    [
      [3, [3]],
      [1, ['dropped', 'dropped', 3]],
    ],
  );
});

test('an answer that moves nothing is not asked for again at once', async () => {
  let tries = 0;
  const { ledger, time } = open({
    transport: { send: async () => ({ status: 409, mark: (tries++, 0) }) },
  });
  ledger.append([record('goal', 1)]);
  await time.advance(100);
  assert.equal(tries, 1);
});

test('what the store refuses for good is dropped in place and reported', async () => {
  const { ledger, time, store, problems } = open({ answers: [{ status: 400 }] });
  ledger.append([record('goal', 1), record('exposure', 2)]);
  await time.advance(0);
  assert.deepEqual(store.records().map(markOf), ['dropped', 'dropped']);
  assert.deepEqual(problems, ['malformed_batch']);
  assert.deepEqual((await ledger.flush()).dropped, { signal: 0, exposure: 1, driver: 0, goal: 1 });
});

test('a batch keeps to 48 KiB, and to less where the store says so', async () => {
  const { ledger, time, store } = open({ answers: [{ status: 413 }] });
  const large = (mark) => {
    const { bytes } = record('exposure', mark);
    const padded = new Uint8Array(10_000);
    padded.set(bytes);
    return { priority: 'exposure', bytes: padded };
  };
  ledger.append(Array.from({ length: 12 }, (_, i) => large(i + 1)));
  await time.advance(300);
  await ledger.flush();
  assert.deepEqual(store.records().map(markOf), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.ok(store.batches.every(({ size }) => size <= 24 << 10));
});

test('short of room, the oldest of the least worth goes first, in place and counted', async () => {
  const { ledger, time, store } = open();
  const online = store.send;
  store.send = () => Promise.reject(new Error('offline'));
  const classes = ['goal', 'signal', 'exposure', 'driver'];
  const total = limits.recordCountMax + 600;
  for (let i = 1; i <= total; i++) ledger.append([record(classes[i % 4], i)]);
  const signals = Math.ceil(total / 4);
  const { dropped } = await ledger.flush();
  assert.deepEqual(dropped, { signal: 600, exposure: 0, driver: 0, goal: 0 });
  assert.ok(signals > 600);
  store.send = online;
  await time.advance(10 * 60_000);
  const marks = store.records().map(markOf);
  const expected = Array.from({ length: total }, (_, i) =>
    i % 4 === 0 && i < 2400 ? 'dropped' : i + 1,
  );
  assert.deepEqual(marks, expected);
});

test('short of bytes, the least worth goes first and its place says so', async () => {
  const { ledger } = open({ transport: { send: () => Promise.reject(new Error('offline')) } });
  const large = (priority, mark) => {
    const padded = new Uint8Array(4096);
    padded.set(record(priority, mark).bytes);
    return { priority, bytes: padded };
  };
  for (let i = 0; i < 64; i++) ledger.append([large('signal', i), large('exposure', i)]);
  for (let i = 0; i < 60; i++) ledger.append([large('goal', i)]);
  const { dropped } = await ledger.flush();
  assert.equal(dropped.signal, 61, '128 of 188 fit, less one for the places of the others');
  assert.deepEqual([dropped.exposure, dropped.driver, dropped.goal], [0, 0, 0]);
});

test('a crash loses nothing: the next page sends it under its own key', async () => {
  const storage = memoryStorage();
  const time = virtualTime();
  const first = open({ storage, time, transport: { send: () => new Promise(() => {}) } });
  first.ledger.append([record('goal', 1), record('exposure', 2)]);
  await time.advance(0);
  const second = open({ storage, time });
  second.ledger.append([record('goal', 3)]);
  await time.advance(1000);
  const [own, left] = second.store.batches;
  assert.deepEqual([own.first, own.records.map(markOf)], [1, [3]]);
  assert.deepEqual([left.first, left.records.map(markOf)], [1, [1, 2]]);
  assert.equal(own.device, left.device, 'one device');
  assert.notEqual(own.epoch, left.epoch, 'each writer its own epoch');
  assert.deepEqual(await storage.read('r/', 'r0', 9), []);
});

test('rows that no ledger wrote are thrown away', async () => {
  const storage = memoryStorage();
  await storage.write([
    ['r/nonsense', new Uint8Array([1])],
    ['r/00000000000000aa/0000000000000001', new Uint8Array([77, 0, 1])],
    ['device', new Uint8Array(3)],
  ]);
  const { ledger, time, store } = open({ storage });
  ledger.append([record('goal', 1)]);
  await time.advance(1000);
  assert.deepEqual(store.records().map(markOf), [1]);
  assert.deepEqual(await storage.read('r/', 'r0', 9), []);
});

test('wiped storage is a new device', async () => {
  const [a, b] = [open(), open()];
  for (const { ledger, time } of [a, b]) {
    ledger.append([record('goal', 1)]);
    await time.advance(0);
  }
  assert.notEqual(a.store.batches[0].device, b.store.batches[0].device);
});

test('a page that goes sends what is not under way yet, once', async () => {
  const sent = [];
  const answers = [];
  const transport = {
    send(bytes, last) {
      sent.push({ ...readBatch(bytes), last });
      return new Promise((resolve) => answers.push(resolve));
    },
  };
  const { ledger, time } = open({ transport });
  ledger.append([record('goal', 1)]);
  await time.advance(0);
  ledger.append([record('exposure', 2)]);
  ledger.leave();
  assert.deepEqual(
    sent.map(({ first, records, last }) => [first, records.map(markOf), last]),
    [
      [1, [1], false],
      [2, [2], true],
    ],
  );
  answers[1]({ status: 200, mark: 2 });
  await time.advance(0);
  answers[0]({ status: 200, mark: 2 });
  await time.advance(5000);
  assert.equal(sent.length, 2, 'and nothing is sent a second time');
});

test('after close nothing is sent, after erase nothing is kept', async () => {
  const { ledger, time, store, storage } = open();
  ledger.append([record('exposure', 1)]);
  ledger.close();
  await time.advance(60_000);
  assert.equal(store.batches.length, 0);
  assert.equal((await storage.read('r/', 'r0', 9)).length, 1, 'for the next page');
  const next = open({ storage });
  await next.ledger.erase();
  assert.deepEqual(await storage.read('', '\uffff', 9), []);
});

test('10,000 records through a network that loses a third arrive once each', async () => {
  let state = 7;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const backend = store();
  const time = virtualTime();
  const flaky = {
    async send(bytes, last) {
      if (random() < 0.17) throw new Error('lost on the way');
      const answer = await backend.send(bytes, last);
      if (random() < 0.17) throw new Error('answer lost');
      return answer;
    },
  };
  const { ledger } = open({ transport: flaky, time, random });
  for (let i = 1; i <= 10_000; i++) {
    ledger.append([record(i % 50 === 0 ? 'goal' : 'exposure', i)]);
    if (i % 20 === 0) await time.advance(200);
  }
  await time.advance(30 * 60_000);
  const seen = new Map();
  for (const batch of backend.batches)
    batch.records.forEach((it, i) => seen.set(batch.first + i, markOf(it)));
  assert.equal(seen.size, 10_000);
  assert.ok([...seen].every(([seq, mark]) => seq === mark || mark === 'dropped'));
  assert.equal((await ledger.flush()).pending, 0);
});
