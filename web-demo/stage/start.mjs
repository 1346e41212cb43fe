// Puts the stage together: the wire between edge and store, the front before the edge, the acts.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';

import { Attacks } from './attacks.mjs';
import { Front } from './front.mjs';
import { ReplayBooks } from './replay.mjs';
import { StageServer } from './serve.mjs';
import { Wire } from './wire.mjs';

const peekEveryMs = 700;
const replayEveryMs = 4000;
const rushCountMax = 20_000;
const compressed = promisify(brotliCompress);
const shopScript = fileURLToPath(new URL('../shop/dist/shop.js', import.meta.url));
/** Version or reason, without the number of slots. */
const partOf = (heed) => heed.split(';').slice(0, 2).join(';');
const titlePattern = /data-heed-slot="hero"[\s\S]*?data-heed-part="title"[^>]*>([^<]*)</;

async function downloadSizes() {
  const sizeOf = async (file) => (await compressed(await readFile(file))).length;
  const wasm = fileURLToPath(import.meta.resolve('heed/heed.wasm'));
  return { wasm: await sizeOf(wasm), script: await sizeOf(shopScript) };
}

export class Stage {
  #store;
  #site;
  #keys;
  #attacks;
  #replay;
  #wire;
  #front;
  #server;
  #parts = null;
  #timers = [];
  #sizes = { wasm: 0, script: 0 };
  #fault = null;
  #said = { heed: '', title: '', since: 0 };
  #published = null;
  #paceBefore = 'calm';
  #compiledMs;
  #planted;
  token = randomBytes(24).toString('base64url');

  /**
   * @param options.folder      the demo's state folder
   * @param options.command     the `heed` command
   * @param options.site        the site's name
   * @param options.keys        the store's keys: {read, publish}
   * @param options.releaseKey  the key file that the demo publishes with
   * @param options.store       {url, pid, isUp, kill, restart}
   * @param options.compiledMs  how long the first push took
   * @param options.planted     the crowd's true effects: [{trigger, effect}]
   */
  constructor({ folder, command, site, keys, releaseKey, store, compiledMs, planted }) {
    this.#store = store;
    this.#site = site;
    this.#keys = keys;
    this.#compiledMs = compiledMs;
    this.#planted = planted;
    const read = (version) => this.#ruleset(version);
    this.#attacks = new Attacks({ folder, command, keys: { release: releaseKey }, read });
    const fetchRuleset = (hash) => this.#byHash(hash);
    this.#replay = new ReplayBooks({ folder: path.join(folder, 'replay'), command, fetchRuleset });
    this.#wire = new Wire(store.url, (chunk) => this.#replay.add(chunk));
    this.#server = new StageServer({
      token: this.token,
      tower: () => this.#parts?.tower.url ?? "'none'",
      store: { url: store.url, readKey: keys.read, site },
      state: () => this.state,
      acts: this.#acts(),
      reads: this.#reads(),
    });
  }

  async start(port) {
    await this.#wire.start();
    const edge = () => this.#parts?.edge.url;
    this.#front = new Front(
      edge,
      (...asked) => this.#server.answer(...asked),
      () => {},
    );
    await this.#front.start(port);
    downloadSizes().then((sizes) => (this.#sizes = sizes));
  }

  get url() {
    return this.#front.url;
  }
  get wire() {
    return this.#wire.url;
  }

  /** @param parts {edge, tower, shop, console}; `edge.restart` starts another in its place */
  open(parts) {
    this.#parts = parts;
    this.#timers.push(setInterval(() => void this.#peek(), peekEveryMs));
    this.#timers.push(setInterval(() => void this.#recompute(), replayEveryMs));
  }

  /**
   * @param traffic  the crowd, whose pace people set
   * @param tally    what the crowd's own side has counted
   */
  join(traffic, tally) {
    Object.assign(this.#parts, { traffic, tally });
  }

  async stop() {
    for (const timer of this.#timers) clearInterval(timer);
    this.#server.stop();
    await this.#front?.stop();
    await this.#wire.stop();
  }

  get state() {
    const { sent, acknowledged, batches, bytes } = this.#wire.books;
    const { tally, traffic, console, edge } = this.#parts;
    const { pid, isUp } = this.#store;
    return {
      site: this.#site,
      console,
      tower: this.#parts.tower.url,
      keys: this.#parts.trusted,
      store: { pid, isUp },
      edge: { pid: edge.pid, ...this.#said },
      published: this.#published,
      planted: this.#planted,
      fault: this.#fault,
      traffic: traffic?.state ?? null,
      decisions: this.#front.decisions + (tally?.decisions ?? 0),
      wire: { sent, acknowledged, batches, bytes },
      replay: this.#replay.state,
      sizes: this.#sizes,
      compiledMs: this.#compiledMs,
      log: this.#front.log,
    };
  }

  #acts() {
    return {
      kill: () => this.#store.kill(),
      restart: () => this.#store.restart(),
      attack: ({ kind }) => this.#attack(kind),
      mend: () => this.#mend(),
      again: () => ({ path: this.#front.showAgain() }),
      forget: () => this.#front.forget(),
      pace: ({ pace }) => this.#pace(pace),
      rush: ({ count }) => this.#rush(count),
      recompute: () => this.#recompute(),
    };
  }

  #reads() {
    return {
      map: async () => {
        const headers = { authorization: `Bearer ${this.#keys.read}` };
        const answer = await fetch(this.#at('/ruleset/map'), { headers });
        return { type: 'application/json', body: await answer.text() };
      },
      // As the edge gets it.
      wire: async () => {
        const answer = await fetch(`${this.#wire.url}/v1/${this.#site}/ruleset`);
        if (!answer.ok) throw new Error(`the store answered ${answer.status}`);
        const body = Buffer.from(await answer.arrayBuffer());
        return { type: 'application/octet-stream', body };
      },
      untouched: async (query) => {
        const url = new URL(query.get('path') ?? '/', this.#parts.shop.url);
        if (url.origin !== new URL(this.#parts.shop.url).origin) throw new Error('not of the shop');
        const answer = await fetch(url);
        return { type: 'text/plain; charset=utf-8', body: await answer.text() };
      },
    };
  }

  #at(what) {
    return `${this.#store.url}/v1/${this.#site}${what}`;
  }

  async #ruleset(version) {
    const answer = await fetch(this.#at(`/ruleset${version ? `?version=${version}` : ''}`));
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  }

  async #byHash(hash) {
    const found = (await this.#versions()).find((one) => one.hash === hash);
    return found && this.#ruleset(found.version);
  }

  async #attack(kind) {
    await this.#mend();
    const { tamper, says, expires, restarts } = await this.#attacks.make(kind);
    const { traffic } = this.#parts;
    // The crowd would take what is on the wire for the shop's own fault.
    if (traffic) {
      this.#paceBefore = traffic.pace;
      traffic.pace = 'paused';
    }
    this.#wire.tamper = tamper;
    this.#fault = { kind, says, since: Date.now(), ...(expires && { expires }) };
    if (restarts) await this.#parts.edge.restart();
  }

  #mend() {
    if (!this.#fault) return;
    this.#wire.tamper = null;
    this.#fault = null;
    if (this.#parts.traffic) this.#parts.traffic.pace = this.#paceBefore;
  }

  #pace(pace) {
    if (pace !== 'calm' && pace !== 'paused') throw new Error('pace: calm or paused');
    if (this.#parts.traffic) this.#parts.traffic.pace = pace;
  }

  #rush(count) {
    if (!Number.isInteger(count) || count < 0 || count > rushCountMax)
      throw new Error(`count: a whole number up to ${rushCountMax}`);
    if (this.#parts.traffic) this.#parts.traffic.rush = count;
  }

  async #recompute() {
    if (!this.#store.isUp) return this.#replay.state;
    return this.#replay.run().catch((error) => ({ fault: error.message }));
  }

  /** What the edge says of the home page to somebody without a cookie. */
  async #peek() {
    if (!this.#server.isWatched) return;
    const answer = await fetch(this.#parts.edge.url, { headers: { accept: 'text/html' } }).catch(
      () => undefined,
    );
    const heed = answer?.headers.get('x-heed') ?? '';
    const title = titlePattern.exec((await answer?.text()) ?? '')?.[1]?.trim() ?? '';
    // A visitor is shown a hero of their own each time: what is said of it is the last one.
    const isSame = partOf(heed) === partOf(this.#said.heed);
    const since = isSame ? this.#said.since : Date.now();
    const version = Number(/^ok; v=(\d+)/.exec(heed)?.[1] ?? 0);
    // Who is told of a version is told since when it is out.
    if (version && version !== this.#published?.version) await this.#findPublished(version);
    this.#said = { heed, title, since };
  }

  async #findPublished(version) {
    const found = (await this.#versions()).find((one) => one.version === version);
    if (found) this.#published = { version, at: found.at };
  }

  async #versions() {
    const headers = { authorization: `Bearer ${this.#keys.read}` };
    const answer = await fetch(this.#at('/ruleset/versions'), { headers }).catch(() => undefined);
    return answer?.ok ? (await answer.json()).versions : [];
  }
}
