// The steps of the walk as a person takes them. Each asserts what the page claims, on the page and
// on what the store, the network log and the storage hold.
import assert from 'node:assert/strict';

import { choose, everything, traces } from './browser.mjs';
import { button, fact, panel, step, untilShown } from './stage_bed.mjs';
import { sleep, until } from './stack.mjs';

const nothing = { cookies: [], local: [], session: [], databases: [], caches: [], workers: 0 };
const ownTitle = 'Warm things for wet days';
const heroTitle = (frame) => frame.locator('[data-heed-slot=hero] h1');

/** What the frame's page and its session say. */
const inFrame = (page, ask, given) =>
  page.evaluate(
    ([body, what]) => {
      const { contentWindow } = document.querySelector('iframe[title="The shop"]');
      return new Function('frame', 'what', `return (${body})(frame, what)`)(contentWindow, what);
    },
    [String(ask), given],
  );
export const stateIn = (page) =>
  inFrame(page, ({ document }) =>
    JSON.parse(document.getElementById('heed-state')?.textContent ?? 'null'),
  );
const why = (page, slot) => inFrame(page, ({ heed }, name) => heed?.explain(name), slot);
const hasStarted = (page) => until(() => inFrame(page, ({ heed }) => heed !== undefined), Boolean);

async function newcomer(page) {
  const before = await stateIn(page);
  await button(page, /omebody new/).click();
  await until(
    () => stateIn(page).catch(() => null),
    (now) => now && now.view !== before?.view,
  );
  await hasStarted(page);
}

/** Goes on with a button of step 2. */
async function goTo(page, name) {
  const { view } = await stateIn(page);
  await button(page, name).click();
  await until(
    () => stateIn(page).catch(() => null),
    (now) => now && now.view !== view,
  );
  await hasStarted(page);
}

/** Looks at something for children, says yes, looks at another and comes back. */
async function browse(page, frame, beforeTheYes) {
  await goTo(page, 'Frog wellies');
  await beforeTheYes();
  await choose(frame, everything);
  await goTo(page, 'Puddle suit');
  await goTo(page, 'Front page');
}

/** Until the visitor in the frame is a parent whom the hero is shown to, its first title drawn. */
export async function becomeParent(page, frame, beforeTheYes = async () => {}) {
  for (let tries = 0; tries < 20; tries++) {
    await browse(page, frame, beforeTheYes);
    const { decisions } = await stateIn(page);
    const hero = decisions.find(({ slot }) => slot === 'hero');
    if (!hero?.held_out && hero?.options.title === 'hero_kids_rain') return hero;
    await step(page, 'Privacy');
    await newcomer(page);
    await step(page, 'Browse');
  }
  throw new Error('no parent was shown the first title in 20 visits');
}

export async function firstVisit(shop, { page, frame, sent }) {
  await untilShown(page);
  const hero = frame.locator('[data-heed-slot=hero]');
  const before = await hero.innerText();
  const title = await heroTitle(frame).innerText();
  await fact(page, 'In the first byte').getByText(title).waitFor();
  assert.equal(await fact(page, 'As the shop wrote it').innerText(), ownTitle);
  assert.notEqual(title, ownTitle);
  assert.match(await fact(page, 'Decided at the edge').innerText(), /^ok; v=2; slots=[1-9]/);
  assert.match(await fact(page, 'Server-Timing').innerText(), /^heed;dur=\d/);
  await fact(page, 'A decision')
    .getByText(/^[\d.]+ µs in this browser$/)
    .waitFor();

  await button(page, 'Switch JavaScript off').click();
  await panel(page).getByText('byte for byte').waitFor();
  await until(() => inFrame(page, (frame) => frame.heed === undefined), Boolean);
  await hero.waitFor();
  assert.equal(await hero.innerText(), before);
  // The same view is explained all the same.
  await page.locator('.candidate.won', { hasText: 'first_visit' }).waitFor();
  assert.equal(await inFrame(page, (frame) => 'heed' in frame), false, 'no script has run');
  await button(page, 'Switch JavaScript on').click();
  await hasStarted(page);
  assert.equal(await hero.innerText(), before);
  assert.equal(sent.length, 0);
}

export async function browsing(shop, visit) {
  const { page, frame } = visit;
  await step(page, 'Browse');
  const newHero = await heroTitle(frame).innerText();
  const decision = await becomeParent(page, frame, () => heedBeforeTheYes(visit));
  assert.equal(decision.trigger, 'kids_intent');
  assert.equal(await heroTitle(frame).innerText(), 'Ready for the next puddle');
  assert.notEqual(newHero, 'Ready for the next puddle');
  await fact(page, 'Products seen').getByText('2', { exact: true }).waitFor();
  assert.equal(await fact(page, 'Stage').innerText(), 'consider');
  assert.match(await fact(page, 'Next hero').innerText(), /kids_intent.*Ready for the next puddle/);
  await page.locator('.position', { hasText: /parents\/\u200b?consider/ }).waitFor();

  // Why: with this visitor's values, bucket and probability, as the page's own session says.
  const { decision: now, inputs, candidates } = await why(page, 'hero');
  assert.equal((await why(page, 'capture')).inputs.views_7d, 2);
  assert.ok(inputs.kids_intent > 1.99);
  assert.equal(inputs['segment.parents'], true);
  const won = page.locator('.candidate.won', { hasText: 'kids_intent' });
  await won.waitFor();
  assert.match(await won.innerText(), /segment\.parents && stage\.purchase != 'bought'/);
  assert.match(await won.innerText(), /not held out/);
  assert.match(await won.innerText(), new RegExp(`${Math.round(100 * now.probability)}%`));
  const { drawn } = candidates.find(({ outcome }) => outcome === 'won').parts.title;
  const mark = won.locator('.scale', { hasText: 'title' }).locator('b');
  const left = parseFloat(await mark.evaluate((element) => element.style.left));
  assert.ok(Math.abs(left - (100 * drawn) / 2 ** 32) < 0.01);

  await whatIf(page);
}

/** One thing for children, without a yes: the page's own memory has it, and nothing else. */
async function heedBeforeTheYes(visit) {
  const { page, sent } = visit;
  sent.length = 0;
  await panel(page).getByText('in this page\u2019s memory alone').waitFor();
  await fact(page, 'Products seen').getByText('1', { exact: true }).waitFor();
  await fact(page, 'kids_intent')
    .getByText(/^1, halves/)
    .waitFor();
  await fact(page, 'Remembered').getByText('0 keys stored, 0 batches sent').waitFor();
  assert.deepEqual(await traces(visit), nothing);
  assert.equal(sent.length, 0);
}

/** Another attribute, another time: answered beside the page, and kept from it. */
async function whatIf(page) {
  const { decisions } = await stateIn(page);
  const asked = page.getByRole('group', { name: 'What if' });
  const verdict = asked.getByRole('status');
  await asked.getByLabel('Time').selectOption({ label: 'in 280 days' });
  await verdict.getByText(/^Then .*(back_to_school|as the shop wrote it)/).waitFor();
  await asked.getByRole('button', { name: 'As it is' }).click();
  await page.locator('.why').getByLabel('Slot').selectOption('strip');
  await asked.getByLabel('Attribute').selectOption('country');
  await asked.getByLabel('Its value').selectOption('FR');
  await verdict.getByText(/^Then from_abroad/).waitFor();
  assert.equal((await why(page, 'strip')).inputs.country, null, 'the page was told nothing');
  assert.deepEqual((await stateIn(page)).decisions, decisions);
  await asked.getByRole('button', { name: 'As it is' }).click();
  await page.locator('.why').getByLabel('Slot').selectOption('hero');
}

export async function privacy(shop, visit) {
  const { page, frame, sent } = visit;
  await step(page, 'Privacy');
  await button(page, 'Begin as somebody new').click();
  await until(() => stateIn(page).catch(() => null), Boolean);
  await untilShown(page);
  sent.length = 0;
  await sleep(1500);
  assert.deepEqual(await panel(page).locator('.nothing').allInnerTexts(), ['Nothing', 'Nothing']);
  assert.deepEqual(await traces(visit), nothing);
  assert.equal(sent.length, 0);

  const before = (await shop.report()).ledger;
  await choose(frame, everything);
  const batch = panel(page).locator('.decoded');
  await batch.waitFor();
  await batch.getByText('answered with 200').waitFor();
  assert.equal(await batch.count(), 1);
  assert.equal(sent.length, 1);
  const notes = shop.stage.state.log.filter(({ path }) => path === '/_heed/outcomes');
  assert.equal(notes.length, 1);
  const [{ sent: size }] = notes;
  assert.match(await batch.innerText(), new RegExp(`One batch of ${size} B`));
  const { decisions } = await stateIn(page);
  const hero = decisions.find(({ slot }) => slot === 'hero');
  assert.match(await batch.innerText(), new RegExp(`saw hero: ${hero.trigger}`));
  const { ledger } = await shop.report();
  assert.ok(ledger.exposures > before.exposures);
  const kept = await traces(visit);
  assert.deepEqual(kept.cookies.sort(), ['heed_id', 'heed_s', 'shop_consent']);
  for (const name of kept.cookies) await panel(page).getByText(name, { exact: true }).waitFor();
  assert.equal(kept.databases.length, 1);
  await panel(page).getByText(`database ${kept.databases[0]}`).waitFor();
}

/** A console on a narrow screen shows one part at a time. */
const part = (tower, name) =>
  tower.getByRole('navigation').getByRole('button', { name, exact: true }).click();

export async function published(shop, { page, frame }) {
  await step(page, 'Privacy');
  await newcomer(page);
  await step(page, 'Browse');
  await becomeParent(page, frame);
  await step(page, 'Be the marketer');
  const tower = page.frameLocator('iframe[title="The tower"]');
  await tower.locator('.check-line', { hasText: 'checked in' }).waitFor();
  await editTitle(tower, 'Ready for every puddle');
  await mistypeAndMend(tower);

  // Whom it reaches, and two of them side by side.
  await part(tower, 'Changes');
  await tower.locator('.figure', { hasText: /^[1-9][\d.]*%$/ }).waitFor();
  assert.equal(await tower.locator('.example').count(), 2);
  assert.match(await tower.locator('.example').first().innerText(), /Ready for the next puddle/);
  await tower.getByRole('button', { name: 'Make a key here' }).click();
  await tower.getByRole('button', { name: 'Add it to the keyring' }).click();
  await tower.getByText('in the keyring', { exact: true }).waitFor();
  await tower.getByRole('button', { name: 'Sign and publish version 3' }).click();

  const followed = page.getByText(
    /^Pages are made with version 3, [\d.]+ s after it was published/,
  );
  await followed.waitFor({ timeout: 10_000 });
  const seconds = Number(/([\d.]+) s after/.exec(await followed.innerText())[1]);
  assert.ok(seconds <= 5, `${seconds} s`);
  await until(
    () => heroTitle(frame).innerText(),
    (title) => title === 'Ready for every puddle',
  );
  assert.equal((await stateIn(page)).ruleset.version, 3);
  const { versions } = await stored(shop, '/versions');
  assert.deepEqual(
    versions.map(({ version, has_source }) => [version, has_source]),
    [3, 2, 1].map((version) => [version, true]),
  );
  const { files } = await stored(shop, '/source?version=3');
  assert.match(JSON.stringify(files), /Ready for every puddle/);
}

async function editTitle(tower, text) {
  await part(tower, 'Triggers');
  await tower
    .locator('.left')
    .getByRole('button', { name: /children's clothes/ })
    .click();
  await part(tower, 'Preview');
  await tower.getByRole('button', { name: 'Edit title' }).click();
  await tower.locator('.cm-content:focus').waitFor();
  await tower.locator('.cm-content').pressSequentially(text);
  await tower.locator('.head .badge', { hasText: 'Unpublished' }).waitFor();
}

async function mistypeAndMend(tower) {
  await part(tower, 'Triggers');
  await tower
    .locator('.left')
    .getByRole('button', { name: /children's clothes/ })
    .click();
  const editor = tower.locator('.cm-content');
  await editor.press('Control+f');
  const field = tower.locator('.cm-search input[name=search]');
  await field.pressSequentially("stage.purchase != 'bought'");
  await field.press('Enter');
  await field.press('Escape');
  await editor.press('ArrowRight');
  await editor.pressSequentially(' && pric > 5');
  await editor.press('Escape');
  const mistake = tower.locator('.problem.error', { hasText: 'unknown attribute pric' });
  await mistake.waitFor();
  await mistake.getByRole('button', { name: 'Use price' }).click();
  await tower.locator('.check-line', { hasText: 'No problems' }).waitFor();
  // Without the condition on prices, the front page shows it.
  for (let i = 0; i < ' && price > 5'.length; i++) await editor.press('Control+z');
  await tower.locator('.check-line', { hasText: 'No problems' }).waitFor();
}

const attacks = [
  { name: 'Flip a byte', reason: 'bad_signature' },
  { name: 'Serve an old version', reason: 'rolled_back' },
  { name: 'Let it expire', reason: 'expired' },
  { name: 'Sign with a stranger', reason: 'unknown_key' },
];

export async function attacked(shop, { page, frame }) {
  await step(page, 'Attack');
  const said = fact(page, 'The edge says');
  const versions = async () => (await stored(shop, '/versions')).versions.length;
  const count = await versions();
  for (const { name, reason } of attacks) {
    await button(page, name).click();
    await said.getByText(`x-heed: bypass; reason=${reason}`).waitFor({ timeout: 20_000 });
    const [answer, own] = await Promise.all([
      fetch(`${shop.stage.url}/`),
      fetch(`${shop.shop.url}/`),
    ]);
    assert.equal(answer.headers.get('x-heed'), `bypass; reason=${reason}`);
    assert.equal(await answer.text(), await own.text(), 'the page as the shop wrote it');
    // The browser reads the same bytes, and trusts neither wire nor edge.
    await fact(page, 'The browser says').locator('code', { hasText: reason }).waitFor();
    await fact(page, 'A visitor sees').getByText(ownTitle).waitFor();
    await fact(page, 'In your frame').getByText(ownTitle).waitFor();
    await until(
      () => heroTitle(frame).innerText(),
      (title) => title === ownTitle,
    );
    assert.equal(await stateIn(page), null);
    await button(page, 'Mend the wire').click();
    await said.getByText('x-heed: ok').waitFor({ timeout: 20_000 });
  }
  assert.equal(await versions(), count, 'nothing of it was in the store');
}

export async function stored({ store, site, keys }, what) {
  const headers = { authorization: `Bearer ${keys.publish}` };
  return (await fetch(`${store.url}/v1/${site}/ruleset${what}`, { headers })).json();
}

/** Who has met a dead store five times in a row waits a minute (the package's own breaker). */
const crowdMs = 120_000;

/** Waits until nobody is in the shop and the three figures agree. */
async function settled(shop, page) {
  await until(
    () => shop.traffic.state.busy,
    (busy) => busy === 0,
    crowdMs,
  );
  await panel(page).getByText('Sent = acknowledged = counted.').waitFor({ timeout: 30_000 });
}

export async function killed(shop, { page }) {
  await step(page, 'Kill the store');
  const rush = button(page, /^Send \d+ visitors/);
  const crowd = panel(page).getByRole('switch', { name: 'The crowd comes in' });
  if (!(await crowd.isChecked())) await crowd.check();
  if (shop.traffic.rush === 0) await rush.click();
  await until(
    () => shop.traffic.state.busy,
    (busy) => busy > 2,
  );
  const { pid } = shop.store;
  await button(page, 'Kill the store').click();
  await panel(page).getByText('The store is dead.').waitFor();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await page.locator('.parts', { hasText: 'dead' }).waitFor();
  const home = await fetch(`${shop.stage.url}/`);
  assert.match(home.headers.get('x-heed'), /^ok/, 'pages go on without it');
  await sleep(2000);
  const { sent, acknowledged } = shop.stage.state.wire;
  assert.ok(sent > acknowledged, 'something waits');
  await button(page, 'Start it again').click();
  await panel(page).getByText(`runs.`).waitFor();
  assert.notEqual(shop.store.pid, pid);
  await crowd.uncheck();
  await settled(shop, page);
  const { ledger } = await shop.report();
  const counted = ledger.records + ledger.too_old + ledger.refused;
  const text = new Intl.NumberFormat('en-GB').format(counted);
  await until(
    () => panel(page).locator('.figures dd').allInnerTexts(),
    (figures) => figures.length === 3 && figures.every((figure) => figure === text),
  );
  assert.equal(ledger.missing, 0);
  const { pending, dropped, exposed, outcomes, refunds, acknowledged: taken } = shop.tally;
  assert.deepEqual([pending, dropped], [0, 0]);
  assert.equal(taken, exposed + outcomes + refunds, "the crowd's own side says so too");
}

export async function bought(shop, { page, frame }) {
  await step(page, 'Buy and reveal');
  const crowd = panel(page).getByRole('switch', { name: 'The crowd comes in' });
  await crowd.uncheck();
  await panel(page).getByText('what the board counts now is you').waitFor({ timeout: 30_000 });
  const before = (await shop.report()).ledger;
  await button(page, 'Go to a product').click();
  await frame.getByRole('button', { name: 'Put in basket' }).click();
  await frame.getByRole('heading', { name: 'Your basket' }).waitFor();
  await button(page, 'Go to the till').click();
  for (const label of ['Name', 'Street and house', 'Town and postcode'])
    await frame.getByLabel(label).fill('Anywhere 1');
  await frame.getByRole('button', { name: /^Order for/ }).click();
  const said = panel(page).getByText(/^Your order of 22 pounds was counted/);
  await said.waitFor();
  const seconds = Number(/counted ([\d.]+) s/.exec(await said.innerText())[1]);
  assert.ok(seconds <= 1, `${seconds} s`);
  const { ledger } = await shop.report();
  assert.ok(ledger.outcomes >= before.outcomes + 2, 'basket and order');
  const records = page.locator('.board-books div', { hasText: 'Counted' }).locator('dd');
  const text = new Intl.NumberFormat('en-GB').format(ledger.records);
  await records.getByText(text, { exact: true }).waitFor();
}

const card = (page, name) => page.locator('.board-cards > *', { hasText: name });
const sessionsMax = 14_000;

const control = (lift) => [lift.metric, lift.measure, lift.control].join();

export async function revealed(shop, { page }) {
  await panel(page).getByRole('switch', { name: 'The crowd comes in' }).check();
  const { traffic } = shop;
  const state = async (name) => card(page, name).locator('.board-state').innerText();
  const lift = ({ triggers }, name) =>
    triggers
      .find(({ trigger }) => trigger === name)
      .lift.find((it) => control(it) === 'add_to_cart,rate,holdout');
  // The crowd goes on between a look at the page and one at the report: both must say it.
  let report;
  for (;;) {
    report = await shop.report();
    const isOut =
      (await state('Hurry banner')) === 'Harmful' &&
      (await state('Returns promise')) === 'Clear win' &&
      lift(report, 'returns_promise').low > 0 &&
      lift(report, 'hurry_banner').high < 0;
    if (isOut) break;
    assert.ok(traffic.state.sessions < sessionsMax, `undecided after ${sessionsMax} sessions`);
    if (traffic.rush === 0) await button(page, 'Send 2,000 visitors').click();
    await sleep(1000);
  }
  assert.ok(lift(report, 'workshop_story').low <= 0);
  assert.equal(await panel(page).getByText('The board is right').count(), 0, 'not before');
  await button(page, 'Reveal what was planted').click();
  await panel(page).getByText('The board is right about all 3 planted effects.').waitFor();
  await card(page, 'Returns promise').getByText('Planted: +6.0 points').waitFor();
  await card(page, 'Hurry banner').getByText('Planted: \u22126.0 points').waitFor();
  await card(page, 'A line about the workshop').getByText('was not called a win').waitFor();
}

export async function books(shop, { page }) {
  await step(page, 'The books');
  await button(page, 'Recompute now').click();
  await button(page, 'Recompute now').waitFor();
  const said = panel(page).getByText(/^[\d,]+ decisions recomputed natively: 0 differ$/);
  await said.waitFor();
  const count = Number((await said.innerText()).split(' ')[0].replaceAll(',', ''));
  assert.ok(count > 100, `${count} decisions`);
  const state = shop.stage.state.replay;
  assert.equal(state.differences, 0);
  assert.ok(state.chunks > 10);
  for (const part of ['C++20', 'Emscripten', 'Embind', 'simdjson', 'cereal'])
    await fact(page, part).waitFor();
  const foot = await page.locator('.foot').innerText();
  assert.match(foot, /[\d.]+ kB of WebAssembly/);
  assert.match(foot, /[\d,]+ recomputed natively: 0 differ/);
}
