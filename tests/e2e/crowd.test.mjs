// A visitor of the demo's crowd meets a cap: what the visitors' side says and what the store has
// counted agree.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { ledgerFaults } from '../../web-demo/demo/books.mjs';
import { Browser } from '../../web-demo/demo/browser.mjs';
import { siteOf } from '../../web-demo/demo/site.mjs';
import { root, startShop, until } from './stack.mjs';

const greeting = {
  slot: 'strip',
  priority: 1000,
  template: 'strip',
  parts: { message: ['strip_loyal'], link: ['link_reduced'] },
  cap: { times: 2, per: '1d' },
};

/** The shop, and a trigger that wins its strip twice a day for everybody. */
async function cappedShop() {
  const rulesets = await mkdtemp(path.join(tmpdir(), 'heed-e2e-rules-'));
  after(() => rm(rulesets, { recursive: true, force: true }));
  await cp(path.join(root, 'rulesets', 'shop'), rulesets, { recursive: true });
  await writeFile(path.join(rulesets, 'cap.heed.json'), JSON.stringify({ triggers: { greeting } }));
  return startShop({ rulesets });
}

test('the crowd does not count what a cap held back as shown, nor does the store', async () => {
  const shop = await cappedShop();
  const site = await siteOf(shop, 2);
  after(() => site.agent.destroy());
  const visitor = new Browser(site, { headers: { 'user-agent': 'Mozilla/5.0', accept: '*/*' } });
  visitor.consent(['analytics', 'personalisation']);
  const strips = [];
  for (let view = 0; view < 4; view++) {
    const { state } = await visitor.open('/help');
    const { trigger, reason } = state.decisions.find(({ slot }) => slot === 'strip');
    strips.push(trigger ?? reason);
  }
  await visitor.leave();
  assert.deepEqual(strips, ['greeting', 'greeting', 'capped', 'capped']);
  const { tally } = site;
  assert.deepEqual([tally.exposed, tally.unmeasured, tally.private], [2, 0, 0]);
  await until(
    () => shop.report(),
    ({ ledger }) => ledger.exposures === 2,
  );
  assert.deepEqual(ledgerFaults(tally, await shop.report()), []);
});
