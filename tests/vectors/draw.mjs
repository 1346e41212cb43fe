// Draws by an implementation of their own (XXH64 and Murmur3's finaliser, written out with BigInt),
// so that the expectations beside this file owe nothing to the code that they check.
//
//   node tests/vectors/draw.mjs SITE VISITOR NAME...      NAME: h/back_to_school, p/r0/arm, l/home
import { fileURLToPath } from 'node:url';

const mask = (1n << 64n) - 1n;
const [p1, p2, p3, p4, p5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];
const rotate = (x, r) => ((x << r) | (x >> (64n - r))) & mask;
const times = (a, b) => (a * b) & mask;
const plus = (...terms) => terms.reduce((sum, term) => (sum + term) & mask, 0n);
const round = (acc, lane) => times(rotate(plus(acc, times(lane, p2)), 31n), p1);
const merge = (acc, value) => plus(times(acc ^ round(0n, value), p1), p4);

/** XXH64 (xxHash specification 0.1.1, section XXH64) of UTF-8 text. */
export function xxh64(text, seed) {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let acc = plus(seed, p5);
  if (bytes.length >= 32) {
    const lanes = [plus(seed, p1, p2), plus(seed, p2), seed, plus(seed, mask - p1 + 1n)];
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i += 1) {
        lanes[i] = round(lanes[i], view.getBigUint64(at + 8 * i, true));
      }
    }
    acc = [1n, 7n, 12n, 18n].reduce((sum, r, i) => plus(sum, rotate(lanes[i], r)), 0n);
    acc = lanes.reduce(merge, acc);
  }
  acc = plus(acc, BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    acc = plus(times(rotate(acc ^ round(0n, view.getBigUint64(at, true)), 27n), p1), p4);
  }
  if (at + 4 <= bytes.length) {
    acc = plus(times(rotate(acc ^ times(BigInt(view.getUint32(at, true)), p1), 23n), p2), p3);
    at += 4;
  }
  for (; at < bytes.length; at += 1) {
    acc = times(rotate(acc ^ times(BigInt(bytes[at]), p5), 11n), p1);
  }
  acc = times(acc ^ (acc >> 33n), p2);
  acc = times(acc ^ (acc >> 29n), p3);
  return acc ^ (acc >> 32n);
}

export function fmix64(h) {
  let x = h;
  x = times(x ^ (x >> 33n), 0xff51afd7ed558ccdn);
  x = times(x ^ (x >> 33n), 0xc4ceb9fe1a85ec53n);
  return x ^ (x >> 33n);
}

/** Where `visitor` falls on `site` for `name`: an integer in [0, 2^32). */
export function draw(site, visitor, name) {
  const seed = xxh64(site, 0n);
  return Number(fmix64(xxh64(visitor, seed) ^ xxh64(name, seed)) >> 32n);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [site, visitor, ...names] = process.argv.slice(2);
  for (const name of names) {
    const d = draw(site, visitor, name);
    console.log(`${name} ${d} ${(d / 2 ** 32).toFixed(6)}`);
  }
}
