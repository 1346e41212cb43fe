// What the console is tried on: recorded visitors, and a ruleset of many triggers.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './stack.mjs';

const shelves = ['kids', 'outdoor', 'home', 'school', 'men'];

/** Lines as `heed decide` reads them: visitors of the shop who looked at a few things. */
export function recordedVisitors(count) {
  const lines = Array.from({ length: count }, (_, index) => {
    const category = shelves[index % shelves.length];
    const at = new Date(Date.UTC(2026, 10, 20, 9, index % 60)).toISOString();
    const signals = Array.from({ length: 1 + (index % 4) }, (__, look) => ({
      name: 'product_view',
      at,
      fields: { sku: `thing-${look}`, category, price: 10 + look, reduced: index % 3 === 0 },
    }));
    const attributes = {
      country: index % 7 ? 'GB' : 'DE',
      device: index % 2 ? 'mobile' : 'desktop',
      page_type: 'product',
      category,
      price: 4 + (index % 9),
    };
    const now = new Date(Date.UTC(2026, 10, 20, 11)).toISOString();
    return JSON.stringify({ visitor: `recorded-${index}`, now, attributes, signals });
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** The shop's own definitions under `count` generated triggers, as one file. */
export function manyTriggers(count) {
  const folder = path.join(root, 'rulesets', 'shop');
  const source = {};
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.heed.json'))) {
    const file = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    for (const [key, value] of Object.entries(file)) {
      source[key] = typeof value === 'object' ? { ...source[key], ...value } : value;
    }
  }
  const slots = ['hero', 'strip', 'product_offer', 'cart_banner'];
  const one = (index) => ({
    name: `Trigger ${index}`,
    owner: `team-${index % 9}`,
    hypothesis: `People of cell ${index} respond to message ${index}`,
    slot: slots[index % slots.length],
    when: `last_category == '${shelves[index % shelves.length]}' && views_7d >= ${1 + (index % 17)} && hour >= ${index % 24} && country in ['GB', 'DE', 'FR'] && price >= ${index} && price < ${index + 1}`,
    parts: { title: [`Title ${index}`, `Other ${index}`] },
    policy: { split: { title: { [`Title ${index}`]: 0.5, [`Other ${index}`]: 0.5 } } },
    holdout: 0.1,
    priority: index % 100,
  });
  const names = Array.from({ length: count }, (_, index) => `t${String(index).padStart(4, '0')}`);
  source.triggers = Object.fromEntries(names.map((name, index) => [name, one(index)]));
  return JSON.stringify(source, null, 2);
}
