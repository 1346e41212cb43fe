// createHeed and createHeedSync in Node, with cookies, storage and transport of the test's own.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  createHeed,
  createHeedSync,
  createRuntime,
  encodeBatch,
  memoryStorage,
  verifyRuleset,
} from 'heed';

import { compile, cookieJar, key, keys, readBatch, signed, store, wasm, bytesOf } from './bed.mjs';

const source = {
  site: 'shop.example',
  version: 7,
  expires: '2099-01-01T00:00:00Z',
  currency: 'GBP',
  consent: {
    cookie: 'shop_consent',
    default: 'none',
    gpc: 'none',
    grants: { analytics: 'session', personalisation: 'device' },
  },
  attributes: { device: { type: 'string' }, seen: { type: 'set' }, since: { type: 'time' } },
  signals: { view: { sku: 'string', price: 'number' }, buy: { revenue: 'number' } },
  features: { views: { count: 'view', window: '30m' } },
  metrics: { revenue: { signal: 'buy', value: 'revenue', goal: true, window: '7d' } },
  assets: {
    t_easy: { kind: 'text', text: 'Easy & safe' },
    t_save: { kind: 'text', text: '<b>Save</b>' },
    o_10: { kind: 'offer', text: '10 % off', percent: 10, cost: 2.5 },
  },
  slots: { hero: {}, side: { refresh: 'live' }, foot: {} },
  triggers: {
    phone: {
      slot: 'hero',
      when: "device == 'phone'",
      template: 'promo',
      parts: { title: ['t_easy', 't_save'], offer: ['o_10'] },
      policy: { split: { title: { t_easy: 0.5, t_save: 0.5 } } },
    },
    busy: { slot: 'side', when: 'views >= 2', parts: { line: ['still looking?'] } },
    kept: { slot: 'foot', parts: { line: ['x'] }, holdout: 1 },
  },
  templates: { promo: { version: 1, parts: { title: 'text', offer: 'offer' } } },
};
const image = compile(source);
const bytes = signed(image, [key]);
const verified = await verifyRuleset(bytes, { keys });
const start = Date.parse('2026-11-20T10:00:00Z');

function client(options = {}) {
  const cookies = options.cookies ?? cookieJar({ shop_consent: 'personalisation' });
  const transport = store();
  const clock = { now: start };
  const problems = [];
  const heed = createHeedSync({
    wasm,
    ruleset: verified,
    state: null,
    cookies,
    transport,
    storage: () => memoryStorage(),
    now: () => clock.now,
    ...options,
  });
  heed.on('error', (it) => problems.push(it.code));
  return { heed, cookies, transport, clock, problems };
}
const json = (value) => JSON.stringify(value);
const view = 'a1b2c3d4e5f60718';
const runtime = createRuntime({ wasm, ruleset: verified });
const stateOf = (decisions, hash = runtime.hash) => ({
  heed: 1,
  site: 'shop.example',
  ruleset: { version: 7, hash },
  view,
  decisions,
  outcomes: '/_heed/outcomes',
  ticket: 't',
});

describe('createHeed', () => {
  test('takes bytes of the module and of the ruleset, and promises of them', async () => {
    const heed = await createHeed({
      wasm: Promise.resolve(bytesOf('heed.wasm')),
      ruleset: Promise.resolve(bytes),
      keys,
      visitor: 'u1',
    });
    heed.set({ device: 'phone' });
    assert.equal(heed.decide('hero').trigger, 'phone');
    heed[Symbol.dispose]();
  });
  test('refuses with a typed error', async () => {
    const damaged = Buffer.from(bytes);
    damaged[200] ^= 1;
    await assert.rejects(createHeed({ wasm, ruleset: damaged, keys }), {
      name: 'HeedError',
      code: 'bad_signature',
    });
    await assert.rejects(createHeed({ wasm, ruleset: bytes, keys, site: 'other' }), {
      code: 'wrong_site',
    });
    await assert.rejects(createHeed({ wasm, ruleset: bytes }), { code: 'malformed_key' });
    await assert.rejects(createHeed({ wasm: new Uint8Array([1, 2, 3]), ruleset: bytes, keys }), {
      code: 'not_supported',
    });
    await assert.rejects(createHeed({ wasm, ruleset: Buffer.from('hello'), keys }), {
      code: 'not_a_ruleset',
    });
    await assert.rejects(createHeed({ wasm, ruleset: bytes, keys, now: () => 4_100_000_000_000 }), {
      code: 'expired',
    });
  });
  test('says what is missing or of the wrong kind, whatever it is given', async () => {
    const refused = (options, code, message) =>
      assert.rejects(createHeed(options), { name: 'HeedError', code, message });
    for (const options of [undefined, null, 5, 'keys', [], {}, { wasm, ruleset: bytes }]) {
      await refused(options, 'malformed_key', /^keys: pass a list of public keys/);
    }
    for (const given of [null, 5, {}, [], 'a key']) {
      await refused({ wasm, ruleset: bytes, keys: given }, 'malformed_key', /^keys: pass a list/);
    }
    await refused({ wasm, ruleset: bytes, keys: [5] }, 'malformed_key', /^keys: .*32 bytes/);
    for (const ruleset of [undefined, null, 5, -1, 'x', {}, new Response(bytes)]) {
      await refused({ wasm, ruleset, keys }, 'not_a_ruleset', /^ruleset: .*`heed build`/);
    }
    for (const module of [undefined, null, 5, {}, new Uint8Array(4)]) {
      await refused(
        { wasm: module, ruleset: bytes, keys },
        'not_supported',
        /^wasm: pass heed.wasm/,
      );
    }
    for (const options of [undefined, null]) {
      const heed = createHeedSync(options);
      assert.equal(heed.decide('hero').reason, 'unverified');
      await assert.rejects(heed.ready, { name: 'HeedError', message: /^ruleset: pass what/ });
      heed[Symbol.dispose]();
    }
  });
  test('a signed image that does not prove is refused as what it is', async () => {
    const broken = Buffer.from(image);
    broken[broken.length - 1] ^= 0xff;
    await assert.rejects(createHeed({ wasm, ruleset: signed(broken, [key]), keys }), {
      name: 'HeedError',
      code: 'malformed_image',
    });
  });
  test('a page cannot say what heed says itself: that something was shown, or what it brought', () => {
    const { heed, problems } = client({ visitor: 'u1' });
    assert.equal(heed.observe('heed_exposure', { slot: 'hero' }), false);
    assert.equal(heed.observe('heed_outcome', { metric: 'revenue', value: 1e9 }), false);
    assert.deepEqual(problems, ['unknown_signal', 'unknown_signal']);
    heed[Symbol.dispose]();
  });
  test('an older version than this device has seen is refused', async () => {
    const storage = memoryStorage();
    const options = { wasm, keys, consent: 'device', transport: null, state: null };
    const newer = signed(compile({ ...source, version: 8 }), [key]);
    const shared = { ...options, storage: () => storage, transport: store() };
    const first = await createHeed({ ...shared, ruleset: newer });
    await first.flush();
    await assert.rejects(createHeed({ ...shared, ruleset: bytes }), { code: 'rolled_back' });
    await createHeed({ ...shared, ruleset: newer });
  });
});

describe('decisions', () => {
  test('are the objects of heed decide, key by key', () => {
    const { heed } = client({ visitor: 'u1' });
    heed.set({ device: 'phone' });
    assert.equal(
      json(heed.decide('hero')),
      '{"slot":"hero","trigger":"phone","variant":"t_easy+o_10",' +
        '"options":{"title":"t_easy","offer":"o_10"},' +
        '"probability":0.5,"microsegment":"all","reason":"split"}',
    );
    assert.equal(json(heed.decide('side')), '{"slot":"side","trigger":null,"reason":"no_trigger"}');
    assert.equal(
      json(heed.decide('foot')),
      '{"slot":"foot","trigger":"kept","held_out":true,"microsegment":"all","reason":"holdout"}',
    );
    assert.deepEqual(
      heed.decideAll().map(({ slot }) => slot),
      ['hero', 'side', 'foot'],
    );
    assert.deepEqual(
      heed.winners().map(({ slot }) => slot),
      ['hero', 'foot'],
    );
    assert.deepEqual(
      heed.winners(),
      heed.decideAll().filter(({ trigger }) => trigger !== null),
    );
  });
  test('have an answer for every key, so that no page trips', () => {
    const none = client().heed.decide('side');
    assert.deepEqual(
      [none.variant, { ...none.options }, none.probability, none.microsegment, none.held_out],
      [null, {}, 1, 'all', false],
    );
  });
  test('answer whatever a script passes: it is told, and nothing is thrown into the page', () => {
    const { heed, problems } = client();
    for (const garbage of [null, undefined, 5, {}, Symbol.iterator]) {
      assert.doesNotThrow(() => heed.set(garbage));
      assert.equal(heed.observe(garbage, garbage), false);
      assert.equal(heed.refund(garbage, garbage), false);
      assert.equal(heed.expose(garbage), false);
      assert.deepEqual(heed.content(garbage), {});
      if (typeof garbage === 'symbol') continue; // is no text, and cannot become one
      assert.equal(heed.decide(garbage).trigger, null);
      assert.equal(heed.explain(garbage).slot, `${garbage}`);
    }
    assert.equal(heed.observe('view', null), false);
    for (const code of ['wrong_type', 'unknown_slot']) assert.ok(problems.includes(code), code);
    heed.set({ device: 'phone' });
    assert.equal(heed.decide('hero').trigger, 'phone', 'and it goes on');
  });
  test('show what their assets hold', () => {
    const { heed } = client({ visitor: 'u1' });
    heed.set({ device: 'phone' });
    const content = heed.content(heed.decide('hero'));
    assert.equal(content.title.text, 'Easy & safe');
    assert.deepEqual(
      { kind: content.offer.kind, text: content.offer.text },
      { kind: 'offer', text: '10 % off' },
    );
    assert.equal(Number(content.offer.percent), 10);
    assert.deepEqual(heed.content(heed.decide('side')), {});
    assert.deepEqual(heed.content(heed.decide('foot')), {});
  });
  test('change with signals, and say so once', () => {
    const { heed } = client();
    const told = [];
    heed.on('decision', ({ slot, trigger }) => told.push(`${slot} ${trigger}`));
    for (let i = 0; i < 3; i++) {
      heed.decide('side');
      heed.observe('view', { sku: 's', price: 1 });
    }
    heed.decide('side');
    assert.deepEqual(told, ['side null', 'side busy']);
  });
  test('explain themselves by name', () => {
    const { heed } = client({ visitor: 'u1' });
    heed.set({ device: 'desk' });
    const { decision, candidates, inputs } = heed.explain('hero');
    assert.equal(decision.trigger, null);
    assert.deepEqual(inputs, { device: 'desk' });
    assert.equal(candidates[0].trigger, 'phone');
    assert.equal(candidates[0].outcome, 'unmet');
    assert.deepEqual(
      candidates[0].failures.map(({ input, value }) => [input, value]),
      [['device', 'desk']],
    );
    const held = heed.explain('foot').candidates[0];
    assert.equal(held.outcome, 'won');
    assert.equal(held.holdout.until, 2 ** 32);
    heed.set({ device: 'phone' });
    const [first] = Object.values(heed.explain('hero').candidates[0].parts);
    assert.deepEqual([first.from, first.until], [0, 2 ** 31]);
    assert.ok(first.drawn < first.until);
  });
  test('a listener that throws harms nobody else, and is reported', (t) => {
    const { heed } = client();
    const reported = [];
    globalThis.reportError = (error) => reported.push(error.message);
    t.after(() => delete globalThis.reportError);
    heed.on('decision', () => {
      throw new Error('of the listener');
    });
    let heard = 0;
    heed.on('decision', () => heard++);
    heed.decide('side');
    assert.deepEqual([heard, reported], [1, ['of the listener']]);
  });
});

describe('consent', () => {
  test('at none nothing is stored or sent, and what was there goes', async () => {
    let opened = 0;
    const { heed, cookies, transport } = client({
      cookies: cookieJar({ heed_id: 'old', heed_s: 'old' }),
      storage: () => (opened++, memoryStorage()),
    });
    assert.equal(heed.level, 'none');
    heed.set({ device: 'phone' });
    for (let i = 0; i < 3; i++) heed.observe('view', { sku: 's', price: 1 });
    const decision = heed.decide('hero');
    assert.equal(decision.trigger, 'phone', 'the page alone decides');
    assert.equal(heed.expose(decision), false);
    heed.observe('buy', { revenue: 3 }, { id: 'o1' });
    await heed.flush();
    assert.deepEqual([...cookies.values], []);
    assert.equal(transport.batches.length, 0);
    assert.equal(heed.snapshot(), null);
    assert.equal(opened, 1, 'opened once, to delete what an earlier consent had left');
  });
  test('at none, and never more, nothing is even opened', async () => {
    const { heed } = client({
      cookies: cookieJar(),
      storage: () => assert.fail('storage was opened'),
    });
    heed.observe('view', { sku: 's', price: 1 });
    await heed.flush();
  });
  test('is read from the cookie that the ruleset names', () => {
    for (const [cookie, level] of [
      ['analytics', 'session'],
      ['analytics.personalisation', 'device'],
      ['personalisation,other', 'device'],
      ['', 'none'],
      ['constructor', 'none'],
    ]) {
      assert.equal(
        client({ cookies: cookieJar({ shop_consent: cookie }) }).heed.level,
        level,
        cookie,
      );
    }
  });
  test('granted, one batch goes; the visitor and the state are kept', async () => {
    const { heed, cookies, transport } = client({ cookies: cookieJar() });
    heed.set({ device: 'phone' });
    heed.setConsent('device');
    assert.match(cookies.values.get('heed_id'), /^[\w-]{22}$/);
    heed.expose(heed.decide('hero'));
    heed.observe('buy', { revenue: 42.5 }, { id: 'order-1' });
    await heed.flush();
    assert.deepEqual(
      transport.records().map(({ type }) => type),
      ['exposure', 'outcome'],
    );
    await null;
    assert.match(cookies.values.get('heed_s'), /^[\w-]+$/);
    assert.ok(cookies.values.get('heed_s').length <= 2000);
  });
  test('withdrawn, everything goes and nothing more is sent', async () => {
    const storage = memoryStorage();
    const { heed, cookies, transport } = client({ storage: () => storage });
    heed.set({ device: 'phone' });
    heed.expose(heed.decide('hero'));
    heed.setConsent('none');
    await heed.flush();
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual([...cookies.values.keys()], ['shop_consent']);
    assert.deepEqual(await storage.read('', '\uffff', 9), []);
    assert.equal(transport.batches.length, 0);
  });
  test('forget erases, draws a new visitor, and falls to none', async () => {
    const storage = memoryStorage();
    const { heed, cookies } = client({ storage: () => storage });
    heed.observe('view', { sku: 's', price: 1 });
    heed.observe('view', { sku: 's', price: 1 });
    assert.equal(heed.decide('side').trigger, 'busy');
    const before = cookies.values.get('heed_id');
    await heed.forget();
    assert.equal(heed.level, 'none');
    assert.equal(heed.decide('side').trigger, null);
    assert.deepEqual(await storage.read('', '\uffff', 9), []);
    assert.deepEqual([...cookies.values.keys()], ['shop_consent']);
    heed.setConsent('device');
    assert.notEqual(cookies.values.get('heed_id'), before);
  });
});

describe('state', () => {
  test('travels in the cookie to the next page, exactly', async () => {
    const cookies = cookieJar({ shop_consent: 'personalisation' });
    const first = client({ cookies, state: stateOf([]) }).heed;
    first.observe('view', { sku: 's', price: 1 });
    first.observe('view', { sku: 's', price: 1 });
    await null;
    const second = client({ cookies, state: stateOf([]) }).heed;
    assert.equal(second.decide('side').trigger, 'busy');
    assert.deepEqual(second.snapshot(), first.snapshot());
  });
  test('an exposure counts once a view, an id once ever, a refund once', async () => {
    const { heed, transport } = client();
    heed.set({ device: 'phone' });
    const decision = heed.decide('hero');
    assert.deepEqual([heed.expose(decision), heed.expose(decision)], [true, false]);
    assert.deepEqual(
      [1, 2].map(() => heed.observe('buy', { revenue: 5 }, { id: 'o1' })),
      [true, false],
    );
    assert.deepEqual(
      [1, 2].map(() => heed.refund('buy', 'o1')),
      [true, false],
    );
    await heed.flush();
    assert.deepEqual(
      transport.records().map(({ type }) => type),
      ['exposure', 'outcome', 'refund'],
    );
  });
});

const pending = () => {
  let settle;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
};

describe('a page that the edge has made', () => {
  const session = runtime.session({ visitor: 'u1', view, level: 'device', now: start });
  session.set({ device: 'phone' }, start);
  const decided = JSON.parse(
    json(session.decideAll(start).filter(({ trigger }) => trigger !== null)),
  );

  test('starts with its decisions; other slots are unverified until the ruleset is', async () => {
    const { promise, resolve } = pending();
    const { heed, transport } = client({
      ruleset: promise,
      state: stateOf(decided),
      visitor: 'u1',
    });
    assert.equal(heed.view, view);
    assert.equal(json(heed.decide('hero')), json(decided[0]));
    assert.equal(json(heed.decide('side')), '{"slot":"side","trigger":null,"reason":"unverified"}');
    heed.observe('view', { sku: 's', price: 1 });
    heed.observe('view', { sku: 's', price: 1 });
    heed.expose(heed.decide('hero'));
    resolve(verified);
    await heed.ready;
    assert.equal(heed.decide('side').trigger, 'busy', 'what was observed meanwhile counts');
    assert.equal(
      json(heed.decide('hero')),
      json(decided[0]),
      'a slot does not change during a view',
    );
    await heed.flush();
    assert.deepEqual(
      transport.records().map(({ type }) => type),
      ['exposure'],
    );
  });
  test('stays as it is where the ruleset is refused', async () => {
    const { promise, reject } = pending();
    const { heed, problems } = client({ ruleset: promise, state: stateOf(decided) });
    reject(Object.assign(new Error('no'), { code: 'expired' }));
    await assert.rejects(heed.ready);
    assert.equal(heed.decide('hero').trigger, 'phone');
    assert.equal(heed.decide('side').reason, 'unverified');
    assert.equal(heed.observe('view', { sku: 's', price: 1 }), true);
    assert.equal(problems.length, 1);
  });
  test('made with another ruleset is shown, and not measured', async () => {
    const { heed, problems, transport } = client({
      state: stateOf(decided, '00000000000000aa'),
      visitor: 'u1',
    });
    await heed.ready;
    assert.equal(heed.decide('hero').trigger, 'phone');
    assert.equal(heed.expose(heed.decide('hero')), false);
    await heed.flush();
    assert.deepEqual([problems, transport.batches], [['wrong_version'], []]);
  });
  test('held out is exposed and counted like any other', async () => {
    const { heed, transport } = client({ state: stateOf(decided), visitor: 'u1' });
    assert.equal(heed.expose(heed.decide('foot')), true);
    await heed.flush();
    assert.equal(transport.records().length, 1);
  });
});

describe('createRuntime', () => {
  test('keeps sessions apart, and restores one from another', () => {
    const a = runtime.session({ visitor: 'a', view, level: 'device', now: start });
    const b = runtime.session({ visitor: 'b', view, level: 'device', now: start });
    a.observe('view', { sku: 's', price: 1 }, start);
    a.observe('view', { sku: 's', price: 1 }, start);
    assert.equal(a.decide('side', start).trigger, 'busy');
    assert.equal(b.decide('side', start).trigger, null);
    const again = runtime.session({
      visitor: 'a',
      view,
      level: 'device',
      now: start,
      snapshot: a.save(),
    });
    assert.equal(again.refused, null);
    assert.equal(again.decide('side', start).trigger, 'busy');
    const stolen = runtime.session({
      visitor: 'b',
      view,
      level: 'device',
      now: start,
      snapshot: a.save(),
    });
    assert.equal(stolen.refused.code, 'wrong_visitor');
    assert.equal(stolen.decide('side', start).trigger, null);
    for (const it of [a, b, again, stolen]) it[Symbol.dispose]();
  });
  test('says what the ruleset is', () => {
    assert.deepEqual(
      [runtime.site, runtime.version, runtime.expires],
      ['shop.example', 7, Date.parse(source.expires)],
    );
    assert.match(runtime.hash, /^[0-9a-f]{16}$/);
    assert.deepEqual(runtime.consent, {
      cookie: 'shop_consent',
      default: 'none',
      gpc: 'none',
      grants: source.consent.grants,
    });
    assert.deepEqual(
      runtime.slots.map(({ name, refresh }) => [name, refresh]),
      [
        ['hero', 'navigation'],
        ['side', 'live'],
        ['foot', 'navigation'],
      ],
    );
    assert.deepEqual(
      runtime.attributes.find(({ name }) => name === 'since'),
      { name: 'since', type: 'time', source: 'request' },
    );
  });
  test('refuses a visitor without a name, and one too long', () => {
    for (const visitor of ['', 'x'.repeat(129)]) {
      assert.throws(() => runtime.session({ visitor, view, level: 'device', now: start }), {
        code: 'bad_visitor',
      });
    }
  });
  test('ends what it has begun: 100,000 sessions take no more room than one', () => {
    for (let i = 0; i < 100_000; i++)
      runtime.session({ visitor: `u${i}`, view, level: 'device', now: start })[Symbol.dispose]();
  });
  test('an ended session answers, and does nothing', () => {
    const session = runtime.session({ visitor: 'a', view, level: 'device', now: start });
    session[Symbol.dispose]();
    assert.equal(session.decide('foot', start).trigger, null);
    assert.equal(session.observe('view', {}, start).code, 'disposed');
  });
  test('drains records that a batch carries', () => {
    const session = runtime.session({ visitor: 'u1', view, level: 'device', now: start });
    session.set({ device: 'phone' }, start);
    assert.equal(session.expose(session.decide('hero', start), start), 'counted');
    assert.equal(session.expose(session.decide('hero', start), start), 'repeated');
    const records = session.drain();
    assert.deepEqual(
      records.map(({ priority }) => priority),
      ['exposure'],
    );
    const head = {
      device: '00000000000000a1',
      epoch: '5f0c6b2d9e3a1144',
      first: 1,
      sent: start,
      ticket: '',
    };
    const batch = readBatch(
      encodeBatch(
        head,
        records.map((it) => it.bytes),
      ),
    );
    assert.deepEqual(
      [batch.device, batch.epoch, batch.records[0].type],
      [0xa1n, 0x5f0c6b2d9e3a1144n, 'exposure'],
    );
    assert.deepEqual(session.drain(), []);
  });
});
