// rulesets/examples/intention on the sessions that its fit has not seen, decided by heed.wasm: the
// figures of docs/guide/intention.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { createRuntime, verifyRuleset } from 'heed';

import { dataFile, readSessions } from '../../rulesets/examples/intention/sessions.mjs';
import { compile, key, keys, signed, wasm } from '../../wasm/test/bed.mjs';

const root = new URL('../../', import.meta.url);
const source = JSON.parse(
  readFileSync(new URL('rulesets/examples/intention/intention.heed.json', root), 'utf8'),
);
const guide = readFileSync(new URL('docs/guide/intention.md', root), 'utf8');
const file = dataFile();
const skip = !file && 'skipped: no data';
const now = Date.parse('2026-11-20T10:00:00Z');

async function runtimeOf(changed) {
  const image = compile({ ...source, expires: '2099-01-01T00:00:00Z', ...changed });
  return createRuntime({ wasm, ruleset: await verifyRuleset(signed(image, [key]), { keys }) });
}

/** A session's past, as signals; @returns what wins the slot then */
function played(runtime, row, visitor) {
  const session = runtime.session({ visitor, view: '0'.repeat(16), level: 'device', now });
  const pages = { product: 'ProductRelated', account: 'Administrative', info: 'Informational' };
  const visit = { month: row.Month, is_new: row.VisitorType === 'New_Visitor' };
  session.observe('visit', visit, now);
  for (const [kind, column] of Object.entries(pages)) {
    for (let i = 0; i < row[column]; i++) session.observe('page', { kind }, now);
  }
  const soFar = {
    page_value: row.PageValues,
    exit_rate: row.ExitRates,
    bounce_rate: row.BounceRates,
    product_seconds: row.ProductRelated_Duration,
    info_seconds: row.Informational_Duration,
  };
  assert.equal(session.observe('so_far', soFar, now), 'counted');
  const { trigger } = session.decide('nudge', now);
  session[Symbol.dispose]();
  return trigger;
}

/** The score by the highest of many thresholds that it passes, each a trigger of its own. */
async function scoring() {
  const score = source.segments.likely.replace(/ > 0\.0$/, '');
  const thresholds = Array.from({ length: 64 }, (_, i) => -5 + 0.15 * i);
  const band = (threshold, i) => ({
    slot: 'nudge',
    when: `${score} > ${threshold.toFixed(2)}`.replace(/> (-?\d+)$/, '> $1.0'),
    parts: { text: [`${i}`] },
    priority: i,
  });
  const triggers = Object.fromEntries(thresholds.map((it, i) => [`band_${i}`, band(it, i)]));
  const runtime = await runtimeOf({ triggers, segments: {}, assets: {}, templates: {} });
  return (row, visitor) => {
    const trigger = played(runtime, row, visitor);
    return trigger === null ? -1 : Number(trigger.slice('band_'.length));
  };
}

/** The chance that a buyer scores above another, ties by half. */
function areaUnder(scored) {
  const counts = new Map();
  for (const { score, bought } of scored) {
    const at = counts.get(score) ?? { buyers: 0, others: 0 };
    at[bought ? 'buyers' : 'others']++;
    counts.set(score, at);
  }
  let [below, area, buyers] = [0, 0, 0];
  for (const [, at] of [...counts].sort(([a], [b]) => a - b)) {
    area += at.buyers * (below + at.others / 2);
    below += at.others;
    buyers += at.buyers;
  }
  return area / (below * buyers);
}

describe('the intention example', { skip }, () => {
  const { fitted, heldOut } = file ? readSessions(file) : { fitted: [], heldOut: [] };

  test('was fitted on four fifths and knows nothing of the rest', () => {
    assert.equal(fitted.length + heldOut.length, 12_330);
    assert.equal(heldOut.length, 2467);
  });
  test('ranks those who buy above those who do not', async () => {
    const score = await scoring();
    const scored = heldOut.map((row, i) => ({ score: score(row, `u${i}`), bought: row.Revenue }));
    const area = areaUnder(scored);
    assert.ok(area >= 0.9, `AUC ${area}`);
    assert.ok(guide.includes(`**${area.toFixed(3)}**`), `the guide says AUC ${area.toFixed(3)}`);
  });
  test('is right more often than the best single threshold on the same sessions', async () => {
    const runtime = await runtimeOf({});
    const table = { true: { true: 0, false: 0 }, false: { true: 0, false: 0 } };
    heldOut.forEach((row, i) => {
      table[row.Revenue][played(runtime, row, `u${i}`) === 'help_to_order']++;
    });
    const accuracy = (table.true.true + table.false.false) / heldOut.length;
    const single = Math.max(
      ...[...new Set(heldOut.map(({ PageValues }) => PageValues))].map(
        (cut) => heldOut.filter((row) => row.PageValues > cut === row.Revenue).length,
      ),
    );
    assert.ok(accuracy > single / heldOut.length, `${accuracy} and ${single / heldOut.length}`);
    const line = (bought) => `| ${table[bought].true} | ${table[bought].false} |`;
    const percent = (share) => `${(100 * share).toFixed(1)} %`;
    for (const said of [
      line(true),
      line(false),
      percent(accuracy),
      percent(single / heldOut.length),
    ])
      assert.ok(guide.includes(said), `the guide says ${said}`);
  });
});
