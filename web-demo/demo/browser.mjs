// One visitor's browser without a screen: pages through the edge, cookies, and the `heed` package
// started from each page's state, as on a real page.
import http from 'node:http';

import { createHeedSync, memoryStorage } from 'heed';

const statePattern = /<script type="application\/json" id="heed-state">(.*?)<\/script>/s;
const slotPattern = /data-heed-slot="([a-z0-9_]+)"/g;

/** Cookies of one browser: what the edge sets and what the package sets, in one jar. */
class Jar {
  #cookies = new Map();

  take(headers) {
    for (const line of headers ?? []) {
      const [pair, ...rest] = line.split(';').map((piece) => piece.trim());
      const equals = pair.indexOf('=');
      const gone = rest.some((piece) => /^max-age=0$/i.test(piece));
      if (gone) this.#cookies.delete(pair.slice(0, equals));
      else this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
  }
  get header() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
  get(name) {
    const value = this.#cookies.get(name);
    return value === undefined ? undefined : decodeURIComponent(value);
  }
  set(name, value) {
    this.#cookies.set(name, encodeURIComponent(value));
  }
  delete(name) {
    this.#cookies.delete(name);
  }
}

/** One keep-alive connection pool for all visitors of a run. */
export function connections(count) {
  return new http.Agent({ keepAlive: true, maxSockets: count });
}

function request(agent, url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request(url, { agent, method, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status, headers: answered } = response;
        resolve({ status, headers: answered, body: Buffer.concat(chunks) });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export class Browser {
  #site;
  #jar = new Jar();
  #storage = memoryStorage();
  #heed = null;

  /**
   * @param site  {edge, agent, module, ruleset, tally}: the edge's address, connections, the
   *              compiled wasm, the verified ruleset, and the run's counts
   * @param options.headers  sent with every request: user agent, language
   * @param options.visitor  the visitor's id where a replay knows it
   */
  constructor(site, { headers = {}, visitor } = {}) {
    this.#site = site;
    this.headers = headers;
    if (visitor) this.#jar.set('heed_id', visitor);
  }

  /** The visitor clicks the consent bar. */
  consent(grants) {
    this.#jar.set('shop_consent', grants.join('.'));
  }

  /** Posts a form or a batch as the page would. */
  async post(path, body, headers = {}) {
    const { agent, edge } = this.#site;
    const answer = await request(agent, edge + path, {
      method: 'POST',
      headers: { ...this.headers, cookie: this.#jar.header, origin: edge, ...headers },
      body,
    });
    this.#jar.take(answer.headers['set-cookie']);
    return answer;
  }

  /**
   * Opens a page: fetches it through the edge, starts the package from its state, exposes what the
   * page shows.
   *
   * @param options.now   the visitor's clock in ms; default the real one
   * @param options.page  page attributes, as the shop's script sets them
   * @returns {html, heed}: `heed` is null where the edge left the page alone
   */
  async open(path, { now, page = {} } = {}) {
    await this.leave();
    const { agent, edge, tally } = this.#site;
    const clock = now === undefined ? {} : { 'x-demo-now': String(now) };
    const headers = { ...this.headers, ...clock, cookie: this.#jar.header, accept: 'text/html' };
    const answer = await request(agent, edge + path, { headers });
    this.#jar.take(answer.headers['set-cookie']);
    const html = answer.body.toString();
    tally.pages += 1;
    if (!answer.headers['x-heed']?.startsWith('ok')) {
      tally.bypassed += 1;
      return { html, heed: null };
    }
    const state = JSON.parse(statePattern.exec(html)[1]);
    tally.decisions += state.decisions.length;
    this.#heed = this.#start(state, now);
    this.#heed.set(page);
    this.#expose(html, state);
    return { html, heed: this.#heed };
  }

  #start(state, now) {
    const { module, ruleset } = this.#site;
    const from = performance.now();
    const clock = now === undefined ? Date.now : () => now + Math.floor(performance.now() - from);
    const heed = createHeedSync({
      wasm: module,
      ruleset,
      state,
      now: clock,
      cookies: this.#jar,
      storage: () => this.#storage,
      transport: { send: (batch) => this.#send(batch) },
    });
    heed.on('error', (error) => this.#site.tally.errors.push(error));
    return heed;
  }

  async #send(batch) {
    const answer = await this.post('/_heed/outcomes', batch, { 'content-type': 'text/plain' });
    const { mark } = answer.status === 200 || answer.status === 409 ? JSON.parse(answer.body) : {};
    return { status: answer.status, mark };
  }

  /** What the page shows is seen: a screen would wait a second; there is none. */
  #expose(html, state) {
    const { tally } = this.#site;
    const shown = new Set([...html.matchAll(slotPattern)].map((match) => match[1]));
    for (const decision of state.decisions) {
      if (!shown.has(decision.slot)) tally.offscreen += 1;
      else if (this.#heed.expose(decision)) tally.exposed += 1;
      else tally.unmeasured += 1;
    }
  }

  /** Leaves the page: what waits is sent first, as on `visibilitychange`. */
  async leave() {
    if (!this.#heed) return;
    const { acknowledged, pending, dropped } = await this.#heed.flush();
    const { tally } = this.#site;
    tally.acknowledged += acknowledged;
    tally.pending += pending;
    tally.dropped += Object.values(dropped).reduce((sum, count) => sum + count, 0);
    this.#heed[Symbol.dispose]();
    this.#heed = null;
  }
}

/** A run's counts, from the visitors' side. */
export const newTally = () => ({
  sessions: 0,
  pages: 0,
  bypassed: 0,
  decisions: 0,
  exposed: 0,
  unmeasured: 0,
  offscreen: 0,
  outcomes: 0,
  acknowledged: 0,
  pending: 0,
  dropped: 0,
  errors: [],
});
