// tests/vectors/*.json in real workerd: the module imported as one, the ruleset verified by its
// WebCrypto.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startWorkerd } from 'heed-edge/dev';

import { compile, key, keys, newKey, signed, text } from './bed.mjs';
import { isOfPage } from './play.mjs';

const folder = new URL('../../tests/vectors/', import.meta.url);
let worker;
before(async () => {
  worker = await startWorkerd({ entry: fileURLToPath(new URL('worker.mjs', import.meta.url)) });
});
after(() => worker?.stop());

async function ask(image, lines, { signer = key, known = keys } = {}) {
  const ruleset = signed(Buffer.from(image), [signer]).toString('base64');
  const response = await fetch(worker.url, {
    method: 'POST',
    body: JSON.stringify({ ruleset, keys: known, lines }),
  });
  return { status: response.status, body: await response.json() };
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const { vectors, rulesets } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  test(file, async () => {
    let count = 0;
    for (const [name, source] of Object.entries(rulesets)) {
      const mine = vectors.filter(
        ({ ruleset, expect, in: line }) =>
          ruleset === name && expect && !('error' in expect) && isOfPage(line),
      );
      const { status, body } = await ask(
        compile(source),
        mine.map((vector) => vector.in),
      );
      assert.equal(status, 200, JSON.stringify(body));
      mine.forEach(({ name: claim, expect }, i) =>
        assert.equal(JSON.stringify(body[i]), JSON.stringify(expect), claim),
      );
      count += mine.length;
    }
    assert.ok(count > 0);
  });
}

test('a stranger is refused here too', async () => {
  const source = {
    site: 't',
    version: 1,
    expires: '2099-01-01T00:00:00Z',
    slots: { hero: {} },
    triggers: {},
  };
  const { status, body } = await ask(compile(source), [], { signer: newKey() });
  assert.deepEqual([status, body.error.code], [422, 'unknown_key']);
  const other = newKey();
  const mixed = await ask(compile(source), [], { signer: other, known: [text(key), text(other)] });
  assert.equal(mixed.status, 200);
});
