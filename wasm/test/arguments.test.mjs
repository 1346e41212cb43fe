// Whatever a script passes to whatever call: it is told what, where and what to do by the package's
// own error, and what was right before goes on.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';

import {
  consentLevel,
  createHeed,
  createHeedSync,
  createRuntime,
  HeedError,
  verifyRuleset,
} from 'heed';

import { bytesOf, compile, key, keys, signed, wasm } from './bed.mjs';

const source = {
  site: 't',
  version: 3,
  expires: '2099-01-01T00:00:00Z',
  consent: { default: 'device' },
  attributes: {
    n: { type: 'number' },
    s: { type: 'string' },
    b: { type: 'bool' },
    m: { type: 'set' },
    t: { type: 'time' },
  },
  signals: { view: { sku: 'string', price: 'number' } },
  features: { views: { count: 'view' } },
  slots: { hero: {}, side: {} },
  triggers: {
    large: { slot: 'hero', when: 'n > 1', parts: { p: ['x'] } },
    busy: { slot: 'side', when: 'views >= 1', parts: { p: ['y'] } },
  },
};
const now = Date.parse('2026-11-20T10:00:00Z');
const bytes = signed(compile(source), [key]);
const ruleset = await verifyRuleset(bytes, { keys });

const symbol = Symbol('given');
const invalidDate = new Date(NaN);
const everything = {
  'a number': 5,
  NaN: NaN,
  'a string': 'x',
  'an empty string': '',
  true: true,
  'an object': {},
  'a list': [],
  'a function': () => 5,
  'a symbol': symbol,
  'a date that is none': invalidDate,
  'a big integer': 5n,
  nothing: undefined,
  null: null,
};
const allBut = (...names) => Object.entries(everything).filter(([name]) => !names.includes(name));
const given = { wasm, ruleset: bytes, keys, state: null, transport: null };
const absent = ['nothing', 'null'];

/** An error of the package that names the argument and says what to pass. */
function assertClear(error, name, words, code = 'wrong_type') {
  assert.ok(error instanceof HeedError, `${error?.name}: ${error?.message}`);
  assert.deepEqual([error.code, error.where], [code, name]);
  assert.match(error.message, new RegExp(`^\\w+: pass ${name} as ${words}, not \\w+$`));
}

describe('an option of the wrong kind is refused by name', () => {
  const options = {
    now: ['function', 'a function'],
    site: ['string', 'a string', 'an empty string'],
    state: ['what parseState answers'],
    consent: ['none, session, device or account'],
    storage: ['function', 'a function'],
    cookies: ['object with set'],
    transport: ['object with send'],
    record: ['function', 'a function'],
    snapshot: ['Uint8Array'],
  };
  for (const [name, [words, ...right]] of Object.entries(options)) {
    test(name, async () => {
      for (const [, value] of allBut(...absent, ...right)) {
        const options = { ...given, [name]: value };
        await createHeed(options).then(
          () => assert.fail(`${name} was taken`),
          (error) => assertClear(error, name, words),
        );
        assert.throws(
          () => createHeedSync({ ...options, ruleset }),
          (error) => assertClear(error, name, words) ?? true,
        );
      }
      for (const value of name === 'now' ? [undefined] : [undefined, null]) {
        const heed = await createHeed({ ...given, [name]: value });
        heed.set({ n: 2 });
        assert.equal(heed.decide('hero').trigger, 'large');
        heed[Symbol.dispose]();
      }
    });
  }

  test('not bytes of another frame', async () => {
    const theirs = runInNewContext('(list) => Uint8Array.from(list)');
    const heed = await createHeed({ ...given, visitor: 'ann', ruleset: theirs(bytes).buffer });
    heed.observe('view');
    const snapshot = theirs(heed.snapshot());
    assert.ok(!(snapshot instanceof Uint8Array));
    heed[Symbol.dispose]();
    const again = await createHeed({ ...given, visitor: 'ann', snapshot });
    assert.equal(again.decide('side').trigger, 'busy', 'the snapshot is gone on from');
    again[Symbol.dispose]();
  });

  test('visitor, also one that is too long', async () => {
    const wrong = [...allBut(...absent, 'a string').map(([, value]) => value), 'é'.repeat(65)];
    for (const visitor of wrong) {
      await createHeed({ ...given, visitor }).then(
        () => assert.fail('it was taken'),
        (error) => assertClear(error, 'visitor', '1 to 128 bytes', 'bad_visitor'),
      );
    }
    const heed = await createHeed({ ...given, visitor: 'é'.repeat(64) });
    heed[Symbol.dispose]();
  });

  test('wasm', async () => {
    // A module, though not ours: it wants something that nobody gives.
    const other = Uint8Array.of(
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0],
      ...[2, 7, 1, 1, 97, 1, 98, 0, 0],
    );
    const refused = {
      name: 'HeedError',
      code: 'not_supported',
      message: /^wasm: pass heed\.wasm, /,
    };
    for (const [, value] of allBut('a function')) {
      await assert.rejects(createHeed({ ...given, wasm: value }), refused);
      assert.throws(() => createHeedSync({ ...given, ruleset, wasm: value }), refused);
      assert.throws(() => createRuntime({ ruleset, wasm: value }), refused);
    }
    await assert.rejects(createHeed({ ...given, wasm: other }), refused);
    await assert.rejects(createHeed({ ...given, wasm: () => 'x' }), refused);
    assert.throws(() => createRuntime({ ruleset, wasm: new WebAssembly.Module(other) }), refused);
    assert.throws(() => createRuntime({ ruleset, wasm: bytesOf('heed.wasm') }), refused);
  });

  test('ruleset', async () => {
    for (const [, value] of allBut('a function')) {
      await assert.rejects(createHeed({ ...given, ruleset: value }), {
        name: 'HeedError',
        code: 'not_a_ruleset',
        message: /^ruleset: .*build it with `heed build`$/,
      });
      assert.throws(() => createRuntime({ wasm, ruleset: value }), {
        name: 'HeedError',
        message: /^ruleset: pass what verifyRuleset\(\) resolved to$/,
      });
    }
    for (const value of [undefined, null, 5])
      assert.throws(() => createRuntime(value), { name: 'HeedError' });
  });
});

test('verifyRuleset and consentLevel refuse by name', async () => {
  const refuses = (promise, ...error) =>
    promise.then(
      () => assert.fail('it was taken'),
      (thrown) => assertClear(thrown, ...error),
    );
  for (const [, value] of allBut(...absent, 'a number'))
    await refuses(
      verifyRuleset(bytes, { keys, versionSeen: value }),
      ...['versionSeen', 'finite number'],
    );
  for (const [, value] of allBut(...absent, 'a number', 'NaN'))
    await refuses(verifyRuleset(bytes, { keys, now: value }), 'now', 'number');
  for (const [, value] of allBut(...absent, 'a string', 'an empty string'))
    await refuses(verifyRuleset(bytes, { keys, site: value }), 'site', 'string');
  for (const [, value] of allBut()) assert.throws(() => consentLevel(value, 'x', false), HeedError);
});

describe('a session', () => {
  const runtime = createRuntime({ wasm, ruleset });
  const right = { visitor: 'u1', view: 'a1', level: 'device', now };

  test('is not begun with what it cannot take', () => {
    for (const [, value] of allBut()) assert.throws(() => runtime.session(value), HeedError);
    const options = {
      view: ['string', 'a string', 'an empty string'],
      level: ['none, session, device or account'],
      now: ['finite number', 'a number'],
      snapshot: ['Uint8Array', ...absent],
    };
    for (const [name, [words, ...taken]] of Object.entries(options)) {
      for (const [, value] of allBut(...taken))
        assert.throws(
          () => runtime.session({ ...right, [name]: value }),
          (error) => assertClear(error, name, words) ?? true,
        );
    }
    for (const visitor of [undefined, null, 5, '', 'x'.repeat(129)])
      assert.throws(
        () => runtime.session({ ...right, visitor }),
        (error) => assertClear(error, 'visitor', '1 to 128 bytes', 'bad_visitor') ?? true,
      );
  });

  test('answers every call, keeps what it knows, and its runtime goes on', () => {
    const session = runtime.session(right);
    session.set({ n: 2, s: 'kept' }, now);
    assert.equal(session.observe('view', { sku: 'a', price: 1 }, now), 'counted');
    for (const [name, value] of allBut()) {
      const told = [
        session.set(value, now)[0],
        session.observe(value, {}, now),
        session.observe('view', value, now),
        session.refund('view', value, now),
      ];
      for (const problem of told)
        if (problem && typeof problem !== 'string')
          assert.notEqual(problem.code, 'wasm_trap', `${name}: ${problem.message}`);
      if (value !== undefined && typeof value !== 'string')
        assertClear(session.observe('view', {}, now, value), 'id', 'string');
      session.set({ n: 2 }, value);
      session.observe('view', {}, value);
      assert.equal(session.decide(value, now).trigger, null);
      session.decide('hero', value);
      assert.equal(session.expose(value, now), 'not_measured');
      assert.equal(session.explain(value, now).candidates.length, 0);
      session.beginView(value);
      session.setLevel(value, now);
      session.save(value);
      assert.deepEqual(runtime.content(value), {});
    }
    assert.equal(session.trapped, null);
    assert.equal(session.decide('hero', now).trigger, 'large');
    assert.equal(session.decide('side', now).trigger, 'busy');
    assert.ok(session.save().length > 0, 'and it is still of its level');
  });

  test('takes again what a refused call did not set', () => {
    const throwing = Object.defineProperty({ n: 2 }, 'b', {
      enumerable: true,
      get: () => undefined.b,
    });
    const refused = [
      (session) => session.set({ n: 2 }, 5n),
      (session) => session.set(throwing, now),
    ];
    for (const call of refused) {
      const session = runtime.session(right);
      assert.equal(call(session)[0].code, 'wrong_type');
      assert.deepEqual(session.set({ n: 2 }, now), []);
      assert.equal(session.decide('hero', now).trigger, 'large');
    }
  });

  test('sets what it can, and says by name what it cannot', () => {
    const session = runtime.session(right);
    const right_ = { n: 7, s: 'x', b: true, m: ['a'], t: new Date(now) };
    const fits = {
      n: ['a number'],
      s: ['a string', 'an empty string'],
      b: ['true'],
      m: ['a list'],
      t: ['a number'],
    };
    for (const [attribute, taken] of Object.entries(fits)) {
      for (const [name, value] of allBut(...absent, ...taken)) {
        const problems = session.set({ ...right_, [attribute]: value }, now);
        assert.deepEqual(
          problems.map(({ where }) => where),
          [attribute],
          `${attribute}: ${name}`,
        );
        assert.match(problems[0].code, /^(wrong_type|not_finite)$/);
        assert.match(problems[0].message, new RegExp(`attribute '${attribute}'`));
      }
      assert.equal(session.set({ [attribute]: Infinity }, now).length, 1);
      assert.equal(session.decide('hero', now).trigger, attribute === 'n' ? null : 'large');
      assert.deepEqual(session.set({ ...right_, unknown: 5 }, now)[0].code, 'unknown_attribute');
    }
    assert.equal(session.observe('unheard', {}, now).code, 'unknown_signal');
    assert.equal(session.observe('view', { colour: 1 }, now).code, 'unknown_field');
    for (const [, value] of allBut(...absent, 'a number')) {
      const problem = session.observe('view', { sku: 'a', price: value }, now);
      assert.match(problem.code, /^(wrong_type|not_finite)$/);
    }
  });
});

describe('a page', () => {
  function client() {
    const heed = createHeedSync({ ...given, ruleset, visitor: 'u1' });
    const problems = [];
    heed.on('error', (problem) => problems.push(problem));
    return { heed, problems };
  }

  test('hears of every wrong call, once each, and nothing is thrown into it', () => {
    const calls = {
      set: ['values', 'object', 'an object', 'a list', 'a date that is none'],
      observe: ['signal', 'string', 'a string', 'an empty string'],
      refund: ['signal', 'string', 'a string', 'an empty string'],
      expose: ['decision', 'object', 'an object', 'a list', 'a date that is none'],
      bind: ['root', 'object with querySelectorAll'],
      setConsent: ['level', 'none, session, device or account'],
    };
    for (const [call, [name, words, ...taken]] of Object.entries(calls)) {
      for (const [what, value] of allBut(...taken)) {
        const { heed, problems } = client();
        heed.set({ n: 2 });
        heed[call](value, 'id');
        assert.equal(problems.length, 1, `${call}: ${what}`);
        const { code, where, message } = problems[0];
        assert.deepEqual([code, where], ['wrong_type', name]);
        assert.match(message, new RegExp(`^${call}: pass ${name} as ${words}, not \\w+$`));
        assert.equal(heed.decide('hero').trigger, 'large');
        assert.equal(heed.level, 'device');
        heed[Symbol.dispose]();
      }
    }
    const { heed, problems } = client();
    for (const [, value] of allBut('a function'))
      assert.equal(typeof heed.on('decision', value), 'function');
    assert.deepEqual(
      problems.map(({ where }) => where),
      ['listener'],
    );
    for (const [, value] of allBut()) {
      assert.equal(heed.decide(value).trigger, null);
      assert.equal(heed.explain(value).decision.trigger, null);
      heed.observe('view', {}, value);
      assert.deepEqual(heed.content(value), {});
    }
    heed[Symbol.dispose]();
  });

  test('goes on counting after any number of ids that are none', () => {
    const { heed, problems } = client();
    for (const id of [5, {}, symbol, true, 5n]) {
      assert.equal(heed.observe('view', {}, { id }), false);
      assert.equal(heed.refund('view', id), false);
    }
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['observe: pass id as string, not number'],
    );
    assert.equal(heed.observe('view', {}, { id: '5' }), true);
    assert.equal(heed.decide('side').trigger, 'busy');
    heed[Symbol.dispose]();
  });
});
