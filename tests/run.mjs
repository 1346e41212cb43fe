// Runs every check of the project, shows each runner's own output, and closes with one line, "N
// passed, N failed, N skipped". A runner that fails to start, or runs nothing, counts as a failure.
//
//   node tests/run.mjs [filter]     only ctest names and JavaScript test files that contain it
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { javascriptTests } from './tidy/sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = path.join(root, 'build', 'results');
const filter = process.argv[2] ?? '';

/** Runs a command with its output on ours; returns its exit status, null where it never started. */
function show(command, args, options = {}) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  return spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  }).status;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @returns counts of a JUnit file that ctest wrote; null where there is none */
export function junitCounts(xml) {
  const head = /<testsuite\b[^>]*>/.exec(xml)?.[0];
  if (!head) return null;
  const number = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number('failures');
  const skipped = number('skipped') + number('disabled');
  return { passed: number('tests') - failed - skipped, failed, skipped };
}

/** @returns counts of a TAP file that node's runner wrote; null where it has no summary */
export function tapCounts(tap) {
  if (!/^# tests \d+$/m.test(tap)) return null;
  const number = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0);
  return {
    passed: number('pass'),
    failed: number('fail') + number('cancelled'),
    skipped: number('skipped') + number('todo'),
  };
}

/** A runner's counts, made to agree with its exit status: a failed or empty run is no pass. */
export function settle(counts, status) {
  const settled = counts ?? { passed: 0, failed: 0, skipped: 0 };
  const ranNothing = settled.passed + settled.failed + settled.skipped === 0;
  const hidFailure = status !== 0 && settled.failed === 0;
  return ranNothing || hidFailure ? { ...settled, failed: settled.failed + 1 } : settled;
}

function runCtest() {
  const file = path.join(results, 'ctest.xml');
  const args = ['--test-dir', 'build', '-j', String(availableParallelism()), '--output-on-failure'];
  if (process.stdout.isTTY) args.push('--progress');
  if (filter) args.push('-R', filter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const env = { ...process.env };
  // The same run finds the same: new seeds are drawn by the long run.
  if (!env.HEED_LONG) env.RC_PARAMS ??= 'seed=1';
  const status = show('ctest', [...args, '--output-junit', file], { env });
  const counts = junitCounts(read(file));
  // A filter may well name JavaScript tests alone.
  const none = { passed: 0, failed: 0, skipped: 0 };
  const ranSome = counts !== null && counts.passed + counts.failed + counts.skipped > 0;
  return filter && status === 0 && !ranSome ? none : settle(counts, status);
}

function runNode(suite, files) {
  const file = path.join(results, `${suite.replaceAll('/', '-')}.tap`);
  const args = ['--test', '--test-reporter=spec', '--test-reporter-destination=stdout'];
  args.push('--test-reporter=tap', `--test-reporter-destination=${file}`);
  const status = show('node', [...args, ...files]);
  return settle(tapCounts(read(file)), status);
}

/** JavaScript tests by suite: the folder two deep below tests, one deep elsewhere. */
function suites(files) {
  const bySuite = new Map();
  for (const file of files) {
    const suite = file
      .split('/')
      .slice(0, file.startsWith('tests/') ? 2 : 1)
      .join('/');
    bySuite.set(suite, [...(bySuite.get(suite) ?? []), file]);
  }
  return bySuite;
}

function main() {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const total = { passed: 0, failed: 0, skipped: 0 };
  const run = (name, body) => {
    const start = performance.now();
    console.log(`== ${name}`);
    const counts = body();
    for (const key of Object.keys(total)) total[key] += counts[key];
    const took = `${Math.round((performance.now() - start) / 1000)} s`;
    console.log(
      `-- ${name}: ${counts.passed} ok, ${counts.failed} bad, ${counts.skipped} left out, ${took}`,
    );
  };
  run('ctest', runCtest);
  const files = javascriptTests(root).filter((file) => file.includes(filter));
  for (const [suite, members] of suites(files)) run(suite, () => runNode(suite, members));
  if (total.passed + total.failed + total.skipped === 0) {
    console.log(`nothing is called '${filter}'`);
    total.failed = 1;
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
