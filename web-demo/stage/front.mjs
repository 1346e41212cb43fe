// What a browser talks to: the stage's own pages under /stage/, and the shop's edge for all the
// rest. It notes each request that the shop's pages make, so that the stage can show what left.
import { once } from 'node:events';
import http from 'node:http';

import { readBatch } from './batch.mjs';

const logLengthMax = 200;
const noteBytesMax = 1024 * 1024;
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);
const kept = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));

const isPage = (headers) => headers['content-type']?.startsWith('text/html') ?? false;

/** Whether the stage itself asks, not the shop in its frame. */
function isOwn({ referer, 'sec-fetch-dest': dest }) {
  if (!referer || dest === 'iframe' || dest === 'document') return false;
  return new URL(referer).pathname.startsWith('/stage/');
}

export class Front {
  #edge;
  #stage;
  #server;
  #count = 0;
  /** The last page: {path, status, headers, body}. */
  #last = null;
  #again = false;
  /** What the shop's pages asked for, the oldest first. */
  log = [];
  /** Decisions in the pages that went through here. */
  decisions = 0;

  /**
   * @param edge   where the edge is now: () => url, undefined until there is one
   * @param stage  answers what is under /stage/: (request, response)
   * @param told   called when the log has grown
   */
  constructor(edge, stage, told) {
    this.#edge = edge;
    this.#stage = stage;
    this.told = told;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async start(port) {
    this.#server = http.createServer((request, response) => {
      const { pathname } = new URL(request.url, 'http://front');
      // A page of another site that has its own name point here gets nothing.
      if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? ''))
        return response.writeHead(421).end();
      // A page that was left open asks on while the next demo starts.
      if (this.#edge() === undefined)
        return response.writeHead(503, { 'retry-after': '1' }).end('The stage is starting.');
      if (pathname === '/stage' || pathname.startsWith('/stage/'))
        return this.#stage(request, response);
      return this.#pass(request, response);
    });
    this.#server.keepAliveTimeout = 60_000;
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }
  async stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** The next page is the last one once more, byte for byte: the stage shows it without script. */
  showAgain() {
    this.#again = this.#last !== null;
    return this.#last?.path;
  }

  forget() {
    this.log = [];
    this.told();
  }

  #pass(request, response) {
    if (this.#again && request.headers['sec-fetch-dest'] === 'iframe') {
      this.#again = false;
      const { status, headers, body } = this.#last;
      response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
      return;
    }
    const note = isOwn(request.headers) ? null : this.#begin(request);
    const options = { method: request.method, headers: kept(request.headers) };
    const onward = http.request(this.#edge() + request.url, options, (answer) => {
      if (note) this.#answered(note, answer);
      response.writeHead(answer.statusCode, kept(answer.headers));
      answer.pipe(response);
    });
    onward.on('error', () => {
      if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' });
      response.end('The edge does not answer.');
      if (note) this.#ended(note, { status: 502 });
    });
    response.on('close', () => onward.destroy());
    if (note) this.#noteBody(note, request);
    request.pipe(onward);
  }

  #begin({ method, url, headers }) {
    const dest = headers['sec-fetch-dest'] ?? '';
    const note = { id: ++this.#count, at: Date.now(), method, path: url, dest, sent: 0, got: 0 };
    this.log.push(note);
    if (this.log.length > logLengthMax) this.log.shift();
    return note;
  }

  /** What a page sends is kept whole, and read where it is a batch. */
  #noteBody(note, request) {
    const chunks = [];
    request.on('data', (chunk) => {
      note.sent += chunk.length;
      if (note.sent <= noteBytesMax) chunks.push(chunk);
    });
    request.on('end', () => {
      if (note.path === '/_heed/outcomes') note.batch = readBatch(Buffer.concat(chunks));
      if (note.sent > 0) this.told();
    });
  }

  #answered(note, answer) {
    const { statusCode: status, headers } = answer;
    const keep = isPage(headers) && /^(iframe|document)$/.test(note.dest);
    const chunks = [];
    const firstByteMs = Date.now() - note.at;
    const heed = headers['x-heed'] ?? '';
    if (keep) this.decisions += Number(/slots=(\d+)/.exec(heed)?.[1] ?? 0);
    answer.on('data', (chunk) => {
      note.got += chunk.length;
      if (keep && note.got <= noteBytesMax) chunks.push(chunk);
    });
    answer.on('end', () => {
      // A page shown again sets no cookie of its own again.
      const { 'set-cookie': _, ...rest } = kept(headers);
      if (keep)
        this.#last = { path: note.path, status, headers: rest, body: Buffer.concat(chunks) };
      this.#ended(note, { status, heed, firstByteMs, timing: headers['server-timing'] ?? '' });
    });
  }

  #ended(note, how) {
    Object.assign(note, how, { ms: Date.now() - note.at });
    this.told();
  }
}
