// tests/vectors/*.json through heed.wasm and the package's own API, and through decide.mjs, whose
// bytes are those of `heed decide`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createHeedSync, verifyRuleset } from 'heed';

import { compile, key, keys, signed, studio, wasm } from './bed.mjs';
import { isOfPage, play } from './play.mjs';

const folder = fileURLToPath(new URL('../../tests/vectors/', import.meta.url));
const decide = fileURLToPath(new URL('../decide.mjs', import.meta.url));
const heed =
  process.env.HEED_COMMAND ?? fileURLToPath(new URL('../../build/heed', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'heed-vectors-'));
after(() => rmSync(scratch, { recursive: true }));

const read = (file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const isRefused = ({ expect }) => expect !== null && 'error' in expect;
const lineOf = (vector) => (typeof vector.in === 'string' ? vector.in : JSON.stringify(vector.in));

const inputOf = (vectors) => vectors.map((vector) => `${lineOf(vector)}\n`).join('');

function run(command, args, input) {
  const { stdout, stderr, status } = spawnSync(command, args, { input, maxBuffer: 1 << 28 });
  return { stdout: stdout.toString(), stderr: stderr.toString(), status };
}

test('there are vectors', () => assert.ok(files.length >= 10));

for (const file of files) {
  const { spec_version: version, vectors, rulesets } = read(file);
  describe(file, () => {
    test('is of the version that this test reads', () => assert.equal(version, 1));
    for (const [name, source] of Object.entries(rulesets)) {
      const mine = vectors.filter(({ ruleset }) => ruleset === name);
      const played = mine.filter(
        (vector) => vector.expect !== null && !isRefused(vector) && isOfPage(vector.in),
      );

      // A line that is refused is the parser's business; the package takes values, not lines.
      test(`${name}: the package, ${played.length} vectors`, async () => {
        const ruleset = await verifyRuleset(signed(compile(source), [key]), { keys, now: 0 });
        for (const vector of played) {
          const answer = play(
            (options) => createHeedSync({ wasm, ruleset, ...options }),
            vector.in,
          );
          assert.equal(JSON.stringify(answer), JSON.stringify(vector.expect), vector.name);
        }
      });

      test(`${name}: the studio, ${mine.length} lines`, () => {
        const ruleset = studio.open(compile(source));
        const answers = Buffer.from(ruleset.decideLines(Buffer.from(inputOf(mine))))
          .toString()
          .split('\n');
        mine.forEach((vector, i) => {
          if (vector.expect === null) return;
          const answer = answers.shift();
          if (isRefused(vector)) assert.equal(JSON.parse(answer).line, i + 1, vector.name);
          else assert.equal(answer, JSON.stringify(vector.expect), vector.name);
        });
        assert.deepEqual(answers, ['']);
        assert.equal(ruleset.anyRefused, mine.some(isRefused));
      });
    }

    const [[first, source]] = Object.entries(rulesets);
    test(
      `${first}: decide.mjs gives the bytes of heed decide`,
      { skip: !existsSync(heed) && 'build/heed is not built' },
      () => {
        const image = path.join(scratch, `${file}-${first}.heed`);
        writeFileSync(image, compile(source));
        const input = inputOf(vectors.filter(({ ruleset }) => ruleset === first));
        assert.deepEqual(
          run(process.execPath, [decide, image], input),
          run(heed, ['decide', image], input),
        );
      },
    );
  });
}

describe('decide.mjs', () => {
  const image = path.join(scratch, 'small.heed');
  const source = read('01_smallest.json').rulesets.smallest;
  writeFileSync(image, compile(source));
  const line = '{"visitor":"u1","now":"2026-11-20T10:00:00Z","slots":["hero"]}';

  test('takes signed images and sources too', () => {
    const expected = run(process.execPath, [decide, image], line).stdout;
    const signedImage = path.join(scratch, 'signed.heed');
    writeFileSync(signedImage, signed(Buffer.from(compile(source)), [key]));
    const text = path.join(scratch, 'small.heed.json');
    writeFileSync(text, JSON.stringify(source));
    for (const file of [signedImage, text])
      assert.equal(run(process.execPath, [decide, file], line).stdout, expected);
  });
  test('answers bytes that are no text in their place, and goes on', () => {
    const input = Buffer.concat([
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(`\n${line}\r\n`),
      Buffer.from('{"visitor":"\\ud800"}'),
    ]);
    const ours = run(process.execPath, [decide, image], input);
    const answers = ours.stdout
      .split('\n')
      .filter(Boolean)
      .map((it) => JSON.parse(it));
    assert.deepEqual(
      answers.map(({ line: at }) => at),
      [1, undefined, 4],
    );
    assert.equal(ours.status, 1);
    if (existsSync(heed)) assert.deepEqual(ours, run(heed, ['decide', image], input));
  });
  test('says what is wrong with a file or a call', () => {
    const damaged = path.join(scratch, 'damaged.heed');
    writeFileSync(damaged, compile(source).subarray(0, 100));
    assert.deepEqual(
      [
        run(process.execPath, [decide, damaged], '').status,
        run(process.execPath, [decide], '').status,
      ],
      [1, 2],
    );
    assert.match(run(process.execPath, [decide, damaged], '').stderr, /truncated/);
    assert.equal(run(process.execPath, [decide, path.join(scratch, 'nothing.heed')], '').status, 1);
  });
  test('100,000 lines pass in order', () => {
    const input = Array.from({ length: 100_000 }, (_, i) => line.replace('u1', `u${i}`)).join('\n');
    const { stdout } = run(process.execPath, [decide, image], input);
    const answers = stdout.trimEnd().split('\n');
    assert.equal(answers.length, 100_000);
    assert.ok(answers.every((answer, i) => answer.startsWith(`{"visitor":"u${i}",`)));
  });
});
