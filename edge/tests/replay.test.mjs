// Chunks of replay logs pass the edge only from its own pages and within consent.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { consented, startEdge } from './bed.mjs';

const edge = await startEdge();
const chunk = 'HEEDLOG1 and the rest of it';
const visitor = `${consented.cookie}; heed_id=AbCdEfGhIjKlMnOpQrStUv`;
const kept = () => edge.origin.requests.filter(({ url }) => url === '/replay');

async function post({ body = chunk, cookie = visitor, site = 'same-origin', ...more } = {}) {
  const headers = {
    'content-type': 'text/plain',
    'sec-fetch-site': site,
    ...(cookie && { cookie }),
  };
  const answer = await fetch(`${edge.url}/_heed/replay`, {
    method: 'POST',
    headers,
    body,
    ...more,
  });
  const said = answer.status === 204 ? null : (await answer.json()).error.code;
  return [answer.status, said];
}

describe('a chunk of a replay log', () => {
  test('is handed on with the ingest key and nothing of the visitor', async () => {
    assert.deepEqual(await post(), [204, null]);
    const [{ headers, body }] = kept();
    assert.equal(body.toString(), chunk);
    assert.equal(headers.authorization, 'Bearer ingest-secret');
    assert.equal(headers['content-type'], 'application/vnd.heed.replay');
    assert.equal(headers.cookie, undefined);
  });
  test('is refused without consent, from elsewhere, too large, or where it is none', async () => {
    const before = kept().length;
    assert.deepEqual(await post({ cookie: '' }), [403, 'no_consent']);
    assert.deepEqual(await post({ cookie: consented.cookie }), [403, 'no_consent']);
    const withdrawn = 'shop_consent=none; heed_id=AbCdEfGhIjKlMnOpQrStUv';
    assert.deepEqual(await post({ cookie: withdrawn }), [403, 'no_consent']);
    assert.deepEqual(await post({ site: 'cross-site' }), [403, 'cross_origin']);
    assert.deepEqual(await post({ body: 'HEEDOUT1' }), [400, 'malformed_log']);
    assert.deepEqual(await post({ body: chunk + 'x'.repeat(50_000) }), [413, 'too_large']);
    assert.equal(kept().length, before);
  });
  test('is not taken where the edge keeps no logs', async () => {
    const without = await startEdge({ bindings: { REPLAY: '' } });
    const headers = { 'content-type': 'text/plain', cookie: visitor };
    const answer = await fetch(`${without.url}/_heed/replay`, {
      method: 'POST',
      headers,
      body: 'x',
    });
    assert.equal(answer.status, 404);
  });
});
