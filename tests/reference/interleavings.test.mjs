// Any interleaving of signals, exposures, time steps, saves, restores and decisions in the module
// that visitors load gives the features and decisions that the naive model gives. A sequence that
// fails is made as short as it can be. HEED_SEED repeats a run; HEED_LONG plays 100,000 sequences.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createRuntime, verifyRuleset } from 'heed';

import { mulberry32 } from '../../bench/workload.mjs';
import { compile, key, keys, signed, wasm } from '../../wasm/test/bed.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.HEED_BUILD ?? path.join(root, 'build');
const teller = path.join(build, 'tests', 'reference', 'heed_interleavings');
const seed = Number(process.env.HEED_SEED ?? 20261122);
const sequenceCount = process.env.HEED_LONG ? 100_000 : 400;
const sequencesAtOnce = 200;
const eventsMax = 40;
/** Of what an event is: what happens, to which item, how much, and after how long. */
const below = [16, 80, 40, 40];
const began = 1_800_000_000_000;

const source = readFileSync(new URL('interleavings.heed.json', import.meta.url), 'utf8');
const featureNames = Object.keys(JSON.parse(source).features);
const ruleset = await verifyRuleset(signed(compile(source), [key]), { keys, now: 0 });
const scanning = createRuntime({ wasm, ruleset });
const indexed = createRuntime({ wasm, ruleset });
indexed.index();

/** What the naive model makes of sequences: for each its steps. */
function told(sequences) {
  const input = sequences.map((events) => `${events.flat().join(' ')}\n`).join('');
  const out = execFileSync(teller, featureNames, { input, maxBuffer: 1 << 30 });
  return out
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const viewOf = (number) => number.toString(16).padStart(16, '0');

/** Plays steps to a session; throws where it says something else. */
function play(runtime, steps) {
  const options = { visitor: 'u1', level: 'device' };
  let view = viewOf(1);
  let clock = began;
  let session = runtime.session({ ...options, view, now: began });
  const end = () => session[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  const doings = {
    observe({ signal, fields, now }) {
      assert.equal(session.observe(signal, fields, now), 'counted');
      clock = now;
    },
    travel({ now }) {
      const snapshot = session.save();
      end();
      session = runtime.session({ ...options, view, now, snapshot });
      assert.equal(session.refused, null);
      if (now >= clock) assert.deepEqual(session.save(), snapshot);
      clock = Math.min(clock, now);
    },
    decide({ decisions, now, view: number }) {
      view = viewOf(number);
      session.beginView(view);
      const made = session.decideAll(now);
      const said = made.map(({ slot, trigger, microsegment, reason }) => ({
        slot,
        trigger,
        ...(trigger !== null && { microsegment }),
        reason,
        suppressed: session.explain(slot, now).suppressed,
      }));
      assert.deepEqual(said, decisions);
      return made;
    },
    expose(step) {
      for (const decision of doings.decide(step)) {
        if (decision.trigger === null) continue;
        assert.equal(session.expose(decision, step.now), 'counted');
        clock = step.now;
      }
      session.drain();
    },
    look({ features, now }) {
      const { inputs } = session.explain('all', now);
      assert.deepEqual(
        Object.fromEntries(featureNames.map((name) => [name, inputs[name]])),
        features,
      );
    },
  };
  try {
    for (const step of steps) doings[step.do](step);
  } finally {
    end();
  }
}

/** Why a sequence fails, or null. */
function failure(runtime, steps) {
  try {
    play(runtime, steps);
    return null;
  } catch (error) {
    return error;
  }
}

/** Leaves out events, many at a time and then one, for as long as what is left fails. */
function shrunk(events, fails) {
  let kept = events;
  for (let size = kept.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at + size <= kept.length;) {
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (fails(fewer)) kept = fewer;
      else at += size;
    }
  return kept;
}

test(`${sequenceCount} sequences of events`, () => {
  const random = mulberry32(seed);
  const number = (count) => Math.floor(random() * count);
  const seen = new Set();
  for (let done = 0; done < sequenceCount; done += sequencesAtOnce) {
    const sequences = Array.from({ length: sequencesAtOnce }, () =>
      Array.from({ length: 1 + number(eventsMax) }, () => below.map(number)),
    );
    told(sequences).forEach((steps, i) => {
      const runtime = i % 2 ? indexed : scanning;
      for (const step of steps) seen.add(step.do);
      if (failure(runtime, steps) === null) return;
      const events = shrunk(sequences[i], (fewer) => failure(runtime, told([fewer])[0]) !== null);
      const error = failure(runtime, told([events])[0]);
      assert.fail(`seed ${seed}, events ${JSON.stringify(events)}\n${error.message}`);
    });
  }
  assert.deepEqual([...seen].sort(), ['decide', 'expose', 'look', 'observe', 'travel']);
});

test('a sequence that fails is shortened to what makes it fail', () => {
  const events = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const fails = (list) => list.includes(3) && list.includes(8);
  assert.deepEqual(shrunk(events, fails), [3, 8]);
});
