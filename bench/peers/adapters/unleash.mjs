import { ends, joined, keys, parse, scalars, sought } from './glue.mjs';

const constraint = (p, operator, more) => ({
  contextName: p.attribute,
  operator,
  inverted: false,
  caseInsensitive: false,
  values: [],
  ...more,
});
const constraints = {
  eq: (p) => [constraint(p, 'IN', { values: [p.value] })],
  ne: (p) => [constraint(p, 'NOT_IN', { values: [p.value] })],
  in: (p) => [constraint(p, 'IN', { values: p.value })],
  nin: (p) => [constraint(p, 'NOT_IN', { values: p.value })],
  is: (p) => [constraint(p, 'IN', { values: [String(p.value)] })],
  range: (p) =>
    ends(p, (op, bound) => constraint(p, op, { value: String(bound) }), 'NUM_GTE', 'NUM_LT'),
  has: (p) => [constraint(p, 'STR_CONTAINS', { values: [sought(p.value)] })],
  nhas: (p) => [constraint(p, 'STR_CONTAINS', { values: [sought(p.value)], inverted: true })],
};

const feature = ({ id, all, salt, arms }) => ({
  name: id,
  type: 'experiment',
  enabled: true,
  stale: false,
  impressionData: false,
  project: 'default',
  variants: [],
  strategies: [
    {
      name: 'flexibleRollout',
      parameters: { rollout: '100', stickiness: 'userId', groupId: salt },
      constraints: all.flatMap((p) => constraints[p.op](p)),
      variants: arms.map((name) => ({
        name,
        weight: 1000 / arms.length,
        weightType: 'variable',
        stickiness: 'userId',
      })),
    },
  ],
});

/** The server SDK, from `bootstrap`: its browser SDK asks a server. */
export const unleash = {
  name: 'unleash-client',
  config: (rules) => rules.map(feature),
  async load(bytes, count) {
    const { Unleash, InMemStorageProvider } = await import('unleash-client');
    const client = new Unleash({
      url: 'http://127.0.0.1:9/',
      appName: 'bench',
      refreshInterval: 0,
      disableMetrics: true,
      skipInstanceCountWarning: true,
      disableAutoStart: true,
      storageProvider: new InMemStorageProvider(),
      bootstrap: { data: parse(bytes) },
    });
    client.on('error', () => {}).on('warn', () => {});
    const ready = new Promise((resolve) => client.once('ready', resolve));
    client.start().catch(() => {}); // it also tries its server, which is closed
    await ready;
    return { client, keys: keys(count) };
  },
  close: ({ client }) => client.destroy(),
  context: (engine, visitor) => ({
    userId: visitor.id,
    properties: scalars(visitor.attributes, String),
  }),
  all({ client, keys: names }, context) {
    const won = [];
    for (let i = 0; i < names.length; i++) {
      const { enabled, name } = client.getVariant(names[i], context);
      if (enabled) won.push(i, name);
    }
    return won;
  },
  change(engine, context, attribute, value) {
    context.properties[attribute] = Array.isArray(value) ? joined(value) : String(value);
  },
};
