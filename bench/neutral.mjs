// A neutral workload as a ruleset source and as lines for `heed decide`.
//
//   node bench/neutral.mjs source N [slots]    N rules as N slots, or in so many slots by priority
//   node bench/neutral.mjs visitors N [count]  NDJSON
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

import { generate, schema } from './workload.mjs';

const quote = (value) => `'${value}'`;
const list = (values) => `[${values.map(quote).join(', ')}]`;
const expressions = {
  eq: (p) => `${p.attribute} == ${quote(p.value)}`,
  ne: (p) => `${p.attribute} != ${quote(p.value)}`,
  in: (p) => `${p.attribute} in ${list(p.value)}`,
  nin: (p) => `!(${p.attribute} in ${list(p.value)})`,
  is: (p) => (p.value ? p.attribute : `!${p.attribute}`),
  range: (p) =>
    [
      p.low === undefined ? [] : `${p.attribute} >= ${p.low}`,
      p.high === undefined ? [] : `${p.attribute} < ${p.high}`,
    ]
      .flat()
      .join(' && '),
  has: (p) => `${quote(p.value)} in ${p.attribute}`,
  nhas: (p) => `!(${quote(p.value)} in ${p.attribute})`,
};
export const condition = (rule) => rule.all.map((p) => expressions[p.op](p)).join(' && ');

const types = { boolean: 'bool' };

function trigger(rule, slot, priority) {
  const share = 1 / rule.arms.length;
  return {
    slot,
    ...(priority === undefined ? {} : { priority }),
    when: condition(rule),
    parts: { arm: rule.arms },
    policy: { split: { arm: Object.fromEntries(rule.arms.map((arm) => [arm, share])) } },
  };
}

/** @param slotCount  rules are dealt to the slots in turn, earlier rules before later ones */
export function source(rules, slotCount = rules.length) {
  const slotOf = (i) => `s${i % slotCount}`;
  const ranked = slotCount < rules.length;
  return {
    site: 'bench.example',
    version: 1,
    expires: '2099-01-01T00:00:00Z',
    attributes: Object.fromEntries(
      Object.entries(schema).map(([name, { type }]) => [name, { type: types[type] ?? type }]),
    ),
    slots: Object.fromEntries(
      Array.from({ length: Math.min(slotCount, rules.length) }, (_, i) => [slotOf(i), {}]),
    ),
    triggers: Object.fromEntries(
      rules.map((rule, i) => [
        rule.id,
        trigger(rule, slotOf(i), ranked ? rules.length - i : undefined),
      ]),
    ),
  };
}

/** Far below what the compiler takes in one file. */
const triggersAFile = 20_000;

/** A source as the files of its folder, in the order of their names. */
export function files({ triggers, ...rest }) {
  const entries = Object.entries(triggers);
  const starts = Array.from(
    { length: Math.ceil(entries.length / triggersAFile) },
    (_, i) => i * triggersAFile,
  );
  return starts.map((start, i) => {
    const own = Object.fromEntries(entries.slice(start, start + triggersAFile));
    return {
      name: `rules-${String(i).padStart(3, '0')}.heed.json`,
      text: JSON.stringify(i === 0 ? { ...rest, triggers: own } : { triggers: own }),
    };
  });
}

const line = (visitor) =>
  JSON.stringify({
    visitor: visitor.id,
    now: '2026-11-20T10:00:00Z',
    attributes: visitor.attributes,
  });

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [, , what, count = '1000', extra] = argv;
  if (what === 'source') {
    const { rules } = generate(Number(count));
    console.log(JSON.stringify(source(rules, extra && Number(extra))));
  } else if (what === 'visitors') {
    const { visitors } = generate(1, { visitors: Number(count) });
    console.log(visitors.map(line).join('\n'));
  } else {
    console.error('usage: node bench/neutral.mjs source N [slots] | visitors COUNT');
    process.exitCode = 2;
  }
}
