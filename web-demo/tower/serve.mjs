// Serves the console on loopback: its files, what it needs to know, the store's interface under the
// console's own origin, and drafts for previews. The demo and the tests run it.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

import { listen, toStore } from '../serving/forward.mjs';

const own = (name) => fileURLToPath(new URL(name, import.meta.url));
const packaged = (name) => fileURLToPath(import.meta.resolve(name));
const files = {
  '/': [own('index.html'), 'text/html; charset=utf-8'],
  '/tower.css': [own('dist/tower.css'), 'text/css; charset=utf-8'],
  '/tower.js': [own('dist/main.js'), 'text/javascript; charset=utf-8'],
  '/worker.js': [own('dist/worker.js'), 'text/javascript; charset=utf-8'],
  '/icon.svg': [own('icon.svg'), 'image/svg+xml'],
  '/fonts/figtree.woff2': [
    packaged('@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2'),
    'font/woff2',
  ],
  '/heed-studio.wasm': [packaged('heed/heed-studio.wasm'), 'application/wasm'],
};
const draftCountMax = 32;
const draftSizeBytesMax = 17 * 1024 * 1024;

/** The editor writes its own style sheet; nothing else in the page may, and scripts never. */
const policy = (edge, nonce, frames) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    `frame-src ${edge || "'none'"}`,
    "form-action 'none'",
    "base-uri 'none'",
    `frame-ancestors ${frames}`,
  ].join('; ');

async function bodyOf(request, sizeBytesMax) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > sizeBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Signed drafts that previews are made with. Only the newest few are kept. */
class Drafts {
  #kept = new Map();

  async answer(name, request, response) {
    if (request.method === 'PUT') {
      const bytes = await bodyOf(request, draftSizeBytesMax);
      if (!bytes) return response.writeHead(413).end();
      this.#kept.delete(name);
      this.#kept.set(name, bytes);
      if (this.#kept.size > draftCountMax) this.#kept.delete(this.#kept.keys().next().value);
      return response.writeHead(204).end();
    }
    const bytes = this.#kept.get(name);
    if (!bytes) return response.writeHead(404).end();
    const type = { 'content-type': 'application/vnd.heed.ruleset', 'cache-control': 'no-store' };
    return response.writeHead(200, type).end(bytes);
  }
}

/**
 * @param options.port      0 for any free one
 * @param options.store     the store's address
 * @param options.site      whose rulesets are written
 * @param options.edge      the edge's address, once it is known: () => url
 * @param options.pages     by slot, the path of a page on which it stands
 * @param options.onKeyring called when the site's keyring has changed
 * @param options.visitors  recorded visitors as NDJSON: () => text; left out: none
 * @param options.frames    an origin whose pages may show the console in a frame
 * @returns {url, stop}
 */
export async function startTower({
  port = 0,
  store,
  site,
  edge = () => '',
  pages = {},
  visitors,
  onKeyring = async () => {},
  frames = "'none'",
}) {
  const drafts = new Drafts();
  const config = () => ({
    site,
    edge: edge(),
    visitors: visitors ? '/visitors.ndjson' : '',
    drafts: '/drafts/',
    pages,
  });
  const answer = async (request, response) => {
    const { pathname } = new URL(request.url, 'http://tower');
    if (pathname.startsWith('/v1/')) {
      const isKeyring = request.method === 'PUT' && pathname.endsWith('/keyring');
      const before = async (status) => isKeyring && status === 200 && onKeyring();
      return toStore(store, request, response, { before });
    }
    const draft = /^\/drafts\/([0-9a-f]{16})$/.exec(pathname)?.[1];
    if (draft) return drafts.answer(draft, request, response);
    const nonce = randomBytes(16).toString('base64');
    const headers = {
      'content-security-policy': policy(edge(), nonce, frames),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    };
    const send = (status, type, body) =>
      response.writeHead(status, { ...headers, 'content-type': type }).end(body);
    if (request.method !== 'GET') return send(405, 'text/plain', 'GET it');
    if (pathname === '/tower.json') return send(200, 'application/json', JSON.stringify(config()));
    if (pathname === '/visitors.ndjson' && visitors)
      return send(200, 'application/x-ndjson', visitors());
    const [file, type] = (Object.hasOwn(files, pathname) && files[pathname]) || [];
    let body = file && (await readFile(file).catch(() => undefined));
    if (pathname === '/') body = body.toString().replace('{nonce}', nonce);
    return body ? send(200, type, body) : send(404, 'text/plain', 'There is nothing here');
  };
  const server = http.createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(400);
      response.end(error.message);
    });
  });
  return listen(server, port);
}
