// The stage's own server: its page, what the page is told, and the acts that need power. All of it
// is the demo's process, on loopback; nothing here is in the edge, the store or the shop.
import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

const own = (name) => fileURLToPath(new URL(name, import.meta.url));
const packaged = (name) => fileURLToPath(import.meta.resolve(name));
const files = {
  '/stage/stage.css': [own('dist/stage.css'), 'text/css; charset=utf-8'],
  '/stage/stage.js': [own('dist/main.js'), 'text/javascript; charset=utf-8'],
  '/stage/icon.svg': [own('icon.svg'), 'image/svg+xml'],
  '/fonts/figtree.woff2': [
    packaged('@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2'),
    'font/woff2',
  ],
};
const stateEveryMs = 250;
const bodyBytesMax = 4096;

const policy = (tower) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    `frame-src 'self' ${tower}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

async function jsonOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > bodyBytesMax) throw new Error('the request is too large');
  }
  return text ? JSON.parse(text) : {};
}

/** What one open stage is told: the state whenever it has changed. */
class Listener {
  #response;
  #said = '';
  constructor(response) {
    this.#response = response;
  }
  tell(state) {
    const text = JSON.stringify(state);
    if (text === this.#said) return;
    this.#said = text;
    this.#response.write(`data: ${text}\n\n`);
  }
}

/**
 * Answers what is under `/stage/`.
 *
 * @param options.token   what a request that acts or asks for numbers must carry
 * @param options.tower   where the tower is: () => url
 * @param options.store   {url, readKey, site}: whose numbers the board shows
 * @param options.state   everything that the page is told: () => object
 * @param options.acts    name -> (what) => answer
 * @param options.reads   name -> (query) => {type, body}
 */
export class StageServer {
  #options;
  #listeners = new Set();
  #timer;

  constructor(options) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tell(), stateEveryMs);
  }

  get isWatched() {
    return this.#listeners.size > 0;
  }

  stop() {
    clearInterval(this.#timer);
  }

  #tell() {
    if (!this.isWatched) return;
    const state = this.#options.state();
    for (const listener of this.#listeners) listener.tell(state);
  }

  answer(request, response) {
    this.#answer(request, response).catch((error) => {
      if (response.headersSent) return response.end();
      response.writeHead(400, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ error: { code: 'refused', message: error.message } }));
    });
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://stage');
    const headers = {
      'content-security-policy': policy(this.#options.tower()),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    };
    const send = (status, type, body) =>
      response.writeHead(status, { ...headers, 'content-type': type }).end(body);
    const name = /^\/stage\/api\/([a-z]+)$/.exec(pathname)?.[1];
    if (name) {
      const given = request.headers['x-stage-token'] ?? searchParams.get('token') ?? '';
      if (!this.#isToken(given)) return send(403, 'text/plain', 'Open the stage itself.');
      return this.#api(name, request, response, send, searchParams);
    }
    const asked = /^\/stage\/store(\/v1\/[^/]+\/(?:events|report)(?:\/\w+)?)$/.exec(pathname)?.[1];
    if (asked) {
      const [, given = ''] = /^Bearer (.*)$/.exec(request.headers.authorization ?? '') ?? [];
      return this.#isToken(given)
        ? this.#fromStore(asked, response)
        : send(403, 'text/plain', 'Open the stage itself.');
    }
    if (pathname === '/stage') return response.writeHead(308, { location: '/stage/' }).end();
    if (pathname === '/stage/') {
      const page = await readFile(own('index.html'), 'utf8');
      return send(200, 'text/html; charset=utf-8', page.replace('{token}', this.#options.token));
    }
    const [file, type] = (Object.hasOwn(files, pathname) && files[pathname]) || [];
    const body = file && (await readFile(file).catch(() => undefined));
    return body ? send(200, type, body) : send(404, 'text/plain', 'There is nothing here');
  }

  #isToken(given) {
    const [a, b] = [Buffer.from(given), Buffer.from(this.#options.token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  async #api(name, request, response, send, query) {
    const { acts, reads } = this.#options;
    if (request.method === 'POST') {
      if (!Object.hasOwn(acts, name)) return send(404, 'text/plain', `there is no act '${name}'`);
      const told = await acts[name](await jsonOf(request));
      return send(200, 'application/json', JSON.stringify(told ?? {}));
    }
    if (name === 'state') return this.#listen(response);
    const { site } = this.#options.store;
    if (name === 'events') return this.#fromStore(`/v1/${site}/events`, response);
    if (!Object.hasOwn(reads, name)) return send(404, 'text/plain', `there is no '${name}'`);
    const { type, body } = await reads[name](query);
    return send(200, type, body);
  }

  #listen(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const listener = new Listener(response);
    this.#listeners.add(listener);
    response.on('close', () => this.#listeners.delete(listener));
    response.write('retry: 1000\n\n');
    listener.tell(this.#options.state());
  }

  /** A store that is gone is a connection that ends: the page tries again by itself. */
  #fromStore(path, response) {
    const { url, readKey } = this.#options.store;
    const headers = { authorization: `Bearer ${readKey}` };
    const asked = http.get(url + path, { headers }, (answer) => {
      const type = answer.headers['content-type'];
      response.writeHead(answer.statusCode, { 'content-type': type, 'cache-control': 'no-store' });
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    asked.on('error', () => response.destroy());
    response.on('close', () => asked.destroy());
  }
}
