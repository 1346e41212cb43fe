import { parse } from './glue.mjs';

const conditions = {
  eq: (p) => p.value,
  is: (p) => p.value,
  ne: (p) => ({ $ne: p.value }),
  in: (p) => ({ $in: p.value }),
  nin: (p) => ({ $nin: p.value }),
  range: (p) => ({
    ...(p.low !== undefined && { $gte: p.low }),
    ...(p.high !== undefined && { $lt: p.high }),
  }),
  has: (p) => ({ $elemMatch: { $eq: p.value } }),
  nhas: (p) => ({ $not: { $elemMatch: { $eq: p.value } } }),
};

function feature(rule) {
  const condition = Object.fromEntries(rule.all.map((p) => [p.attribute, conditions[p.op](p)]));
  return {
    defaultValue: null,
    rules: [
      {
        condition,
        coverage: 1,
        hashAttribute: 'id',
        seed: rule.salt,
        hashVersion: 2,
        key: rule.id,
        variations: rule.arms,
        weights: rule.arms.map(() => 1 / rule.arms.length),
      },
    ],
  };
}

/** One instance a visitor; there is no call for all features, so they are asked for in turn. */
export const growthbook = {
  name: 'growthbook',
  config: (rules) => Object.fromEntries(rules.map((rule) => [rule.id, feature(rule)])),
  async load(bytes) {
    const sdk = await import('@growthbook/growthbook');
    const features = parse(bytes);
    return { sdk, features, keys: Object.keys(features) };
  },
  context: ({ sdk, features }, visitor) =>
    new sdk.GrowthBook({ features, attributes: { id: visitor.id, ...visitor.attributes } }),
  all({ keys }, instance) {
    const won = [];
    for (let i = 0; i < keys.length; i++) {
      const { value } = instance.evalFeature(keys[i]);
      if (value !== null) won.push(i, value);
    }
    return won;
  },
  change: (engine, instance, attribute, value) => instance.updateAttributes({ [attribute]: value }),
};
