// A ruleset of many triggers, to see how tools take one.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const shelves = ['kids', 'outdoor', 'home', 'school', 'men'];

/** The shop's own definitions under `count` generated triggers, as one file. */
export function manyTriggers(count) {
  const folder = fileURLToPath(new URL('../../rulesets/shop', import.meta.url));
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
