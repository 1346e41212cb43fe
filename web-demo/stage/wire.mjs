// The wire between edge and store, in the demo's own process: all that passes is counted, and what
// an attacker on the way could do to a ruleset can be done to it here. The edge and the store know
// nothing of it.
import { once } from 'node:events';
import http from 'node:http';

import { readHead } from './batch.mjs';

const bodyBytesMax = 17 * 1024 * 1024;
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'upgrade']);
const kept = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));

async function bodyOf(message) {
  const chunks = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new Error('more than a ruleset or a batch can be');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @returns {status, headers, body}; rejects where nobody listens at `url` */
async function ask(url, { method, headers }, body) {
  const request = http.request(url, { method, headers: kept(headers) });
  const answered = once(request, 'response');
  request.end(body);
  const [answer] = await answered;
  return { status: answer.statusCode, headers: answer.headers, body: await bodyOf(answer) };
}

/** Records by writer: the highest that has left, and the highest that was acknowledged. */
class Books {
  #writers = new Map();
  sent = 0;
  acknowledged = 0;
  batches = 0;
  bytes = 0;

  #writer({ device, epoch }) {
    const key = `${device} ${epoch}`;
    const known = this.#writers.get(key) ?? { sent: 0, acknowledged: 0 };
    this.#writers.set(key, known);
    return known;
  }
  left(head, size) {
    const writer = this.#writer(head);
    const last = head.first + head.count - 1;
    this.sent += Math.max(0, last - writer.sent);
    writer.sent = Math.max(writer.sent, last);
    this.batches += 1;
    this.bytes += size;
  }
  answered(head, mark) {
    const writer = this.#writer(head);
    const until = Math.min(mark, writer.sent);
    this.acknowledged += Math.max(0, until - writer.acknowledged);
    writer.acknowledged = Math.max(writer.acknowledged, until);
  }
}

export class Wire {
  #store;
  #replay;
  #memory = new Map();
  #server;
  /** Takes the place of the store's ruleset: (bytes) => bytes; null: nothing is touched. */
  tamper = null;
  books = new Books();

  constructor(store, replay) {
    this.#store = store;
    this.#replay = replay;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async start() {
    this.#server = http.createServer((request, response) => {
      // As if the other end were gone: what the edge sees of a dead store is a closed connection.
      this.#answer(request, response).catch(() => request.socket.destroy());
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }
  async stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, 'http://wire');
    if (pathname.startsWith('/memory/')) return this.#remember(request, response, pathname);
    const body = await bodyOf(request);
    if (pathname === '/replay') {
      await this.#replay(body);
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    }
    const head = pathname.endsWith('/outcomes') ? readHead(body) : null;
    if (head) this.books.left(head, body.length);
    const answer = await ask(this.#store + request.url, request, body);
    if (head && answer.status === 200) this.books.answered(head, JSON.parse(answer.body).mark);
    const isRuleset = /^\/v1\/[^/]+\/ruleset$/.test(pathname);
    const told =
      isRuleset && this.tamper && answer.status === 200 ? this.tamper(answer.body) : answer.body;
    const headers = { ...kept(answer.headers), 'content-length': told.length };
    return response.writeHead(answer.status, headers).end(told);
  }

  /** What outlives one isolate of the edge: elsewhere a key-value store of the CDN. */
  async #remember(request, response, key) {
    if (request.method === 'PUT') {
      this.#memory.set(key, await bodyOf(request));
      return response.writeHead(204).end();
    }
    const bytes = this.#memory.get(key);
    return bytes ? response.writeHead(200).end(bytes) : response.writeHead(404).end();
  }
}
