// `heed diff` on the shop's own ruleset and an edited copy of it, held against `heed decide` run
// twice.
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import Ajv from 'ajv/dist/2020.js';

import { bed } from './command.mjs';

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(read('rulesets/schema/diff.schema.json')),
);
const { at, done, heed, read: written, write } = bed();

/** Edits one file of a folder of sources. */
function edit(name, change) {
  const source = JSON.parse(written(name));
  change(source);
  write(name, JSON.stringify(source));
}

/** Visitors of all sorts, the same in each run. */
function visitors(count) {
  let state = 7;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const one = (values) => values[Math.floor(random() * values.length)];
  return Array.from({ length: count }, (_, i) => {
    const now = Date.UTC(2026, 10, 20, 10) + i * 1000;
    const signals = Array.from({ length: Math.floor(random() * 6) }, (_, k) => ({
      name: one(['page_view', 'product_view']),
      at: now - k * 60_000,
      fields: {},
    }));
    const facts = { country: one(['GB', 'FR']), returning: random() < 0.5, cart_value: 40 };
    return { visitor: `u${i}`, now, attributes: { ...facts, hour: i % 24 }, signals };
  });
}

const log = visitors(400);
const lines = (values) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const diff = (...args) => JSON.parse(done('diff', ...args, '--json').out);

before(() => {
  const shop = fileURLToPath(new URL('rulesets/shop', root));
  cpSync(shop, at('a'), { recursive: true });
  cpSync(shop, at('b'), { recursive: true });
  edit('b/triggers-home.heed.json', ({ triggers }) => {
    triggers.returning_visitor.when = 'returning && pages >= 3';
    const { layer, ...first } = triggers.first_visit;
    assert.ok(layer);
    triggers.early = { ...first, when: 'hour < 9', priority: 50 };
    delete triggers.outdoor_intent;
  });
  write('v.ndjson', lines(log));
});

/** By slot, what each visitor is shown, out of `heed decide`. */
function shown(folder) {
  const { out } = done('decide', folder, { input: lines(log) });
  return out
    .trim()
    .split('\n')
    .map((line) => {
      const decisions = JSON.parse(line).decisions.filter(({ held_out: held }) => !held);
      return new Map(
        decisions.map(({ slot, trigger, options }) => [slot, JSON.stringify({ trigger, options })]),
      );
    });
}

describe('diff', () => {
  test('says what changed in the words of the source', () => {
    const { rules } = diff('a', 'b');
    assert.deepEqual(
      rules.changes.map(({ what, name, change }) => `${change} ${what} ${name}`),
      [
        'added trigger early',
        'removed trigger outdoor_intent',
        'changed trigger returning_visitor',
      ],
    );
    assert.deepEqual(rules.changes[2].properties, [
      {
        property: 'when',
        before: 'returning && pages >= 1',
        after: 'returning && pages >= 3',
      },
    ]);
  });

  test('counts for every slot what deciding twice gives', () => {
    const [old, now] = [shown('a'), shown('b')];
    const { visitors: counted } = diff('a', 'b', '--log', 'v.ndjson');
    let changed = 0;
    const bySlot = new Map();
    for (const [i, decisions] of old.entries()) {
      const slots = [...new Set([...decisions.keys(), ...now[i].keys()])];
      const moved = slots.filter((slot) => decisions.get(slot) !== now[i].get(slot));
      for (const slot of moved) bySlot.set(slot, (bySlot.get(slot) ?? 0) + 1);
      if (moved.length > 0) changed += 1;
    }
    assert.ok(changed > 50);
    assert.deepEqual([counted.visitors, counted.changed], [log.length, changed]);
    for (const slot of counted.slots) {
      assert.equal(slot.changed, bySlot.get(slot.slot) ?? 0, slot.slot);
      assert.equal(
        slot.moves.reduce((sum, move) => sum + move.visitors, 0),
        slot.changed,
      );
      for (const { before: was, after: is, examples } of slot.moves) {
        for (const { visitor, line } of examples) {
          assert.equal(log[line - 1].visitor, visitor);
          const name = (value) => JSON.parse(value ?? '{"trigger":null}').trigger;
          assert.equal(name(old[line - 1].get(slot.slot)), was?.trigger ?? null);
          assert.equal(name(now[line - 1].get(slot.slot)), is?.trigger ?? null);
        }
      }
    }
  });

  test('prints what its schema and its page say', () => {
    const page = /```json\n([^]*?)```/.exec(read('docs/formats/diff.md'))[1];
    const values = [JSON.parse(page), diff('a', 'b', '--log', 'v.ndjson'), diff('a', 'a')];
    for (const value of values) assert.ok(validate(value), JSON.stringify(validate.errors));
    assert.equal(validate({ ...values[2], other: 1 }), false);
  });

  test('of a ruleset with itself is none, for nobody', () => {
    const { out } = done('diff', 'a', 'a', '--log', 'v.ndjson');
    assert.match(out, /^no difference: the rules are the same, byte for byte$/m);
    assert.match(out, /^v\.ndjson: 0 of 400 visitors \(0 %\) would see something else$/m);
  });

  test('of a name, an owner or a hypothesis is shown, though the images are the same', () => {
    cpSync(at('a'), at('c'), { recursive: true });
    edit('c/triggers-home.heed.json', ({ triggers }) => {
      Object.assign(triggers.first_visit, { owner: 'somebody-else', hypothesis: 'It is colder' });
    });
    const { out } = done('diff', 'a', 'c', '--log', 'v.ndjson');
    assert.match(out, /^ {4}owner +\S+ -> somebody-else$/m);
    assert.match(out, /-> It is colder$/m);
    assert.match(out, /^only what people read: the rules are the same, byte for byte$/m);
    assert.match(out, /0 of 400 visitors/);
    const { rules } = diff('a', 'c');
    assert.deepEqual([rules.changed, rules.same_bytes], [true, true]);
  });

  test('names the parts where the options alone would read the same', () => {
    const trigger = (part) => ({ slot: 'hero', parts: { [part]: ['x'] } });
    const small = (part) =>
      JSON.stringify({ site: 't', slots: { hero: {} }, triggers: { r: trigger(part) } });
    write('arm.heed.json', small('arm'));
    write('leg.heed.json', small('leg'));
    write('one.ndjson', lines([{ visitor: 'u', now: 0 }]));
    const { out } = done('diff', 'arm.heed.json', 'leg.heed.json', '--log', 'one.ndjson');
    assert.match(out, /1 {2}r {2}arm=x\n +-> r {2}leg=x$/m);
  });

  test('says that caps play no part, where there are caps', () => {
    const small = (cap) =>
      JSON.stringify({
        site: 't',
        slots: { hero: {} },
        triggers: { r: { slot: 'hero', parts: { x: ['y'] }, ...cap } },
      });
    write('free.heed.json', small({}));
    write('capped.heed.json', small({ cap: { times: 1, per: '1d' } }));
    write('one.ndjson', lines([{ visitor: 'u', now: 0 }]));
    const said = (a, b) =>
      done('diff', a, b, '--log', 'one.ndjson').out.includes('caps are left out');
    assert.equal(said('free.heed.json', 'capped.heed.json'), true);
    assert.equal(said('capped.heed.json', 'free.heed.json'), true);
    assert.equal(said('free.heed.json', 'free.heed.json'), false);
  });

  test('names the lines that are refused, counts the rest, and ends with 1', () => {
    const odd = { ...log[0], attributes: { hour: 'nine' } };
    write('bad.ndjson', `${lines(log.slice(0, 2))}{\n\n${lines([odd, ...log.slice(2, 4)])}`);
    const { status, out, err } = heed('diff', 'a', 'b', '--log', 'bad.ndjson', '--json');
    assert.equal(status, 1);
    assert.match(err, /^bad\.ndjson:3: malformed: /m);
    assert.match(err, /^bad\.ndjson:5: wrong_type: .*`hour`/m);
    const { visitors: counted } = JSON.parse(out);
    assert.deepEqual([counted.visitors, counted.refused], [4, 2]);
    assert.match(heed('diff', 'a', 'b', '--log', 'bad.ndjson').out, /^2 lines of bad\.ndjson/m);
  });

  test('says so where a log is empty, or no log', () => {
    write('empty.ndjson', '\n');
    assert.match(done('diff', 'a', 'b', '--log', 'empty.ndjson').out, /no visitors to decide for/);
    for (const name of ['nowhere', '.']) {
      const { status, err } = heed('diff', 'a', 'b', '--log', name);
      assert.equal(status, 1);
      assert.match(err, new RegExp(`^${name === '.' ? '\\.' : name}: cannot be read`, 'm'));
    }
  });

  test('tells why conditions are not in the words of the source', () => {
    done('build', 'a', '-o', 'a.heed');
    done('build', 'b', '-o', 'b.heed');
    const same = diff('a.heed', 'b').rules.changes;
    assert.deepEqual(same, diff('a', 'b').rules.changes);
    write('b.heedmap', written('a.heedmap'));
    const { out, err } = done('diff', 'a.heed', 'b.heed');
    assert.match(err, /^b\.heed: warning: its \.heedmap is of another build/m);
    assert.match(out, /pages >= 3/);
  });

  test('of two sites says that everyone draws anew', () => {
    edit('b/site.heed.json', (source) => (source.site = 'other.example'));
    assert.match(done('diff', 'a', 'b').out, /^the sites differ, so every visitor draws anew$/m);
  });
});
