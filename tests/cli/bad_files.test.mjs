// Files that are wrong: each way of being wrong has an error of its own, exit status 1, an empty
// standard output, and nothing crashes or hangs.
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { before, describe, test } from 'node:test';

import { bed, source, visitor } from './command.mjs';

const { at, done, heed, read, write } = bed();

before(() => {
  write('t.heed.json', JSON.stringify(source));
  write('v.json', visitor);
  done('keys', 'new', 'ann', '--site', 't');
  done('keys', 'new', 'ben', '--site', 't');
  done('build', 't.heed.json', '-o', 't.heed');
  done('sign', 't.heed', '--key', 'ann.key.json', '-o', 's.heed');
});

/** Every command that reads a ruleset, over `file`. */
const readers = {
  inspect: (file) => heed('inspect', file),
  decide: (file) => heed('decide', file, { input: `${visitor}\n` }),
  explain: (file) => heed('explain', file, '--visitor', 'v.json', '--slot', 'hero'),
  diff: (file) => heed('diff', 't.heed', file),
  types: (file) => heed('types', file),
  sign: (file) => heed('sign', file, '--key', 'ann.key.json', '-o', 'out.heed'),
  verify: (file) => heed('verify', file, '--keyring', 'ann.keyring.json'),
};

function refused(run, pattern, context = '') {
  assert.equal(run.status, 1, `${context}${run.out}${run.err}`);
  assert.equal(run.out, '', context);
  assert.match(run.err, pattern, context);
}

/** A file of zeros that takes no room on the disk. */
function sparse(name, size) {
  const file = openSync(at(name), 'w');
  ftruncateSync(file, size);
  closeSync(file);
}

describe('a ruleset that is', () => {
  const wrong = {
    truncated: () => write('bad.heed', read('s.heed').subarray(0, 100)),
    empty: () => write('bad.heed', ''),
    oversized: () => sparse('bad.heed', 17 * 1024 * 1024),
    'not one': () => write('bad.heed', '{"site":"t","slots":{}}'.repeat(10)),
    'of another version': () => {
      const bytes = read('s.heed');
      bytes.writeUInt32LE(bytes.readUInt32LE(8) + 1, 8);
      write('bad.heed', bytes);
    },
    missing: () => write('other', ''),
  };
  const errors = {
    truncated: /^bad\.heed: truncated: /,
    empty: /^bad\.heed: truncated: /,
    oversized: /^bad\.heed: too_large: /,
    'not one': /^bad\.heed: not_a_ruleset: /,
    'of another version': /^bad\.heed: wrong_abi: /,
    missing: /^nowhere\.heed: cannot be read: No such file/,
  };
  for (const [way, make] of Object.entries(wrong)) {
    for (const [command, run] of Object.entries(readers)) {
      test(`${way} is refused by ${command}`, () => {
        make();
        refused(run(way === 'missing' ? 'nowhere.heed' : 'bad.heed'), errors[way]);
      });
    }
  }
});

describe('verify says', () => {
  const verify = (file, ...more) => heed('verify', file, '--keyring', 'ann.keyring.json', ...more);

  test('unsigned', () => refused(verify('t.heed'), /^t\.heed: unsigned: nobody has signed/));
  test('unknown_key for a stranger', () => {
    done('sign', 't.heed', '--key', 'ben.key.json', '-o', 'ben.heed');
    refused(verify('ben.heed'), /^ben\.heed: unknown_key: /);
  });
  test('wrong_site', () => refused(verify('s.heed', '--site', 'u'), /wrong_site: /));
  test('expired, from the very moment', () => {
    const expires = source.expires;
    refused(verify('s.heed', '--now', expires), /expired: /);
    done('verify', 's.heed', '--keyring', 'ann.keyring.json', '--now', '2098-12-31T23:59:59.999Z');
  });
  test('rolled_back, once a newer one was seen', () => {
    done('sign', 't.heed', '--key', 'ann.key.json', '--version', '2', '-o', 'two.heed');
    done('verify', 's.heed', '--keyring', 'ann.keyring.json', '--seen', 'seen.txt');
    done('verify', 'two.heed', '--keyring', 'ann.keyring.json', '--seen', 'seen.txt');
    refused(verify('s.heed', '--seen', 'seen.txt'), /rolled_back: /);
    assert.equal(read('seen.txt').toString(), '2 t\n');
  });
  test('too_few_signatures, until two have signed', () => {
    done(
      'keys',
      'ring',
      'ann.pub.json',
      'ben.pub.json',
      '--site',
      't',
      '--threshold',
      '2',
      '-o',
      'two.json',
    );
    const both = (file) => heed('verify', file, '--keyring', 'two.json');
    refused(both('s.heed'), /too_few_signatures: /);
    done('sign', 's.heed', '--key', 'ben.key.json', '-o', 'both.heed');
    assert.equal(both('both.heed').status, 0);
  });
  test('bad_signature or another error for a flipped bit at any byte', () => {
    const good = read('s.heed');
    const seen = new Set();
    // A process a byte takes a while: the ends of every region, and steps between.
    for (let i = 0; i < good.length; i += i < 80 || i > good.length - 90 ? 3 : 29) {
      const bytes = Buffer.from(good);
      bytes[i] ^= 1 << (i % 8);
      write('flipped.heed', bytes);
      const run = verify('flipped.heed');
      refused(run, /^flipped\.heed: [a-z_]+: /, `byte ${i}: `);
      seen.add(/: ([a-z_]+): /.exec(run.err)[1]);
    }
    assert.ok(seen.has('bad_signature') && seen.has('not_a_ruleset') && seen.has('wrong_abi'));
  });
  test('truncated for every length', () => {
    const good = read('s.heed');
    for (let size = 0; size < good.length; size += 97) {
      write('short.heed', good.subarray(0, size));
      refused(verify('short.heed'), /^short\.heed: (truncated|unsigned): /, `${size} bytes: `);
    }
  });
  test('malformed_signature for bytes after the end', () => {
    write('long.heed', Buffer.concat([read('s.heed'), Buffer.from('x')]));
    refused(verify('long.heed'), /malformed_signature: /);
  });
});

test('an unsigned ruleset with a flipped bit is opened or refused, never a crash', () => {
  const good = read('t.heed');
  for (let i = 0; i < good.length; i += 11) {
    const bytes = Buffer.from(good);
    bytes[i] ^= 1 << (i % 8);
    write('flipped.heed', bytes);
    const run = readers.decide('flipped.heed');
    if (run.status === 1) assert.match(run.err, /^flipped\.heed: [a-z_]+: /);
    else assert.equal(run.status, 0);
  }
});

describe('a key file that is', () => {
  const sign = () => heed('sign', 't.heed', '--key', 'bad.key.json', '-o', 'out.heed');
  const secret = () => JSON.parse(read('ann.key.json'));
  const cases = {
    'not JSON': [() => 'heed', /^bad\.key\.json: malformed_key: not JSON/],
    truncated: [() => read('ann.key.json').subarray(0, 90), /malformed_key: not JSON/],
    'without a secret': [() => read('ann.pub.json'), /holds no secret/],
    "somebody else's inside": [
      () => JSON.stringify({ ...secret(), secret: JSON.parse(read('ben.key.json')).secret }),
      /the secret is not that of the public key/,
    ],
    'under another id': [
      () => JSON.stringify({ ...secret(), id: '0000000000000000' }),
      /the id is not that of the public key.*\(\$\.id\)/,
    ],
    'of a role not enforced': [
      () => JSON.stringify({ ...secret(), role: 'root' }),
      /not_supported: .*\(\$\.role\)/,
    ],
    'of a later format': [
      () => JSON.stringify({ ...secret(), heed_key: 2 }),
      /not_supported: .*\(\$\.heed_key\)/,
    ],
    oversized: [() => `${' '.repeat(70_000)}{}`, /too_large: /],
  };
  for (const [way, [make, pattern]] of Object.entries(cases)) {
    test(`${way} is refused`, () => {
      write('bad.key.json', make());
      refused(sign(), pattern);
    });
  }
});

describe('a keyring that is', () => {
  const keyring = () => JSON.parse(read('ann.keyring.json'));
  const key = () => keyring().roles.release.keys[0];
  const ring = (release) => JSON.stringify({ ...keyring(), roles: { release } });
  const cases = {
    'not JSON': [() => '', /malformed_key: not JSON/],
    'without keys': [() => ring({ threshold: 1, keys: [] }), /\$\.roles\.release\.threshold/],
    'one key twice': [() => ring({ threshold: 2, keys: [key(), key()] }), /listed twice/],
    'a threshold of none': [() => ring({ threshold: 0, keys: [key()] }), /1 to 1/],
    'of a role not enforced': [
      () => JSON.stringify({ ...keyring(), roles: { root: { threshold: 1, keys: [key()] } } }),
      /not_supported: .*\(\$\.roles\.root\)/,
    ],
  };
  for (const [way, [make, pattern]] of Object.entries(cases)) {
    test(`${way} is refused`, () => {
      write('bad.keyring.json', make());
      refused(heed('verify', 's.heed', '--keyring', 'bad.keyring.json'), pattern);
    });
  }
});

describe('a source that is', () => {
  const text = JSON.stringify(source, null, 2);
  const cases = {
    'not JSON': ['{"site":', /^bad\.heed\.json:1:9: /],
    'cut short': [text.slice(0, text.length / 2), /^bad\.heed\.json:\d+:\d+: /],
    'a list': ['[]', /^bad\.heed\.json:1:1: /],
    'not UTF-8': [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
    'a name misspelt': [text.replace('country in', 'contry in'), /:\d+:\d+: .*`contry`.*`country`/],
    'shares that do not sum': [text.replace('"b": 0.5', '"b": 0.6'), /sum to 1/],
    empty: ['', /^bad\.heed\.json:1:1: /],
  };
  for (const [way, [content, pattern]] of Object.entries(cases)) {
    test(`${way} is refused with its place`, () => {
      write('bad.heed.json', content);
      refused(heed('check', 'bad.heed.json'), pattern);
      refused(heed('build', 'bad.heed.json', '-o', 'bad-out.heed'), pattern);
    });
  }
  test('oversized is refused', () => {
    sparse('huge.heed.json', 17 * 1024 * 1024);
    refused(heed('check', 'huge.heed.json'), /^huge\.heed\.json: too_large: /);
  });
  test('nested without end is refused', () => {
    write('deep.heed.json', '['.repeat(200_000));
    refused(heed('check', 'deep.heed.json'), /^deep\.heed\.json:\d+:\d+: /);
  });
});
