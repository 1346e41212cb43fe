// tests/vectors/decay/decay.json in this host, whichever it is: a digest of scores as the package's
// own module decays them. tests/vectors/decay_test.cpp does the same natively.
import { xxh64 } from '../package/src/xxh64.ts';

const yearMs = 365 * 86_400_000;

/** Marsaglia's xorshift: 32 bits at a time. */
function xorshift(seed) {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/**
 * At each step a signal with a random weight comes after a random time (1 ms to half a year), and
 * after another such time every score is read.
 *
 * @param runtime  of the vector's source
 */
export function decayDigest(runtime, { source, seed, steps }) {
  const names = Object.keys(source.features);
  const scores = new DataView(new ArrayBuffer(8 * steps * names.length));
  const random = xorshift(seed);
  const pause = () => (random() % 2 ** (random() % 34)) + 1;
  let now = 50 * yearMs;
  const session = runtime.session({ visitor: 'u1', view: '1', level: 'device', now });
  let at = 0;
  for (let step = 0; step < steps; ++step) {
    now += pause();
    const weight = (random() - 2 ** 31) / 2 ** (random() % 40);
    session.observe('seen', { weight }, now);
    now += pause();
    const { inputs } = session.explain('all', now);
    for (const name of names) {
      scores.setFloat64(at, inputs[name], true);
      at += 8;
    }
  }
  return xxh64(new Uint8Array(scores.buffer)).toString(16).padStart(16, '0');
}
