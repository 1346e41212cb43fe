// WebAssembly decides as the naive evaluator reads the source, and compiles to native's bytes, for
// random pairs written out by heed_pairs. HEED_SEED repeats a run.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createHeedSync, createRuntime, verifyRuleset } from 'heed';

import { key, keys, signed, studio, wasm } from '../../wasm/test/bed.mjs';
import { sequences } from './changes.mjs';

const sourceCount = 420;
const visitorCount = 250;
const root = fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.HEED_BUILD ?? path.join(root, 'build');
const folder = mkdtempSync(path.join(tmpdir(), 'heed-pairs-'));
after(() => rmSync(folder, { recursive: true }));

const seed = process.env.HEED_SEED ?? '7';
const writer = path.join(build, 'tests', 'reference', 'heed_pairs');
const oracle = path.join(build, 'tests', 'reference', 'heed_oracle');
execFileSync(writer, [folder, seed, String(sourceCount), String(visitorCount)]);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.heed'))
  .map((name) => name.slice(0, -'.heed'.length));
const read = (name, suffix) => readFileSync(path.join(folder, name + suffix));
const linesOf = (bytes) => bytes.toString().trimEnd().split('\n');

/** The first line in which two answers differ, with what went in. */
function assertSame(name, out, expected) {
  if (out.equals(expected)) return;
  const lines = linesOf(read(name, '.in.ndjson'));
  const [got, wanted] = [linesOf(out), linesOf(expected)];
  const at = lines.findIndex((_, i) => got[i] !== wanted[i]);
  const source = read(name, '.heed.json').toString();
  assert.equal(got[at], wanted[at], `seed ${seed}, source ${name}\n${source}\n${lines[at]}`);
}

test(`the studio decides ${sourceCount * visitorCount} pairs as the source reads`, () => {
  assert.equal(names.length, sourceCount);
  for (const name of names) {
    const ruleset = studio.open(read(name, '.heed'));
    const out = Buffer.from(ruleset.decideLines(read(name, '.in.ndjson')));
    assertSame(name, out, read(name, '.out.ndjson'));
    ruleset[Symbol.dispose]();
  }
});

test(`the studio compiles ${sourceCount} sources to the bytes that native made`, () => {
  const zones = new Set();
  for (const name of names) {
    const text = read(name, '.heed.json').toString();
    zones.add(JSON.parse(text).time_zone);
    const { compiled } = studio.compile([{ name: 'random.heed.json', text }]);
    assert.ok(compiled, name);
    assert.ok(read(name, '.heed').equals(Buffer.from(compiled.image)), `seed ${seed}, ${name}`);
  }
  assert.ok(zones.has('Europe/London') && zones.has('America/New_York'));
});

/** Values as the package takes them: JSON has no times, so the source says which texts are. */
function valuesOf(values, types) {
  const typed = ([name, value]) => [
    name,
    types[name] === 'time' && value !== undefined ? new Date(value) : value,
  ];
  return Object.fromEntries(Object.entries(values ?? {}).map(typed));
}

/** Tells a line to a session of the package: attributes, then signals in order of time. */
function play(source, ruleset, line) {
  const signals = (line.signals ?? []).map((signal) => ({ ...signal, at: Date.parse(signal.at) }));
  signals.sort((a, b) => a.at - b.at); // stable: ties stay as given
  const now = Date.parse(line.now);
  let clock = signals[0]?.at ?? now;
  const options = { wasm, ruleset, visitor: line.visitor, consent: 'device', now: () => clock };
  const heed = createHeedSync({ ...options, transport: null, state: null });
  heed.on('error', ({ code, message }) => assert.fail(`${code}: ${message}`));
  const types = Object.entries(source.attributes).map(([name, { type }]) => [name, type]);
  heed.set(valuesOf(line.attributes, Object.fromEntries(types)));
  for (const { name, at, fields, id } of signals) {
    clock = at;
    heed.observe(name, valuesOf(fields, source.signals[name]), id === undefined ? {} : { id });
  }
  clock = now;
  const decisions = line.slots
    ? line.slots.map((slot) => heed.decide(slot))
    : heed.decideAll().filter(({ trigger }) => trigger !== null);
  const answer = JSON.stringify({ visitor: line.visitor, decisions });
  heed[Symbol.dispose]();
  return answer;
}

// A session of the package's own a visitor: every twentieth goes through all of its doors.
test('the package decides as the source reads', async () => {
  let count = 0;
  for (const name of names) {
    const ruleset = await verifyRuleset(signed(read(name, '.heed'), [key]), { keys, now: 0 });
    const source = JSON.parse(read(name, '.heed.json'));
    const expected = linesOf(read(name, '.out.ndjson'));
    linesOf(read(name, '.in.ndjson')).forEach((line, i) => {
      // Views of the package's own, and refunds, are told otherwise there.
      if (i % 20 !== 0 || /"(consent|refund)":?/.test(line)) return;
      assert.equal(play(source, ruleset, JSON.parse(line)), expected[i], `${name}\n${line}`);
      count += 1;
    });
  }
  assert.ok(count > 2_000, `${count} sessions`);
});

/** Plays a sequence to one session that lives on; its winners after each change, as lines. */
function live(runtime, source, { visitor, steps }) {
  const [{ now: began }] = steps;
  const types = Object.entries(source.attributes).map(([name, { type }]) => [name, type]);
  const typed = Object.fromEntries(types);
  const options = { visitor, view: '1', level: 'device', now: began };
  const session = runtime.session(options);
  const answers = steps.map((step, i) => {
    if (step.do === 'set')
      assert.deepEqual(session.set(valuesOf(step.values, typed), step.now), [], step.line);
    if (step.do === 'observe') {
      const { name, fields, id } = step.signal;
      const known = valuesOf(fields, source.signals[name]);
      session.observe(name, known, step.at, id);
    }
    const decisions = session.winners(step.now);
    const all = session.decideAll(step.now);
    assert.deepEqual(
      all.filter(({ trigger }) => trigger !== null),
      decisions,
    );
    const { slot } = all[i % all.length];
    assert.deepEqual(session.decide(slot, step.now), all[i % all.length]);
    return JSON.stringify({ visitor, decisions });
  });
  session[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  return answers;
}

// One changed thing at a time, against an evaluator that hears everything at once: HEED_LONG plays
// 100,000 sequences.
const sequenceCount = process.env.HEED_LONG ? 240 : 3;
test(`${sourceCount * sequenceCount} sequences of changes, decided after each`, async () => {
  let changes = 0;
  for (const [i, name] of names.entries()) {
    const ruleset = await verifyRuleset(signed(read(name, '.heed'), [key]), { keys, now: 0 });
    const text = read(name, '.heed.json').toString();
    const source = JSON.parse(text);
    const lines = linesOf(read(name, '.in.ndjson'))
      .filter((line) => !/"(consent|refund|view)":?/.test(line))
      .map((line) => JSON.parse(line));
    const isSticky = text.includes('"sticky":true');
    const played = sequences(lines, sequenceCount, 6, isSticky, Number(seed) * 1000 + i);
    const input = played.flatMap(({ steps }) => steps.map(({ line }) => `${line}\n`)).join('');
    const expected = linesOf(
      execFileSync(oracle, [path.join(folder, `${name}.heed.json`)], {
        input,
        maxBuffer: 1 << 30,
      }),
    );
    const runtime = createRuntime({ wasm, ruleset });
    runtime.index();
    const answers = played.flatMap((sequence) => live(runtime, source, sequence));
    const at = answers.findIndex((answer, line) => answer !== expected[line]);
    if (at >= 0)
      assert.equal(
        answers[at],
        expected[at],
        `seed ${seed}, source ${name}\n${text}\n${linesOf(input)[at]}`,
      );
    assert.equal(answers.length, expected.length);
    changes += answers.length;
    runtime[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  }
  assert.equal(changes, names.length * sequenceCount * 7);
});

test('decide.mjs gives the bytes', () => {
  const decide = path.join(root, 'wasm', 'decide.mjs');
  for (const name of names.slice(0, 10)) {
    const input = read(name, '.in.ndjson');
    const run = spawnSync(process.execPath, [decide, path.join(folder, `${name}.heed`)], { input });
    assert.equal(run.status, 0, run.stderr.toString());
    assertSame(name, run.stdout, read(name, '.out.ndjson'));
  }
});
