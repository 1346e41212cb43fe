// What personalisation costs a page: Lighthouse's performance score of the shop's home through the
// edge, beside the same page straight from its origin.
//
//   ./dev bench page [--json] [--runs 7]
//
// Both are the phone on a slow line that Lighthouse simulates, in turns, each run in an empty
// profile; the median stands. The edge's page is checked to be a personalised one in which heed
// starts, the origin's to be untouched. A third is the same shop without heed's script, which the
// untouched page still has: what heed costs in all.
import lighthouse from 'lighthouse';

import { Figures, median, options } from './figures.mjs';
import { startOrigin } from '../web-demo/shop/origin.mjs';
import { withBrowser, withShop } from './shop.mjs';

const given = options({ runs: { type: 'string', default: '7' } });
const settings = { logLevel: 'error', onlyCategories: ['performance'], output: 'json' };
const details = {
  'first-contentful-paint': 'first contentful paint',
  'largest-contentful-paint': 'largest contentful paint',
  'speed-index': 'speed index',
  'total-blocking-time': 'blocked',
};
const say = (line) => process.stderr.write(`${line}\n`);

async function checkPages(edge, origin) {
  const personalised = await fetch(edge);
  const said = personalised.headers.get('x-heed');
  if (!said?.startsWith('ok')) throw new Error(`the edge left the page alone: ${said}`);
  if (!(await personalised.text()).includes('id="heed-state"'))
    throw new Error('the page from the edge holds no state');
  const untouched = await fetch(origin);
  if (untouched.headers.has('x-heed') || (await untouched.text()).includes('heed-state'))
    throw new Error('the page from the origin is not the untouched one');
}

const hasHeed = { personalised: true, untouched: false, plain: false };

async function run(page, url, port) {
  const { lhr } = await lighthouse(url, { ...settings, port });
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  const asked = lhr.audits['network-requests'].details.items;
  const hasStarted = asked.some((one) => new URL(one.url).pathname === '/_heed/heed.wasm');
  if (hasStarted !== hasHeed[page])
    throw new Error(`heed ${hasStarted ? 'started' : 'did not start'} in the ${page} page`);
  const { score } = lhr.categories.performance;
  if (score === null) throw new Error(`${url}: no score`);
  const audit = (name) => lhr.audits[name].numericValue;
  return {
    score: 100 * score,
    shift: audit('cumulative-layout-shift'),
    ...Object.fromEntries(Object.keys(details).map((name) => [name, audit(name)])),
  };
}

function tell(figures, { personalised, untouched, plain }) {
  const middle = (runs, name) => median(runs.map((one) => one[name]));
  for (const [page, runs] of Object.entries({ personalised, untouched, plain })) {
    figures.add(`${page} home: Lighthouse performance`, middle(runs, 'score'), 'points');
    for (const [name, words] of Object.entries(details))
      figures.add(`${page} home: ${words}`, middle(runs, name), 'ms');
    figures.add(`${page} home: layout shift`, middle(runs, 'shift'), 'CLS');
  }
  const score = middle(personalised, 'score');
  const lost = (runs) => middle(runs, 'score') - score;
  figures.add('what personalisation costs the home', lost(untouched), 'points', { atMost: 2 });
  figures.add('what heed and its script cost the home', lost(plain), 'points', { atMost: 2 });
}

const figures = new Figures();
await withShop(async ({ edge, shop }) => {
  const without = await startOrigin();
  const addresses = {
    personalised: `${edge.url}/`,
    untouched: `${shop.url}/`,
    plain: `${without.url}/`,
  };
  await checkPages(addresses.personalised, addresses.untouched);
  const runs = { personalised: [], untouched: [], plain: [] };
  await withBrowser(async ({ port }) => {
    for (let round = 1; round <= Number(given.runs); round++) {
      for (const [page, address] of Object.entries(addresses)) {
        const result = await run(page, address, port);
        runs[page].push(result);
        const largest = Math.round(result['largest-contentful-paint']);
        say(`${round}: ${page} ${Math.round(result.score)} points, largest paint ${largest} ms`);
      }
    }
  });
  await without.stop();
  tell(figures, runs);
});
figures.print(given.json);
