// Outcomes go to the store through the edge; what they carry can be checked.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';

import {
  always,
  consented,
  cookiesOf,
  html,
  page,
  raw,
  ruleset,
  sleep,
  source,
  startEdge,
  stateOf,
  until,
} from './bed.mjs';

const file = ruleset(
  source({
    slots: { hero: {}, absent: {}, held: {} },
    triggers: {
      welcome: always('hero', { title: ['Made for you'] }),
      elsewhere: always('absent', { title: ['Not on this page'] }),
      withheld: always('held', { title: ['Never shown'] }, { holdout: 1 }),
    },
  }),
);
const slots = ['hero', 'held'].map(
  (slot) => `<p data-heed-slot="${slot}"><b data-heed-part="title">own</b></p>`,
);
const pages = { '/': html(page(slots.join(''))), '/c/none': html(page('<p>no slot</p>')) };
const edge = await startEdge({ file, pages });
const outcomes = `${edge.url}/_heed/outcomes`;
const sent = () => edge.origin.requests.filter(({ url }) => url === '/outcomes');

const own = { origin: edge.url, 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' };
const post = (body, headers = {}) =>
  raw(outcomes, { method: 'POST', body, headers: { ...own, ...headers } });
const answer = { mark: 3, accepted: 3, repeated: 0, too_old: 0, refused: 0, repeated_ids: 0 };

function storeAnswers(store) {
  edge.state.store = store;
}
const accepts = () =>
  storeAnswers({
    headers: { 'content-type': 'application/json', 'set-cookie': 'store=1' },
    body: JSON.stringify(answer),
  });

describe('the browser posts same-origin, the edge forwards with the ingest key', () => {
  test("body and type arrive as sent, the store's answer comes back", async () => {
    accepts();
    const body = Buffer.from([...Buffer.from('HEEDOUT1'), 0, 255, 128, 10]);
    const { status, headers, body: got } = await post(body);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(got), answer);
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(sent().at(-1).body, body);
    assert.equal(sent().at(-1).headers['content-type'], 'text/plain');
    assert.equal(sent().at(-1).headers.authorization, 'Bearer ingest-secret');
  });
  test("no cookie and no header of the visitor goes along, none of the store's comes back", async () => {
    accepts();
    const headers = { cookie: 'heed_id=x', authorization: 'Bearer mine', 'x-forwarded-for': '::1' };
    assert.equal((await post('{}', headers)).headers['set-cookie'], undefined);
    const got = sent().at(-1).headers;
    assert.deepEqual([got.cookie, got['x-forwarded-for']], [undefined, undefined]);
    assert.equal(got.authorization, 'Bearer ingest-secret');
  });
  test("the store's refusal and Retry-After are handed back", async () => {
    const error = { error: { code: 'slow_down', message: 'later', where: '' } };
    storeAnswers({ status: 429, headers: { 'retry-after': '17' }, body: JSON.stringify(error) });
    const refused = await post('{}');
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '17');
    assert.deepEqual(JSON.parse(refused.body), error);
    storeAnswers({ status: 409, body: '{"mark":3}' });
    assert.equal((await post('{}')).status, 409);
  });
  test('a store that cannot be reached is a 503 that says when to try again', async () => {
    const nowhere = await startEdge({
      file,
      bindings: { OUTCOMES: 'http://127.0.0.1:9/outcomes' },
    });
    const headers = { ...own, origin: nowhere.url };
    const url = `${nowhere.url}/_heed/outcomes`;
    const refused = await raw(url, { method: 'POST', body: '{}', headers });
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '5');
    assert.equal(JSON.parse(refused.body).error.code, 'store_unreachable');
    await nowhere.stop();
  });
});

describe("what is not a browser's batch is refused at the edge", () => {
  async function refuses(status, code, body, headers, method = 'POST') {
    accepts();
    const before = sent().length;
    const refused = await raw(outcomes, { method, body, headers });
    assert.equal(refused.status, status);
    assert.equal(JSON.parse(refused.body).error.code, code);
    assert.equal(sent().length, before);
  }
  test('another origin', async () => {
    const type = { 'content-type': 'text/plain' };
    await refuses(403, 'cross_origin', '{}', { ...type, origin: 'https://evil.example' });
    await refuses(403, 'cross_origin', '{}', { ...type, origin: 'null' });
    await refuses(403, 'cross_origin', '{}', { ...own, 'sec-fetch-site': 'cross-site' });
    await refuses(403, 'cross_origin', '{}', { ...own, 'sec-fetch-site': 'same-site' });
  });
  test('an older browser says its origin alone', async () => {
    accepts();
    const headers = { origin: edge.url, 'content-type': 'text/plain' };
    assert.equal((await raw(outcomes, { method: 'POST', body: '{}', headers })).status, 200);
  });
  test('a request that does not say where it comes from', async () => {
    await refuses(403, 'cross_origin', '{}', { 'content-type': 'text/plain' });
  });
  test('more than 48 KiB, announced or not', async () => {
    const body = Buffer.alloc(48 * 1024 + 1);
    await refuses(413, 'too_large', body, { ...own, 'content-length': body.length });
    await refuses(413, 'too_large', body, { ...own, 'transfer-encoding': 'chunked' });
    assert.equal((await post(Buffer.alloc(48 * 1024))).status, 200);
  });
  test('another type, another method', async () => {
    await refuses(415, 'unsupported_type', '{}', { ...own, 'content-type': 'application/json' });
    await refuses(405, 'wrong_method', undefined, own, 'GET');
  });
});

describe("a ticket makes a session's outcomes checkable", () => {
  const stateFor = async (headers) =>
    stateOf((await raw(`${edge.url}/`, { headers })).body.toString());
  const payloadOf = (ticket) => Buffer.from(ticket.split('.')[0], 'base64url').toString();

  test("it says site, unit, times and quota, and its mac is the ticket key's", async () => {
    const before = Date.now();
    const { ticket } = await stateFor(consented);
    const payload = payloadOf(ticket);
    const [site, unit, issued, expiry, quota, ...rest] = payload.split('\n');
    assert.equal(site, 'shop.example');
    assert.match(unit, /^[0-9a-f]{16}$/);
    assert.ok(Number(issued) >= before && Number(issued) <= Date.now());
    assert.equal(Number(expiry) - Number(issued), 24 * 3600 * 1000);
    assert.deepEqual([quota, rest], ['2000', []]);
    const mac = createHmac('sha256', 'ticket-secret').update(payload).digest().subarray(0, 16);
    assert.equal(ticket.split('.')[1], mac.toString('base64url'));
  });
  test('it speaks for one visitor', async () => {
    const visitor = (id) => ({ cookie: `${consented.cookie}; heed_id=${id}` });
    const unit = async (id) => payloadOf((await stateFor(visitor(id))).ticket).split('\n')[1];
    const [first, again] = [await unit('A'.repeat(22)), await unit('A'.repeat(22))];
    assert.equal(first, again);
    assert.notEqual(first, await unit('B'.repeat(22)));
  });
  test('at level none there is none', async () => {
    assert.equal((await stateFor({})).ticket, '');
  });
  const id = 'AbCdEfGhIjKlMnOpQrStUv';
  const bare = Buffer.concat([Buffer.from('HEEDOUT1'), Buffer.alloc(32, 7), Buffer.from([0, 0])]);
  test('a batch without one, of a visitor who consented since, gets one', async () => {
    accepts();
    const cookie = `${consented.cookie}; heed_id=${id}`;
    const { ticket } = await stateFor({ cookie });
    await post(bare, { cookie });
    const { ticket: added, records } = readExposures(sent().at(-1).body);
    assert.equal(payloadOf(added).split('\n')[1], payloadOf(ticket).split('\n')[1]);
    assert.deepEqual(records, []);
  });
  test('one without consent, and one that has its own, pass as they are', async () => {
    accepts();
    await post(bare, { cookie: `heed_id=${id}` });
    assert.deepEqual(sent().at(-1).body, bare);
    const own = Buffer.concat([bare.subarray(0, 40), Buffer.from([1, 65, 0])]);
    await post(own, { cookie: `${consented.cookie}; heed_id=${id}` });
    assert.deepEqual(sent().at(-1).body, own);
  });
});

/** Reads what the confirmation test needs of a binary batch (docs/formats/outcomes.md). */
function readExposures(batch) {
  let at = 0;
  const take = (size) => batch.subarray(at, (at += size));
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = batch[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const string = () => take(varint()).toString();
  assert.equal(take(8).toString(), 'HEEDOUT1');
  const [device, epoch, first] = [0, 1, 2].map(() => take(8).readBigUInt64LE());
  take(8);
  const ticket = string();
  const records = Array.from({ length: varint() }, () => {
    const end = varint() + at;
    const type = batch[at++];
    take(24);
    const view = take(8).readBigUInt64LE().toString(16).padStart(16, '0');
    const record = { type, view, slot: string(), trigger: string() };
    at = end;
    return record;
  });
  assert.equal(at, batch.length);
  return { device, epoch, first, ticket, records };
}

describe('a <noscript> image confirms pages without script', () => {
  const visitor = { cookie: `${consented.cookie}; heed_id=AbCdEfGhIjKlMnOpQrStUv` };
  const load = async (path = '/', headers = visitor) =>
    (await raw(edge.url + path, { headers })).body.toString();
  const imageOf = (body) => /<noscript><img src="([^"]*)"/.exec(body)?.[1].replaceAll('&amp;', '&');
  const confirm = (image, headers = visitor) => raw(edge.url + image, { headers });
  const nothingSent = async (image, headers) => {
    accepts();
    const before = sent().length;
    const answer = await confirm(image, headers);
    await sleep(150);
    assert.equal(sent().length, before);
    return answer;
  };

  test('the page itself exposes nothing', async () => {
    const before = sent().length;
    await load();
    await sleep(150);
    assert.equal(sent().length, before);
  });
  test('the image sends the exposures of the slots the page has, held out ones too', async () => {
    accepts();
    const body = await load();
    const { view, ticket } = stateOf(body);
    const before = sent().length;
    const answer = await confirm(imageOf(body));
    assert.equal(answer.headers['content-type'], 'image/gif');
    assert.equal(answer.headers['cache-control'], 'no-store');
    await until(
      () => sent().length,
      (count) => count > before,
    );
    const batch = sent().at(-1);
    assert.equal(batch.headers.authorization, 'Bearer ingest-secret');
    const { first, ticket: carried, records } = readExposures(batch.body);
    assert.deepEqual([first, carried], [1n, ticket]);
    assert.deepEqual(records, [
      { type: 1, view, slot: 'hero', trigger: 'welcome' },
      { type: 1, view, slot: 'held', trigger: 'withheld' },
    ]);
  });
  test('they leave after the answer: a slow store holds nobody up', async () => {
    const image = imageOf(await load());
    const before = sent().length;
    storeAnswers({ delayMs: 2000, body: '{}' });
    const started = performance.now();
    await confirm(image);
    assert.ok(performance.now() - started < 1000);
    await until(
      () => sent().length,
      (count) => count > before,
    );
    accepts();
  });
  test('without script the edge owns the session: the image answers heed_s', async () => {
    const { heed_s: cookie } = cookiesOf(await confirm(imageOf(await load())));
    assert.match(
      cookie,
      /^heed_s=[A-Za-z0-9_-]{1,2000}; Max-Age=63072000; Path=\/; SameSite=Lax; S/,
    );
    const snapshot = cookie.split(';')[0];
    const returning = { cookie: `${visitor.cookie}; ${snapshot}` };
    assert.match(await load('/', returning), /Made for you/);
  });
  test('each image is a ledger of its own: a repeat has another device', async () => {
    accepts();
    const image = imageOf(await load());
    const before = sent().length;
    await confirm(image);
    await confirm(image);
    await until(
      () => sent().length,
      (count) => count === before + 2,
    );
    const [a, b] = sent()
      .slice(-2)
      .map(({ body }) => readExposures(body));
    assert.notEqual(a.device, b.device);
    assert.equal(a.records[0].view, b.records[0].view);
  });
  test('a page without consent, or without a slot, has no image', async () => {
    assert.equal(imageOf(await load('/', {})), undefined);
    assert.equal(imageOf(await load('/c/none')), undefined);
  });
  test('consent withdrawn since, or a lost id, counts nothing', async () => {
    const image = imageOf(await load());
    const answer = await nothingSent(image, { cookie: 'heed_id=AbCdEfGhIjKlMnOpQrStUv' });
    assert.deepEqual(cookiesOf(answer), {});
    await nothingSent(image, consented);
  });
  test('a forged or cut seal counts nothing', async () => {
    const image = imageOf(await load());
    const swapped = image.replace(/s=(.)/, (_, first) => `s=${first === 'e' ? 'f' : 'e'}`);
    for (const forged of [
      swapped,
      image.slice(0, -2),
      '/_heed/confirm',
      '/_heed/confirm?v=1&s=.',
    ]) {
      const answer = await nothingSent(forged);
      assert.equal(answer.status, 200);
    }
  });
});

test('heed.wasm is served where the worker has its bytes', async () => {
  const answer = await raw(`${edge.url}/_heed/heed.wasm`);
  assert.equal(answer.headers['content-type'], 'application/wasm');
  assert.equal(answer.body.subarray(0, 4).toString(), '\0asm');
});
