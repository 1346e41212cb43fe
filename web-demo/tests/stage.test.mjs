// The stage's own machinery, without a browser: what it counts, decodes and decides again.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { encodeBatch } from 'heed';

import { readBatch, readHead } from '../stage/batch.mjs';
import { Front } from '../stage/front.mjs';
import { rulesetOf } from '../stage/replay.mjs';
import { Traffic } from '../stage/traffic.mjs';
import { Wire } from '../stage/wire.mjs';

const corpus = (name) =>
  readFile(fileURLToPath(new URL(`../../tests/fuzz/corpus/outcome/${name}`, import.meta.url)));
const head = { device: 'a1'.repeat(8), epoch: 'b2'.repeat(8), first: 4, sent: 1000, ticket: 't' };

describe('a batch', () => {
  test('is read as it was written', () => {
    const bytes = encodeBatch(head, [Uint8Array.of(4, 7, 0, 0, 0, 0, 0, 0, 0, 2)]);
    assert.deepEqual(readHead(bytes), { ...head, count: 1 });
    assert.deepEqual(readBatch(bytes).records, [{ type: 'dropped', at: 7, class: 'exposure' }]);
  });
  test('of the documented bytes has the documented records', async () => {
    const batch = readBatch(await corpus('batch.bin'));
    assert.ok(batch.records.length > 0);
    for (const record of batch.records) assert.match(record.type, /^[a-z]+$/);
  });
  test('cut short, or of other bytes, is none', () => {
    const bytes = encodeBatch(head, [Uint8Array.of(4, 7, 0, 0, 0, 0, 0, 0, 0, 2)]);
    for (let size = 0; size < bytes.length; size++)
      assert.equal(readBatch(bytes.subarray(0, size)), null, `${size} bytes`);
    assert.equal(readBatch(Uint8Array.from(bytes, (byte) => byte ^ 1)), null);
  });
});

test('a chunk of a replay log names its ruleset behind a number of any length', () => {
  for (const number of [[5], [133, 1]]) {
    const before = [...Buffer.from('HEEDLOG1'), ...Array(8).fill(9), ...number];
    const chunk = Buffer.from([...before, 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, 0, 0]);
    assert.equal(rulesetOf(chunk), '0123456789abcdef');
  }
});

describe('the wire', async () => {
  let mark = 0;
  const store = http.createServer((request, response) => {
    request.resume();
    request.on('end', () =>
      mark < 0 ? request.socket.destroy() : response.end(JSON.stringify({ mark })),
    );
  });
  store.listen(0, '127.0.0.1');
  await once(store, 'listening');
  const wire = new Wire(`http://127.0.0.1:${store.address().port}`, async () => {});
  await wire.start();
  after(async () => {
    await wire.stop();
    store.closeAllConnections();
    store.close();
  });
  const send = (first, count) => {
    const body = encodeBatch(
      { ...head, first },
      Array.from({ length: count }, () => Uint8Array.of(4)),
    );
    return fetch(`${wire.url}/v1/s/outcomes`, { method: 'POST', body }).catch(() => undefined);
  };
  const books = () => [wire.books.sent, wire.books.acknowledged];

  test('counts a record once, however often it is sent', async () => {
    mark = -1;
    assert.equal(await send(1, 3), undefined, 'a dead store is a closed connection');
    assert.deepEqual(books(), [3, 0]);
    mark = 3;
    await send(1, 3);
    await send(1, 3);
    assert.deepEqual(books(), [3, 3]);
    mark = 5;
    await send(3, 3);
    assert.deepEqual(books(), [5, 5]);
  });
  test('hands the bytes on that an attack makes of them, to rulesets alone', async () => {
    wire.tamper = () => Buffer.from('other');
    const get = async (path) => (await fetch(wire.url + path)).text();
    assert.equal(await get('/v1/s/ruleset'), 'other');
    assert.match(await get('/v1/s/keyring'), /mark/);
    wire.tamper = null;
    assert.match(await get('/v1/s/ruleset'), /mark/);
  });
});

test('the crowd comes at the pace that is set, and goes at the end', async () => {
  const stopped = new AbortController();
  let played = 0;
  const play = async (number) => {
    played += 1;
    if (number === 3) throw new Error('this visitor meets a fault');
  };
  const traffic = new Traffic({ play }, stopped.signal);
  traffic.pace = 'paused';
  traffic.rush = 5;
  const running = traffic.run();
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(150);
  assert.equal(played, 0);
  traffic.pace = 'calm';
  while (traffic.state.rush > 0 || traffic.state.busy > 0) await pause(20);
  assert.ok(played >= 5);
  assert.equal(traffic.state.fault, 'this visitor meets a fault');
  stopped.abort();
  await running;
});

test('a page left open from another demo waits until this one has its parts', async () => {
  const edge = http.createServer((_, response) => response.end('the shop'));
  edge.listen(0, '127.0.0.1');
  await once(edge, 'listening');
  let url;
  const front = new Front(
    () => url,
    (_, response) => response.end('the stage'),
    () => {},
  );
  await front.start(0);
  after(async () => {
    await front.stop();
    edge.close();
    edge.closeAllConnections();
  });
  const paths = { '/': 'the shop', '/stage/events': 'the stage' };
  for (const path of Object.keys(paths)) {
    const early = await fetch(front.url + path);
    assert.equal(early.status, 503, path);
    await early.text();
  }
  url = `http://127.0.0.1:${edge.address().port}`;
  for (const [path, said] of Object.entries(paths)) {
    const answer = await fetch(front.url + path);
    assert.deepEqual([answer.status, await answer.text()], [200, said]);
  }
});
