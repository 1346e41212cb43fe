import { ends, indexOf, noLog, parse } from './glue.mjs';

const clause = (p, op, values, negate = false) => ({
  contextKind: 'user',
  attribute: p.attribute,
  op,
  values,
  negate,
});
const one = (p) => [clause(p, 'in', [p.value])];
const not = (p) => [clause(p, 'in', [p.value], true)];
const clauses = {
  eq: one,
  is: one,
  ne: not,
  in: (p) => [clause(p, 'in', p.value)],
  nin: (p) => [clause(p, 'in', p.value, true)],
  range: (p) => ends(p, (op, bound) => clause(p, op, [bound]), 'greaterThanOrEqual', 'lessThan'),
  has: one,
  nhas: not,
};

const flag = ({ id, all, salt, arms }) => ({
  key: id,
  version: 1,
  on: true,
  salt,
  sel: '',
  trackEvents: false,
  clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: true },
  deleted: false,
  variations: [...arms, 'off'],
  offVariation: arms.length,
  fallthrough: { variation: arms.length },
  prerequisites: [],
  targets: [],
  contextTargets: [],
  rules: [
    {
      id: 'rule',
      clauses: all.flatMap((p) => clauses[p.op](p)),
      trackEvents: false,
      rollout: {
        contextKind: 'user',
        variations: arms.map((arm, i) => ({ variation: i, weight: 100_000 / arms.length })),
      },
    },
  ],
});

/** The server SDK, from its own test data source: its browser SDK is sent evaluated flags. */
export const launchdarkly = {
  name: 'launchdarkly node',
  config: (rules) => ({
    segments: {},
    flags: Object.fromEntries(rules.map((rule) => [rule.id, flag(rule)])),
  }),
  async load(bytes) {
    const { default: sdk } = await import('@launchdarkly/node-server-sdk');
    const data = new sdk.integrations.TestData();
    for (const it of Object.values(parse(bytes).flags)) data.usePreconfiguredFlag(it);
    const client = sdk.init('sdk-bench', {
      updateProcessor: data.getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: noLog,
    });
    await client.waitForInitialization({ timeout: 5 });
    return client;
  },
  close: (client) => client.close(),
  context: (client, visitor) => ({
    values: { kind: 'user', key: visitor.id, ...visitor.attributes },
  }),
  all: async (client, context) => (await client.allFlagsState(context.values)).allValues(),
  won: (client, all) =>
    Object.entries(all).flatMap(([key, arm]) => (arm === 'off' ? [] : [indexOf(key), arm])),
  change(client, context, attribute, value) {
    context.values = { ...context.values, [attribute]: value };
  },
};
