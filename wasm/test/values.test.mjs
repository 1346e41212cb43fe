// What `set` is given, text by text: those that the ruleset has cross as ids, all others as bytes,
// and nobody can tell.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRuntime, verifyRuleset } from 'heed';

import { compile, key, keys, signed, wasm } from './bed.mjs';

const now = Date.parse('2026-11-20T10:00:00Z');
const shown = (name, when) => [name, { slot: name, when, parts: { part: ['x'] } }];
const source = {
  site: 't',
  version: 3,
  expires: '2099-01-01T00:00:00Z',
  attributes: {
    country: { type: 'string' },
    fact: { type: 'string', source: 'profile' },
    hour: { type: 'number' },
    seen: { type: 'set' },
  },
  slots: { de: {}, not_de: {}, odd: {}, bag: {}, hours: {}, fact: {} },
  triggers: Object.fromEntries([
    shown('de', "country == 'DE'"),
    shown('not_de', "country != 'DE' && country != 'AT'"),
    shown('odd', "country == '\ufffd'"),
    shown('bag', "'bag' in seen && !('shoe' in seen)"),
    shown('hours', 'hour >= 8'),
    shown('fact', "fact == 'DE'"),
  ]),
};
const ruleset = await verifyRuleset(signed(compile(source), [key]), { keys, now });
const start = (level = 'device') => {
  const runtime = createRuntime({ wasm, ruleset });
  const session = runtime.session({ visitor: 'u1', view: '1', level, now });
  const won = () =>
    session
      .decideAll(now)
      .filter(({ trigger }) => trigger !== null)
      .map(({ slot }) => slot);
  return { runtime, session, won };
};

for (const withIndex of [false, true]) {
  test(`each time as the first time, ${withIndex ? 'by an index' : 'by a scan'}`, () => {
    const { runtime, session, won } = start();
    if (withIndex) runtime.index();
    const cases = [
      [{ country: 'DE' }, ['de']],
      [{ country: 'AT' }, []],
      [{ country: 'a text of nobody' }, ['not_de']],
      [{ country: 'bag' }, ['not_de']],
      [{ country: '\ud800' }, ['not_de', 'odd']],
      [{ country: '\ufffd' }, ['not_de', 'odd']],
      [{ country: null, seen: ['bag'] }, ['bag']],
      [{ country: null, seen: ['bag', 'other'] }, ['bag']],
      [{ country: null, seen: ['shoe', 'bag'] }, []],
      [{ country: 'DE', seen: ['DE'], hour: 9 }, ['de', 'hours']],
    ];
    for (let round = 0; round < 4; round++) {
      for (const [values, slots] of cases) {
        assert.deepEqual(session.set({ seen: [], hour: 0, ...values }, now), []);
        assert.deepEqual(won().sort(), [...slots].sort(), `${round}: ${JSON.stringify(values)}`);
      }
    }
  });
}

test('a text of the ruleset is refused where another would be', () => {
  const { session } = start('none');
  for (let round = 0; round < 3; round++) {
    const problems = session.set({ country: 'DE', hour: 'DE', seen: 'DE', fact: 'DE' }, now);
    assert.deepEqual(
      problems.map(({ code, where }) => [code, where]),
      [
        ['wrong_type', 'hour'],
        ['wrong_type', 'seen'],
        ['no_consent', 'fact'],
      ],
    );
    assert.equal(problems[0].message, "attribute 'hour' (number) is not set: wrong_type");
    assert.equal(session.decide('de', now).trigger, 'de');
  }
});

test('what is set before and after more than the buffer holds is there', () => {
  const { session, won } = start();
  const large = Array.from({ length: 255 }, (_, i) => String(i).padEnd(1024, '.'));
  assert.deepEqual(session.set({ country: 'DE', seen: [...large, 'bag'], hour: 9 }, now), []);
  assert.deepEqual(won().sort(), ['bag', 'de', 'hours']);
});

test('only what an object itself holds is set', () => {
  const { session, won } = start();
  const given = Object.create({ hour: 9, nobody: 1 });
  given.country = 'DE';
  assert.deepEqual(session.set(given, now), []);
  assert.deepEqual(won(), ['de']);
});
