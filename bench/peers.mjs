// heed beside other engines on the neutral workload: rules that each decide a slot of their own.
//
//   ./dev bench peers [--json] [--rules 100,1000,10000] [--rounds 15] [--only growthbook,flagd]
//
// One process an engine; every answer is checked against the reference evaluator before a clock
// starts; rounds are interleaved (A B C, A B C) and medians reported. heed's decision takes the
// visitor's 21 attributes from a plain object each time, the peers' are given theirs beforehand.
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

import { Figures, median, options, rounded } from './figures.mjs';
import { engines, ours } from './peers/adapters/index.mjs';
import { configFile } from './peers/config_file.mjs';
import { generate } from './workload.mjs';

const given = options({
  rules: { type: 'string', default: '100,1000,10000' },
  rounds: { type: 'string', default: '15' },
  only: { type: 'string', default: '' },
});
const counts = given.rules.split(',').map(Number);
const rounds = Number(given.rounds);
const only = given.only.split(',').filter(Boolean);
const chosen = engines.filter(
  (engine) =>
    ours.includes(engine) || only.length === 0 || only.some((it) => engine.name.includes(it)),
);
const worker = fileURLToPath(new URL('peers/worker.mjs', import.meta.url));
/** A batch of calls takes about this long: long against the clock, short against the machine. */
const batchMs = 25;
const say = (line) => process.stderr.write(`${line}\n`);

const asBytes = (config) =>
  config instanceof Uint8Array ? config : Buffer.from(JSON.stringify(config));

/** Large files at a quality that takes seconds, not minutes; it costs a few percent. */
const wireSize = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: bytes.length > 4e6 ? 9 : 11 },
  }).length;

async function writeWorkload(folder, count) {
  const workload = generate(count);
  writeFileSync(path.join(folder, 'workload.json'), JSON.stringify(workload));
  const sizes = new Map();
  for (const engine of chosen) {
    const bytes = asBytes(await engine.config(workload.rules));
    writeFileSync(configFile(folder, engine.name), bytes);
    sizes.set(engine, wireSize(bytes) / count);
  }
  return sizes;
}

function coldRun(engine, folder) {
  const args = ['--expose-gc', worker, 'cold', engine.name, folder];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const line = stdout.trim().split('\n').at(-1);
  if (!line?.startsWith('{')) throw new Error(`${engine.name}: ${stderr}`);
  return JSON.parse(line);
}

/** Fresh processes, interleaved. */
function coldRuns(folder, times) {
  const runs = new Map(chosen.map((engine) => [engine, []]));
  for (let i = 0; i < times; i++)
    for (const engine of chosen) runs.get(engine).push(coldRun(engine, folder));
  const middle = (engine, of) => median(runs.get(engine).map((run) => run[of]));
  return (engine) => ({ first: middle(engine, 'first'), memory: middle(engine, 'memory') });
}

class Serving {
  #process;
  #calls = {};
  times = { all: [], change: [] };

  static async start(engine, folder) {
    const serving = new Serving();
    serving.#process = fork(worker, ['serve', engine.name, folder], {
      execArgv: ['--expose-gc', '--max-old-space-size=4096'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    await serving.#ask(null, engine.name);
    return serving;
  }

  #ask(message, name = '') {
    const child = this.#process;
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    return new Promise((resolve, reject) => {
      const ended = (status) => reject(new Error(`${name} ended (${status}): ${errors}`));
      child.once('exit', ended);
      child.once('message', (answer) => {
        child.off('exit', ended);
        child.stderr.removeAllListeners('data');
        resolve(answer);
      });
      if (message) child.send(message);
    });
  }

  /** Warms up for `warmMs` and finds how many calls make a batch. */
  async calibrate(body, warmMs) {
    let count = 1;
    for (let spent = 0; ;) {
      const { ms } = await this.#ask({ body, count });
      spent += ms;
      if (spent > warmMs && ms > 2) {
        this.#calls[body] = Math.max(2, Math.round((count * batchMs) / ms / 2) * 2);
        return;
      }
      if (ms < batchMs) count *= 2;
    }
  }

  async round(body) {
    const count = this.#calls[body];
    const { ms } = await this.#ask({ body, count });
    this.times[body].push((ms * 1000) / count);
  }

  stop() {
    this.#process.removeAllListeners('exit').send({});
  }
}

async function warmRuns(folder) {
  const serving = new Map();
  for (const engine of chosen) serving.set(engine, await Serving.start(engine, folder));
  for (const body of ['all', 'change'])
    for (const it of serving.values()) await it.calibrate(body, body === 'all' ? 2000 : 400);
  for (let round = 0; round < rounds; round++)
    for (const body of ['all', 'change']) for (const it of serving.values()) await it.round(body);
  for (const it of serving.values()) it.stop();
  return (engine, body) => median(serving.get(engine).times[body]);
}

function addGoals(figures, count, time) {
  const peers = chosen.filter((engine) => !ours.includes(engine));
  if (peers.length === 0) return;
  const fastest = Math.min(...peers.map((engine) => time(engine, 'all')));
  const goals = count === 10_000 ? [{ atLeast: 500 }, { atLeast: 2000 }] : [];
  ours.forEach((engine, i) =>
    figures.add(
      `${count} rules, ${engine.name}: times as fast as the fastest peer`,
      fastest / time(engine, 'all'),
      'x',
      goals[i],
    ),
  );
}

async function compare(figures, count) {
  const folder = mkdtempSync(path.join(tmpdir(), 'heed-bench-'));
  try {
    say(`${count} rules: each engine's own form`);
    const sizes = await writeWorkload(folder, count);
    say(`${count} rules: fresh processes`);
    const cold = coldRuns(folder, count >= 10_000 ? 5 : 7);
    say(`${count} rules: ${rounds} rounds`);
    const time = await warmRuns(folder);
    const rows = {};
    for (const engine of chosen) {
      const { first, memory } = cold(engine);
      const row = {
        'decide all, us': time(engine, 'all'),
        'one attribute changed, decide all, us': time(engine, 'change'),
        'fresh process: bytes to all decided, ms': first,
        'memory a rule, B': memory / count,
        'wire a rule, brotli B': sizes.get(engine),
      };
      for (const [what, value] of Object.entries(row)) {
        const [, title, unit] = /^(.*)[ ,]+(\S+)$/.exec(what);
        figures.add(`${count} rules, ${engine.name}: ${title}`, value, unit);
      }
      rows[engine.name] = Object.fromEntries(
        Object.entries(row).map(([what, value]) => [what, rounded(value)]),
      );
    }
    addGoals(figures, count, time);
    if (!given.json) console.table(rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const figures = new Figures();
for (const count of counts) await compare(figures, count);
figures.print(given.json, ({ goal }) => given.json || goal !== null);
process.exit(0);
