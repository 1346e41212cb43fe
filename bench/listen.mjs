// What a signal costs that feeds ten features of a session with 50 attributes and 20 features, and
// what such a session holds: natively and in the module. The features' values are checked first.
//
//   ./dev bench listen [--json]
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Figures, options } from './figures.mjs';

const given = options();
const root = fileURLToPath(new URL('..', import.meta.url));
const run = (file, args) =>
  execFileSync(file, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_PATH: '/usr/share/nodejs' },
  });

const ofView = {
  views_30m: { count: 'view', window: '30m' },
  views: { count: 'view' },
  spent_30m: { sum: 'view', value: 'price', window: '30m' },
  usual_price: { mean: 'view', value: 'price', window: '30d' },
  dearest: { max: 'view', value: 'price' },
  breadth: { distinct: 'view', value: 'category', window: '1d' },
  favourite: { top: 'view', value: 'category', half_life: '14d' },
  came_for: { first: 'view', value: 'category' },
  intent: { score: 'view', value: 'price', half_life: '3d' },
  since_view: { since: 'view' },
};
const ofOthers = {
  carts_1d: { count: 'cart_add', window: '1d' },
  cart_worth: { sum: 'cart_add', value: 'price', window: '1d' },
  cart_skus: { distinct: 'cart_add', value: 'sku', window: '30d' },
  cheapest: { min: 'cart_add', value: 'price' },
  last_sku: { last: 'cart_add', value: 'sku' },
  buys: { count: 'purchase' },
  since_buy: { since: 'purchase' },
  conversion: { ratio: 'buys', to: 'views' },
  abandoned: { sequence: 'cart_add', unless: 'purchase', same: 'sku', within: '24h' },
  bought_soon: { sequence: 'cart_add', then: 'purchase', same: 'sku', within: '10m' },
};
const types = ['string', 'number', 'number', 'bool', 'set'];
const attributes = Object.fromEntries(
  Array.from({ length: 50 }, (_, i) => [`attribute${i}`, { type: types[i % types.length] }]),
);
const features = { ...ofView, ...ofOthers };
const known = new Set(['mean', 'min', 'max', 'top', 'first', 'last', 'since', 'ratio']);
/** A test that is not always true makes a feature an input. */
const tests = Object.entries(features).map(([name, feature]) => {
  const [kind] = Object.keys(feature);
  if (kind === 'sequence') return name;
  return known.has(kind) ? `has(${name})` : `${name} > 1`;
});
const parts = { text: ['here'] };
const item = { sku: 'string', price: 'number' };
const source = {
  site: 'shop.example',
  version: 1,
  expires: '2250-01-01T00:00:00Z',
  slots: { hero: {}, side: {} },
  attributes,
  signals: { view: { category: 'string', price: 'number' }, cart_add: item, purchase: item },
  features,
  triggers: {
    all: { slot: 'hero', when: tests.join(' || '), parts },
    set: {
      slot: 'side',
      when: Object.keys(attributes)
        .map((name) => `has(${name})`)
        .join(' && '),
      parts,
    },
  },
};

const folder = `${root}build/bench/listen`;
mkdirSync(folder, { recursive: true });
const [file, ruleset] = [`${folder}/listen.heed.json`, `${folder}/listen.heed`];
writeFileSync(file, JSON.stringify(source));
const release = `${root}build/release`;
run('cmake', ['--preset', 'release']);
run('ninja', ['--quiet', '-C', release, 'listen_bench', 'heed']);
run('ninja', ['--quiet', '-C', `${root}build/wasm`, 'listen_bench']);
run(`${release}/heed`, ['build', file, '-o', ruleset]);

const programs = {
  native: [`${release}/bench/listen_bench`, [ruleset]],
  wasm: [
    process.execPath,
    ['--no-experimental-fetch', 'build/wasm/modules/bench/listen_bench.cjs', ruleset],
  ],
};
const usMax = { native: 1, wasm: 2 };
const bytesMax = 8192;
const figures = new Figures();
for (const [part, [program, args]] of Object.entries(programs))
  for (const line of run(program, args).trim().split('\n')) {
    const { figure, value, unit } = JSON.parse(line);
    figures.add(`${part}: ${figure}`, value, unit, {
      atMost: unit === 'us' ? usMax[part] : bytesMax,
    });
  }
figures.print(given.json);
