// Whom the package believes: good, forged and damaged rulesets, in WebCrypto and in the fallback.
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { describe, test } from 'node:test';

import { verifyRuleset } from 'heed';

import { verifyEd25519 } from '../dist/ed25519.js';
import { compile, idOf, key, keyOf, keys, newKey, pae, signed, text } from './bed.mjs';

const source = {
  site: 't',
  version: 7,
  expires: '2099-01-01T00:00:00Z',
  slots: { hero: {} },
  triggers: {},
};
const image = Buffer.from(compile(source));
const good = signed(image, [key]);
const now = Date.parse('2026-11-20T10:00:00Z');
const other = newKey();

const ring = (threshold, ...members) => ({
  heed_keyring: 1,
  site: 't',
  roles: { release: { threshold, keys: members.map(text) } },
});

/** `bytes` with `change` done to a copy. */
function changed(bytes, change) {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

const refused = (name, bytes, code, options = {}) =>
  test(name, () =>
    assert.rejects(verifyRuleset(bytes, { keys, site: 't', now, ...options }), {
      name: 'HeedError',
      code,
    }),
  );

describe('verifyRuleset', () => {
  test('accepts what a known key signed, and says which version it is', async () => {
    const ruleset = await verifyRuleset(good, { keys, site: 't', now });
    assert.deepEqual({ ...ruleset }, { version: 7, expires: Date.parse(source.expires) });
  });
  test('takes an ArrayBuffer and a view into a larger buffer alike', async () => {
    const large = Buffer.concat([Buffer.alloc(5), good, Buffer.alloc(3)]);
    await verifyRuleset(large.subarray(5, 5 + good.length), { keys, now });
    await verifyRuleset(new Uint8Array(good).buffer, { keys, now });
  });
  test('says what is missing, whatever it is given', async () => {
    const refused = (given, code, message) =>
      assert.rejects(verifyRuleset(...given), { name: 'HeedError', code, message });
    for (const given of [[], [good], [good, null], [good, 5], [good, {}], [null, { keys: [] }]]) {
      await refused(given, 'malformed_key', /^keys: pass a list of public keys/);
    }
    for (const bytes of [undefined, null, 5, 'x', {}, new Response(good)]) {
      await refused([bytes, { keys }], 'not_a_ruleset', /^ruleset: .*`heed build`/);
    }
  });
  test('two of two keys of a keyring, and nothing that changes afterwards', async () => {
    const bytes = new Uint8Array(signed(image, [key, other]));
    const pending = verifyRuleset(bytes, { keys: ring(2, key, other), now });
    bytes.fill(0);
    assert.equal((await pending).version, 7);
  });

  refused('an empty file', Buffer.alloc(0), 'truncated');
  refused('a text file', Buffer.from('{"site":"t"}'), 'not_a_ruleset');
  refused(
    'a file that starts with a byte order mark',
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), good]),
    'not_a_ruleset',
  );
  refused('half a header', good.subarray(0, 40), 'truncated');
  refused('half an image', good.subarray(0, 200), 'truncated');
  refused(
    'another ABI',
    changed(good, (it) => it.writeUInt32LE(99, 8)),
    'wrong_abi',
  );
  refused(
    'an image that says it is huge',
    changed(good, (it) => it.writeBigUInt64LE(1n << 60n, 16)),
    'too_large',
  );
  refused(
    'an image that says it is tiny',
    changed(good, (it) => it.writeBigUInt64LE(3n, 16)),
    'malformed_image',
  );
  refused('17 MiB', Buffer.concat([good, Buffer.alloc(17 << 20)]), 'too_large');
  refused('no signature', image, 'unsigned');
  refused(
    'a trailer that is none',
    Buffer.concat([image, Buffer.from('HEEDSIG2')]),
    'malformed_signature',
  );
  refused('a trailer cut short', good.subarray(0, good.length - 1), 'truncated');
  refused(
    'something after the trailer',
    Buffer.concat([good, Buffer.from([0])]),
    'malformed_signature',
  );
  refused(
    'no signatures in the trailer',
    Buffer.concat([image, Buffer.from('HEEDSIG1\0\0\0\0')]),
    'malformed_signature',
  );
  refused(
    'one key twice',
    (() => {
      const entry = good.subarray(image.length + 12);
      return Buffer.concat([image, Buffer.from('HEEDSIG1\x02\0\0\0'), entry, entry]);
    })(),
    'malformed_signature',
  );
  refused('a stranger signed', signed(image, [other]), 'unknown_key');
  refused(
    'one bit of the image',
    changed(good, (it) => (it[image.length - 1] ^= 1)),
    'bad_signature',
  );
  refused(
    'one bit of the version',
    changed(good, (it) => (it[24] ^= 1)),
    'bad_signature',
  );
  refused(
    'one bit of the signature',
    changed(good, (it) => (it[good.length - 1] ^= 1)),
    'bad_signature',
  );
  refused(
    'the image signed without its type',
    signed(image, [key], { message: image }),
    'bad_signature',
  );
  refused(
    'another type signed',
    signed(image, [key], { message: pae(image, 'application/vnd.heed.weights.v1') }),
    'bad_signature',
  );
  refused(
    "a known key's id over a stranger's signature",
    (() => {
      const entry = Buffer.concat([idOf(key), sign(null, pae(image), other.privateKey)]);
      return Buffer.concat([image, Buffer.from('HEEDSIG1\x01\0\0\0'), entry]);
    })(),
    'bad_signature',
  );
  refused('one of two', good, 'too_few_signatures', { keys: ring(2, key, other) });
  refused(
    'one of two and one forged',
    changed(signed(image, [key, other]), (it) => (it[it.length - 1] ^= 1)),
    'bad_signature',
    { keys: ring(2, key, other) },
  );
  refused('one key listed twice is one key', good, 'too_few_signatures', {
    keys: ring(2, key, key),
  });
  refused('another site', good, 'wrong_site', { site: 'u' });
  refused("a keyring's site that is not the one asked for", good, 'wrong_site', {
    keys: ring(1, key),
    site: 'u',
  });
  refused('expired at its very time', good, 'expired', { now: Date.parse(source.expires) });
  refused('a clock that is none', good, 'expired', { now: NaN });
  refused('older than one seen', good, 'rolled_back', { versionSeen: 8 });
  refused('no keys', good, 'malformed_key', { keys: [] });
  refused('a key of 31 bytes', good, 'malformed_key', {
    keys: [Buffer.alloc(31).toString('base64url')],
  });
  refused('a key in base64', good, 'malformed_key', {
    keys: [Buffer.alloc(32, 0xff).toString('base64')],
  });
  refused('a keyring with a role that is not enforced', good, 'not_supported', {
    keys: {
      ...ring(1, key),
      roles: { release: ring(1, key).roles.release, root: { threshold: 1, keys } },
    },
  });
  refused('a threshold of 0', good, 'malformed_key', { keys: ring(0, key) });

  test('the same version again is no roll-back', () =>
    verifyRuleset(good, { keys, site: 't', now, versionSeen: 7 }));
  test('every single byte counts', async () => {
    for (let at = 0; at < good.length; at++) {
      const bytes = changed(good, (it) => (it[at] ^= 0x40));
      await assert.rejects(
        verifyRuleset(bytes, { keys, site: 't', now }),
        { name: 'HeedError' },
        `byte ${at}`,
      );
    }
  });
  test('every shorter file is refused', async () => {
    for (let size = 0; size < good.length; size++) {
      await assert.rejects(verifyRuleset(good.subarray(0, size), { keys, site: 't', now }), {
        name: 'HeedError',
      });
    }
  });
});

// RFC 8032, section 7.1.
const rfc8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
];

async function webCrypto(publicKey, signature, message) {
  const imported = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, signature, message);
}

/** The group order, little-endian: S + L is the same signature in a form that RFC 8032 forbids. */
const order = Buffer.from(
  'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010',
  'hex',
);
function plusOrder(signature) {
  const forged = Buffer.from(signature);
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    const sum = forged[32 + i] + order[i] + carry;
    forged[32 + i] = sum & 0xff;
    carry = sum >> 8;
  }
  return forged;
}

for (const [name, verify] of [
  ['WebCrypto', webCrypto],
  ['the fallback', verifyEd25519],
]) {
  describe(`Ed25519 in ${name}`, () => {
    for (const [seed, message, signature] of rfc8032) {
      const { raw } = keyOf(Buffer.from(seed, 'hex'));
      const bytes = Buffer.from(message, 'hex');
      const good64 = Buffer.from(signature, 'hex');
      test(`RFC 8032 over ${bytes.length} bytes`, async () =>
        assert.equal(await verify(raw, good64, bytes), true));
      test(`forged over ${bytes.length} bytes`, async () => {
        assert.equal(await verify(raw, good64, Buffer.concat([bytes, Buffer.from([0])])), false);
        for (const at of [0, 31, 32, 63]) {
          assert.equal(
            await verify(
              raw,
              changed(good64, (it) => (it[at] ^= 1)),
              bytes,
            ),
            false,
            `byte ${at}`,
          );
        }
        assert.equal(await verify(raw, plusOrder(good64), bytes), false, 'S + L');
        assert.equal(await verify(raw, Buffer.alloc(64), bytes), false, 'zeros');
      });
    }
  });
}
