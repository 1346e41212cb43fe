// Keys that sign rulesets (docs/formats/keys.md): made in this browser and never leaving it, or
// read from a key file. Either way the page holds a handle that signs and tells nobody its secret.
import { type Bytes, concat, fromBase64url, toBase64url, toHex, utf8 } from './encoding.ts';

export type SigningKey = {
  /** 16 hex digits. */
  readonly id: string;
  /** base64url, as keyrings name it. */
  readonly public: string;
  readonly origin: 'browser' | 'file';
  /** ms since 1970 UTC. */
  readonly created: number;
  readonly secret: CryptoKey;
};

const algorithm = 'Ed25519';
/** PKCS #8 of an Ed25519 seed, up to the seed (RFC 8410). */
const pkcs8Head = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);
const payloadType = 'application/vnd.heed.ruleset.v1';

async function idOf(publicKey: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey)).slice(0, 8);
}

/** @throws Error in the marketer's words where this browser has no Ed25519 */
export async function makeKey(): Promise<SigningKey> {
  const pair = await crypto.subtle
    .generateKey(algorithm, false, ['sign', 'verify'])
    .catch((error: unknown) => {
      throw new Error('this browser cannot make Ed25519 keys: update it, or use a key file', {
        cause: error,
      });
    });
  const { privateKey: secret, publicKey } = pair as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  const id = toHex(await idOf(raw));
  return { id, public: toBase64url(raw), origin: 'browser', created: Date.now(), secret };
}

/** @param text a `NAME.key.json`; @throws Error where it is none */
export async function readKeyFile(text: string): Promise<SigningKey> {
  const wrong = (why: string) => new Error(`not a key file: ${why}; choose NAME.key.json`);
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw wrong('it is not JSON');
  }
  if (file.heed_key !== 1 || file.role !== 'release') throw wrong('`role` is not "release"');
  if (file.secret === undefined) throw wrong('it is the public half, without `secret`');
  const seed = fromBase64url(String(file.secret));
  const given = fromBase64url(String(file.public));
  if (seed?.length !== 32 || given?.length !== 32) throw wrong('a key has 32 bytes');
  const pkcs8 = concat(pkcs8Head, seed);
  const secret = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const known = await crypto.subtle.importKey('raw', given, algorithm, true, ['verify']);
  const probe = utf8('heed');
  const signature = await crypto.subtle.sign(algorithm, secret, probe);
  if (!(await crypto.subtle.verify(algorithm, known, signature, probe)))
    throw wrong('its two halves do not belong together');
  const id = toHex(await idOf(given));
  return { id, public: toBase64url(given), origin: 'file', created: Date.now(), secret };
}

/** @returns the image with a trailer of one signature */
export async function signImage(image: Uint8Array, key: SigningKey): Promise<Bytes> {
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${image.length} `;
  const message = concat(utf8(head), image);
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, key.secret, message));
  const count = Uint8Array.from([1, 0, 0, 0]);
  const id = await idOf(fromBase64url(key.public)!);
  return concat(image, utf8('HEEDSIG1'), count, id, signature);
}

const sizeAt = 16;
const versionAt = 24;
const expiresAt = 32;

/** A ruleset's image without its signatures: its header says where it ends. */
export function imageOf(signed: Bytes): Bytes {
  const size = Number(new DataView(signed.buffer, signed.byteOffset).getBigUint64(sizeAt, true));
  return signed.slice(0, size);
}

/** The same rules under another version and expiry (docs/formats/ruleset.md, "header"). */
export function stampImage(image: Uint8Array, version: number, expires: number): Bytes {
  const copy = new Uint8Array(image);
  const header = new DataView(copy.buffer);
  header.setBigUint64(versionAt, BigInt(version), true);
  header.setBigInt64(expiresAt, BigInt(expires), true);
  return copy;
}
