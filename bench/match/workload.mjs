// Writes the neutral workload for match_bench: the rules as bit tests, visitors with the rules that
// match them, and the two rulesets (a slot a rule; eight slots by priority).
//
//   node bench/match/workload.mjs N FOLDER [VISITORS]
//
// Every attribute is one 32-bit number: a string's or a boolean's value is a bit, a set a mask, a
// number itself (in hundredths where it has decimals).
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { argv, env } from 'node:process';
import { fileURLToPath } from 'node:url';

import { files, source } from '../neutral.mjs';
import { attributes, generate, matchingAll, schema } from '../workload.mjs';

const scale = (name) => (schema[name].type === 'number' && !schema[name].integer ? 100 : 1);
const kinds = { string: 0, number: 1, set: 2, boolean: 3 };

function encode(name, value) {
  const { type, values } = schema[name];
  if (type === 'number') return Math.round(value * scale(name));
  if (type === 'boolean') return value ? 2 : 1;
  const bit = (member) => (1 << values.indexOf(member)) >>> 0;
  if (type === 'string') return bit(value);
  return value.reduce((mask, member) => (mask | bit(member)) >>> 0, 0);
}

/** [column, kind, a, b]: 0: (x & a) != 0, 1: a <= x < b, 2: (~x & a) != 0 */
function test({ attribute, op, value, low, high }) {
  const column = attributes.indexOf(attribute);
  const { values } = schema[attribute];
  const whole = values ? (2 ** values.length - 1) >>> 0 : 0;
  const mask = (list) => list.reduce((bits, it) => (bits | encode(attribute, it)) >>> 0, 0);
  const bound = (x, otherwise) => (x === undefined ? otherwise : encode(attribute, x));
  if (op === 'range') return [column, 1, bound(low, 0), bound(high, 0x7fff_ffff)];
  if (op === 'has') return [column, 0, mask([[value]]), 0];
  if (op === 'nhas') return [column, 2, mask([[value]]), 0];
  const named = mask([value].flat());
  return [column, 0, op === 'ne' || op === 'nin' ? (whole & ~named) >>> 0 : named, 0];
}

const [, , count, folder, visitorCount = '4096'] = argv;
if (folder === undefined) {
  console.error('usage: node bench/match/workload.mjs N FOLDER [VISITORS]');
  process.exit(2);
}
const { rules, visitors, changes } = generate(Number(count), { visitors: Number(visitorCount) });
const lines = [`${attributes.length} ${rules.length} ${visitors.length} ${changes.length}`];
for (const name of attributes) {
  const { type, values = [], max } = schema[name];
  const size = type === 'number' ? max * scale(name) : values.length;
  lines.push([name, kinds[type], scale(name), size, ...values].join(' '));
}
for (const { all, arms } of rules)
  lines.push([all.length, arms.length, ...all.flatMap(test)].join(' '));
const matches = matchingAll(
  rules,
  visitors.map((visitor) => visitor.attributes),
);
for (const [i, { id, attributes: own }] of visitors.entries()) {
  const matched = matches[i];
  const numbers = attributes.map((name) => encode(name, own[name]));
  lines.push([id, ...numbers, matched.length, ...matched].join(' '));
}
for (const { visitor, attribute, value } of changes)
  lines.push([visitor, attributes.indexOf(attribute), encode(attribute, value)].join(' '));

mkdirSync(folder, { recursive: true });
const put = (name, text) => writeFileSync(path.join(folder, name), text);
put('workload.txt', `${lines.join('\n')}\n`);

const build = env.HEED_BUILD ?? fileURLToPath(new URL('../../build', import.meta.url));
for (const [name, ruleset] of Object.entries({
  slots: source(rules),
  eight: source(rules, Math.min(8, rules.length)),
})) {
  // A rule that never shows is refused: without it every slot shows the same.
  for (let refused = ['once']; refused.length > 0;) {
    const sources = path.join(folder, name);
    rmSync(sources, { recursive: true, force: true });
    mkdirSync(sources);
    for (const { name: file, text } of files(ruleset)) put(path.join(name, file), text);
    const call = ['build', sources, '-o', `${sources}.heed`];
    const { status, stderr } = spawnSync(path.join(build, 'heed'), call, {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    refused = [...stderr.matchAll(/`(\w+)` can never show/g)].map(([, trigger]) => trigger);
    for (const trigger of refused) delete ruleset.triggers[trigger];
    if (status !== 0 && refused.length === 0)
      throw new Error(stderr.replace(/.*warning:.*\n/g, ''));
  }
}
