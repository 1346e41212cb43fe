// Tabs of one site in virtual time: each seed interleaves clicks, kills, frozen tabs, pages that
// leave and come back, slow and reordered messages, and an edge that writes the cookie of a page
// without script. A naive model knows what was clicked; the cookie must say the same.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { sourceModule } from './bed.mjs';

const { Tabs } = await sourceModule('tabs.ts');

/** Numbers in [0, 1), the same for a seed. */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** One browser: a cookie, a lock, a channel, and tasks that run one at a time in virtual time. */
class World {
  cookie = '';
  now = 0;
  tabs = [];
  #tasks = [];
  #order = 0;
  #holder = null;
  #waiting = [];
  constructor(random) {
    this.random = random;
  }

  below(count) {
    return Math.floor(this.random() * count);
  }

  /** Runs `body` as a task of `tab`: never where it was killed, later where it is frozen. */
  task(tab, ms, body) {
    const task = { tab, due: this.now + ms, order: this.#order++, body };
    this.#tasks.push(task);
    return () => (this.#tasks = this.#tasks.filter((it) => it !== task));
  }

  /** Runs what falls due within `ms`, and the microtasks of each task after it. */
  async pass(ms) {
    const until = this.now + ms;
    for (;;) {
      const ready = this.#tasks.filter(({ tab, due }) => due <= until && !tab?.frozen);
      if (ready.length === 0) break;
      const next = ready.reduce((a, b) => ((b.due - a.due || b.order - a.order) < 0 ? b : a));
      this.#tasks = this.#tasks.filter((it) => it !== next);
      this.now = Math.max(this.now, next.due);
      if (next.tab?.dead) continue;
      await this.run(next.body);
    }
    this.now = until;
  }
  async run(body) {
    body();
    for (let i = 0; i < 8; i++) await null;
  }

  /** The lock, as the browser's own process keeps it. */
  request(tab, { steal, signal }, body) {
    return new Promise((resolve, reject) => {
      const request = { tab, body, resolve, reject };
      signal?.addEventListener('abort', () => {
        if (!this.#waiting.includes(request)) return;
        this.#waiting = this.#waiting.filter((it) => it !== request);
        reject(new Error('aborted'));
      });
      if (steal) {
        const robbed = this.#holder;
        this.#holder = null;
        if (robbed) {
          const ms = Math.max(0, robbed.due - this.now) + this.below(20);
          this.task(robbed.tab, ms, () => robbed.reject(new Error('stolen')));
        }
        this.#grant(request);
      } else {
        this.#waiting.push(request);
        this.#next();
      }
    });
  }
  #next() {
    if (!this.#holder && this.#waiting.length > 0) this.#grant(this.#waiting.shift());
  }
  #grant(request) {
    this.#holder = request;
    const ms = this.below(20);
    request.due = this.now + ms;
    this.task(request.tab, ms, () => {
      const held = request.body();
      Promise.resolve(held).then(() => {
        request.resolve();
        this.#free(request);
      });
    });
  }
  #free(request) {
    if (this.#holder !== request) return;
    this.#holder = null;
    this.#next();
  }

  kill(tab) {
    tab.dead = true;
    this.#waiting = this.#waiting.filter((it) => it.tab !== tab);
    if (this.#holder?.tab === tab) this.#free(this.#holder);
  }
}

const encode = (state) => new TextEncoder().encode(JSON.stringify(state));
const decode = (bytes) => (bytes.length ? JSON.parse(new TextDecoder().decode(bytes)) : {});
const base64 = (bytes) => Buffer.from(bytes).toString('base64url');
/** How often each click is in a cookie. */
const clicksOf = (cookie) => decode(Buffer.from(cookie.split('.')[0], 'base64url'));

/** A page: what client.ts does around Tabs, with a count of every click for a session. */
class Page {
  dead = false;
  frozen = false;
  /** Clicks whose own page died before an owner can have heard of them. */
  told = [];
  #keeping = false;
  #channels = [];
  #aside = false;
  constructor(world) {
    this.world = world;
    this.state = clicksOf(world.cookie);
    this.tabs = this.#join(true);
    world.tabs.push(this);
  }

  #join(shares) {
    const { world } = this;
    const host = {
      stored: () => world.cookie,
      store: (marks) => (world.cookie = base64(encode(this.state)) + marks),
      snapshot: () => encode(this.state),
      load: (snapshot, missing) => {
        this.state = decode(snapshot);
        for (const command of missing) this.#count(command);
      },
      apply: (command) => this.#count(command),
      changed: () => {},
      setLevel: () => {},
      after: (ms, body) => world.task(this, ms, body),
    };
    const ports = {
      locks: { request: (_, options, body) => world.request(this, options, body) },
      channel: () => this.#channel(),
      random: world.random,
      now: () => world.now,
    };
    return new Tabs('t', host, shares ? ports : null);
  }
  #channel() {
    const { world } = this;
    // What a page posts reaches another in order, and no sooner than what it posted before.
    const last = new Map();
    const self = {
      onmessage: null,
      closed: false,
      postMessage: (data) => {
        const copy = structuredClone(data);
        for (const other of world.tabs) {
          if (other === this || other.dead) continue;
          for (const channel of other.#channels) {
            if (channel.closed) continue;
            const slow = world.random() < 0.05 ? 3000 : 30;
            const due = Math.max(last.get(channel) ?? 0, world.now + world.below(slow));
            last.set(channel, due);
            const hear = () => channel.closed || channel.onmessage({ data: copy });
            world.task(other, due - world.now, hear);
          }
        }
      },
      close: () => (self.closed = true),
    };
    this.#channels.push(self);
    return self;
  }

  #count({ id }) {
    this.state[id] = (this.state[id] ?? 0) + 1;
  }

  click(id) {
    if (!this.#keeping) this.tabs.catchUp();
    this.#count({ id });
    this.tabs.done({ id });
    if (this.#keeping) return;
    this.#keeping = true;
    queueMicrotask(() => {
      this.#keeping = false;
      if (!this.dead) this.tabs.keep();
    });
  }

  /** What a page does on `pagehide`. */
  leave(keeps) {
    this.tabs.leave();
    this.tabs = this.#join(false);
    this.#aside = keeps;
    if (!keeps) this.world.kill(this);
  }
  get aside() {
    return this.#aside;
  }
  /** And on `pageshow`, from the back/forward cache. */
  back() {
    this.#aside = false;
    this.tabs.catchUp();
    this.tabs.close();
    this.tabs = this.#join(true);
  }
}

async function play(seed) {
  const random = generator(seed);
  const world = new World(random);
  const clicked = [];
  /** Clicks that may be in the cookie or not: their page was killed before anyone had answered. */
  const perhaps = new Set();
  const pick = (list) => list[world.below(list.length)];
  const live = () => world.tabs.filter((tab) => !tab.dead && !tab.frozen && !tab.aside);
  await world.run(() => new Page(world));
  for (let step = 0; step < 40; step++) {
    const tabs = live();
    const what = random();
    const tab = pick(tabs);
    if (tabs.length === 0 || (what < 0.12 && world.tabs.filter((it) => !it.dead).length < 5)) {
      await world.run(() => new Page(world));
    } else if (what < 0.55) {
      const id = `c${clicked.length}`;
      clicked.push({ id, tab });
      await world.run(() => tab.click(id));
      if (random() < 0.2) await world.run(() => tab.leave(false));
    } else if (what < 0.65) {
      // Killed: what it had told nobody may be lost, with it alone.
      if (!tab.tabs.leads) {
        for (const it of clicked)
          if (it.tab === tab && !clicksOf(world.cookie)[it.id]) perhaps.add(it.id);
      }
      world.kill(tab);
    } else if (what < 0.72) tab.frozen = true;
    else if (what < 0.8) {
      const frozen = pick(world.tabs.filter((it) => it.frozen && !it.dead));
      if (frozen) frozen.frozen = false;
    } else if (what < 0.85) await world.run(() => tab.leave(random() < 0.7));
    else if (what < 0.92) {
      const aside = pick(world.tabs.filter((it) => it.aside && !it.dead));
      if (aside) await world.run(() => aside.back());
    } else if (what < 0.95) {
      // A page without script: the edge counts a click of its own, and hands the marks on.
      const id = `c${clicked.length}`;
      clicked.push({ id, tab: null });
      world.cookie = base64(encode({ ...clicksOf(world.cookie), [id]: 1 })) + marks(world.cookie);
    }
    await world.pass(world.below(random() < 0.1 ? 4000 : 40));
  }
  await settle(world, clicked);
  const counts = clicksOf(world.cookie);
  for (const { id } of clicked) {
    const least = perhaps.has(id) ? 0 : 1;
    const times = counts[id] ?? 0;
    assert.ok(times >= least && times <= 1, `seed ${seed}: ${id} counts ${times} times`);
  }
  for (const tab of live()) assert.deepEqual(tab.state, counts, `seed ${seed}: a tab differs`);
  return { clicks: clicked.length, perhaps: perhaps.size };
}

/** All tabs wake and hear everything. */
async function settle(world, clicked) {
  for (const tab of world.tabs) tab.frozen = false;
  await world.pass(20_000);
  const tab = world.tabs.find((it) => !it.dead && !it.aside);
  if (!tab) return;
  // The next thing to happen anywhere brings everybody what an edge wrote last.
  clicked.push({ id: 'last', tab });
  await world.run(() => tab.click('last'));
  await world.pass(20_000);
}
const marks = (cookie) => cookie.slice(cookie.split('.')[0].length);

describe('tabs of one site', () => {
  test('lose nothing and count nothing twice, whatever happens to their owner', async () => {
    let [clicks, perhaps] = [0, 0];
    for (let seed = 1; seed <= 3000; seed++) {
      const played = await play(seed);
      clicks += played.clicks;
      perhaps += played.perhaps;
    }
    // Most clicks are certain, or the test would say little.
    assert.ok(perhaps < clicks / 10, `${perhaps} of ${clicks} are uncertain`);
  });
});
