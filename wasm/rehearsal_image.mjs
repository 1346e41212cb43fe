// The rulesets that rehearsal.ts runs, compiled by the studio of the same build: their form is that
// of the runtime beside it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const frame = { site: 'r', version: 1, expires: '9999-01-01T00:00:00Z' };
const parts = { p: ['q', 'r'] };

/** To decide by: reads a value of each type. */
const small = {
  ...frame,
  attributes: {
    b: { type: 'bool' },
    n: { type: 'number' },
    s: { type: 'string' },
    m: { type: 'set' },
  },
  slots: { a: {} },
  triggers: {
    x: {
      slot: 'a',
      when: "b && n >= 1 && s == 'x' && 'z' in m",
      parts,
      policy: { split: { p: { q: 0.5, r: 0.5 } } },
    },
  },
};

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const names = letters.flatMap((a) => letters.map((b) => a + b));

/** To open: hundreds of rows in each table that grows with rules, so alike that runs say them. */
const large = {
  ...frame,
  attributes: { n: { type: 'number' }, s: { type: 'string' } },
  slots: Object.fromEntries(names.map((name) => [name, {}])),
  triggers: Object.fromEntries(
    names.map((slot, i) => [
      slot,
      // Neighbours among doubles: one byte tells them apart.
      { slot, when: i === 0 ? `s in ${JSON.stringify(names)}` : `n >= ${1 + i * 2 ** -44}`, parts },
    ]),
  ),
};

const periodMax = letters.length + 1; // names of one first letter, which stands once
/** Most bytes are 0: as the digit they take a letter, not an escape. */
const zero = '0'.charCodeAt(0);
/** What a run must save: brotli sees the shorter ones by itself. */
const savedMin = 40;

/** How often the `period` bytes at `at` follow each other, their first one step apart. */
function runAt(bytes, at, period) {
  const step = (bytes[at + period] - bytes[at]) & 0xff;
  const follows = (count) => {
    const start = at + count * period;
    if (start + period > bytes.length || bytes[start] !== ((bytes[at] + count * step) & 0xff)) {
      return false;
    }
    return bytes.subarray(start + 1, start + period).equals(bytes.subarray(at + 1, at + period));
  };
  let count = 1;
  while (follows(count)) count++;
  return { period, step, count, saved: (count - 1) * period };
}

/** Runs of bytes: a text, how often it follows itself, and by how much its first byte grows. */
function packed(bytes) {
  const runs = [];
  let plain = 0;
  const text = (from, end) =>
    Buffer.from(bytes.subarray(from, end).map((byte) => byte ^ zero)).toString('latin1');
  const putPlain = (end) => {
    if (plain < end) runs.push([text(plain, end)]);
  };
  for (let at = 0; at < bytes.length;) {
    const best = Array.from({ length: periodMax }, (_, i) => runAt(bytes, at, i + 1)).reduce(
      (a, b) => (b.saved > a.saved ? b : a),
    );
    if (best.saved <= savedMin) {
      at++;
      continue;
    }
    putPlain(at);
    runs.push([text(at, at + best.period), best.count, ...(best.step === 0 ? [] : [best.step])]);
    at += best.period * best.count;
    plain = at;
  }
  putPlain(bytes.length);
  return runs;
}

/**
 * An esbuild plugin that puts their images where rehearsal.ts imports them.
 *
 * @param dist  a folder that holds the studio
 */
export async function rehearsalImage(dist) {
  const { createStudio } = await import(pathToFileURL(path.join(dist, 'studio.js')));
  const wasm = new WebAssembly.Module(readFileSync(path.join(dist, 'heed-studio.wasm')));
  const studio = await createStudio(wasm);
  const runs = (source) => {
    const text = JSON.stringify(source);
    const { compiled, diagnostics } = studio.compile([{ name: 'rehearsal.heed.json', text }]);
    if (!compiled) throw new Error(diagnostics[0].message);
    return JSON.stringify(packed(Buffer.from(compiled.image)));
  };
  const contents = `export const small = ${runs(small)}, large = ${runs(large)}`;
  return {
    name: 'rehearsal-image',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/rehearsal_image\.ts$/ }, () => ({ path: 'image', namespace: 'heed' }));
      onLoad({ filter: /^image$/, namespace: 'heed' }, () => ({ contents }));
    },
  };
}
