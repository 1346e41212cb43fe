import { bytesOf, ends, indexOf, joined, parse, scalars, sought, text } from './glue.mjs';

const id = (kind, i) => `${kind}000000`.slice(0, 8) + i.toString(16).padStart(16, '0');
const filter = (p, dataKeyType, comparator, values) => ({
  type: 'user',
  subType: 'customData',
  dataKey: p.attribute,
  dataKeyType,
  comparator,
  values,
});
const filters = {
  eq: (p) => [filter(p, 'String', '=', [p.value])],
  ne: (p) => [filter(p, 'String', '!=', [p.value])],
  in: (p) => [filter(p, 'String', '=', p.value)],
  nin: (p) => [filter(p, 'String', '!=', p.value)],
  is: (p) => [filter(p, 'Boolean', '=', [p.value])],
  range: (p) => ends(p, (comparator, bound) => filter(p, 'Number', comparator, [bound])),
  has: (p) => [filter(p, 'String', 'contain', [sought(p.value)])],
  nhas: (p) => [filter(p, 'String', '!contain', [sought(p.value)])],
};

const feature = (rule, i) => ({
  _id: id('b1', i),
  key: `f${i}`,
  type: 'release',
  settings: {},
  variations: rule.arms.map((arm, k) => ({
    _id: id(`c${k}`, i),
    key: arm,
    name: arm,
    variables: [{ _var: id('d1', i), value: arm }],
  })),
  configuration: {
    _id: id('e1', i),
    forcedUsers: {},
    targets: [
      {
        _id: id('f1', i),
        _audience: {
          _id: id('f2', i),
          filters: { operator: 'and', filters: rule.all.flatMap((p) => filters[p.op](p)) },
        },
        distribution: rule.arms.map((arm, k) => ({
          _variation: id(`c${k}`, i),
          percentage: 1 / rule.arms.length,
        })),
      },
    ],
  },
});

const config = (rules) => ({
  project: {
    _id: id('a1', 1),
    key: 'bench',
    a0_organization: 'org_bench',
    settings: {
      edgeDB: { enabled: false },
      optIn: {
        enabled: false,
        title: '',
        description: '',
        imageURL: '',
        colors: { primary: '#000000', secondary: '#000000' },
      },
    },
  },
  environment: { _id: id('a2', 1), key: 'production' },
  features: rules.map(feature),
  variables: rules.map((rule, i) => ({ _id: id('d1', i), key: rule.id, type: 'String' })),
  variableHashes: Object.fromEntries(rules.map((rule, i) => [rule.id, i + 1])),
});

const common = {
  config,
  context: (engine, visitor) => ({
    user: { user_id: visitor.id, customData: scalars(visitor.attributes) },
  }),
  won: (engine, all) =>
    Object.entries(all.variables).flatMap(([key, { value }]) => [indexOf(key), value]),
  change(engine, context, attribute, value) {
    const given = Array.isArray(value) ? joined(value) : value;
    const customData = { ...context.user.customData, [attribute]: given };
    context.user = { ...context.user, customData };
  },
};

export const devcycle = {
  ...common,
  name: 'devcycle bucketing (JS)',
  async load(bytes) {
    const { default: sdk } = await import('@devcycle/bucketing');
    return { bucket: sdk.generateBucketedConfig, config: parse(bytes) };
  },
  all: (engine, { user }) => engine.bucket({ config: engine.config, user }),
};

const key = 'bench';

/** The whole visitor crosses as JSON on each call, and the answer comes back as JSON. */
export const devcycleWasm = {
  ...common,
  name: 'devcycle bucketing (wasm)',
  async load(bytes) {
    const { default: sdk } = await import('@devcycle/bucketing-assembly-script');
    const module = await sdk.instantiate();
    const platform = { platform: 'NodeJS', platformVersion: '20', sdkType: 'server' };
    module.setPlatformData(JSON.stringify({ ...platform, sdkVersion: '0', hostname: 'bench' }));
    module.setConfigDataUTF8(key, bytes);
    return module;
  },
  all: (module, { user }) =>
    JSON.parse(text(module.generateBucketedConfigForUserUTF8(key, bytesOf(JSON.stringify(user))))),
};
