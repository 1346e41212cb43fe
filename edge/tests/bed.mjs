// What every edge test stands on: a key, rulesets made by the real command, an origin whose answers
// the test writes, and real workerd in front of it.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startWorkerd } from '../dev/workerd.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = process.env.HEED ?? path.join(root, 'build', 'heed');
const entry = fileURLToPath(new URL('worker.mjs', import.meta.url));

const scratch = mkdtempSync(path.join(tmpdir(), 'heed-edge-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const heed = (...args) => execFileSync(command, args, { cwd: scratch, stdio: 'pipe' });

/** Makes a release key. @returns {file, public}: `public` is what `keys` of the edge lists */
export function newKey(name) {
  heed('keys', 'new', name);
  const { public: text } = JSON.parse(readFileSync(path.join(scratch, `${name}.pub.json`), 'utf8'));
  return { file: path.join(scratch, `${name}.key.json`), public: text };
}
export const key = newKey('release');

let built = 0;
/** Compiles and signs a source. @returns the signed ruleset's bytes */
export function ruleset(source, signer = key) {
  const name = path.join(scratch, `ruleset${built++}`);
  writeFileSync(`${name}.heed.json`, JSON.stringify(source));
  heed('build', `${name}.heed.json`, '-o', `${name}.heed`);
  heed('sign', `${name}.heed`, '--key', signer.file);
  return readFileSync(`${name}.heed`);
}

/** The .heedmap of the ruleset that was made last, as text. */
export const lastMap = () =>
  readFileSync(path.join(scratch, `ruleset${built - 1}.heedmap`), 'utf8');

/** What `heed explain --json` prints for a visitor's line. */
export function explained(file, line, slot, map) {
  writeFileSync(path.join(scratch, 'explained.heed'), file);
  writeFileSync(path.join(scratch, 'visitor.json'), JSON.stringify(line));
  if (map) writeFileSync(path.join(scratch, 'words.heedmap'), map);
  const visitor = ['--visitor', 'visitor.json', '--slot', slot];
  const words = map ? ['--map', 'words.heedmap'] : [];
  return heed('explain', 'explained.heed', ...visitor, ...words, '--json')
    .toString()
    .trimEnd();
}

/** A trigger that always wins `slot` with its first options. */
export const always = (slot, parts, more = {}) => ({ slot, when: 'true', parts, ...more });

/** The source that most tests start from; `more` replaces top-level keys. */
export const source = (more = {}) => ({
  site: 'shop.example',
  version: 7,
  expires: '2099-01-01T00:00:00Z',
  consent: {
    cookie: 'shop_consent',
    default: 'none',
    grants: { analytics: 'session', personalisation: 'device' },
    gpc: 'none',
  },
  slots: { hero: {} },
  triggers: { welcome: always('hero', { title: ['Made for you'] }) },
  ...more,
});

export const page = (body, head = '<title>Shop</title>') =>
  `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`;
export const heroPage = page(
  '<section data-heed-slot="hero"><h1 data-heed-part="title">Welcome</h1></section>',
);

/** An HTTP server whose answers the test sets; `requests` is what has reached it. */
export async function startServer(respond) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method, url, headers } = request;
    requests.push({ method, url, headers, body });
    await self.respond({ method, url, headers, body }, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  const self = { url: `http://127.0.0.1:${server.address().port}`, requests, respond, stop };
  after(stop);
  return self;
}

export const html = (body, headers = {}) => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body,
});

function send(response, { status = 200, headers = {}, body = '' }) {
  response.writeHead(status, headers);
  response.end(body);
}

/**
 * An edge before an origin: pages from `pages` (path -> answer or function), the ruleset at
 * /ruleset.heed, batches at /outcomes, memory at /memory/.
 */
export async function startEdge({ pages = {}, file, bindings = {} } = {}) {
  const kept = new Map();
  const state = { file: file ?? ruleset(source()), fileHeaders: {}, store: { status: 200 } };
  const origin = await startServer(async (request, response) => {
    const address = request.url.split('?')[0];
    if (address === '/ruleset.heed') {
      const own =
        typeof state.file === 'function' ? await state.file(request) : { body: state.file };
      return send(response, { headers: state.fileHeaders, ...own });
    }
    if (address === '/outcomes') {
      await sleep(state.store.delayMs ?? 0);
      return send(response, state.store);
    }
    if (address === '/replay') return send(response, { status: 204 });
    if (address.startsWith('/memory/')) return serveMemory(kept, request, response);
    const answer = pages[address] ?? { status: 404, body: 'no such page' };
    if (typeof answer === 'function') return answer(request, response);
    return send(response, answer);
  });
  const edge = await startWorkerd({
    entry,
    bindings: {
      ORIGIN: origin.url,
      KEYS: JSON.stringify([key.public]),
      RULESET: `${origin.url}/ruleset.heed`,
      OUTCOMES: `${origin.url}/outcomes`,
      REPLAY: `${origin.url}/replay`,
      INGEST_KEY: 'ingest-secret',
      TICKET_KEY: 'ticket-secret',
      PREVIEW_KEY: 'preview-secret',
      ...bindings,
    },
  });
  after(() => edge.stop());
  return { ...edge, origin, state, kept };
}

function serveMemory(kept, { method, url, body }, response) {
  if (method === 'PUT') kept.set(url, body);
  const found = kept.get(url);
  return send(response, found ? { body: found } : { status: 404 });
}

/** A request whose bytes and headers are exactly what is asked: no fetch defaults, no decoding. */
export async function raw(url, { method = 'GET', headers = {}, body } = {}) {
  const request = http.request(url, { method, headers, agent: false });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode: status, headers: answered } = response;
  return { status, headers: answered, body: Buffer.concat(chunks) };
}

export const text = async (url, options) => (await raw(url, options)).body.toString();

/** The page's state block, parsed. */
export function stateOf(markup) {
  const found = /<script type="application\/json" id="heed-state">(.*?)<\/script>/s.exec(markup);
  return found ? JSON.parse(found[1]) : null;
}

/** Set-Cookie lines by name. */
export const cookiesOf = (answer) =>
  Object.fromEntries(
    (answer.headers['set-cookie'] ?? []).map((line) => [line.split('=')[0], line]),
  );

export const consented = { cookie: 'shop_consent=analytics.personalisation' };
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until `test` holds of the answer; fails after fifteen seconds. */
export async function until(ask, test) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const answer = await ask();
    if (test(answer)) return answer;
    if (Date.now() > deadline) throw new Error('what was waited for did not come');
    await sleep(25);
  }
}
