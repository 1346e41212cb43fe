// One visitor's browser without a screen: pages through the edge, cookies, forms, and the `heed`
// package started from each page's state, as the shop's script does it on a real page.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { createHeedSync, memoryStorage } from 'heed';
import { recorder as replayRecorder } from 'heed/replay';

import { arrive, pageAttributes } from '../shop/arrive.mjs';
import { Page } from './page.mjs';
import { requestFacts } from './recorder.mjs';

/** Signals that the shop's ruleset measures: each that counts is an outcome to be sent. */
const measured = new Set(['purchase', 'add_to_cart', 'email_given', 'offer_click']);

/** Between two tries to send what the store has not taken: as long as the edge asks to wait. */
const patienceMs = 5000;

/** Cookies of one browser: what the edge, the shop and the package set, in one jar. */
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
  /** Ids of signals that have counted: none may do so twice. */
  #counted = new Set();
  /** The replay log's last chunk, on its way. */
  #chunk;
  /** What happened so far, for the recorder. */
  #signals = [];

  /**
   * @param site  {edge, agent, module, rulesetOf, tally, recorder}: the edge's address,
   *              connections, the compiled wasm, rulesets by hash, verified, the run's counts,
   *              and who writes down what visitors do, if anybody. With `replayShare` pages keep
   *              replay logs; while `isPatient()` nobody leaves before what waits is taken
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
    this.#jar.set('shop_consent', grants.join('.') || 'none');
  }

  /** Whether the shop's basket cookie holds anything. */
  get hasBasket() {
    return Boolean(this.#jar.get('cart'));
  }

  /** The session as the page has it, and as its cookie keeps it. */
  get kept() {
    return { snapshot: this.#heed?.snapshot() ?? null, cookie: this.#jar.get('heed_s') ?? '' };
  }
  get visitor() {
    return this.#jar.get('heed_id');
  }

  async #post(path, body, type) {
    const { agent, edge } = this.#site;
    const answer = await request(agent, edge + path, {
      method: 'POST',
      headers: { ...this.headers, cookie: this.#jar.header, origin: edge, 'content-type': type },
      body,
    });
    this.#jar.take(answer.headers['set-cookie']);
    return answer;
  }

  /** Sends a form of the page and opens the page that it leads to. */
  async submit(path, fields) {
    await this.leave();
    const body = new URLSearchParams(fields).toString();
    const { status, headers } = await this.#post(path, body, 'application/x-www-form-urlencoded');
    if (status !== 303) throw new Error(`the shop answered the form ${path} with ${status}`);
    return this.open(headers.location);
  }

  /**
   * Opens a page: fetches it through the edge, starts the package from its state, tells it what the
   * page is and exposes what the page shows.
   *
   * @param options.now   the visitor's clock in ms; default the real one
   */
  async open(path, { now } = {}) {
    await this.leave();
    const { agent, edge, tally } = this.#site;
    const clock = now === undefined ? {} : { 'x-demo-now': String(now) };
    const headers = { ...this.headers, ...clock, cookie: this.#jar.header, accept: 'text/html' };
    const answer = await request(agent, edge + path, { headers });
    this.#jar.take(answer.headers['set-cookie']);
    const page = new Page(answer.body.toString());
    tally.pages += 1;
    if (!answer.headers['x-heed']?.startsWith('ok')) {
      tally.bypassed += 1;
      return page;
    }
    const ruleset = await this.#site.rulesetOf(page.state.ruleset.hash);
    this.#heed = this.#start(ruleset, page.state, now);
    this.#heed.set(pageAttributes(page.facts));
    arrive(this, page.facts);
    this.#record(page, answer.headers['server-timing'], now ?? Date.now());
    this.#expose(page);
    return page;
  }

  /** Writes down what this view was decided on, where the visitor agreed to be remembered. */
  #record({ facts }, timing, now) {
    const { recorder } = this.#site;
    if (!recorder || !this.isMeasured) return;
    recorder.add({
      visitor: this.visitor,
      now,
      attributes: { ...requestFacts(timing), ...pageAttributes(facts) },
      signals: this.#signals,
    });
  }

  #start(ruleset, state, now) {
    const { module, tally } = this.#site;
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
      ...this.#replayed(),
    });
    heed.on('error', (error) => tally.errors.push(error));
    return heed;
  }

  /** As a page does it with a beacon: the chunk is on its way, whatever becomes of it. */
  #replayed() {
    const { replayShare: share } = this.#site;
    if (!share) return {};
    const send = (chunk) => {
      this.#chunk = this.#post('/_heed/replay', chunk, 'text/plain').catch(() => undefined);
    };
    return { record: replayRecorder({ share, level: 'session', send }) };
  }

  async #send(batch) {
    const answer = await this.#post('/_heed/outcomes', batch, 'text/plain');
    const { mark } = answer.status === 200 || answer.status === 409 ? JSON.parse(answer.body) : {};
    return { status: answer.status, mark };
  }

  /** @returns whether the signal counted */
  observe(signal, fields, options) {
    const counted = this.#heed?.observe(signal, fields, options) ?? false;
    if (counted && this.#site.recorder)
      this.#signals.push({ name: signal, at: new Date().toISOString(), fields });
    if (!counted || !measured.has(signal)) return counted;
    const { tally } = this.#site;
    if (this.isMeasured) tally.outcomes += 1;
    const { id } = options ?? {};
    if (id !== undefined && this.isMeasured && this.#counted.has(id)) tally.recounted += 1;
    this.#counted.add(id);
    return counted;
  }

  refund(signal, id) {
    const counted = this.#heed?.refund(signal, id) ?? false;
    if (counted && this.isMeasured) this.#site.tally.refunds += 1;
    return counted;
  }

  /** Whether this visitor agreed to be counted. */
  get isMeasured() {
    return this.#heed !== null && this.#heed.level !== 'none';
  }

  /** What the page shows is seen: a screen would wait a second; there is none. */
  #expose({ slots, state }) {
    const { tally } = this.#site;
    // What a cap held back showed nothing.
    const decisions = state.decisions.filter(({ trigger }) => trigger !== null);
    tally.decisions += decisions.length;
    for (const decision of decisions) {
      if (!slots.has(decision.slot)) tally.offscreen += 1;
      else if (!this.isMeasured) tally.private += 1;
      else if (this.#heed.expose(decision)) tally.exposed += 1;
      else tally.unmeasured += 1;
    }
  }

  /** Leaves the page: what waits is sent first, as on `visibilitychange`. */
  async leave() {
    if (!this.#heed) return;
    const heed = this.#heed;
    this.#heed = null;
    let flushed = await heed.flush();
    while (flushed.pending > 0 && this.#site.isPatient?.()) {
      await sleep(patienceMs);
      flushed = await heed.flush();
    }
    const { acknowledged, pending, dropped } = flushed;
    const { tally } = this.#site;
    tally.acknowledged += acknowledged;
    tally.pending += pending;
    tally.dropped += Object.values(dropped).reduce((sum, count) => sum + count, 0);
    heed[Symbol.dispose]();
    await this.#chunk;
    tally.cookieSizeMax = Math.max(tally.cookieSizeMax, this.kept.cookie.length);
  }
}

/** A run's counts, from the visitors' side. */
export const newTally = () => ({
  sessions: 0,
  pages: 0,
  bypassed: 0,
  decisions: 0,
  exposed: 0,
  offscreen: 0,
  private: 0,
  unmeasured: 0,
  outcomes: 0,
  refunds: 0,
  recounted: 0,
  acknowledged: 0,
  pending: 0,
  dropped: 0,
  /** Characters of the largest `heed_s`. */
  cookieSizeMax: 0,
  errors: [],
});
