// The long watch: sanitizers over every native test, threads over the store's, an hour of fuzzing
// shared by all targets, ten million mutated images, the figures, and every test ten times as long.
// One line a stage at the end says what ran and what was found; a finding makes it exit 1, and
// never keeps a later stage from running.
//
//   ./dev nightly [--seconds 3600] [--images 10000000] [--only asan,fuzz]
//
// `--seconds` is the whole fuzzing time; `--only` picks stages whose name holds one of the words.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { junitCounts } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cores = availableParallelism();
const logs = path.join(root, 'build', 'nightly');

/** Exits 2 where the call is wrong. */
export function options(args) {
  const whole = (name, text) => {
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    throw new Error(`--${name} ${text} is not a whole number above 0`);
  };
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '3600' },
      images: { type: 'string', default: '10000000' },
      only: { type: 'string', default: '' },
    },
  });
  return {
    seconds: whole('seconds', values.seconds),
    images: whole('images', values.images),
    only: values.only.split(',').filter(Boolean),
  };
}

/** Runs a command with its output in a log of its own. @returns {status, text} */
async function run(log, command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (it) => chunks.push(it));
  const status = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  const text = Buffer.concat(chunks).toString();
  writeFileSync(path.join(logs, `${log}.log`), text);
  return { status, text };
}

/** Tells of a run that must succeed. */
const outcome = ({ status }, did, log) => ({
  did,
  found: status === 0 ? [] : [`ended with ${status}; see build/nightly/${log}.log`],
});

const build = (preset, ...targets) => ({
  name: `${preset} build`,
  async run() {
    const log = `${preset}-build`;
    const configured = await run(`${log}-cmake`, 'cmake', ['--preset', preset]);
    if (configured.status !== 0) return outcome(configured, 'cmake', `${log}-cmake`);
    const folder = preset === 'dev' ? 'build' : `build/${preset}`;
    const made = await run(log, 'ninja', ['--quiet', '-C', folder, ...targets]);
    return outcome(made, targets.length > 0 ? `${targets.length} targets` : 'all targets', log);
  },
});

const ctest = (preset, ...more) => ({
  name: `${preset} tests`,
  async run() {
    const log = `${preset}-tests`;
    const junit = path.join(logs, `${log}.xml`);
    const args = ['--test-dir', `build/${preset}`, '-j', `${cores}`, '--output-on-failure'];
    // A process whose threads race says so and goes on; the exit status tells at its end.
    const env = { TSAN_OPTIONS: 'halt_on_error=0' };
    const result = await run(log, 'ctest', [...args, '--output-junit', junit, ...more], env);
    const counts = existsSync(junit) ? junitCounts(readFileSync(junit, 'utf8')) : null;
    const told = outcome(result, counts ? `${counts.passed} passed` : 'nothing', log);
    if (!counts || counts.passed === 0) told.found.push('no test ran');
    return told;
  },
});

/** Runs `work` for each item, as many at a time as there are cores. */
async function inParallel(items, work) {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: cores }, worker));
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? filesBelow(file) : [file];
  });
}

const fuzzNames = () =>
  readdirSync(path.join(root, 'tests/fuzz'))
    .filter((name) => name.endsWith('_fuzz.cpp'))
    .map((name) => name.slice(0, -'.cpp'.length))
    .sort();

/** @param seconds wall-clock time for all targets together; each core takes one at a time */
const fuzz = (seconds) => ({
  name: 'fuzz',
  async run() {
    const names = fuzzNames();
    const each = Math.max(1, Math.floor((seconds * cores) / names.length));
    const found = [];
    let inputs = 0;
    await inParallel(names, async (name) => {
      const folder = path.join(root, 'build/fuzz/found', name);
      mkdirSync(folder, { recursive: true });
      const before = new Set(filesBelow(folder));
      const corpus = readFileSync(path.join(root, 'build/fuzz/corpora', `${name}.txt`), 'utf8');
      const { status, text } = await run(name, path.join(root, 'build/fuzz/tests/fuzz', name), [
        `-max_total_time=${each}`,
        '-print_final_stats=1',
        `-artifact_prefix=${folder}/`,
        folder,
        ...corpus.split('\n').filter(Boolean),
      ]);
      inputs += Number(/number_of_executed_units: (\d+)/.exec(text)?.[1] ?? 0);
      const crashes = filesBelow(folder).filter(
        (file) => !before.has(file) && /^(crash|leak|oom|timeout)-/.test(path.basename(file)),
      );
      if (status !== 0 || crashes.length > 0) {
        const kept = crashes.map((file) => path.relative(root, file)).join(' ');
        found.push(`${name} ended with ${status}: ${kept || `see build/nightly/${name}.log`}`);
      }
    });
    const did = `${names.length} targets, ${each} s each, ${inputs.toLocaleString('en-US')} inputs`;
    if (inputs === 0) found.push('no input ran');
    return { did, found };
  },
});

/** The driver under AddressSanitizer, one process a core, each from a seed of its own. */
const mutatedImages = (count) => ({
  name: 'mutated images',
  async run() {
    const program = path.join(root, 'build/fuzz/tests/fuzz/mutate_images');
    const folder = path.join(logs, 'images');
    mkdirSync(folder, { recursive: true });
    const each = Math.ceil(count / cores);
    const first = Math.floor(Date.now() / 1000);
    const found = [];
    const sum = { images: 0, accepted: 0 };
    const seeds = Array.from({ length: cores }, (_, core) => first + core);
    await inParallel(seeds, async (seed) => {
      const log = `mutated-images-${seed}`;
      const { status, text } = await run(log, program, [`${each}`, `${seed}`, folder]);
      const done = /^(\d+) images, (\d+) accepted, none trapped$/m.exec(text);
      if (status === 0 && done) {
        sum.images += Number(done[1]);
        sum.accepted += Number(done[2]);
      } else {
        found.push(`seed ${seed} ended with ${status}; see build/nightly/${log}.log`);
      }
    });
    const [images, accepted] = [sum.images, sum.accepted].map((it) => it.toLocaleString('en-US'));
    return { did: `${images} images, ${accepted} accepted, none trapped`, found };
  },
});

const bench = (name) => ({
  name: `bench ${name}`,
  async run() {
    const log = `bench-${name}`;
    const result = await run(log, './dev', ['bench', name, '--json']);
    const rows = result.text
      .split('\n')
      .filter((line) => line.startsWith('{"bench"'))
      .map((line) => JSON.parse(line));
    const told = outcome(result, `${rows.length} figures`, log);
    for (const { bench: what, value, unit, goal, holds } of rows) {
      console.log(`   ${what}: ${value} ${unit}${goal === null ? '' : `, goal ${goal}`}`);
      if (holds === false) told.found.push(`${what}: ${value} ${unit} misses ${goal}`);
    }
    if (rows.length === 0) told.found.push('no figure was printed');
    return told;
  },
});

/** Every check there is, property tests ten times as long. */
const longTests = {
  name: 'long tests',
  async run() {
    const result = await run('long-tests', './dev', ['test'], { HEED_LONG: '1' });
    const summary = /^\d+ passed, \d+ failed, \d+ skipped$/m.exec(result.text)?.[0];
    return outcome(result, summary ?? 'no summary', 'long-tests');
  },
};

const threadTests = ['store_test', 'store_server_test', 'store_kill_test'];

function stages({ seconds, images, only }) {
  const all = [
    build('asan'),
    ctest('asan', '-LE', 'install'),
    build('tsan', ...threadTests),
    ctest('tsan', '-R', `^(${threadTests.join('|')})\\.`),
    build('fuzz', ...fuzzNames(), 'mutate_images'),
    fuzz(seconds),
    mutatedImages(images),
    ...['match', 'listen', 'load', 'delta', 'size', 'peers'].map(bench),
    longTests,
  ];
  return all.filter(({ name }) => only.length === 0 || only.some((word) => name.includes(word)));
}

const took = (ms) =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;

/** The closing table, and whether anything was found. */
export function summary(rows) {
  const width = (key) => Math.max(...rows.map((row) => row[key].length));
  const [name, time, did] = ['name', 'time', 'did'].map(width);
  return rows
    .flatMap((row) => [
      [
        row.name.padEnd(name),
        row.time.padStart(time),
        row.did.padEnd(did),
        row.found.length === 0 ? 'nothing found' : `${row.found.length} found`,
      ].join('  '),
      ...row.found.map((it) => `  ! ${it}`),
    ])
    .join('\n');
}

async function main() {
  let chosen;
  try {
    chosen = stages(options(process.argv.slice(2)));
  } catch (error) {
    console.error(`${error.message}\nusage: ./dev nightly [--seconds N] [--images N] [--only A,B]`);
    process.exit(2);
  }
  if (chosen.length === 0) {
    console.error('no stage has such a name');
    process.exit(2);
  }
  mkdirSync(logs, { recursive: true });
  const rows = [];
  for (const stage of chosen) {
    const start = performance.now();
    console.log(`== ${stage.name}`);
    const { did, found } = await stage
      .run()
      .catch((error) => ({ did: '', found: [error.message] }));
    const time = took(performance.now() - start);
    rows.push({ name: stage.name, time, did, found });
    console.log(
      `-- ${stage.name}: ${time}, ${did}${found.length > 0 ? `, ${found.length} FOUND` : ''}`,
    );
  }
  console.log(`\n${summary(rows)}`);
  const findings = rows.reduce((sum, { found }) => sum + found.length, 0);
  console.log(
    findings === 0 ? '\nnothing found' : `\n${findings} ${findings === 1 ? 'finding' : 'findings'}`,
  );
  process.exitCode = findings === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
