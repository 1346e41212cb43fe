// The console's own arithmetic, without a browser: merging, places in a source, keys.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Text } from '@codemirror/state';
import { verifyRuleset } from 'heed';
import { createStudio } from 'heed/studio';

import { load as loadFrom } from './bundled.mjs';

const load = (name) => loadFrom(`tower/src/${name}`);
const { merge } = await load('merge.ts');
const { members } = await load('json_places.ts');
const { onlyTriggers, outlineOf, readNames } = await load('names.ts');
const { locate } = await load('problems.ts');
const { imageOf, makeKey, readKeyFile, signImage, stampImage } = await load('keys.ts');
const { tokens } = await load('conditions.ts');

const wasm = await readFile(fileURLToPath(import.meta.resolve('heed/heed-studio.wasm')));
const studio = await createStudio(new WebAssembly.Module(wasm));

describe('a merge', () => {
  const base = 'a\nb\nc\nd\ne';
  const cases = {
    'takes what only they changed': ['a\nb\nc\nd\ne', 'a\nB\nc\nd\ne', 'a\nB\nc\nd\ne', 0],
    'keeps what only I changed': ['a\nb\nc\nd\nE', 'a\nb\nc\nd\ne', 'a\nb\nc\nd\nE', 0],
    'has both where the places differ': ['A\nb\nc\nd\ne', 'a\nb\nc\nd\nE', 'A\nb\nc\nd\nE', 0],
    'has both insertions': ['x\na\nb\nc\nd\ne', 'a\nb\nc\nd\ne\ny', 'x\na\nb\nc\nd\ne\ny', 0],
    'has a removal and a change': ['b\nc\nd\ne', 'a\nb\nc\nd\nE', 'b\nc\nd\nE', 0],
    'takes the same change once': ['a\nb\nC\nd\ne', 'a\nb\nC\nd\ne', 'a\nb\nC\nd\ne', 0],
    'keeps mine and tells where both changed a line': [
      'a\nb\nmine\nd\ne',
      'a\nb\ntheirs\nd\ne',
      'a\nb\nmine\nd\ne',
      1,
    ],
  };
  for (const [name, [mine, theirs, text, clashes]] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(merge(base, mine, theirs), { text, clashes }));
  }
});

describe('a source', () => {
  const text =
    '{"site":"t","attributes":{"a":{"type":"string"}},"triggers":{\n  "one":{"slot":"s","name":"One","when":"a == \'{}\\"\'"},\n  "two":{"slot":"s","when":"true","priority":2}\n}}';
  const files = [{ name: 'f', text }];

  test('is read member by member, whatever stands in its texts', () => {
    assert.deepEqual(
      members(text, 0).map(({ key }) => key),
      ['site', 'attributes', 'triggers'],
    );
  });
  test('is read as far as it is well formed', () => {
    for (let end = 0; end < text.length; end++) {
      const { names, triggers } = readNames([{ name: 'f', text: text.slice(0, end) }]);
      assert.ok(triggers.length <= 2 && Object.keys(names.attributes).length <= 1);
    }
  });
  test('names its triggers', () => {
    const { triggers } = readNames(files);
    assert.deepEqual(
      outlineOf(triggers, {}).map(({ trigger, name, priority }) => [trigger, name, priority]),
      [
        ['one', 'One', 0],
        ['two', '', 2],
      ],
    );
  });
  test('keeps every line and column where only some triggers are left in it', () => {
    const { triggers } = readNames(files);
    for (const wanted of [[], ['one'], ['two'], ['one', 'two']]) {
      const [{ text: left }] = onlyTriggers(files, triggers, new Set(wanted));
      assert.deepEqual(Object.keys(JSON.parse(left).triggers), wanted);
      assert.equal(left.length, text.length);
      for (const name of wanted) assert.equal(left.indexOf(`"${name}"`), text.indexOf(`"${name}"`));
    }
  });
});

test('a part of a source is told the mistakes that the whole is told, at the same places', async () => {
  const folder = new URL('../../rulesets/shop/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.heed.json')).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { name, text: text.replace('segment.parents &&', 'segment.parent &&') };
    }),
  );
  const { triggers } = readNames(files);
  const errors = (sources) => studio.check(sources).filter(({ severity }) => severity === 'error');
  const whole = errors(files).filter(({ path }) => path.startsWith('$.triggers.kids_intent'));
  const part = errors(onlyTriggers(files, triggers, new Set(['kids_intent'])));
  assert.equal(whole.length, 1);
  assert.deepEqual(
    part.filter(({ path }) => path.startsWith('$.triggers')),
    whole,
  );
});

describe('a problem', () => {
  const about = (line, column, message, suggestion = '') => ({
    ...{ severity: 'error', code: 'x', file: 'f', path: '$', line, column, message, suggestion },
  });
  test('is at the name that its message quotes, in bytes or not', () => {
    const doc = Text.of(['{', '  "\u00e9\u{1f984}": "pric > 5"}']);
    const found = locate(doc, about(2, 13, 'unknown attribute `pric`', 'price'));
    assert.equal(doc.sliceString(found.from, found.to), 'pric');
    assert.equal(found.isReplaceable, true);
  });
  test('is the whole value where the name is not in it', () => {
    const doc = Text.of(['{"a": "b c", "d": 1}']);
    const found = locate(doc, about(1, 7, 'no such thing as `z`', 'y'));
    assert.equal(doc.sliceString(found.from, found.to), '"b c"');
    assert.equal(found.isReplaceable, false);
  });
  test('stays inside a text that has become shorter', () => {
    const doc = Text.of(['{}']);
    const found = locate(doc, about(9, 9, 'gone'));
    assert.ok(found.from <= doc.length && found.to <= doc.length);
  });
});

describe('a key', () => {
  const source = studio.starter();
  const { compiled } = studio.compile([{ name: 'f', text: source }]);
  const { site } = JSON.parse(source);

  test('made here signs what everybody else verifies', async () => {
    const key = await makeKey();
    const image = stampImage(compiled.image, 7, Date.now() + 60_000);
    const signed = await signImage(image, key);
    const verified = await verifyRuleset(signed, { keys: [key.public], site });
    assert.equal(verified.version, 7);
    assert.deepEqual(imageOf(signed), image);
    const other = await makeKey();
    await assert.rejects(verifyRuleset(signed, { keys: [other.public], site }), {
      code: 'unknown_key',
    });
  });
  test('in a file is taken only if it is one', async () => {
    const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
    const [jwk, otherJwk] = await Promise.all(
      [pair, await crypto.subtle.generateKey('Ed25519', true, ['sign'])].map(({ privateKey }) =>
        crypto.subtle.exportKey('jwk', privateKey),
      ),
    );
    const file = { heed_key: 1, role: 'release', public: jwk.x, secret: jwk.d };
    const key = await readKeyFile(JSON.stringify(file));
    assert.equal(key.public, jwk.x);
    assert.equal(key.secret.extractable, false);
    const bad = {
      'it is not JSON': 'x',
      role: JSON.stringify({ ...file, role: 'root' }),
      'public half': JSON.stringify({ ...file, secret: undefined }),
      '32 bytes': JSON.stringify({ ...file, secret: 'AA' }),
      'do not belong together': JSON.stringify({ ...file, public: otherJwk.x }),
    };
    for (const [why, text] of Object.entries(bad))
      await assert.rejects(readKeyFile(text), new RegExp(why));
  });
});

test("a condition's tokens are what they are", () => {
  const text = "segment.a && x_1 >= 3.5 || 'in' in y";
  assert.deepEqual(
    tokens(text).map(({ kind, from, to }) => [kind, text.slice(from, to)]),
    [
      ['scope', 'segment.a'],
      ['operator', '&&'],
      ['name', 'x_1'],
      ['operator', '>='],
      ['number', '3.5'],
      ['operator', '||'],
      ['string', "'in'"],
      ['word', 'in'],
      ['name', 'y'],
    ],
  );
});
