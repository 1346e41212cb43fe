// What a visitor downloads: bytes of every file of the package, raw and compressed, and what the
// same runtime weighs and costs a call with Embind.
//
//   ./dev bench size [--json]     JSON: a line a figure, {"bench","value","unit","goal","holds"}
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createPrivateKey, sign } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { transform } from 'esbuild';
import { createRuntime, verifyRuleset } from 'heed';
import { createStudio } from 'heed/studio';

import { moduleParts, moduleSteps, scriptParts } from './size/parts.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}wasm/dist/`;
const embind = `${root}build/wasm/modules/embind/`;
/** Bytes, brotli: script and module of a page that runs heed. */
const pageGoal = 20_000;

const figures = [];
const figure = (bench, value, unit, goal = null) =>
  figures.push({ bench, value, unit, goal, holds: goal === null ? null : value <= goal });

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  }).length;
const sizes = (bytes) => ({
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotli(bytes),
});

function weigh(name, bytes) {
  const weights = sizes(bytes);
  for (const [form, value] of Object.entries(weights)) figure(`${name} ${form}`, value, 'B');
  return weights;
}

/** The lowest mean of several rounds, ns: what the machine did besides is not the call's. */
function nsPerCall(body, count = 20_000, rounds = 7) {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) body(i);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / count);
  }
  return Math.round(best);
}

const source = {
  site: 't',
  version: 1,
  expires: '2099-01-01T00:00:00Z',
  consent: { default: 'device' },
  attributes: { device: { type: 'string' }, hour: { type: 'number' } },
  signals: { view: { sku: 'string', price: 'number' } },
  features: { views: { count: 'view', window: '30m' } },
  slots: { hero: {} },
  triggers: Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [
      `t${i}`,
      {
        slot: 'hero',
        priority: i,
        when: i === 0 ? "device == 'phone'" : `hour > ${i} && views > ${i + 1000000}`,
        parts: { title: ['a', 'b'], offer: ['x', 'y'] },
        policy: { split: { title: { a: 0.5, b: 0.5 }, offer: { x: 0.5, y: 0.5 } } },
      },
    ]),
  ),
};
const now = Date.parse('2026-11-20T10:00:00Z');

async function compiled() {
  const studio = await createStudio(
    new WebAssembly.Module(readFileSync(`${dist}heed-studio.wasm`)),
  );
  const result = studio.compile([{ name: 'bench.heed.json', text: JSON.stringify(source) }]);
  if (!result.compiled) throw new Error(JSON.stringify(result.diagnostics));
  return result.compiled.image;
}

/** Signed by a key that is made of nothing and good for nothing else. */
async function verified(image) {
  const seed = Buffer.alloc(32, 7);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { createPublicKey, createHash } = await import('node:crypto');
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');
  const type = 'application/vnd.heed.ruleset.v1';
  const message = Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} ${type} ${image.length} `),
    image,
  ]);
  const id = createHash('sha256').update(raw).digest().subarray(0, 8);
  const bytes = Buffer.concat([
    image,
    Buffer.from('HEEDSIG1\x01\0\0\0', 'latin1'),
    id,
    sign(null, message, privateKey),
  ]);
  return verifyRuleset(bytes, { keys: [raw.toString('base64url')], now });
}

async function embindSession(image) {
  const { default: glue } = await import(`${embind}heed-embind.js`);
  const module = new WebAssembly.Module(readFileSync(`${embind}heed-embind.wasm`));
  const bound = await glue({
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(module, imports);
      receive(instance);
      return instance.exports;
    },
  });
  if (!bound.open(image)) throw new Error('embind: the image does not open');
  return new bound.Session('u1', '', now);
}

function sameAnswers(ours, theirs) {
  const [a, b] = [ours.decide('hero', now), theirs.decide('hero', now)];
  for (const key of ['slot', 'trigger', 'probability', 'reason']) {
    if (a[key] !== b[key])
      throw new Error(`ours and Embind's differ in ${key}: ${a[key]}, ${b[key]}`);
  }
  if (JSON.stringify(a.options) !== JSON.stringify(b.options))
    throw new Error("ours and Embind's options differ");
}

async function compareCalls() {
  const image = await compiled();
  const runtime = createRuntime({
    wasm: new WebAssembly.Module(readFileSync(`${dist}heed.wasm`)),
    ruleset: await verified(Buffer.from(image)),
  });
  const ours = runtime.session({ visitor: 'u1', view: '0000000000000001', level: 'device', now });
  const theirs = await embindSession(image);
  ours.set({ device: 'phone', hour: 12 }, now);
  theirs.set('device', 'phone', now);
  theirs.set('hour', 12, now);
  sameAnswers(ours, theirs);
  const fields = { sku: 'sku-1', price: 9.5 };
  const calls = {
    decide: [() => ours.decide('hero', now), () => theirs.decide('hero', now)],
    set: [(i) => ours.set({ hour: i % 24 }, now), (i) => theirs.set('hour', i % 24, now)],
    observe: [
      (i) => ours.observe('view', fields, now + i),
      (i) => theirs.observe('view', fields, now + i),
    ],
  };
  for (const [name, [mine, bound]] of Object.entries(calls)) {
    const other = nsPerCall(bound);
    figure(`${name} ns a call, Embind`, other, 'ns');
    figure(`${name} ns a call, ours`, nsPerCall(mine), 'ns', other);
  }
}

function show() {
  if (options.json) {
    for (const it of figures) console.log(JSON.stringify(it));
    return;
  }
  const files = new Map();
  for (const { bench, value, unit } of figures) {
    const [, name, form] = /^(.*) (raw|gzip|brotli)$/.exec(bench) ?? [];
    if (name && unit === 'B') files.set(name, { ...files.get(name), [form]: value });
  }
  console.table(Object.fromEntries(files));
  for (const { bench, value, unit, goal, holds } of figures) {
    if (/ (raw|gzip|brotli)$/.test(bench) && goal === null) continue;
    const verdict = goal === null ? '' : `, goal ${goal}: ${holds ? 'holds' : 'missed'}`;
    console.log(`${bench}: ${value} ${unit}${verdict}`);
  }
}

/** Parts below this are told together. */
const partMin = 500;

/** Where every kB goes. */
function addParts(file, parts) {
  const large = parts.filter(([, bytes]) => bytes >= partMin);
  const rest = parts.reduce((sum, [, bytes]) => (bytes < partMin ? sum + bytes : sum), 0);
  for (const [part, bytes] of [...large, ['smaller ones', rest]])
    figure(`${file} < ${part}`, bytes, 'B');
}

execFileSync('ninja', ['--quiet', '-C', `${root}build/wasm`, 'heed-embind', 'heed-lines'], {
  stdio: ['ignore', 2, 2],
  env: { ...process.env, NODE_PATH: '/usr/share/nodejs' },
});
const weights = new Map();
for (const name of readdirSync(dist)
  .filter((it) => /\.(js|wasm)$/.test(it))
  .sort()) {
  weights.set(name, weigh(name, readFileSync(dist + name)));
}
const glue = await transform(readFileSync(`${embind}heed-embind.js`), {
  minify: true,
  target: 'es2022',
});
const bound = weigh('with Embind: glue', Buffer.from(glue.code));
const module = weigh('with Embind: heed.wasm', readFileSync(`${embind}heed-embind.wasm`));
const ours = weights.get('index.js').brotli + weights.get('heed.wasm').brotli;
figure('a page, index.js + heed.wasm, brotli', ours, 'B', pageGoal);
figure(
  'a page with Embind, index.js + glue + heed.wasm, brotli',
  weights.get('index.js').brotli + bound.brotli + module.brotli,
  'B',
);
addParts('index.js', await scriptParts(`${root}wasm/package/src/index.ts`));
addParts('heed.wasm', moduleParts(`${root}build/wasm/modules/heed-lines.wasm`));
for (const [ability, weight] of moduleSteps(`${dist}heed.wasm`, brotli))
  figure(`heed.wasm up to ${ability}, brotli`, weight, 'B');
await compareCalls();
show();
