// The neutral workload as a signed ruleset. The key is made of nothing and good for nothing else.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { createStudio } from 'heed/studio';

import { files, source } from './neutral.mjs';

const der = Buffer.concat([
  Buffer.from('302e020100300506032b657004220420', 'hex'),
  Buffer.alloc(32, 7),
]);
const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');
export const keys = [publicKey.toString('base64url')];

let studio;

/** @returns the image of a source's files; throws with what the compiler says */
async function compiled(sources) {
  const wasm = new URL('../wasm/dist/heed-studio.wasm', import.meta.url);
  studio ??= await createStudio(new WebAssembly.Module(readFileSync(wasm)));
  const result = studio.compile(sources);
  if (!result.compiled) throw new Error(JSON.stringify(result.diagnostics.slice(0, 3)));
  return result.compiled.image;
}

/** DSSE over the image, as docs/formats/signatures.md says. */
export function signed(image) {
  const type = 'application/vnd.heed.ruleset.v1';
  const message = Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} ${type} ${image.length} `),
    image,
  ]);
  return Buffer.concat([
    image,
    Buffer.from('HEEDSIG1\x01\0\0\0', 'latin1'),
    createHash('sha256').update(publicKey).digest().subarray(0, 8),
    sign(null, message, privateKey),
  ]);
}

/** @param slotCount  as `source` of neutral.mjs takes it */
export const signedRuleset = async (rules, slotCount) =>
  signed(await compiled(files(source(rules, slotCount))));
