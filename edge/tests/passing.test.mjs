// What is not a page passes byte for byte, and a page leaves the edge with headers that are true.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { heroPage, html, raw, startEdge } from './bed.mjs';

const validators = { etag: '"v1"', 'last-modified': 'Fri, 20 Nov 2026 10:00:00 GMT' };
const noise = Buffer.from([0x3c, 0x00, 0xff, 0xfe, 0x3c, 0x62, 0x6f, 0x64, 0x79, 0x3e, 0xc3, 0x28]);

const edge = await startEdge({
  pages: {
    '/': html(heroPage, validators),
    '/c/encoded': html(gzipSync(heroPage), { 'content-encoding': 'gzip', ...validators }),
    '/c/brotli': html(brotliCompressSync(heroPage), { 'content-encoding': 'br', ...validators }),
    '/c/unknown-encoding': html(noise, { 'content-encoding': 'x-unknown' }),
    '/c/latin1': {
      headers: { 'content-type': 'text/html; charset=iso-8859-1', ...validators },
      body: Buffer.concat([Buffer.from(heroPage), noise]),
    },
    '/c/utf8-quoted': { headers: { 'content-type': 'Text/HTML; Charset="UTF-8"' }, body: heroPage },
    '/c/no-charset': { headers: { 'content-type': 'text/html' }, body: heroPage },
    '/c/data.json': { headers: { 'content-type': 'application/json' }, body: '{"a":"<body>"}' },
    '/c/image': { headers: { 'content-type': 'image/png', ...validators }, body: noise },
    '/c/untyped': { body: heroPage },
    '/c/xhtml': { headers: { 'content-type': 'application/xhtml+xml' }, body: heroPage },
    '/c/missing': { ...html(heroPage), status: 404 },
    '/c/broken': { ...html(heroPage), status: 500 },
    '/c/moved': { ...html(heroPage), status: 302, headers: { location: '/c/there', etag: '"m"' } },
    '/c/posted': html(heroPage, validators),
    '/c/range': (request, response) => {
      const partial = request.headers.range === 'bytes=0-9';
      const headers = { 'content-type': 'text/html', 'content-range': 'bytes 0-9/100' };
      response.writeHead(partial ? 206 : 200, headers).end(heroPage.slice(0, 10));
    },
    '/outside': html(heroPage, validators),
  },
});
const get = (path, options) => raw(edge.url + path, options);
const lastRequest = () => edge.origin.requests.at(-1);

/** The answer is the origin's, bytes and validators, and heed says nothing about it. */
async function passes(path, options, expected = heroPage) {
  const answer = await get(path, options);
  assert.deepEqual(answer.body, Buffer.from(expected));
  assert.equal(answer.headers['x-heed'], undefined);
  assert.equal(answer.headers['server-timing'], undefined);
  assert.equal(answer.headers['set-cookie'], undefined);
  return answer;
}

describe('only GET answers that are 200 text/html are rewritten', () => {
  test('a GET answered with 200 text/html is rewritten', async () => {
    const answer = await get('/');
    assert.equal(answer.headers['x-heed'], 'ok; v=7; slots=1');
    assert.match(answer.body.toString(), /<h1 data-heed-part="title">Made for you<\/h1>/);
  });
  test('a charset of UTF-8 in any spelling, or none, is rewritten', async () => {
    for (const path of ['/c/utf8-quoted', '/c/no-charset']) {
      assert.equal((await get(path)).headers['x-heed'], 'ok; v=7; slots=1', path);
    }
  });
  test("HEAD passes, with the origin's validators", async () => {
    const answer = await passes('/', { method: 'HEAD' }, '');
    assert.equal(answer.headers.etag, '"v1"');
  });
  test('POST passes, body and all', async () => {
    await passes('/c/posted', { method: 'POST', body: 'a=1', headers: { 'content-length': 3 } });
    assert.equal(lastRequest().body.toString(), 'a=1');
  });
  test('a Range request passes as a range', async () => {
    const headers = { range: 'bytes=0-9', 'if-range': '"v1"' };
    const answer = await passes('/c/range', { headers }, heroPage.slice(0, 10));
    assert.equal(answer.status, 206);
    assert.equal(lastRequest().headers['if-range'], '"v1"');
  });
  test('a redirect passes and is not followed', async () => {
    const answer = await passes('/c/moved');
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.location, '/c/there');
    assert.equal(answer.headers.etag, '"m"');
  });
  test('other statuses pass', async () => {
    assert.equal((await passes('/c/missing')).status, 404);
    assert.equal((await passes('/c/broken')).status, 500);
  });
  test('other types pass', async () => {
    await passes('/c/data.json', {}, '{"a":"<body>"}');
    await passes('/c/untyped');
    await passes('/c/xhtml');
    assert.equal((await passes('/c/image', {}, noise)).headers.etag, '"v1"');
  });
  test('addresses outside match pass, conditional headers and all', async () => {
    const headers = { 'if-none-match': '"v0"', 'accept-encoding': 'br, gzip;q=0.5' };
    assert.equal((await passes('/outside', { headers })).headers.etag, '"v1"');
    assert.equal(lastRequest().headers['if-none-match'], '"v0"');
    assert.equal(lastRequest().headers['accept-encoding'], 'br, gzip;q=0.5');
  });
});

describe('encodings and character sets', () => {
  test('a gzip page is read and rewritten, and leaves in no encoding', async () => {
    const answer = await get('/c/encoded', { headers: { 'accept-encoding': 'gzip, br' } });
    assert.equal(answer.headers['content-encoding'], undefined);
    assert.match(answer.body.toString(), /Made for you/);
  });
  test('an encoding heed cannot read passes byte for byte, and says why', async () => {
    const brotli = await get('/c/brotli', { headers: { 'accept-encoding': 'br' } });
    assert.deepEqual(brotli.body, brotliCompressSync(heroPage));
    assert.equal(brotli.headers['content-encoding'], 'br');
    assert.equal(brotli.headers['x-heed'], 'bypass; reason=encoding');
    const unknown = await get('/c/unknown-encoding');
    assert.deepEqual(unknown.body, noise);
    assert.equal(unknown.headers['content-encoding'], 'x-unknown');
  });
  test('a character set heed cannot read passes byte for byte, and says why', async () => {
    const answer = await get('/c/latin1');
    assert.deepEqual(answer.body, Buffer.concat([Buffer.from(heroPage), noise]));
    assert.equal(answer.headers['x-heed'], 'bypass; reason=charset');
    assert.equal(answer.headers.etag, '"v1"');
  });
  test('the origin is asked only for encodings that can be read', async () => {
    await get('/', { headers: { 'accept-encoding': 'gzip, br, zstd' } });
    assert.equal(lastRequest().headers['accept-encoding'], 'gzip');
    await get('/', { headers: { 'accept-encoding': 'br' } });
    assert.equal(lastRequest().headers['accept-encoding'], 'identity');
    await get('/', { headers: { 'accept-encoding': 'gzip;q=0, br' } });
    assert.equal(lastRequest().headers['accept-encoding'], 'identity');
  });
});

describe('validators', () => {
  test('conditional request headers are not forwarded for a page', async () => {
    const headers = {
      'if-none-match': '"v1"',
      'if-modified-since': validators['last-modified'],
      'if-match': '"v1"',
      'if-unmodified-since': validators['last-modified'],
    };
    const answer = await get('/', { headers });
    assert.equal(answer.status, 200);
    for (const name of Object.keys(headers)) assert.equal(lastRequest().headers[name], undefined);
  });
  test('ETag and Last-Modified are dropped on rewritten pages', async () => {
    const { headers } = await get('/');
    assert.equal(headers.etag, undefined);
    assert.equal(headers['last-modified'], undefined);
    assert.equal(headers['content-length'], undefined);
  });
});
