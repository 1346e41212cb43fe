// What explanations and differences show of a condition is that condition: compiled again, the text
// of a predicate gives the predicate. HEED_SEED repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { studio } from '../../wasm/test/bed.mjs';
import { attributes, Random, randomTree, textOf } from './cel_expressions.mjs';

const conditionCount = 1000;
const seed = process.env.HEED_SEED ?? '20261122';

/** The texts of a condition's predicates; null where the compiler refuses it. */
function predicatesOf(when) {
  const types = Object.entries(attributes).map(([name, type]) => [name, { type }]);
  const source = {
    site: 't',
    version: 1,
    expires: '2099-01-01T00:00:00Z',
    attributes: Object.fromEntries(types),
    slots: { s: {} },
    triggers: { r: { slot: 's', when, parts: { x: ['y'] } } },
  };
  const files = [{ name: 'c.heed.json', text: JSON.stringify(source) }];
  const { compiled } = studio.compile(files);
  return compiled === null ? null : JSON.parse(compiled.map).predicates;
}

test(`predicates of ${conditionCount} random conditions read as what they are`, () => {
  const random = new Random(seed);
  const strange = [];
  let compared = 0;
  for (let i = 0; i < conditionCount; ++i) {
    const when = textOf(randomTree(random));
    for (const predicate of predicatesOf(when) ?? []) {
      ++compared;
      const again = predicatesOf(predicate);
      if (!again?.includes(predicate)) strange.push(`${predicate} -> ${again}\n  of ${when}`);
    }
  }
  assert.ok(compared > conditionCount, `${compared} compared`);
  // Only its size says whether a literal beside literals is a time; what is constant folds; and a
  // bound on integers may be lost with what was folded.
  assert.ok(strange.length <= compared / 100, `seed ${seed}:\n${strange.join('\n')}`);
});
