// Fits the weights of the example and writes intention.heed.json: a sum of weights, one for each
// thing that holds of the session so far (logistic regression, fitted by Newton's method on four
// fifths of the sessions). The same data gives the same file.
//
//   node rulesets/examples/intention/fit.mjs        reads HEED_DATA, else ../shared/data
import { writeFileSync } from 'node:fs';

import { dataFile, readSessions } from './sessions.mjs';

const penalty = 3;
const roundCountMax = 30;
const columns = {
  page_value: 'PageValues',
  exit_rate: 'ExitRates',
  bounce_rate: 'BounceRates',
  products: 'ProductRelated',
  product_seconds: 'ProductRelated_Duration',
  accounts: 'Administrative',
  infos: 'Informational',
  info_seconds: 'Informational_Duration',
};
const above = {
  page_value: [0, 1, 5, 10, 20, 30, 50],
  exit_rate: [0.01, 0.02, 0.03, 0.04, 0.07, 0.1, 0.15],
  bounce_rate: [0, 0.005, 0.015, 0.03, 0.1],
  products: [3, 6, 15, 30, 70, 110],
  product_seconds: [60, 300, 800, 1800, 4500],
  accounts: [0, 2, 4, 6],
  infos: [0, 1, 3],
  info_seconds: [0, 30],
};
const months = ['Feb', 'Mar', 'May', 'June', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pair = (test, more) => ({
  text: `page_value > 0.0 && ${test}`,
  holds: (s) => s.PageValues > 0 && more(s),
});

/** Each is what the ruleset says, and the same of a row of the data. */
const terms = [
  ...Object.entries(above).flatMap(([name, cuts]) =>
    cuts.map((cut) => ({
      text: `${name} > ${decimal(cut)}`,
      holds: (s) => s[columns[name]] > cut,
    })),
  ),
  ...months.map((month) => ({ text: `month == '${month}'`, holds: (s) => s.Month === month })),
  { text: 'is_new', holds: (s) => s.VisitorType === 'New_Visitor' },
  pair('is_new', (s) => s.VisitorType === 'New_Visitor'),
  pair('bounce_rate > 0.005', (s) => s.BounceRates > 0.005),
  pair('exit_rate > 0.02', (s) => s.ExitRates > 0.02),
  pair("month == 'Mar'", (s) => s.Month === 'Mar'),
  pair("month == 'May'", (s) => s.Month === 'May'),
  pair("month == 'Nov'", (s) => s.Month === 'Nov'),
  pair('products > 30', (s) => s.ProductRelated > 30),
  pair('products > 70', (s) => s.ProductRelated > 70),
  pair('accounts > 0', (s) => s.Administrative > 0),
  pair('accounts > 4', (s) => s.Administrative > 4),
].map((term) => ({
  ...term,
  text: term.text.replace(/(products|accounts) > (\d+)$/, '$1 > $2.0'),
}));

function decimal(number) {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

/** Solves a x = b by elimination with pivots; spoils both. */
function solve(a, b) {
  const size = b.length;
  for (let i = 0; i < size; i++) {
    let pivot = i;
    for (let k = i; k < size; k++) if (Math.abs(a[k][i]) > Math.abs(a[pivot][i])) pivot = k;
    [a[i], a[pivot]] = [a[pivot], a[i]];
    [b[i], b[pivot]] = [b[pivot], b[i]];
    for (let k = i + 1; k < size; k++) {
      const by = a[k][i] / a[i][i];
      if (by === 0) continue;
      for (let c = i; c < size; c++) a[k][c] -= by * a[i][c];
      b[k] -= by * b[i];
    }
  }
  const x = new Array(size).fill(0);
  for (let i = size; i-- > 0;) {
    const known = x.reduce((sum, value, k) => (k > i ? sum + a[i][k] * value : sum), 0);
    x[i] = (b[i] - known) / a[i][i];
  }
  return x;
}

/** @returns the intercept, then a weight a term */
function fit(sessions) {
  const rows = sessions.map((session) => [
    0,
    ...terms.flatMap(({ holds }, i) => (holds(session) ? [i + 1] : [])),
  ]);
  const size = terms.length + 1;
  let weights = new Array(size).fill(0);
  for (let round = 0; round < roundCountMax; round++) {
    const slope = weights.map((weight, i) => (i === 0 ? 0 : -penalty * weight));
    const curve = weights.map((_, i) => weights.map((__, k) => (i === k && i > 0 ? penalty : 0)));
    rows.forEach((row, at) => {
      const score = row.reduce((sum, i) => sum + weights[i], 0);
      const chance = 1 / (1 + Math.exp(-score));
      for (const i of row) {
        slope[i] += Number(sessions[at].Revenue) - chance;
        for (const k of row) curve[i][k] += chance * (1 - chance);
      }
    });
    const step = solve(curve, slope);
    weights = weights.map((weight, i) => weight + step[i]);
    if (Math.max(...step.map(Math.abs)) < 1e-9) break;
  }
  return weights;
}

function sourceOf([intercept, ...weights]) {
  const parts = terms.map(({ text }, i) => `(${text} ? ${weights[i].toFixed(2)} : 0.0)`);
  const score = `${intercept.toFixed(2)} + ${parts.join(' + ')}`.replaceAll('? -0.00', '? 0.0');
  const last = (value) => ({ last: 'so_far', value });
  const pages = (kind) => ({ count: 'page', where: `kind == '${kind}'` });
  return {
    $schema: '../../schema/ruleset.schema.json',
    note: 'Purchase intent from what a session has done so far. Written by fit.mjs: edit that.',
    site: 'intention.example',
    version: 1,
    valid_for: '90d',
    signals: {
      page: { kind: 'string' },
      visit: { month: 'string', is_new: 'bool' },
      so_far: {
        page_value: 'number',
        exit_rate: 'number',
        bounce_rate: 'number',
        product_seconds: 'number',
        info_seconds: 'number',
      },
    },
    features: {
      products: pages('product'),
      accounts: pages('account'),
      infos: pages('info'),
      month: { last: 'visit', value: 'month' },
      is_new: { last: 'visit', value: 'is_new' },
      page_value: last('page_value'),
      exit_rate: last('exit_rate'),
      bounce_rate: last('bounce_rate'),
      product_seconds: last('product_seconds'),
      info_seconds: last('info_seconds'),
    },
    segments: { likely: `${score} > 0.0` },
    slots: { nudge: {} },
    assets: {
      n_help: { kind: 'text', text: 'Any question before you order? We answer at once.' },
    },
    templates: { line: { version: 1, parts: { text: 'text' } } },
    triggers: {
      help_to_order: {
        name: 'Help those who are about to order',
        hypothesis: 'A visitor who is likely to order orders sooner when a person is at hand',
        slot: 'nudge',
        when: 'segment.likely',
        template: 'line',
        parts: { text: ['n_help'] },
        holdout: 0.5,
      },
    },
  };
}

const file = dataFile();
if (!file) {
  console.error('fit: online_shoppers_intention.csv.gz is not in HEED_DATA or ../shared/data');
  process.exit(1);
}
const { fitted } = readSessions(file);
const target = new URL('intention.heed.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(sourceOf(fit(fitted)), null, 2)}\n`);
console.log(`fitted ${terms.length} weights on ${fitted.length} sessions`);
