import { indexOf, noLog, text } from './glue.mjs';
import { jsonLogic } from './json_logic.mjs';

const flag = (rule) => ({
  state: 'ENABLED',
  variants: { ...Object.fromEntries(rule.arms.map((arm) => [arm, arm])), off: 'off' },
  defaultVariant: 'off',
  targeting: {
    if: [
      { and: rule.all.map(jsonLogic) },
      {
        fractional: [
          { cat: [rule.salt, { var: 'targetingKey' }] },
          ...rule.arms.map((arm) => [arm, 100 / rule.arms.length]),
        ],
      },
      'off',
    ],
  },
});

export const flagd = {
  name: 'flagd-core',
  config: (rules) => ({ flags: Object.fromEntries(rules.map((rule) => [rule.id, flag(rule)])) }),
  async load(bytes) {
    const { FlagdCore } = await import('@openfeature/flagd-core');
    const core = new FlagdCore(undefined, noLog);
    core.setConfigurations(text(bytes));
    return core;
  },
  context: (core, visitor) => ({
    values: { targetingKey: visitor.id, ...visitor.attributes },
  }),
  all: (core, context) => core.resolveAll(context.values, noLog),
  won: (core, all) =>
    all.flatMap(({ flagKey, value }) => (value === 'off' ? [] : [indexOf(flagKey), value])),
  change(core, context, attribute, value) {
    context.values = { ...context.values, [attribute]: value };
  },
};
