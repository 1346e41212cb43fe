// A ruleset's way to its first decision in a fresh process: prints one JSON object of milliseconds.
//   node load_worker.mjs SIGNED_FILE WORKLOAD_FILE WAIT_MS
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { createRuntime, rehearse, verifyRuleset } from 'heed';

import { keys } from './signed.mjs';

const [, , file, workload, waitMs] = process.argv;
const now = Date.parse('2026-11-20T10:00:00Z');
const wasmFile = fileURLToPath(new URL('../wasm/dist/heed.wasm', import.meta.url));
const { visitor, expected } = JSON.parse(readFileSync(workload, 'utf8'));
const bytes = new Uint8Array(readFileSync(file));
const wasm = new WebAssembly.Module(readFileSync(wasmFile));

// As createHeed does it: the host has its instance before rules arrive; what that takes is told
// beside.
const start = performance.now();
rehearse(wasm);
const rehearsed = performance.now();
await setTimeout(Number(waitMs));
const begin = performance.now();
const ruleset = await verifyRuleset(bytes, { keys, now });
const verified = performance.now();
const runtime = createRuntime({ wasm, ruleset });
const session = runtime.session({
  visitor: visitor.id,
  view: '0000000000000001',
  level: 'device',
  now,
});
session.set(visitor.attributes, now);
const { trigger } = session.decide(expected.slot, now);
const decided = performance.now();
runtime.index();
const indexed = performance.now();
if (trigger !== expected.trigger) throw new Error(`decided ${trigger}, not ${expected.trigger}`);
console.log(
  JSON.stringify({
    verify: verified - begin,
    decide: decided - verified,
    instance: rehearsed - start,
    index: indexed - decided,
  }),
);
