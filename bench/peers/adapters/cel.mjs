import { inTurn, parse, split } from './glue.mjs';

const quote = (value) => JSON.stringify(value);
const double = (value) => (Number.isInteger(value) ? `${value}.0` : String(value));
const expressions = {
  eq: (p) => `${p.attribute} == ${quote(p.value)}`,
  ne: (p) => `${p.attribute} != ${quote(p.value)}`,
  in: (p) => `${p.attribute} in ${quote(p.value)}`,
  nin: (p) => `!(${p.attribute} in ${quote(p.value)})`,
  is: (p) => (p.value ? p.attribute : `!${p.attribute}`),
  range: (p) =>
    [
      ...(p.low === undefined ? [] : [`${p.attribute} >= ${double(p.low)}`]),
      ...(p.high === undefined ? [] : [`${p.attribute} < ${double(p.high)}`]),
    ].join(' && '),
  has: (p) => `${quote(p.value)} in ${p.attribute}`,
  nhas: (p) => `!(${quote(p.value)} in ${p.attribute})`,
};
const condition = (rule) => rule.all.map((p) => expressions[p.op](p)).join(' && ');

/** Parsed once at load; the rollout is a function that the application registers. */
export const cel = {
  name: 'cel-js',
  config: (rules) =>
    rules.map(
      (rule) =>
        `${condition(rule)} ? split(${quote(rule.salt)}, id, "${rule.arms.join(':')}") : ""`,
    ),
  async load(bytes) {
    const { Environment } = await import('@marcbachmann/cel-js');
    const environment = new Environment({ unlistedVariablesAreDyn: true });
    const lists = new Map();
    environment.registerFunction('split(string, string, string): string', (salt, id, arms) => {
      if (!lists.has(arms)) lists.set(arms, arms.split(':'));
      return split(salt, id, lists.get(arms));
    });
    return { rules: parse(bytes).map((rule) => environment.parse(rule)) };
  },
  context: (engine, visitor) => ({ id: visitor.id, ...visitor.attributes }),
  all: inTurn((engine, rule, context) => rule(context)),
  change(engine, context, attribute, value) {
    context[attribute] = value;
  },
};
