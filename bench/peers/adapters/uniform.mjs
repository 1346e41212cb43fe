import { attributes, schema } from '../../workload.mjs';
import { ends, parse } from './glue.mjs';

// Strings and booleans become quirks, numbers and members of sets scores, and `in` a transient
// signal over quirks: it is a personalization SDK, not an engine of rules.
const isScore = (name) => ['number', 'set'].includes(schema[name].type);
const scaled = (name, value) => (schema[name].integer === false ? Math.round(value * 100) : value);
const dimension = (name) => `num_${name.replaceAll('_', '-')}`;
const score = (l, op, r) => ({ l, op, r });
const quirk = (p, op, r) => ({ t: 'q', l: p.attribute, op, r });

const criteria = {
  eq: (p) => [quirk(p, '=', p.value)],
  is: (p) => [quirk(p, '=', String(p.value))],
  ne: (p) => [quirk(p, '!=', p.value)],
  nin: (p) => p.value.map((value) => quirk(p, '!=', value)),
  in: (p, signal) => [score(signal(p), '>', 0)],
  range: (p) =>
    ends(p, (op, bound) => score(dimension(p.attribute), op, scaled(p.attribute, bound))),
  has: (p) => [score(`seen_${p.value}`, '>', 0)],
  nhas: (p) => [score(`seen_${p.value}`, '=', 0)],
};

const enrichments = (name, value, sign = 1) =>
  Array.isArray(value)
    ? value.map((member) => ({ cat: 'seen', key: member, str: sign }))
    : [{ cat: 'num', key: name.replaceAll('_', '-'), str: sign * scaled(name, value) }];

/** The signals that stand for `in`, one for each attribute and list. */
class Signals {
  all = {};
  #ids = new Map();

  of = (p) => {
    const key = `${p.attribute}=${p.value.join('|')}`;
    const known = this.#ids.get(key);
    if (known) return known;
    const id = `sig${this.#ids.size}`;
    const clauses = p.value.map((rhs) => ({
      type: 'QK',
      key: p.attribute,
      match: { op: '=', rhs, cs: true },
    }));
    this.all[id] = { str: 1, cap: 1, dur: 't', crit: { type: 'G', op: '|', clauses } };
    this.#ids.set(key, id);
    return id;
  };
}

function config(rules) {
  const signals = new Signals();
  const slots = rules.map((rule) => ({
    name: rule.id,
    variations: [
      {
        id: rule.id,
        pz: { op: '&', crit: rule.all.flatMap((p) => criteria[p.op](p, signals.of)) },
      },
    ],
    test: rule.arms.map((id) => ({ id, testDistribution: 100 / rule.arms.length })),
  }));
  const pz = { sig: signals.all, enr: { num: { cap: 1e9 }, seen: { cap: 1 } }, agg: {} };
  const test = Object.fromEntries(rules.map((rule) => [rule.id, {}]));
  return { manifest: { project: { id: 'bench', pz, test } }, slots };
}

async function change(engine, { context, values }, name, value) {
  const old = values[name];
  values[name] = value;
  if (!isScore(name)) return context.update({ quirks: { [name]: String(value) } });
  if (!Array.isArray(value)) return context.update({ enrichments: enrichments(name, value - old) });
  const gone = old.filter((member) => !value.includes(member));
  const come = value.filter((member) => !old.includes(member));
  return context.update({
    enrichments: [...enrichments(name, gone, -1), ...enrichments(name, come)],
  });
}

/** Arms are drawn by Math.random and remembered; what is timed is the remembered state. */
export const uniform = {
  name: 'uniform context',
  config,
  async load(bytes) {
    // Without a document it takes itself for a server and never clears a quirk's signal.
    globalThis.document ??= {};
    const { Context } = await import('@uniformdev/context');
    return { Context, ...parse(bytes) };
  },
  async context({ Context, manifest }, visitor) {
    const context = new Context({ manifest, defaultConsent: true });
    const [scores, facts] = [attributes.filter(isScore), attributes.filter((it) => !isScore(it))];
    await context.update({
      quirks: Object.fromEntries(facts.map((name) => [name, String(visitor.attributes[name])])),
      enrichments: scores.flatMap((name) => enrichments(name, visitor.attributes[name])),
    });
    return { context, values: { ...visitor.attributes } };
  },
  all({ slots }, { context }) {
    const won = [];
    for (let i = 0; i < slots.length; i++) {
      if (!context.personalize(slots[i]).personalized) continue;
      const { result } = context.test({ name: slots[i].name, variations: slots[i].test });
      won.push(i, result.id);
    }
    return won;
  },
  change,
};
