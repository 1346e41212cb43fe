import { attributes } from '../../workload.mjs';
import { ends, indexOf, joined, scalars, sought, text } from './glue.mjs';

const test = (p, match, value) => ({
  type: 'custom_attribute',
  name: p.attribute,
  match,
  value,
});
const any = (p) => ['or', ...p.value.map((value) => test(p, 'exact', value))];
const conditions = {
  eq: (p) => test(p, 'exact', p.value),
  is: (p) => test(p, 'exact', p.value),
  ne: (p) => ['not', test(p, 'exact', p.value)],
  in: any,
  nin: (p) => ['not', any(p)],
  range: (p) => ['and', ...ends(p, (match, bound) => test(p, match, bound), 'ge', 'lt')],
  has: (p) => test(p, 'substring', sought(p.value)),
  nhas: (p) => ['not', test(p, 'substring', sought(p.value))],
};
const matchesNobody =
  '["or", {"match": "exact", "name": "$opt_dummy_attribute", ' +
  '"type": "custom_attribute", "value": "$opt_dummy_value"}]';

const experiment = (rule) => ({
  id: `ex${rule.id}`,
  key: `x${rule.id}`,
  layerId: `ly${rule.id}`,
  status: 'Running',
  forcedVariations: {},
  audienceIds: [`au${rule.id}`],
  audienceConditions: ['or', `au${rule.id}`],
  variations: rule.arms.map((arm) => ({
    id: rule.id + arm,
    key: arm,
    featureEnabled: true,
    variables: [],
  })),
  trafficAllocation: rule.arms.map((arm, i) => ({
    entityId: rule.id + arm,
    endOfRange: (10_000 * (i + 1)) / rule.arms.length,
  })),
});

const datafile = (rules) => ({
  version: '4',
  projectId: '1',
  accountId: '1',
  revision: '1',
  sdkKey: 'bench',
  environmentKey: 'production',
  anonymizeIP: true,
  botFiltering: false,
  sendFlagDecisions: false,
  rollouts: [],
  groups: [],
  events: [],
  variables: [],
  integrations: [],
  attributes: attributes.map((key, i) => ({ id: `at${i}`, key })),
  audiences: rules.map(({ id }) => ({ id: `au${id}`, name: id, conditions: matchesNobody })),
  typedAudiences: rules.map(({ id, all }) => ({
    id: `au${id}`,
    name: id,
    conditions: ['and', ...all.map((p) => conditions[p.op](p))],
  })),
  featureFlags: rules.map(({ id }) => ({
    id: `ff${id}`,
    key: id,
    rolloutId: '',
    experimentIds: [`ex${id}`],
    variables: [],
  })),
  experiments: rules.map(experiment),
});

export const optimizely = {
  name: 'optimizely-sdk',
  config: datafile,
  async load(bytes) {
    const sdk = await import('@optimizely/optimizely-sdk/node');
    const client = sdk.createInstance({
      projectConfigManager: sdk.createStaticProjectConfigManager({ datafile: text(bytes) }),
    });
    await client.onReady();
    return { client, quiet: [sdk.OptimizelyDecideOption.DISABLE_DECISION_EVENT] };
  },
  context: ({ client }, visitor) =>
    client.createUserContext(visitor.id, scalars(visitor.attributes)),
  all: ({ quiet }, user) => user.decideAll(quiet),
  won: (engine, all) =>
    Object.entries(all).flatMap(([key, { variationKey }]) =>
      variationKey === null ? [] : [indexOf(key), variationKey],
    ),
  change: (engine, user, attribute, value) =>
    user.setAttribute(attribute, Array.isArray(value) ? joined(value) : value),
};
