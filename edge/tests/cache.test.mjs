// A shared cache never serves one visitor's state to another.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';

import {
  always,
  html,
  page,
  raw,
  ruleset,
  source,
  startEdge,
  startServer,
  stateOf,
} from './bed.mjs';

/** The seconds for which a shared cache may keep an answer (RFC 9111, sections 3 and 4.2). */
function freshness(status, headers) {
  const directives = Object.fromEntries(
    (headers['cache-control'] ?? '').split(',').map((it) => it.trim().toLowerCase().split('=')),
  );
  const forbidden = ['no-store', 'private', 'no-cache'].some((name) => name in directives);
  if (status !== 200 || forbidden) return 0;
  const cdn = /max-age=(\d+)/.exec(headers['cdn-cache-control'] ?? '')?.[1];
  const surrogate = /max-age=(\d+)/.exec(headers['surrogate-control'] ?? '')?.[1];
  const explicit = cdn ?? surrogate ?? directives['s-maxage'] ?? directives['max-age'];
  if (explicit !== undefined) return Number(explicit);
  const expires = Date.parse(headers.expires ?? '');
  // Without a lifetime of its own an answer with a Last-Modified may be kept by heuristics.
  return (expires - Date.now()) / 1000 || (headers['last-modified'] ? 3600 : 0);
}

/** A caching proxy before `upstream`: keeps what it may, by address alone, for everyone. */
async function startCache(upstream) {
  const kept = new Map();
  const proxy = await startServer(({ method, url, headers }, response) => {
    const found = kept.get(url);
    if (found && found.until > Date.now() && method === 'GET') {
      response.writeHead(200, { ...found.headers, 'x-cache': 'hit' }).end(found.body);
      return;
    }
    const onward = http.request(
      upstream + url,
      { method, headers, agent: false },
      async (answer) => {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        const { statusCode: status, headers: answered } = answer;
        const until = Date.now() + freshness(status, answered) * 1000;
        if (method === 'GET') kept.set(url, { until, headers: answered, body });
        response.writeHead(status, { ...answered, 'x-cache': 'miss' }).end(body);
      },
    );
    onward.end();
  });
  return proxy;
}

const cacheable = {
  'cache-control': 'public, max-age=3600, s-maxage=7200',
  'cdn-cache-control': 'max-age=3600',
  'surrogate-control': 'max-age=3600',
  expires: new Date(Date.now() + 3_600_000).toUTCString(),
  'last-modified': 'Fri, 20 Nov 2026 10:00:00 GMT',
  etag: '"v1"',
};
const body = page('<p data-heed-slot="hero"><b data-heed-part="title">own</b></p>');
const file = ruleset(
  source({
    attributes: { cookie_name: { type: 'string', source: 'request' } },
    slots: { hero: {} },
    triggers: {
      ann: { ...always('hero', { title: ['For Ann'] }), when: "cookie_name == 'ann'" },
      ben: { ...always('hero', { title: ['For Ben'] }), when: "cookie_name == 'ben'" },
    },
  }),
);
const edge = await startEdge({
  file,
  pages: { '/': html(body, cacheable), '/plain': html(body, cacheable) },
});
const cache = await startCache(edge.url);
const visit = async (name, path = '/') => {
  const id = name.padEnd(22, 'x');
  const cookie = `shop_consent=personalisation; name=${name}; heed_id=${id}`;
  return raw(cache.url + path, { headers: { cookie } });
};

describe('behind a shared cache that obeys Cache-Control', () => {
  test('the cache itself works: what the origin lets it keep, it serves to everyone', async () => {
    assert.equal((await visit('ann', '/plain')).headers['x-cache'], 'miss');
    assert.equal((await visit('ben', '/plain')).headers['x-cache'], 'hit');
  });
  test("one visitor's page never reaches another", async () => {
    const [ann, ben] = [await visit('ann'), await visit('ben')];
    assert.match(ann.body.toString(), /For Ann/);
    assert.match(ben.body.toString(), /For Ben/);
    assert.deepEqual([ann.headers['x-cache'], ben.headers['x-cache']], ['miss', 'miss']);
    const states = [ann, ben].map((it) => stateOf(it.body.toString()));
    assert.notEqual(states[0].view, states[1].view);
    assert.notEqual(states[0].ticket, states[1].ticket);
  });
  test("nor do a visitor's cookies, or the same visitor's page twice", async () => {
    const [first, second] = [await visit('ann'), await visit('ann')];
    assert.equal(second.headers['x-cache'], 'miss');
    const view = (it) => stateOf(it.body.toString()).view;
    assert.notEqual(view(first), view(second));
    assert.match((await visit('ben')).headers['set-cookie'][0], /^heed_id=benxxxx/);
  });
  test('no header of the origin lets a CDN keep the page', async () => {
    const { headers } = await visit('ann');
    for (const name of [
      'cdn-cache-control',
      'surrogate-control',
      'expires',
      'last-modified',
      'etag',
    ]) {
      assert.equal(headers[name], undefined, name);
    }
    assert.equal(headers['cache-control'], 'private, no-store');
  });
  test('a confirmation is never kept', async () => {
    const image = await raw(`${cache.url}/_heed/confirm?v=0&s=0`);
    assert.equal(image.headers['cache-control'], 'no-store');
  });
});
