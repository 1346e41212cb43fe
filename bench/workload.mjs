// The neutral workload: N conjunctive rules over 21 attributes, visitors, and single changes of an
// attribute. Deterministic; the first M rules of N are the M-rule workload.
// Every rule has one negated predicate and matches 0.4 % to 2 % of a pool of 4,096 visitors.

export function mulberry32(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const words = (text) => text.split(' ');
const categories = words(
  'shoes bags hats coats shirts jeans socks belts watches rings scarves gloves boots sandals ' +
    'dresses skirts suits ties jackets shorts swimwear underwear sunglasses perfume',
);
export const schema = {
  country: {
    type: 'string',
    values: words('DE FR GB US ES IT NL PL SE BE AT CH DK NO FI PT CZ IE GR HU'),
  },
  device: { type: 'string', values: words('mobile desktop tablet') },
  browser: { type: 'string', values: words('chrome safari edge firefox samsung opera') },
  os: { type: 'string', values: words('android ios windows macos linux chromeos') },
  language: { type: 'string', values: words('en de fr es it nl pl sv da pt cs el') },
  referrer: {
    type: 'string',
    values: words(
      'direct google bing facebook instagram tiktok newsletter partner pinterest youtube reddit x',
    ),
  },
  utm_source: {
    type: 'string',
    values: words('none google_ads meta_ads email affiliate tiktok_ads bing_ads sms push criteo'),
  },
  utm_campaign: {
    type: 'string',
    values: Array.from({ length: 30 }, (_, i) => `c${String(i).padStart(2, '0')}`),
  },
  loyalty_tier: { type: 'string', values: words('none bronze silver gold platinum') },
  last_category: { type: 'string', values: categories },
  page_type: {
    type: 'string',
    values: words('home listing product cart search content account checkout'),
  },
  hour: { type: 'number', integer: true, max: 24 },
  day_of_week: { type: 'number', integer: true, max: 7 },
  cart_value: { type: 'number', integer: false, max: 500 },
  visits: { type: 'number', integer: true, max: 101 },
  days_since_last_purchase: { type: 'number', integer: true, max: 366 },
  viewed_product_count: { type: 'number', integer: true, max: 61 },
  logged_in: { type: 'boolean' },
  newsletter: { type: 'boolean' },
  returning: { type: 'boolean' },
  viewed_categories: { type: 'set', values: categories },
};
export const attributes = Object.keys(schema);
/** The attributes that change within a session. */
const changing = words(
  'cart_value viewed_product_count last_category page_type logged_in viewed_categories newsletter',
);

function zipf(random, values, s = 0.7) {
  let total = 0;
  const cumulative = values.map((_, i) => (total += 1 / Math.pow(i + 1, s)));
  const x = random() * total;
  return values[cumulative.findIndex((c) => x < c)];
}

const exponential = (random, mean, max) =>
  Math.min(max - 1, Math.floor(-Math.log(1 - random()) * mean));

function drawSet(random) {
  const size = 1 + exponential(random, 3, 10);
  const members = new Set();
  for (let i = 0; i < size; i++) members.add(zipf(random, categories, 0.5));
  return [...members].sort();
}

const draws = {
  hour: (random) => Math.floor(random() * 24),
  day_of_week: (random) => Math.floor(random() * 7),
  cart_value: (random) =>
    random() < 0.4 ? 0 : Math.min(49999, Math.floor(-Math.log(1 - random()) * 9000)) / 100,
  visits: (random) => 1 + exponential(random, 12, 100),
  days_since_last_purchase: (random) => exponential(random, 90, 366),
  viewed_product_count: (random) => exponential(random, 9, 61),
  logged_in: (random) => random() < 0.35,
  newsletter: (random) => random() < 0.45,
  returning: (random) => random() < 0.6,
  viewed_categories: drawSet,
};

const drawAttribute = (random, name) =>
  draws[name] ? draws[name](random) : zipf(random, schema[name].values);

function drawVisitor(random, i) {
  const values = {};
  for (const name of attributes) values[name] = drawAttribute(random, name);
  const suffix = Math.floor(random() * 0xffffff)
    .toString(16)
    .padStart(6, '0');
  return { id: `u${String(i).padStart(5, '0')}${suffix}`, attributes: values };
}

const tests = {
  eq: (x, p) => x === p.value,
  ne: (x, p) => x !== p.value,
  in: (x, p) => p.value.includes(x),
  nin: (x, p) => !p.value.includes(x),
  is: (x, p) => x === p.value,
  range: (x, p) => (p.low === undefined || x >= p.low) && (p.high === undefined || x < p.high),
  has: (x, p) => x.includes(p.value),
  nhas: (x, p) => !x.includes(p.value),
};
export const holds = (p, values) => tests[p.op](values[p.attribute], p);

/** The reference evaluator: indexes of the rules that match. */
export const matching = (rules, values) =>
  rules.flatMap((rule, i) => (rule.all.every((p) => holds(p, values)) ? [i] : []));

const pick = (random, list) => list[Math.floor(random() * list.length)];

function drawRange(random, attribute) {
  const { integer, max } = schema[attribute];
  const least = integer ? 1 : 0.5;
  const round = (x) => (integer ? Math.round(x) : Math.round(x * 2) / 2);
  const skew = (u) => (attribute === 'hour' || attribute === 'day_of_week' ? u : u * u * 0.5);
  const a = round(skew(random()) * max);
  const b = round(skew(random()) * max);
  const kind = random();
  if (kind < 0.35) return { attribute, op: 'range', low: Math.max(least, a) };
  if (kind < 0.6) return { attribute, op: 'range', high: Math.max(least, a) };
  const low = Math.min(a, b);
  const high = Math.max(a, b);
  return { attribute, op: 'range', low, high: high === low ? low + 1 : high };
}

function drawPredicate(random, attribute, negated) {
  const { type, values } = schema[attribute];
  if (type === 'boolean') return { attribute, op: 'is', value: random() < 0.5 };
  if (type === 'number') return drawRange(random, attribute);
  if (type === 'set')
    return { attribute, op: negated ? 'nhas' : 'has', value: zipf(random, values, 0.5) };
  if (random() < 0.5 || values.length < 5)
    return { attribute, op: negated ? 'ne' : 'eq', value: zipf(random, values) };
  const size = 2 + Math.floor(random() * Math.min(6, values.length / 2 - 1));
  const members = new Set();
  while (members.size < size) members.add(zipf(random, values, negated ? 0.5 : 0.4));
  return { attribute, op: negated ? 'nin' : 'in', value: [...members].sort() };
}

const negatable = attributes.filter((a) => ['string', 'set'].includes(schema[a].type));
const poolSize = 4096;

function drawConjunction(random) {
  const size = 3 + Math.floor(random() * 3);
  const names = new Set([pick(random, negatable)]); // the first carries the one negation
  while (names.size < size) names.add(pick(random, attributes));
  return [...names].map((name, i) => drawPredicate(random, name, i === 0));
}

function shuffle(random, list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}

/** Which visitors a predicate holds for, a bit each; equal predicates are worked out once. */
function holders(visitors) {
  const known = new Map();
  return (predicate) => {
    const key = JSON.stringify(predicate);
    let bits = known.get(key);
    if (!bits) {
      bits = new Uint32Array(Math.ceil(visitors.length / 32));
      visitors.forEach((values, i) => {
        if (holds(predicate, values)) bits[i >> 5] |= 1 << (i % 32);
      });
      known.set(key, bits);
    }
    return bits;
  };
}

function bitCount(word) {
  let x = word - ((word >>> 1) & 0x5555_5555);
  x = (x & 0x3333_3333) + ((x >>> 2) & 0x3333_3333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** The visitors for whom all of `columns` hold, a bit each. */
function both(columns) {
  const bits = columns[0].slice();
  for (const column of columns.slice(1)) {
    for (let i = 0; i < bits.length; i++) bits[i] &= column[i];
  }
  return bits;
}

/** The reference evaluator for many visitors at once: for each the indexes of rules that match. */
export function matchingAll(rules, visitors) {
  const bitsOf = holders(visitors);
  const matched = visitors.map(() => []);
  rules.forEach(({ all }, rule) => {
    both(all.map(bitsOf)).forEach((word, at) => {
      for (let left = word; left !== 0; left &= left - 1)
        matched[at * 32 + 31 - Math.clz32(left & -left)].push(rule);
    });
  });
  return matched;
}

function drawRules(seed, count, visitors) {
  const poolRandom = mulberry32(seed ^ 0x7373);
  const pool = Array.from({ length: poolSize }, (_, i) => drawVisitor(poolRandom, i).attributes);
  const bitsOf = holders(pool);
  const random = mulberry32(seed ^ 0x9191);
  const rules = [];
  while (rules.length < count) {
    const all = drawConjunction(random);
    const matched = both(all.map(bitsOf)).reduce((count, word) => count + bitCount(word), 0);
    if (matched / poolSize < 0.004 || matched / poolSize > 0.02) continue;
    const early = visitors.slice(0, 8).some((v) => all.every((p) => holds(p, v.attributes)));
    if (rules.length === 0 && !early) continue;
    shuffle(random, all);
    const arms = random() < 0.5 ? ['a', 'b'] : ['a', 'b', 'c', 'd'];
    const salt = `s${Math.floor(random() * 0xffffffff).toString(36)}`;
    rules.push({ id: `r${rules.length}`, all, salt, arms });
  }
  return rules;
}

/**
 * @param count     rules
 * @param visitors  how many visitors
 * @returns {rules, visitors: [{id, attributes}], changes: [{visitor, attribute, value}]}
 */
export function generate(count, { seed = 20240607, visitors: visitorCount = 256 } = {}) {
  const visitorRandom = mulberry32(seed ^ 0x5151);
  const visitors = Array.from({ length: visitorCount }, (_, i) => drawVisitor(visitorRandom, i));
  const rules = drawRules(seed, count, visitors);
  const random = mulberry32(seed ^ 0xb3b3);
  const changes = Array.from({ length: 64 }, () => {
    const visitor = Math.floor(random() * visitors.length);
    const attribute = pick(random, changing);
    const old = JSON.stringify(visitors[visitor].attributes[attribute]);
    let value;
    do value = drawAttribute(random, attribute);
    while (JSON.stringify(value) === old);
    return { visitor, attribute, value };
  });
  return { rules, visitors, changes };
}
