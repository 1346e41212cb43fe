// What the tests share: the built package, rulesets compiled by the built studio and signed by a
// key of the test's own, and hosts (storage, transport, clock) that are real but small.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { createStudio } from 'heed/studio';

export const dist = new URL('../dist/', import.meta.url);
export const bytesOf = (name) => readFileSync(new URL(name, dist));
export const wasm = new WebAssembly.Module(bytesOf('heed.wasm'));
export const studio = await createStudio(new WebAssembly.Module(bytesOf('heed-studio.wasm')));

/** A source file of the package, bundled: what the package itself does not export. */
export async function bundled(name) {
  const entry = fileURLToPath(new URL(`../package/src/${name}`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0].text;
}
export const sourceModule = async (name) =>
  import(`data:text/javascript,${encodeURIComponent(await bundled(name))}`);

/** Throws what the studio found, so that a test with a broken source says why. */
export function compile(source, name = 'test.heed.json') {
  const text = typeof source === 'string' ? source : JSON.stringify(source);
  const { compiled, diagnostics } = studio.compile([{ name, text }]);
  if (!compiled) throw new Error(JSON.stringify(diagnostics, null, 1));
  return compiled.image;
}

export function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, raw: Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url') };
}

/** A key from its 32-byte seed. */
export function keyOf(seed) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    privateKey,
    raw: Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url'),
  };
}

export const text = (key) => key.raw.toString('base64url');
export const idOf = (key) => createHash('sha256').update(key.raw).digest().subarray(0, 8);

export function pae(image, type = 'application/vnd.heed.ruleset.v1') {
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${image.length} `), image]);
}

/** docs/formats/keys.md, by hand: image, `HEEDSIG1`, count, (id, signature) by ascending id. */
export function signed(image, keys, { message = pae(image) } = {}) {
  const entries = keys.map((key) =>
    Buffer.concat([idOf(key), sign(null, message, key.privateKey)]),
  );
  entries.sort(Buffer.compare);
  const count = Buffer.alloc(4);
  count.writeUInt32LE(keys.length);
  return Buffer.concat([image, Buffer.from('HEEDSIG1'), count, ...entries]);
}

export const key = newKey();
export const keys = [text(key)];

/** Asserts on any problem that a page would only hear of. */
export function strict(heed) {
  heed.on('error', (problem) => {
    throw new Error(`${problem.code}: ${problem.message}`);
  });
  return heed;
}

/** A document's cookies. */
export function cookieJar(start = {}) {
  const values = new Map(Object.entries(start));
  return {
    values,
    get: (name) => values.get(name),
    set: (name, value, maxAgeS) => void values.set(name, value) ?? maxAgeS,
    delete: (name) => void values.delete(name),
  };
}

const decoder = new TextDecoder();

/** Reads a batch (docs/formats/outcomes.md) without the code that wrote it. */
export function readBatch(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 8;
  const u8 = () => view.getUint8(at++);
  const u64 = () => {
    at += 8;
    return view.getBigUint64(at - 8, true);
  };
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = u8();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const str = () => {
    const size = varint();
    at += size;
    return decoder.decode(bytes.subarray(at - size, at));
  };
  if (decoder.decode(bytes.subarray(0, 8)) !== 'HEEDOUT1') throw new Error('not a batch');
  const head = {
    device: u64(),
    epoch: u64(),
    first: Number(u64()),
    sent: Number(u64()),
    ticket: str(),
  };
  const count = varint();
  const records = Array.from({ length: count }, () => {
    const size = varint();
    const type = view.getUint8(at);
    const at64 = Number(view.getBigInt64(at + 1, true));
    const body = bytes.slice(at, at + size);
    at += size;
    return {
      type: ['?', 'exposure', 'outcome', 'refund', 'dropped', 'suppressed'][type],
      at: at64,
      body,
    };
  });
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes left over`);
  return { ...head, records };
}

/** A store that keeps what it is sent and can be told to fail. `answers` are given out first. */
export function store(answers = []) {
  const marks = new Map();
  const batches = [];
  return {
    batches,
    records: () => batches.flatMap(({ records }) => records),
    async send(bytes, last) {
      const batch = { ...readBatch(bytes), size: bytes.length, last };
      const answer = answers.shift();
      if (answer === 'lost') throw new TypeError('network');
      if (answer) return answer;
      batches.push(batch);
      const key = `${batch.device}/${batch.epoch}`;
      const mark = marks.get(key) ?? 0;
      if (batch.first > mark + 1) return { status: 409, mark };
      marks.set(key, Math.max(mark, batch.first + batch.records.length - 1));
      return { status: 200, mark: marks.get(key) };
    },
  };
}

/** Virtual time: `advance` runs what falls due, in order, and lets promises settle between. */
export function virtualTime(start = 1_795_687_200_000) {
  let now = start;
  const timers = new Set();
  const settle = async () => {
    for (let i = 0; i < 20; i++) await null;
  };
  return {
    now: () => now,
    after(ms, body) {
      const timer = { due: now + Math.max(0, ms), body };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].sort((a, b) => a.due - b.due);
        if (!next || next.due > until) break;
        timers.delete(next);
        now = Math.max(now, next.due);
        next.body();
        await settle();
      }
      now = until;
    },
  };
}
