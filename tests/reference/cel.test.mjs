// A condition matches iff CEL evaluates it to true: random conditions and visitors, asked of us and
// of an independent implementation of CEL. HEED_SEED repeats a run, HEED_LONG makes it thirty
// times as long.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { celEnv, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';

import { studio } from '../../wasm/test/bed.mjs';
import {
  attributes,
  Random,
  randomTree,
  randomVisitor,
  smaller,
  textOf,
} from './cel_expressions.mjs';

const treesARound = 125;
const visitorsARound = 8;
const rounds = process.env.HEED_LONG ? 120 : 4;
const seed = process.env.HEED_SEED ?? '20261120';

process.env.TZ = 'UTC'; // the other implementation computes with the host's local time
const environment = celEnv({ funcs: strings });

/** What CEL makes of a visitor's attributes: a time is a Timestamp. */
function bindings(visitor) {
  return Object.fromEntries(
    Object.entries(visitor).map(([name, value]) =>
      attributes[name] === 'time' ? [name, timestampFromMs(Date.parse(value))] : [name, value],
    ),
  );
}

function theirs(texts, visitors) {
  const bound = visitors.map(bindings);
  return texts.map((text) => {
    const run = plan(environment, parse(text));
    return bound.map((visitor) => run(visitor) === true);
  });
}

/** A source with a segment, a slot and a trigger for each condition. */
function sourceOf(texts) {
  const all = (write) => Object.fromEntries(texts.map((text, i) => [`c${i}`, write(text, i)]));
  return JSON.stringify({
    site: 't',
    version: 1,
    expires: '2099-01-01T00:00:00Z',
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, type]) => [name, { type }]),
    ),
    segments: all((text) => text),
    slots: all(() => ({})),
    triggers: all((_, i) => ({ slot: `c${i}`, when: `segment.c${i}`, parts: { x: ['y'] } })),
  });
}

/** By condition what it is for each visitor; null where the compiler refuses it for its size. */
function ours(texts, visitors) {
  const { compiled, diagnostics } = studio.compile([
    { name: 'c.heed.json', text: sourceOf(texts) },
  ]);
  if (!compiled) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const refused = new Set(errors.map(({ path }) => /\.(c\d+)/.exec(path)[1]));
    for (const { code, message, path } of errors) {
      const limits = [
        'too_many_terms',
        'too_complex',
        'condition_too_costly',
        'not_finite',
        'out_of_range',
      ];
      const text = texts[Number(/\.c(\d+)/.exec(path)[1])];
      assert.ok(limits.includes(code), `${message}\n${text}`);
    }
    const rest = ours(
      texts.filter((_, i) => !refused.has(`c${i}`)),
      visitors,
    );
    return texts.map((_, i) => (refused.has(`c${i}`) ? null : rest.shift()));
  }
  const ruleset = studio.open(compiled.image);
  const lines = visitors.map((visitor) =>
    JSON.stringify({ visitor: 'u', now: 0, attributes: visitor }),
  );
  const out = Buffer.from(ruleset.decideLines(Buffer.from(lines.join('\n') + '\n'))).toString();
  ruleset[Symbol.dispose]();
  const shown = out
    .trimEnd()
    .split('\n')
    .map((line) => new Set(JSON.parse(line).decisions.map(({ slot }) => slot)));
  assert.equal(shown.length, visitors.length);
  return texts.map((_, i) => shown.map((slots) => slots.has(`c${i}`)));
}

/** The smallest tree for which one visitor still gets two answers. */
function shrunk(tree, visitor) {
  const differs = (text) => {
    const [mine] = ours([text], [visitor]);
    return mine !== null && mine[0] !== theirs([text], [visitor])[0][0];
  };
  for (const less of smaller(tree)) {
    if (differs(textOf(less))) return shrunk(less, visitor);
  }
  return textOf(tree);
}

test(`${rounds * treesARound * visitorsARound} random conditions match as CEL says`, () => {
  const random = new Random(seed);
  let compared = 0;
  let matched = 0;
  for (let round = 0; round < rounds; ++round) {
    const trees = Array.from({ length: treesARound }, () => randomTree(random));
    const visitors = Array.from({ length: visitorsARound }, () => randomVisitor(random));
    const texts = trees.map(textOf);
    const mine = ours(texts, visitors);
    const wanted = theirs(texts, visitors);
    for (const [i, answers] of mine.entries()) {
      for (const [v, answer] of (answers ?? []).entries()) {
        ++compared;
        if (answer) ++matched;
        if (answer === wanted[i][v]) continue;
        const visitor = JSON.stringify(visitors[v]);
        const least = shrunk(trees[i], visitors[v]);
        assert.fail(`seed ${seed}: CEL says ${wanted[i][v]}\n${least}\n${visitor}\nof ${texts[i]}`);
      }
    }
  }
  // Neither refused nor trivial: a run that compares little proves little.
  assert.ok(compared > rounds * treesARound * visitorsARound * 0.9, `${compared} compared`);
  assert.ok(matched > compared * 0.2 && matched < compared * 0.8, `${matched} matched`);
});
