// The board's own arithmetic, without a browser: events in pieces, courses, states, what is said.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { load } from './bundled.mjs';

const { EventReader } = await load('board/src/events.ts');
const { Course, lossOf, stateOf, thinned } = await load('board/src/model.ts');
const { pointsText, verdictText } = await load('board/src/text.ts');
const { reach } = await load('board/src/plot.ts');

describe('an event stream', () => {
  const text =
    'retry: 1000\n\nevent: ruleset\ndata: {"version":1}\n\n: still here\n\n' +
    'event: counts\r\ndata: {"a":\r\ndata: 2}\r\n\r\ndata: x\n\n';
  const events = [
    { event: 'ruleset', data: '{"version":1}' },
    { event: 'counts', data: '{"a":\n2}' },
    { event: 'message', data: 'x' },
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
    assert.deepEqual(reader.read('\n'), [{ event: 'message', data: '1' }]);
  });
});

test('an interval is judged by where no lift lies in it', () => {
  const cases = [
    [null, null, 'collecting'],
    [-0.1, 0.1, 'collecting'],
    [-0.02, 0.07, 'leaning'],
    [-0.07, 0.02, 'leaning'],
    [0, 0.1, 'leaning'],
    [0.001, 0.1, 'clear'],
    [-0.1, -0.001, 'harmful'],
  ];
  for (const [low, high, state] of cases) assert.equal(stateOf(low, high), state, `${low} ${high}`);
});

/** A report of one trigger, as the store writes it. */
function reportOf(at, visitors, half) {
  const metrics = { carts: { conversions: visitors / 2 } };
  const arm = { visitors, exposures: visitors, metrics };
  const lift = { metric: 'carts', measure: 'rate', treatment: 'shown', control: 'holdout' };
  const interval =
    half === null ? { low: null, high: null } : { low: 0.1 - half, high: 0.1 + half };
  return {
    ...{ site: 't', ruleset: 1, at, ledger: {} },
    triggers: [
      {
        ...{ trigger: 'a', name: null, slot: 's', exposures: 2 * visitors },
        arms: [
          { arm: 'x', shown: true, ...arm },
          { arm: 'holdout', shown: false, ...arm },
        ],
        lift: [{ ...lift, difference: 0.1, ...interval }],
      },
    ],
  };
}

describe('a course', () => {
  test('begins with the first interval, and follows it', () => {
    const course = new Course();
    course.add(reportOf(1, 4, null));
    assert.deepEqual(course.rows('carts')[0].history, []);
    course.add(reportOf(2, 100, 0.3));
    course.add(reportOf(3, 200, 0.2));
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
  });
  test('keeps a standstill as its two ends', () => {
    const course = new Course();
    for (let at = 1; at <= 9; at++) course.add(reportOf(at, 100, 0.3));
    assert.deepEqual(
      course.rows('carts')[0].history.map(({ at }) => at),
      [1, 9],
    );
  });
  test('stays short however long it goes on, with both its ends', () => {
    const course = new Course();
    for (let at = 1; at <= 5000; at++) course.add(reportOf(at, 100 + 2 * at, 0.3));
    const { history } = course.rows('carts')[0];
    assert.ok(history.length <= 240);
    assert.equal(history[0].at, 1);
    assert.equal(history.at(-1).at, 5000);
    assert.deepEqual(
      thinned([1, 2, 3, 4, 5, 6].map((at) => ({ at }))).map(({ at }) => at),
      [1, 3, 4, 5, 6],
    );
  });
});

test('loss is what was never received and what devices shed, of all that was made', () => {
  const dropped = { signal: 0, exposure: 2, driver: 0, goal: 0 };
  assert.deepEqual(lossOf({ records: 90, missing: 10, dropped }), { lost: 12, share: 0.12 });
  assert.equal(lossOf({ records: 0, missing: 0, dropped: {} }).share, 0);
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
    state: stateOf(low, high),
  });
  assert.match(verdictText(row(0.01, 0.2), 0.1), /Found: a win/);
  assert.match(verdictText(row(-0.01, 0.2), 0.1), /too wide/);
  assert.match(verdictText(row(0.2, 0.3), 0.1), /misses it/);
  assert.match(verdictText(row(-0.2, -0.01), -0.1), /flagged as harmful/);
  assert.match(verdictText(row(-0.1, 0.1), 0), /was not called a win/);
  assert.match(verdictText({ lift: null, state: 'collecting' }, 0.1), /no interval/);
  assert.equal(pointsText(-0.0002), '0.0');
  assert.equal(pointsText(-0.06), '\u22126.0');
});
