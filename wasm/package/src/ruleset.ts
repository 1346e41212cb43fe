// Whether a signed ruleset may be opened: every step of docs/formats/keys.md, "Verification", in
// its order and with its errors. The bytes verified are a copy that nobody else holds.
import * as abi from './abi.ts';
import { check } from './arguments.ts';
import { fromBase64url, text, utf8 } from './bytes.ts';
import { HeedError } from './errors.ts';
import { loadEd25519 } from './fallback.ts';
import type { Keys, VerifiedRuleset, VerifyOptions } from './types.ts';
import { xxh64 } from './xxh64.ts';

const headerSize = 64;
const trailerHeadSize = 12;
const entrySize = 72;
const sizeMax = abi.imageSizeBytesMax + trailerHeadSize + abi.signatureCountMax * entrySize;

/** Only what `verifyRuleset` has accepted is in here. */
const images = new WeakMap<VerifiedRuleset, Uint8Array<ArrayBuffer>>();

/** @throws HeedError `not_supported` for anything that `verifyRuleset` did not make */
export function imageOf(ruleset: VerifiedRuleset): Uint8Array<ArrayBuffer> {
  const image = images.get(ruleset);
  if (!image)
    throw new HeedError(
      'not_supported',
      'ruleset: pass what verifyRuleset() resolved to',
      'ruleset',
    );
  return image;
}

export const isVerified = (value: unknown): value is VerifiedRuleset =>
  typeof value === 'object' && value !== null && images.has(value as VerifiedRuleset);

type Signature = { readonly id: string; readonly bytes: Uint8Array<ArrayBuffer> };
type Envelope = {
  readonly image: Uint8Array<ArrayBuffer>;
  readonly version: number;
  readonly expires: number;
  readonly siteHash: bigint;
  readonly signatures: readonly Signature[];
};
type Ring = {
  readonly site: string | undefined;
  readonly threshold: number;
  readonly keys: readonly Uint8Array<ArrayBuffer>[];
};

const idOf = (bytes: Uint8Array): string => bytes.join();

/** Whether `bytes`, which may be cut short, begin as `magic` does. */
const startsAs = (bytes: Uint8Array, magic: string): boolean =>
  magic.startsWith(text(bytes.subarray(0, magic.length)));

function fail(code: 'truncated' | 'malformed_signature', at: number, what: string): never {
  throw new HeedError(code, `${what} (byte ${at}); fetch the file again`, at);
}

function splitTrailer(bytes: Uint8Array<ArrayBuffer>, at: number): Signature[] {
  const trailer = bytes.subarray(at);
  if (trailer.length === 0) {
    throw new HeedError(
      'unsigned',
      'the ruleset carries no signature; sign it with `heed sign`',
      at,
    );
  }
  if (!startsAs(trailer, 'HEEDSIG1'))
    fail('malformed_signature', at, 'after the image comes no trailer');
  if (trailer.length < trailerHeadSize) fail('truncated', at, 'the trailer is cut short');
  const count = new DataView(trailer.buffer, trailer.byteOffset).getUint32(8, true);
  if (count === 0 || count > abi.signatureCountMax)
    fail('malformed_signature', at + 8, 'not 1 to 16 signatures');
  const size = trailerHeadSize + count * entrySize;
  if (trailer.length < size) fail('truncated', bytes.length, 'the trailer is cut short');
  if (trailer.length > size)
    fail('malformed_signature', at + size, 'something follows the trailer');
  const ids: bigint[] = [];
  return Array.from({ length: count }, (_, index) => {
    const start = trailerHeadSize + index * entrySize;
    const id = new DataView(trailer.buffer, trailer.byteOffset + start).getBigUint64(0);
    if (index > 0 && id <= ids[index - 1]!)
      fail('malformed_signature', at + start, 'key ids do not ascend');
    ids.push(id);
    return {
      id: idOf(trailer.subarray(start, start + 8)),
      bytes: trailer.slice(start + 8, start + entrySize),
    };
  });
}

/** Takes a signed ruleset apart; proves its form, not its signatures. */
function split(bytes: Uint8Array<ArrayBuffer>): Envelope {
  if (bytes.length > sizeMax) {
    throw new HeedError(
      'too_large',
      `the ruleset has ${bytes.length} bytes; ${sizeMax} are allowed`,
      sizeMax,
    );
  }
  if (!startsAs(bytes, 'HEEDIMG\0')) {
    throw new HeedError(
      'not_a_ruleset',
      'ruleset: no bytes of a compiled one; build it with `heed build`',
    );
  }
  if (bytes.length < headerSize) fail('truncated', bytes.length, 'the header is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(abi.imageAbiAt, true) !== abi.imageAbi) {
    throw new HeedError(
      'wrong_abi',
      'built by another version of heed; build it again',
      abi.imageAbiAt,
    );
  }
  const size = view.getBigUint64(abi.imageSizeBytesAt, true);
  if (size > abi.imageSizeBytesMax) {
    throw new HeedError('too_large', `the image says it has ${size} bytes`, abi.imageSizeBytesAt);
  }
  if (size < headerSize)
    throw new HeedError('malformed_image', 'the image says it is shorter than its header', 16);
  if (size > bytes.length) fail('truncated', bytes.length, 'the image is cut short');
  return {
    image: bytes.slice(0, Number(size)),
    version: Number(view.getBigUint64(abi.imageVersionAt, true)),
    expires: Number(view.getBigInt64(abi.imageExpiresMsAt, true)),
    siteHash: view.getBigUint64(abi.imageSiteHashAt, true),
    signatures: splitTrailer(bytes, Number(size)),
  };
}

function readKey(key: unknown): Uint8Array<ArrayBuffer> {
  const bytes = typeof key === 'string' ? fromBase64url(key) : null;
  if (bytes?.length !== 32)
    throw new HeedError('malformed_key', 'keys: a key is 32 bytes in base64url', 'keys');
  return bytes;
}

/** @errors malformed_key; not_supported for a role that this version would not enforce */
function readKeys(keys: Keys): Ring {
  const isList = (value: Keys): value is readonly string[] =>
    Array.isArray(value) && value.length > 0;
  if (isList(keys)) {
    return { site: undefined, threshold: 1, keys: keys.map(readKey) };
  }
  const release = keys?.roles?.release;
  if (keys?.heed_keyring !== 1 || typeof keys.site !== 'string' || !Array.isArray(release?.keys)) {
    throw new HeedError(
      'malformed_key',
      'keys: pass a list of public keys, at least one, or a keyring',
      'keys',
    );
  }
  const other = Object.keys(keys.roles).find((role) => role !== 'release');
  if (other !== undefined)
    throw new HeedError('not_supported', `keyring: role '${other}' is not enforced yet`, other);
  const { threshold } = release;
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > release.keys.length) {
    throw new HeedError(
      'malformed_key',
      'keyring: threshold is not 1 to the number of keys',
      'threshold',
    );
  }
  return { site: keys.site, threshold, keys: release.keys.map(readKey) };
}

/** DSSE's pre-authentication encoding. */
function pae(image: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = utf8(`DSSEv1 ${abi.payloadType.length} ${abi.payloadType} ${image.length} `);
  const message = new Uint8Array(head.length + image.length);
  message.set(head);
  message.set(image, head.length);
  return message;
}

type Verify = (
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
) => Promise<boolean>;

const webCrypto: Verify = async (key, signature, message) => {
  const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, signature, message);
};

/**
 * A key that verifies nothing but tells whether this host knows the algorithm: RFC 8032, test 1.
 */
const probeKey = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

let chosen: Promise<Verify> | undefined;
function verifier(): Promise<Verify> {
  chosen ??= crypto.subtle.importKey('raw', readKey(probeKey), 'Ed25519', false, ['verify']).then(
    () => webCrypto,
    () => loadEd25519(),
  );
  return chosen;
}

/** How many distinct known keys signed; throws where they are too few. */
async function checkSignatures(envelope: Envelope, ring: Ring): Promise<void> {
  const message = pae(envelope.image);
  const verify = await verifier();
  const ids = await Promise.all(
    ring.keys.map(async (key) =>
      idOf(new Uint8Array(await crypto.subtle.digest('SHA-256', key)).subarray(0, 8)),
    ),
  );
  let [known, good] = [0, 0];
  for (const signature of envelope.signatures) {
    const keys = ring.keys.filter((_, index) => ids[index] === signature.id);
    if (keys.length === 0) continue;
    known++;
    // A key that the host cannot even import has signed nothing.
    const holds = await Promise.all(
      keys.map((key) => verify(key, signature.bytes, message).catch(() => false)),
    );
    if (holds.includes(true)) good++;
  }
  const where = envelope.image.length;
  if (known === 0)
    throw new HeedError('unknown_key', 'no signature is by a key given in keys', where);
  if (good >= ring.threshold) return;
  if (good < known)
    throw new HeedError('bad_signature', 'the bytes are not those that were signed', where);
  throw new HeedError('too_few_signatures', `${good} of ${ring.threshold} needed signatures`, good);
}

/**
 * Verifies a signed `.heed` file.
 *
 * @returns a ruleset that `createHeedSync` and `createRuntime` accept; nothing else makes one
 * @throws HeedError too_large truncated not_a_ruleset wrong_abi malformed_image unsigned
 *   malformed_signature unknown_key bad_signature too_few_signatures wrong_site expired rolled_back
 *   malformed_key not_supported wrong_type
 */
export async function verifyRuleset(
  bytes: BufferSource,
  options: VerifyOptions,
): Promise<VerifiedRuleset> {
  const ring = readKeys(options?.keys);
  check('verifyRuleset', options);
  const given =
    // Of any frame: another's are no instances of this one's.
    ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : (bytes as ArrayBuffer | null)?.[Symbol.toStringTag] === 'ArrayBuffer'
        ? new Uint8Array(bytes)
        : utf8('no bytes');
  // A copy: what is checked below cannot change under the checks.
  const envelope = split(
    given.length > sizeMax ? (given as Uint8Array<ArrayBuffer>) : given.slice(),
  );
  await checkSignatures(envelope, ring);
  const site = options.site ?? ring.site;
  if (
    (ring.site ?? site) !== site ||
    (site !== undefined && xxh64(utf8(site)) !== envelope.siteHash)
  ) {
    throw new HeedError('wrong_site', `the ruleset is not for '${site}'`, site ?? '');
  }
  if (!((options.now ?? Date.now()) < envelope.expires)) {
    throw new HeedError(
      'expired',
      `the ruleset expired at ${new Date(envelope.expires).toISOString()}`,
      envelope.expires,
    );
  }
  if (envelope.version < (options.versionSeen ?? 0)) {
    const message = `version ${envelope.version} is older than ${options.versionSeen}, seen before`;
    throw new HeedError('rolled_back', message, envelope.version);
  }
  const ruleset = { version: envelope.version, expires: envelope.expires } as VerifiedRuleset;
  images.set(Object.freeze(ruleset), envelope.image);
  return ruleset;
}
