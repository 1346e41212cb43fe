// How decisions are kept: one trigger with more combinations of options than are kept, and numbers
// that mix alike.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { sourceModule } from './bed.mjs';

const abi = await sourceModule('abi.ts');
const { Decisions, mixed } = await sourceModule('decisions.ts');

/** As decisions.ts keeps. */
const keptCountMax = 65_536;
const partCount = 8;
const optionCount = 64;
/** What a ruleset would answer: triggers of eight parts with 64 options each, every name a row. */
const names = {
  slot: (row) => `s${row}`,
  trigger: (row) => `t${row}`,
  option: (row) => `o${row}`,
  parts: () => parts,
  cells: () => ({ segments: ['g0', 'g1'], stages: ['start', 'none'] }),
};
const parts = Array.from({ length: partCount }, (_, i) => ({
  name: `p${i}`,
  kind: 'text',
  first: optionCount * i,
  count: optionCount,
}));
const reason = abi.reasons.indexOf('split');

/** The options of the n-th combination: any two differ, and neighbours in one part only. */
const drawn = (n) => Array.from({ length: partCount }, (_, i) => Math.floor(n / 8 ** i) % 8);

const words = new Int32Array(abi.decisionSize / 4);
const view = new DataView(words.buffer);
function tell(decisions, trigger, options, { segment = 0, stage = 0, heldOut = 0 } = {}) {
  const rest = abi.decisionProbability - abi.winnerProbability;
  view.setUint32(abi.winnerSlot, 3, true);
  view.setUint32(abi.winnerTrigger, trigger, true);
  view.setUint32(abi.decisionSegment, segment, true);
  view.setUint32(abi.decisionStage, stage, true);
  view.setFloat64(abi.decisionProbability, 0.25, true);
  options.forEach((option, i) => view.setUint8(abi.winnerOptions + rest + i, option));
  view.setUint8(abi.winnerPartCount + rest, options.length);
  view.setUint8(abi.winnerHeldOut + rest, heldOut);
  view.setUint8(abi.winnerReason + rest, reason);
  return decisions.decision(words, 0);
}

function expected(trigger, options, microsegment = 'g0/start') {
  const shown = options.map((option, i) => names.option(optionCount * i + option));
  return {
    slot: 's3',
    trigger: `t${trigger}`,
    variant: shown.join('+'),
    options: Object.fromEntries(shown.map((name, i) => [`p${i}`, name])),
    probability: 0.25,
    microsegment,
    reason: 'split',
  };
}
const assertIs = (decision, expectation) =>
  assert.equal(JSON.stringify(decision), JSON.stringify(expectation));

/** The numbers of a combination in the module's form. */
const halves = (options) => new Int32Array(Uint8Array.from(options).buffer);
/** Of a decision that `tell` makes. */
function keyOf({ trigger = 0, options = drawn(0) }) {
  const [low, high] = halves(options);
  return mixed(trigger, low, high, partCount | (reason << 16), 0);
}

/** Two of what `make` makes whose numbers mix alike. */
function alike(make) {
  const seen = new Map();
  for (let n = 0; ; n++) {
    const made = make(n);
    const key = keyOf(made);
    if (seen.has(key)) return [seen.get(key), made];
    seen.set(key, made);
  }
}

describe('decisions of one trigger with many combinations of options', () => {
  test('are right before and after they are forgotten, and one object between', () => {
    const decisions = new Decisions(names);
    const first = tell(decisions, 0, drawn(0));
    for (let n = 1; n < keptCountMax; n++) {
      const made = tell(decisions, 0, drawn(n));
      if (n % 7 === 0) assertIs(made, expected(0, drawn(n)));
      if (n % 1000 === 0) {
        assert.equal(tell(decisions, 0, drawn(n >> 1)), tell(decisions, 0, drawn(n >> 1)));
        assert.equal(tell(decisions, 0, drawn(0)), first);
        assert.equal(tell(decisions, 0, drawn(n)), made);
      }
    }
    // Two more than are kept: the oldest are made again, and are as they were.
    for (const n of [keptCountMax, keptCountMax + 1]) tell(decisions, 0, drawn(n));
    const again = tell(decisions, 0, drawn(0));
    assert.notEqual(again, first, 'so many are kept, and no more');
    assert.deepEqual(again, first);
    assertIs(again, expected(0, drawn(0)));
    tell(decisions, 0, drawn(1));
    assert.equal(tell(decisions, 0, drawn(0)), again);
    for (let n = 0; n < 2 * keptCountMax; n += 5)
      assertIs(tell(decisions, 0, drawn(n)), expected(0, drawn(n)));
  });

  test('are told apart by every number that they are made of', () => {
    const decisions = new Decisions(names);
    const options = drawn(0o7654321);
    const ways = [
      () => tell(decisions, 0, options),
      () => tell(decisions, 1, options),
      () => tell(decisions, 0, [...options.slice(0, 7), 63]),
      () => tell(decisions, 0, [63, ...options.slice(1)]),
      () => tell(decisions, 0, options, { stage: 1 }),
      () => tell(decisions, 0, options, { segment: 1 }),
      () => tell(decisions, 0, options, { heldOut: 1 }),
    ];
    const made = ways.map((way) => way());
    assert.equal(new Set(made.map((it) => JSON.stringify(it))).size, ways.length);
    assert.deepEqual(
      ways.map((way, i) => way() === made[i]),
      ways.map(() => true),
    );
    assertIs(made[5], expected(0, options, 'g1/start'));
  });

  test('have numbers of 30 bits that hardly ever are the same', () => {
    const keys = new Set();
    for (let n = 0; n < keptCountMax; n++) {
      const key = keyOf({ options: drawn(n) });
      assert.ok(Number.isInteger(key) && key >= 0 && key < 2 ** 30, `${key}`);
      keys.add(key);
    }
    // Two of 65,536 is what chance would give.
    assert.ok(keys.size > keptCountMax - 16, `${keys.size} of ${keptCountMax}`);
    const triggers = Array.from({ length: 131_072 }, (_, trigger) => keyOf({ trigger }));
    assert.ok(new Set(triggers).size > triggers.length - 32);
  });

  const half = (n) => [n % 64, (n >> 6) % 64, (n >> 12) % 64, (n >> 18) % 64];
  const none = [0, 0, 0, 0];
  for (const [what, make] of Object.entries({
    'the first four options': (n) => ({ options: [...half(n), ...none] }),
    'the other options': (n) => ({ options: [...none, ...half(n)] }),
    'the trigger': (n) => ({ trigger: n }),
  })) {
    test(`are right where their numbers mix alike and differ in ${what} alone`, () => {
      const decisions = new Decisions(names);
      const asked = alike(make).map(({ trigger = 0, options = drawn(0) }) => ({
        told: () => tell(decisions, trigger, options),
        right: expected(trigger, options),
      }));
      const made = asked.map(({ told }) => told());
      asked.forEach(({ right }, i) => assertIs(made[i], right));
      assert.notDeepEqual(made[0], made[1]);
      // What a trigger has shown last is kept apart: another stands between.
      const other = () =>
        asked.forEach(({ right }) => tell(decisions, +right.trigger.slice(1), [1]));
      for (let round = 0; round < 3; round++) {
        other();
        asked.forEach(({ told }, i) => assert.equal(told(), made[i]));
      }
    });
  }
});

test('what triggers of one content show is forgotten with the decisions that show it', () => {
  let asked = 0;
  const content = parts.slice(0, 4);
  const few = {
    ...names,
    parts: () => content,
    option: (row) => (asked++, names.option(row)),
  };
  const decisions = new Decisions(few);
  const options = (n) => [n % 64, (n >> 6) % 64, (n >> 12) % 64, 0];
  tell(decisions, 0, options(0));
  assert.equal(asked, 4);
  tell(decisions, 1, options(0));
  assert.equal(asked, 4, 'another trigger shares it');
  for (let n = 1; n <= keptCountMax; n++) tell(decisions, 0, options(n));
  asked = 0;
  tell(decisions, 2, options(0));
  assert.equal(asked, 4);
});
