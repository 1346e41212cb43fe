// What explanations and differences show of a condition is that condition: compiled again, the text
// of the image gives the image's condition, and so do the author's words that its map has for each
// test. HEED_SEED repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { studio } from '../../wasm/test/bed.mjs';
import { attributes, Random, randomTree, textOf } from './cel_expressions.mjs';

const conditionCount = 1000;
const seed = process.env.HEED_SEED ?? '20261122';

/** What an image says of a condition, and what its map does; null where it does not compile. */
function readingsOf(when) {
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
  if (compiled === null) return null;
  const { things } = studio.open(compiled.image).inspect();
  const { triggers, tests } = JSON.parse(compiled.map);
  const alternatives = triggers.r.tests.map((own) => own.map((at) => `(${tests[at].test})`));
  return {
    image: things.find(({ what }) => what === 'trigger').when,
    map: alternatives.map((all) => all.join(' && ')).join(' || '),
  };
}

test(`what ${conditionCount} random conditions are shown as is what they are`, () => {
  const random = new Random(seed);
  const strange = [];
  let compared = 0;
  for (let i = 0; i < conditionCount; ++i) {
    const when = textOf(randomTree(random));
    const shown = readingsOf(when);
    if (shown === null || shown.map === '') continue;
    for (const reading of [shown.image, shown.map]) {
      ++compared;
      const again = readingsOf(reading)?.image;
      if (again !== shown.image) strange.push(`${reading}\n  -> ${again}\n  of ${when}`);
    }
  }
  assert.ok(compared > conditionCount, `${compared} compared`);
  // Only its size says whether a literal beside literals is a time; what is constant folds; and a
  // bound on integers may be lost with what was folded.
  assert.ok(strange.length <= compared / 100, `seed ${seed}:\n${strange.join('\n')}`);
});
