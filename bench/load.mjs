// What it takes to have a ruleset: bytes on the wire, and the way from verified bytes to the first
// decision in fresh processes.
//
//   ./dev bench load [--json] [--rules 10000,100000] [--processes 20] [--wait 50]
//
// The clock runs from verified bytes to a checked decision of one slot for a visitor with all its
// attributes, in an instance that exists and has been rehearsed, as a page's is while its ruleset
// is on its way: the rehearsal ends --wait ms before verification begins. What it has set going in
// the host, which compiles on other threads, ends in that time; with --wait 0 verification and the
// index wait for that on few cores. Verification and the rehearsal are told beside.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

import { Figures, median, options } from './figures.mjs';
import { signedRuleset } from './signed.mjs';
import { generate, matching } from './workload.mjs';

const given = options({
  rules: { type: 'string', default: '10000,100000' },
  processes: { type: 'string', default: '20' },
  wait: { type: 'string', default: '50' },
});
const worker = fileURLToPath(new URL('load_worker.mjs', import.meta.url));
const goals = {
  10_000: { wire: { atMost: 12 }, decide: { atMost: 1.5 }, index: { atMost: 10 } },
  100_000: { decide: { atMost: 12 } },
};
const say = (line) => process.stderr.write(`${line}\n`);

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }).length;

/** A visitor and a slot that a rule wins. */
function firstDecision({ rules, visitors }) {
  const visitor = visitors.find(({ attributes }) => matching(rules, attributes).length > 0);
  const [rule] = matching(rules, visitor.attributes).slice(-1);
  return { visitor, expected: { slot: `s${rule}`, trigger: rules[rule].id } };
}

async function measure(figures, count) {
  const folder = mkdtempSync(path.join(tmpdir(), 'heed-bench-'));
  const file = path.join(folder, 'rules.heed');
  const workload = path.join(folder, 'workload.json');
  try {
    say(`${count} rules: compiling`);
    const generated = generate(count, { visitors: 16 });
    const bytes = await signedRuleset(generated.rules);
    writeFileSync(file, bytes);
    writeFileSync(workload, JSON.stringify(firstDecision(generated)));
    const goal = goals[count] ?? {};
    figures.add(`${count} rules: image a rule`, bytes.length / count, 'B');
    figures.add(`${count} rules: wire size a rule, brotli`, brotli(bytes) / count, 'B', goal.wire);
    say(`${count} rules: ${given.processes} fresh processes`);
    const runs = Array.from({ length: Number(given.processes) }, () =>
      JSON.parse(
        execFileSync(process.execPath, [worker, file, workload, given.wait], { encoding: 'utf8' }),
      ),
    );
    const middle = (of) => median(runs.map((run) => run[of]));
    figures.add(
      `${count} rules: verified bytes to first decision`,
      middle('decide'),
      'ms',
      goal.decide,
    );
    figures.add(`${count} rules: index built`, middle('index'), 'ms', goal.index);
    figures.add(`${count} rules: verification`, middle('verify'), 'ms');
    figures.add(
      `${count} rules: an instance made and rehearsed, ${given.wait} ms before`,
      middle('instance'),
      'ms',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const figures = new Figures();
for (const count of given.rules.split(',').map(Number)) await measure(figures, count);
figures.print(given.json);
