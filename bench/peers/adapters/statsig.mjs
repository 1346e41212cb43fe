import { ends, keys, text } from './glue.mjs';

const unit = { additionalValues: {}, isDeviceBased: false, idType: 'userID' };
const test = (p, operator, targetValue) => ({
  ...unit,
  type: 'user_field',
  field: p.attribute,
  operator,
  targetValue,
});
const conditions = {
  eq: (p) => [test(p, 'any_case_sensitive', [p.value])],
  ne: (p) => [test(p, 'none_case_sensitive', [p.value])],
  in: (p) => [test(p, 'any_case_sensitive', p.value)],
  nin: (p) => [test(p, 'none_case_sensitive', p.value)],
  is: (p) => [test(p, 'eq', p.value)],
  range: (p) => ends(p, (operator, bound) => test(p, operator, bound), 'gte', 'lt'),
  has: (p) => [test(p, 'array_contains_any', [p.value])],
  nhas: (p) => [test(p, 'array_contains_none', [p.value])],
};
const everyone = { passPercentage: 100, idType: 'userID', isDeviceBased: false };
const spec = { enabled: true, idType: 'userID', isDeviceBased: false };

const gate = (rule) => ({
  ...spec,
  name: `g:${rule.id}`,
  type: 'feature_gate',
  salt: `g${rule.salt}`,
  defaultValue: false,
  entity: 'feature_gate',
  rules: [
    {
      ...everyone,
      name: 't',
      id: 't',
      salt: 't',
      returnValue: true,
      conditions: rule.all.flatMap((p) => conditions[p.op](p)),
    },
  ],
});

const armRule = (rule, arm, i) => ({
  ...everyone,
  name: arm,
  groupName: arm,
  id: arm,
  salt: '',
  isExperimentGroup: true,
  returnValue: { arm },
  conditions: [
    {
      ...unit,
      type: 'user_bucket',
      targetValue: (1000 * (i + 1)) / rule.arms.length,
      operator: 'lt',
      field: null,
      additionalValues: { salt: rule.salt },
    },
  ],
});

/** An experiment whose first rule fails on its targeting gate, then one bucket rule an arm. */
const experiment = (rule) => ({
  ...spec,
  name: rule.id,
  type: 'dynamic_config',
  salt: rule.salt,
  defaultValue: {},
  entity: 'experiment',
  explicitParameters: ['arm'],
  rules: [
    {
      ...everyone,
      name: 'inlineTargetingRules',
      id: 'inlineTargetingRules',
      salt: '',
      returnValue: {},
      conditions: [
        { ...unit, type: 'fail_gate', targetValue: `g:${rule.id}`, operator: null, field: null },
      ],
    },
    ...rule.arms.map((arm, i) => armRule(rule, arm, i)),
  ],
});

export const statsig = {
  name: 'statsig on-device',
  config: (rules) => ({
    has_updates: true,
    time: 1,
    feature_gates: rules.map(gate),
    dynamic_configs: rules.map(experiment),
    layer_configs: [],
  }),
  async load(bytes, count) {
    const { default: sdk } = await import('@statsig/js-on-device-eval-client');
    const client = new sdk.StatsigOnDeviceEvalClient('client-bench', {
      disableLogging: true,
      disableStorage: true,
      networkConfig: { preventAllNetworkTraffic: true },
      logLevel: 0,
    });
    client.dataAdapter.setData(text(bytes));
    client.initializeSync({ disableBackgroundCacheRefresh: true });
    return { client, keys: keys(count) };
  },
  close: ({ client }) => client.shutdown?.(),
  context: (engine, visitor) => ({
    user: { userID: visitor.id, custom: { ...visitor.attributes } },
  }),
  all(engine, { user }) {
    const won = [];
    const silent = { disableExposureLog: true };
    for (let i = 0; i < engine.keys.length; i++) {
      const { arm } = engine.client.getExperiment(engine.keys[i], user, silent).value;
      if (arm !== undefined) won.push(i, arm);
    }
    return won;
  },
  change(engine, context, attribute, value) {
    context.user = { ...context.user, custom: { ...context.user.custom, [attribute]: value } };
  },
};
