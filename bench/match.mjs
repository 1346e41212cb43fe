// What a decision costs: natively, in the module and through the package, beside the limit (bit
// vectors by hand) on the same rules and visitors. Every answer is checked before a clock starts.
//
//   ./dev bench match [--json] [--rules 10000,100000] [--visitors 4096]
//
// "Cold" is a new session with every attribute set and all slots decided, indexes built; p99 is
// over the visitors, each the median of its repeats. 100,000 rules may take fifteen times what
// 10,000 may.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { Figures, options } from './figures.mjs';

const given = options({
  rules: { type: 'string', default: '10000' },
  visitors: { type: 'string', default: '4096' },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);
const run = (file, args, more = {}) =>
  execFileSync(file, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...more,
  });
const figuresOf = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/**
 * A figure's goal at 10,000 rules in microseconds (bytes, ms), natively and in the module. Every
 * slot's decision through the package has none here: its goals are ratios to other engines in the
 * same run (peers.mjs), not times of one machine.
 */
const goals = {
  'a slot a rule, cold, over the limit': [2, 2],
  'eight slots, cold, p99': [1, 2],
  'eight slots, one changed, one slot, median': [0.3, 0.5],
  'a session made': [1, 1],
  'index built': [null, 10],
  'API, eight slots: one changed, one slot': [null, 0.5],
};

const timesMax = 15;
/** Those of them that 100,000 rules have, as so many times. */
const scaled = [
  'eight slots, cold, p99',
  'eight slots, one changed, one slot, median',
  'API, eight slots: one changed, one slot',
];

function goalOf(figure, part, count) {
  if (figure === 'a session, warm') return 8192 + 2 * count;
  const goal = goals[figure]?.[part === 'native' ? 0 : 1];
  if (count === 10_000) return goal;
  return count === 100_000 && scaled.includes(figure) ? timesMax * goal : null;
}

function build() {
  const release = `${root}build/release`;
  run('cmake', ['--preset', 'release']);
  run('ninja', ['--quiet', '-C', release, 'match_bench', 'heed']);
  run('ninja', ['--quiet', '-C', `${root}build/wasm`, 'match_bench'], {
    env: { ...process.env, NODE_PATH: '/usr/share/nodejs' },
  });
  return release;
}

function measure(figures, count) {
  const release = build();
  const folder = `${root}build/bench/match-${count}`;
  say(`${count} rules: workload`);
  run(process.execPath, ['bench/match/workload.mjs', String(count), folder, given.visitors], {
    env: { ...process.env, HEED_BUILD: release },
  });
  const parts = {
    native: [`${release}/bench/match_bench`, [folder]],
    wasm: [
      process.execPath,
      ['--no-experimental-fetch', 'build/wasm/modules/bench/match_bench.cjs', folder],
    ],
    package: [process.execPath, ['bench/match/api.mjs', folder]],
  };
  for (const [part, [file, args]] of Object.entries(parts)) {
    say(`${count} rules: ${part}`);
    for (const { figure, value, unit } of figuresOf(run(file, args))) {
      const goal = goalOf(figure, part, count);
      const aim = goal === null || goal === undefined ? {} : { atMost: goal };
      figures.add(`${count} rules, ${part}: ${figure}`, value, unit, aim);
    }
  }
}

const figures = new Figures();
for (const count of given.rules.split(',').map(Number)) measure(figures, count);
figures.print(given.json);
