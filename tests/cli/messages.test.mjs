// What people read when a call or a file is wrong: what it is, where, and what to do. Each case is
// garbage that somebody will type, or a file that was mixed up with another.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const command = process.env.HEED ?? fileURLToPath(new URL('../../build/heed', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'heed-messages-'));
after(() => rmSync(scratch, { recursive: true }));
const at = (name) => path.join(scratch, name);

function heed(...args) {
  const { status, stderr } = spawnSync(command, args, { cwd: scratch, encoding: 'utf8' });
  return { status, err: stderr };
}

const source = {
  site: 't',
  attributes: { n: { type: 'number' }, s: { type: 'string' }, t: { type: 'time' } },
  slots: { hero: {} },
  triggers: {
    r: { slot: 'hero', when: 'n > 1 && has(s) && has(t)', priority: 7, parts: { x: ['y'] } },
  },
};
const text = JSON.stringify(source);
writeFileSync(at('s.heed.json'), text);
writeFileSync(at('bad.json'), '{"a":');
writeFileSync(at('rand'), 'neither JSON nor a ruleset, but longer than a header '.repeat(4));
mkdirSync(at('empty'));
mkdirSync(at('folder'));
writeFileSync(at('folder/one.heed.json'), text);
writeFileSync(at('plain.json'), text);
writeFileSync(at('ringed.keyring.json'), 'of somebody');
assert.equal(heed('build', 's.heed.json', '-o', 's.heed').status, 0);
assert.equal(heed('keys', 'new', 'k', '--site', 't').status, 0);
const secret = readFileSync(at('k.key.json'), 'utf8');
const mixed = JSON.parse(secret);
writeFileSync(at('mixed.json'), JSON.stringify({ ...mixed, secret: 'A'.repeat(43) }));
const kept = readFileSync(at('s.heed'));
writeFileSync(at('cut.heed'), kept.subarray(0, 500));
const key = ['--key', 'k.key.json'];

const calls = [
  [['keys', 'new', 'k'], /^k\.key\.json: is there already .*choose another name$/m],
  [
    ['keys', 'new', '/nowhere/k'],
    /^\/nowhere\/k\.key\.json: cannot be written: .*make its folder/m,
  ],
  [['keys', 'new', ''], /^heed: '' names no key; give the name/m],
  [['keys', 'ring', 'k.pub.json', '--site', ''], /^heed: --site is empty; give the site's name/m],
  [
    ['keys', 'ring', 'k.pub.json', '--site', 't', '--threshold', '2'],
    /give 1 to 1, or more keys$/m,
  ],
  [['keys', 'ring', 'k.pub.json', '--site', 't', '--threshold', 'x'], /a whole number is needed/m],
  [
    ['keys', 'ring', 'k.pub.json', 'k.pub.json', '--site', 't'],
    /^k\.pub\.json: .*name each once$/m,
  ],
  [['keys', 'ring', 'k.keyring.json', '--site', 't'], /give a file as `heed keys new` writes it$/m],
  [['sign', 's.heed', '--key', 'no'], /^no: cannot be read: .*; check the path$/m],
  [
    ['sign', 's.heed', '--key', 'bad.json'],
    /^bad\.json: malformed_key: not JSON .*`heed keys new`/m,
  ],
  [['sign', 's.heed', '--key', 'mixed.json'], /secret is not that .* give the file as/m],
  [
    ['sign', 's.heed', ...key, '--version', '1.'],
    /--version '1\.' is not a version; write a whole/m,
  ],
  [
    ['sign', 's.heed', ...key, '--version', '-1'],
    /--version '-1' is not a version; write a whole/m,
  ],
  [
    ['sign', 's.heed', ...key, '--version', '99999999999999999999'],
    /write a whole number from 1 to/m,
  ],
  [
    ['sign', 's.heed', ...key, '--expires', 'tomorrow'],
    /'tomorrow' is not a time; write it as in/m,
  ],
  [['sign', 's.heed', ...key, '--expires', '2027-02-30T00:00:00Z'], /is not a time; write it as/m],
  [
    ['sign', 's.heed', ...key, '--expires', '1960-01-01T00:00:00Z'],
    /is not after 1970; give when/m,
  ],
  [['sign', 's.heed', ...key, '--valid-for', '3'], /'3' is not a duration; write a whole number/m],
  [['sign', 's.heed', ...key, '--valid-for', '99999999d'], /longer than dates go; give a shorter/m],
  [['sign', 'cut.heed', ...key], /^cut\.heed: truncated: .*copy or build it again$/m],
  [['sign', 's.heed.json', ...key], /^s\.heed\.json: .*is a source, .*overwrite; give -o/m],
  [['sign', '.', ...key], /^\.: .*is a source, .*overwrite; give -o/m],
  [['verify', 's.heed', '--keyring', 'k.pub.json'], /give a file as `heed keys ring` writes it$/m],
  [
    ['verify', 'rand', '--keyring', 'k.keyring.json'],
    /not a compiled ruleset; `heed build` makes/m,
  ],
  [['build', 'no'], /^no: cannot be read: .*; check the path$/m],
  [['build', 'empty'], /^empty: .*no \*\.heed\.json source; name another, or `heed init`/m],
  [['build', 's.heed', '-o', 'x'], /^s\.heed: not_a_source: .*give the \*\.heed\.json/m],
  [
    ['build', 's.heed.json', '-o', '/nowhere/x'],
    /^\/nowhere\/x: cannot be written: .*folder first/m,
  ],
  [
    ['build', 's.heed.json', '-o', 's.heed.json'],
    /^s\.heed\.json: is what this command reads .*with -o/m,
  ],
  // However the path is spelled, and whatever else it is.
  [['build', 's.heed.json', '-o', './s.heed.json'], /^\.\/s\.heed\.json: .*is not overwritten/m],
  [['build', 'plain.json', '-o', './plain.json'], /^\.\/plain\.json: .*is not overwritten/m],
  [['build', 'plain.json', '-o', 's.heed.json'], /^s\.heed\.json: is a source or .*overwritten/m],
  [
    ['build', 'folder', '-o', 'folder/one.heed.json'],
    /one\.heed\.json: is a source or .*overwritten/m,
  ],
  [['sign', 's.heed.json', ...key, '-o', 'folder/../s.heed.json'], /is a source, .*overwrite/m],
  [['sign', 'plain.json', ...key, '-o', './plain.json'], /is a source, .*overwrite/m],
  [
    ['sign', 's.heed', ...key, '-o', 's.heed.json'],
    /^s\.heed\.json: is a source or .*overwritten/m,
  ],
  [['sign', 's.heed', ...key, '-o', 'k.key.json'], /^k\.key\.json: .*is not overwritten/m],
  [
    ['keys', 'ring', 'k.pub.json', '--site', 't', '-o', './k.pub.json'],
    /^\.\/k\.pub\.json: .*is not overwritten/m,
  ],
  [['keys', 'new', 'ringed', '--site', 't'], /^ringed\.keyring\.json: is there already/m],
  [['patch', 's.heed', 's.heed', '-o', './s.heed'], /^\.\/s\.heed: .*is not overwritten/m],
  [['build', 's.heed.json', '-o', 'empty'], /^empty: cannot be written: .*is no folder$/m],
  [['build', 's.heed.json', '--base', 'rand', '-o', 'x'], /^rand: not_a_ruleset: .*`heed build`/m],
  [['build', 's.heed.json', '--version', '1.5', '-o', 'x'], /'1\.5' is not a version; write a/m],
  [['build', 's.heed.json', '--expires', '1.', '-o', 'x'], /'1\.' is not a time; write it as in/m],
  [['check', 's.heed'], /^s\.heed: not_a_source: is a compiled ruleset; give the/m],
  [['check', 'bad.json'], /^bad\.json:1:6: the text ends where a value is needed; write one/m],
  [
    ['push', 's.heed.json', ...key, '--store', 'ftp://x'],
    /not an http or https address; give one/m,
  ],
  [['push', 's.heed', ...key], /^s\.heed: not_a_source: /m],
  [['diff', 's.heed', 's.heed', '--log', 'no'], /^no: cannot be read: .*; check the path$/m],
  [['decide', 'empty'], /^empty: this folder holds no/m],
];

describe('a wrong call says what, where and what to do', () => {
  for (const [args, wanted] of calls) {
    test(args.join(' '), () => {
      const { status, err } = heed(...args);
      assert.match(err, wanted);
      assert.ok(status === 1 || status === 2 || status === 3, `${status}`);
    });
  }
  test('and leaves what people wrote as it was', () => {
    for (const name of ['s.heed.json', 'plain.json', 'folder/one.heed.json']) {
      assert.equal(readFileSync(at(name), 'utf8'), text, name);
    }
    assert.equal(readFileSync(at('k.key.json'), 'utf8'), secret);
    assert.match(readFileSync(at('k.pub.json'), 'utf8'), /heed_key/);
    assert.equal(existsSync(at('ringed.key.json')), false);
    assert.deepEqual(readFileSync(at('s.heed')), kept);
  });
  test('a ruleset that is signed for the past is signed, and said to be of no use', () => {
    const { status, err } = heed(
      'sign',
      's.heed',
      ...key,
      '--expires',
      '2020-01-01T00:00:00Z',
      '-o',
      'p',
    );
    assert.equal(status, 0);
    assert.match(err, /^p: warning: it has expired already.*give a later --expires$/m);
  });
});

const numbers = { '1.': 'after the decimal point, as in 1.0', '.5': 'before the decimal point' };
const others = {
  '01': 'leave it out, as in 7',
  '-': 'as in -1',
  '1e': 'as in 1e9',
  '0x10': 'as in 12',
};
const conditions = {
  'n > 1.': 'a digit is needed after the decimal point, as in `1.0`',
  'n > 1.5.2': '`.2` does not fit here; numbers are written as in 1000.5',
  'n > 1,5': '`,` does not fit here; numbers are written as in 1000.5',
  'n > 1e': 'this is not a number; write one as in',
  'n >': 'the condition ends where a value is needed; write a name',
  "s == 'a": 'this string has no closing quote; end it with one',
  '(n > 1': 'a `)` is missing for the `(` before; add it',
  'n > 1)': '`)` does not fit here; remove it, or open it before',
  'n <> 1': '`>` does not fit here; unequal is written `!=`',
  'n @ 1': '`@` has no meaning in a condition; remove it',
  'n is 1': '`is` does not fit here; join tests with `&&`',
  '1 > n > 2': 'join comparisons with `&&`',
  "t > timestamp('tomorrow')": '`tomorrow` is not a time; write `2027-',
  "now - t > duration('1.')": '`1.` is not a duration in whole milliseconds; write',
};

describe('a wrong source says what, where and what to do', () => {
  const checked = (what) => {
    writeFileSync(at('c.heed.json'), what);
    const { status, err } = heed('check', 'c.heed.json');
    assert.equal(status, 1);
    return err;
  };
  for (const [number, wanted] of Object.entries({ ...numbers, ...others })) {
    test(`"priority": ${number}`, () => {
      const err = checked(text.replace('"priority":7', `"priority":${number}`));
      assert.match(err, /^c\.heed\.json:1:\d+: /);
      assert.ok(err.includes(wanted), err);
    });
  }
  for (const [condition, wanted] of Object.entries(conditions)) {
    test(condition, () => {
      const err = checked(text.replace(source.triggers.r.when, condition));
      assert.match(err, /^c\.heed\.json:1:\d+: .*\(\$\.triggers\.r\.when\)$/m);
      assert.ok(err.includes(wanted), err);
    });
  }
});

test('a store that is none says so', async () => {
  const server = http.createServer((_, response) => response.end('<p>a page</p>'));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const store = `http://127.0.0.1:${server.address().port}`;
  const { spawn } = await import('node:child_process');
  const child = spawn(command, ['push', 's.heed.json', ...key, '--store', store], { cwd: scratch });
  let err = '';
  child.stderr.on('data', (bytes) => (err += bytes));
  const status = await new Promise((closed) => child.on('close', closed));
  server.close();
  assert.equal(status, 1);
  assert.match(
    err,
    /\/v1\/t\/ruleset: not_a_ruleset: .*see that --store is the address of a store/,
  );
});
