// The board's own arithmetic, without a browser: events in pieces, courses, states, what is said.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { load } from './bundled.mjs';

const { EventReader } = await load('board/src/events.ts');
const { Course, lossOf, thinned } = await load('board/src/model.ts');
const { applied } = await load('board/src/report.ts');
const { healthText, pointsText, verdictOf } = await load('board/src/text.ts');
const { reach } = await load('board/src/plot.ts');

describe('an event stream', () => {
  const text =
    'retry: 1000\n\nevent: ruleset\ndata: {"version":1}\n\n: still here\n\n' +
    'id: 7-1\nevent: counts\r\ndata: {"a":\r\ndata: 2}\r\n\r\ndata: x\n\n';
  const events = [
    { event: 'ruleset', data: '{"version":1}', id: '' },
    { event: 'counts', data: '{"a":\n2}', id: '7-1' },
    { event: 'message', data: 'x', id: '' },
  ];
  test('is read the same in whatever pieces it comes', () => {
    for (let size = 1; size <= text.length; size++) {
      const reader = new EventReader();
      const read = [];
      for (let from = 0; from < text.length; from += size)
        read.push(...reader.read(text.slice(from, from + size)));
      assert.deepEqual(read, events, `pieces of ${size}`);
    }
  });
  test('keeps back what has no end yet', () => {
    const reader = new EventReader();
    assert.deepEqual(reader.read('data: 1\n'), []);
    assert.deepEqual(reader.read('\n'), [{ event: 'message', data: '1', id: '' }]);
  });
});

test('news of some triggers leaves the others as they were', () => {
  const counts = (whole, triggers, at) => ({ whole, at, triggers, delivery: {}, ledger: {} });
  const [a, b, a2, c] = ['a', 'b', 'a', 'c'].map((trigger, n) => ({ trigger, n }));
  const first = applied(null, counts(true, [a, b], 1));
  const next = applied(first, counts(false, [a2, c], 2));
  assert.deepEqual([next.at, next.triggers], [2, [a2, b, c]]);
  assert.deepEqual(applied(next, counts(true, [c], 3)).triggers, [c]);
});

test('how the books stand is said in words that fit the numbers beside them', () => {
  const said = (delivery, ledger = {}) =>
    healthText({
      ledger: { missing: 0, dropped: {}, ...ledger },
      delivery: { sent: 1200, in_flight: 0, refused: 0, ...delivery },
    });
  assert.equal(said({}), 'Every record sent was counted');
  assert.equal(said({ in_flight: 1012 }), 'None lost, 1,012 more on the way');
  assert.equal(said({ refused: 2 }), 'Every record arrived, 2 could not be true');
  assert.equal(said({ in_flight: 3 }, { missing: 1 }), 'Some records never arrived');
  assert.equal(said({}, { dropped: { exposure: 1 } }), 'Some records never arrived');
});

/** Counts of one trigger, as the store writes them. */
function countsOf(at, visitors, half) {
  const metrics = { carts: { conversions: visitors / 2 } };
  const arm = { visitors, exposures: visitors, metrics };
  const lift = { metric: 'carts', measure: 'rate', treatment: 'shown', control: 'holdout' };
  const interval =
    half === null ? { low: null, high: null } : { low: 0.1 - half, high: 0.1 + half };
  return {
    ...{ at, whole: true, ledger: {}, delivery: {} },
    triggers: [
      {
        ...{ trigger: 'a', name: null, slot: 's', exposures: 2 * visitors, goal: 'carts' },
        arms: [
          { arm: 'x', shown: true, ...arm },
          { arm: 'holdout', shown: false, ...arm },
        ],
        lift: [{ ...lift, difference: 0.1, ...interval, state: 'leaning' }],
      },
    ],
  };
}

describe('a course', () => {
  test('begins with the first interval, and follows it', () => {
    const course = new Course();
    course.add(countsOf(1, 4, null));
    assert.deepEqual(course.rows('carts')[0].history, []);
    course.add(countsOf(2, 100, 0.3));
    course.add(countsOf(3, 200, 0.2));
    const [row] = course.rows('carts');
    assert.deepEqual(
      row.history.map(({ at, visitors }) => [at, visitors]),
      [
        [2, 200],
        [3, 400],
      ],
    );
    assert.deepEqual(row.shown, { visitors: 200, conversions: 100 });
    assert.equal(row.name, 'a');
    assert.equal(row.state, 'leaning');
    assert.deepEqual(course.rows(''), course.rows('carts'));
  });
  test('keeps a standstill as its two ends', () => {
    const course = new Course();
    for (let at = 1; at <= 9; at++) course.add(countsOf(at, 100, 0.3));
    assert.deepEqual(
      course.rows('carts')[0].history.map(({ at }) => at),
      [1, 9],
    );
  });
  test('stays short however long it goes on, with both its ends', () => {
    const course = new Course();
    for (let at = 1; at <= 5000; at++) course.add(countsOf(at, 100 + 2 * at, 0.3));
    const { history } = course.rows('carts')[0];
    assert.ok(history.length <= 240);
    assert.equal(history[0].at, 1);
    assert.equal(history.at(-1).at, 5000);
    assert.deepEqual(
      thinned(
        [0, 1, 2, 3, 4, 5, 6, 10, 11, 12].map((at) => ({ at })),
        5,
      ).map(({ at }) => at),
      [0, 3, 6, 10, 12],
    );
  });
});

test('loss is what was never received and what devices shed, of all that was sent', () => {
  const ledger = { missing: 10, dropped: { exposure: 2, goal: 0 } };
  assert.deepEqual(lossOf({ ledger, delivery: { sent: 100 } }), { lost: 12, share: 0.12 });
  assert.equal(lossOf({ ledger: { missing: 0, dropped: {} }, delivery: { sent: 0 } }).share, 0);
});

test('the scale holds the newest interval and the planted effect, and steps', () => {
  const at = (low, high) => [{ at: 1, visitors: 1, difference: 0, low, high }];
  assert.equal(reach(at(-0.02, 0.03)), 5);
  assert.equal(reach(at(-0.02, 0.031)), 5);
  assert.equal(reach(at(-0.02, 0.03), -0.2), 30);
  assert.equal(reach([]), 1);
});

test('a planted effect is called found only where the interval says so', () => {
  const row = (low, high) => ({
    lift: { at: 1, visitors: 1, difference: (low + high) / 2, low, high },
    state: low > 0 ? 'clear' : high < 0 ? 'harmful' : 'collecting',
  });
  const assertVerdict = (of, planted, judgement, text) => {
    const verdict = verdictOf(of, planted);
    assert.equal(verdict.judgement, judgement, verdict.text);
    assert.match(verdict.text, text);
  };
  assertVerdict(row(0.01, 0.2), 0.1, 'right', /^Planted: \+10.0 points. Found: a win/);
  assertVerdict(row(-0.01, 0.2), 0.1, 'open', /too wide/);
  assertVerdict(row(0.2, 0.3), 0.1, 'wrong', /misses it/);
  assertVerdict(row(-0.2, -0.01), -0.1, 'right', /flagged as harmful/);
  assertVerdict(row(-0.1, 0.1), 0, 'right', /was not called a win/);
  assertVerdict({ ...row(0, 0.1), state: 'clear' }, 0, 'wrong', /judged all the same/);
  assertVerdict({ lift: null, state: 'collecting' }, 0.1, 'open', /no interval/);
});
