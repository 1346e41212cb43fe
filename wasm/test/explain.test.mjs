// One explanation everywhere: the command, the package in Node and the package in workerd give the
// same bytes for every visitor and slot of the vectors' rulesets, with the ruleset's map and
// without.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import Ajv from 'ajv/dist/2020.js';
import { createHeedSync, verifyRuleset } from 'heed';
import { startWorkerd } from 'heed-edge/dev';

import { key, keys, signed, wasm } from './bed.mjs';
import { explain, isOfPage } from './play.mjs';

const root = new URL('../../', import.meta.url);
const read = (name) => readFileSync(new URL(name, root), 'utf8');
const command = process.env.HEED_COMMAND ?? fileURLToPath(new URL('build/heed', root));
const scratch = mkdtempSync(path.join(tmpdir(), 'heed-explain-'));
const at = (name) => path.join(scratch, name);
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(read('rulesets/schema/explain.schema.json')),
);

let worker;
before(async () => {
  worker = await startWorkerd({ entry: fileURLToPath(new URL('worker.mjs', import.meta.url)) });
});
after(() => {
  worker?.stop();
  rmSync(scratch, { recursive: true });
});

function heed(...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: scratch, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** A ruleset as an image, its map, and the slots it has. */
function build(source) {
  writeFileSync(at('r.heed.json'), JSON.stringify(source));
  heed('build', 'r.heed.json', '-o', 'r.heed');
  renameSync(at('r.heedmap'), at('map.json'));
  const map = JSON.parse(readFileSync(at('map.json'), 'utf8'));
  return { image: readFileSync(at('r.heed')), map, slots: Object.keys(source.slots) };
}

/** For each line, what the command prints for each slot. */
function byCommand(lines, slots, ...more) {
  return lines.map((line) => {
    writeFileSync(at('v.json'), JSON.stringify(line));
    const ask = ['explain', 'r.heed', '--visitor', 'v.json', '--json', ...more];
    return slots.map((slot) => heed(...ask, '--slot', slot).trimEnd());
  });
}

async function byPackage(file, lines, slots, map) {
  const ruleset = await verifyRuleset(file, { keys, now: 0 });
  const create = (options) => createHeedSync({ wasm, ruleset, ...options });
  return lines.map((line) => explain(create, line, slots, map));
}

async function byWorker(file, lines, slots, map) {
  const ruleset = file.toString('base64');
  const body = JSON.stringify({ ruleset, keys, lines, slots, map });
  const response = await fetch(worker.url, { method: 'POST', body });
  assert.equal(response.status, 200);
  return response.json();
}

const outcomes = new Set();

describe('explanations are the same bytes in the command, in Node and in workerd', () => {
  for (const name of readdirSync(new URL('tests/vectors/', root))) {
    if (!name.endsWith('.json')) continue;
    const { vectors, rulesets } = JSON.parse(read(`tests/vectors/${name}`));
    test(name, async () => {
      let count = 0;
      for (const [which, source] of Object.entries(rulesets)) {
        const lines = vectors
          .filter(({ ruleset, expect }) => ruleset === which && expect && !('error' in expect))
          .map((vector) => vector.in)
          .filter(isOfPage);
        const { image, map, slots } = build(source);
        const file = signed(image, [key]);
        for (const given of [undefined, map]) {
          const wanted = byCommand(lines, slots, ...(given ? ['--map', 'map.json'] : []));
          assert.deepEqual(await byPackage(file, lines, slots, given), wanted);
          assert.deepEqual(await byWorker(file, lines, slots, given), wanted);
          for (const text of wanted.flat()) {
            const explanation = JSON.parse(text);
            assert.ok(validate(explanation), `${text}\n${JSON.stringify(validate.errors)}`);
            for (const { outcome, when } of explanation.candidates) {
              outcomes.add(outcome);
              assert.equal(when !== undefined, given !== undefined);
            }
            count += 1;
          }
        }
      }
      assert.ok(count > 0);
    });
  }
  // Lines hold no exposures, so no cap is full.
  test('and show every outcome that a line can bring about', () => {
    for (const outcome of ['won', 'eligible', 'unmet', 'schedule', 'layer']) {
      assert.ok(outcomes.has(outcome), outcome);
    }
  });
});

describe("the author's first test in the author's words, and why of segments", () => {
  const { source, vectors } = JSON.parse(read('tests/vectors/explain/explain.json'));
  /** What of an explanation the vectors say. */
  const told = ({ candidates, segments }) => {
    const words = (tests) => tests.map(({ test: text }) => text);
    return {
      failures: Object.fromEntries(
        candidates.map(({ trigger, failures }) => [trigger, words(failures)]),
      ),
      segments: Object.fromEntries(
        Object.entries(segments).map(([name, { holds, tests }]) => [
          name,
          { holds, tests: words(tests) },
        ]),
      ),
    };
  };
  for (const vector of vectors) {
    test(vector.name, async () => {
      const { image, map } = build(source);
      const file = signed(image, [key]);
      const asked = [[vector.in], [vector.slot]];
      const [[text]] = await byPackage(file, ...asked, map);
      assert.deepEqual(told(JSON.parse(text)), {
        failures: vector.failures,
        segments: vector.segments,
      });
      assert.deepEqual(byCommand(...asked, '--map', 'map.json'), [[text]]);
      assert.deepEqual(await byWorker(file, ...asked, map), [[text]]);
      assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
    });
  }
  test('without a map all that fail, and the same everywhere', async () => {
    const { image } = build(source);
    const [{ in: line }] = vectors;
    const [[text]] = await byPackage(signed(image, [key]), [line], ['order']);
    const { candidates } = JSON.parse(text);
    const failing = (name) =>
      candidates.find(({ trigger }) => trigger === name).failures.map(({ input }) => input);
    assert.deepEqual(failing('turned_round').sort(), ['m', 'n', 'z']);
    assert.deepEqual(failing('inside').sort(), ['b', 'n', 's', 'z']);
    assert.deepEqual(byCommand([line], ['order']), [[text]]);
  });
  test('a map whose lists are wrong explains less and throws nothing', async () => {
    const { image, map } = build(source);
    const triggers = { computed: { when: 'x', tests: [[999]] }, joined: { when: 'y' } };
    const broken = { ...map, triggers, segments: undefined, tests: undefined };
    const [[text]] = await byPackage(signed(image, [key]), [vectors[0].in], ['order'], broken);
    const { candidates } = JSON.parse(text);
    const of = (name) => candidates.find(({ trigger }) => trigger === name).failures.length;
    assert.deepEqual([of('computed'), of('joined')], [0, 1]);
  });
});

test('the example of the page is one', () => {
  const [, example] = /```json\n([^]*?)```/.exec(read('docs/formats/explain.md'));
  assert.ok(validate(JSON.parse(example)), JSON.stringify(validate.errors));
});

test('a map of another build is as if it were not given', async () => {
  const [source] = Object.values(JSON.parse(read('tests/vectors/01_smallest.json')).rulesets);
  const { image, map, slots } = build(source);
  const line = { visitor: 'u1', now: '2026-11-20T10:00:00Z' };
  const file = signed(image, [key]);
  const other = { ...map, body: '0123456789abcdef' };
  const [plain, foreign, own] = await Promise.all(
    [undefined, other, map].map((given) => byPackage(file, [line], slots, given)),
  );
  assert.deepEqual(foreign, plain);
  assert.notDeepEqual(own, plain);
});
