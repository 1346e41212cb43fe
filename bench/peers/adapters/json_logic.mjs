import { ends, inTurn, parse, split } from './glue.mjs';

const variable = (name) => ({ var: name });
const range = (p) => {
  const both = ends(p, (op, bound) => ({ [op]: [variable(p.attribute), bound] }));
  return both.length === 1 ? both[0] : { and: both };
};
const conditions = {
  eq: (p) => ({ '==': [variable(p.attribute), p.value] }),
  is: (p) => ({ '==': [variable(p.attribute), p.value] }),
  ne: (p) => ({ '!=': [variable(p.attribute), p.value] }),
  in: (p) => ({ in: [variable(p.attribute), p.value] }),
  nin: (p) => ({ '!': [{ in: [variable(p.attribute), p.value] }] }),
  range,
  has: (p) => ({ in: [p.value, variable(p.attribute)] }),
  nhas: (p) => ({ '!': [{ in: [p.value, variable(p.attribute)] }] }),
};
export const jsonLogic = (p) => conditions[p.op](p);

const common = {
  config: (rules) =>
    rules.map((rule) => ({
      if: [
        { and: rule.all.map(jsonLogic) },
        { split: [rule.salt, variable('id'), rule.arms] },
        null,
      ],
    })),
  context: (engine, visitor) => ({ id: visitor.id, ...visitor.attributes }),
  change(engine, context, attribute, value) {
    context[attribute] = value;
  },
};

/** The rollout is an operator that the application registers: JSON Logic has none. */
export const jsonLogicJs = {
  ...common,
  name: 'json-logic-js',
  async load(bytes) {
    const { default: logic } = await import('json-logic-js');
    logic.add_operation('split', split);
    return { logic, rules: parse(bytes) };
  },
  all: inTurn(({ logic }, rule, context) => logic.apply(rule, context)),
};

async function engineOf() {
  const { LogicEngine } = await import('json-logic-engine');
  const engine = new LogicEngine();
  engine.addMethod('split', ([salt, id, arms]) => split(salt, id, arms), { deterministic: false });
  return engine;
}

export const jsonLogicEngine = {
  ...common,
  name: 'json-logic-engine (run)',
  load: async (bytes) => ({ engine: await engineOf(), rules: parse(bytes) }),
  all: inTurn(({ engine }, rule, context) => engine.run(rule, context)),
};

/** Compiles each rule to a function, which a page may forbid (unsafe-eval). */
export const jsonLogicBuilt = {
  ...common,
  name: 'json-logic-engine (build)',
  async load(bytes) {
    const engine = await engineOf();
    return { rules: parse(bytes).map((rule) => engine.build(rule)) };
  },
  all: inTurn((engine, rule, context) => rule(context)),
};
