// How the tower takes typing: a ruleset of many triggers in the editor, a condition typed into one
// of them, key by key.
//
//   ./dev bench tower [--json] [--triggers 5000]
//
// Of each key: what the main thread does until the next one, and when the check of what was typed
// is there. A key waits for a task at most: the longest one counts, by the processor time that
// Chromium's trace accounts for, and by the clock, in which a busy machine's waiting counts too.
// The editor reads the source ahead in idle callbacks, which end as soon as a key is pressed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { manyTriggers } from '../web-demo/demo/many.mjs';
import { Figures, median, options } from './figures.mjs';
import { withBrowser, withShop } from './shop.mjs';

const given = options({ triggers: { type: 'string', default: '5000' } });
const count = Number(given.triggers);
const typed = ' && price > 5 && views_7d > 1';
const pauseMs = 150;
const settleMs = 120_000;
/** Of Chromium's trace: tasks, and what they are for. */
const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

/** In the page: notes when it is told of each check. */
function watch() {
  const seen = [];
  Object.defineProperty(window, 'seen', { value: seen });
  const Native = window.Worker;
  window.Worker = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data: { answer } }) => {
        if (!answer?.scope) return;
        const { scope, revision, edited, ms } = answer;
        seen.push({ scope, revision, edited, ms, at: performance.now() });
      });
    }
  };
}

async function openMany(page, console, file) {
  await page.addInitScript(watch);
  await page.goto(console);
  await page.locator('.check-line .hint', { hasText: 'checked in' }).waitFor();
  await page.locator('.outline-foot input[type=file]').setInputFiles(file);
  const all = `${count.toLocaleString('en-GB')} triggers checked`;
  await page.locator('.check-line', { hasText: all }).waitFor({ timeout: settleMs });
}

/** Puts the cursor at the end of a condition in the middle of the source. */
async function goInto(page) {
  const index = count >> 1;
  const name = `t${String(index).padStart(4, '0')}`;
  const find = page.getByLabel('Find a trigger');
  await find.fill(name);
  await page
    .locator('.left')
    .getByRole('button', { name: new RegExp(name) })
    .click();
  await find.fill('');
  await page.locator('.cm-content').press('Control+f');
  const field = page.locator('.cm-search input[name=search]');
  await field.pressSequentially(`price < ${index + 1}`);
  await field.press('Enter');
  await field.press('Escape');
  await page.locator('.cm-content').press('ArrowRight');
  return name;
}

/** What the main thread has worked so far: ms of processor time. */
async function readMeter(tools) {
  const { metrics } = await tools.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** @returns {work, clock, idle}: ms of the page's longest task; idle: of work that gives way */
function longestTask(trace) {
  const { traceEvents } = JSON.parse(trace.toString('utf8'));
  const of = (wanted, { pid, tid }) =>
    traceEvents.filter(({ name, ...one }) => name === wanted && one.pid === pid && one.tid === tid);
  const mains = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain',
  );
  // Chromium keeps a process for the next page, which does nothing.
  const main = mains.sort((a, b) => of('RunTask', b).length - of('RunTask', a).length)[0];
  const idle = of('FireIdleCallback', main).map(({ ts }) => ts);
  const isIdle = ({ ts, dur }) => idle.some((at) => at >= ts && at <= ts + dur);
  const tasks = of('RunTask', main).filter(({ tdur }) => tdur !== undefined);
  const most = (list, field) => list.reduce((ms, one) => Math.max(ms, one[field] / 1000), 0);
  const [own, late] = [tasks.filter((one) => !isIdle(one)), tasks.filter(isIdle)];
  if (most(own, 'tdur') === 0) throw new Error('the trace has no processor times');
  return { work: most(own, 'tdur'), clock: most(own, 'dur'), idle: most(late, 'tdur') };
}

async function typeAll(page, tools) {
  const keys = [];
  for (const key of typed) {
    const before = await readMeter(tools);
    const at = await page.evaluate(() => performance.now());
    await page.keyboard.type(key);
    await page.waitForTimeout(pauseMs);
    const after = await readMeter(tools);
    keys.push({ at, work: after - before });
  }
  return keys;
}

/** From each key to the check that has seen it; each key is one revision. */
const delays = (keys, checks, before) =>
  keys.map(({ at }, index) => {
    const check = checks.find(({ revision }) => revision > before + index);
    if (!check) throw new Error(`no check has seen key ${index + 1}`);
    return check.at - at;
  });

async function measure(figures, browser, page) {
  const tools = await page.context().newCDPSession(page);
  await tools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const name = await goInto(page);
  const before = await page.evaluate(() => window.seen.splice(0).at(-1).revision);
  await browser.startTracing(page, { categories });
  const keys = await typeAll(page, tools);
  const isWhole = () => window.seen.at(-1)?.scope === 'whole';
  await page.waitForFunction(isWhole, null, { timeout: settleMs });
  const longest = longestTask(await browser.stopTracing());
  const checks = await page.evaluate(() => window.seen);
  const edited = checks.filter(({ scope }) => scope === 'edited');
  if (!edited.every((one) => one.edited.length === 1 && one.edited[0] === name))
    throw new Error(`a check was not of ${name} alone`);
  const until = delays(keys, checks, before);
  const whole = checks.at(-1);
  figures.add('the longest task while typing, worked', longest.work, 'ms', { atMost: 100 });
  figures.add('the longest task while typing, by the clock', longest.clock, 'ms');
  figures.add('the longest piece of parsing, which gives way to keys', longest.idle, 'ms');
  figures.add('all tasks of a key, median', median(keys.map(({ work }) => work)), 'ms');
  figures.add('from a key to its check, median', median(until), 'ms', { atMost: 300 });
  figures.add('from a key to its check, most', Math.max(...until), 'ms', { atMost: 300 });
  figures.add('the check of a key in its worker', median(edited.map(({ ms }) => ms)), 'ms');
  figures.add('the check of the whole in its worker', whole.ms, 'ms');
  figures.add('from the last key to the whole', whole.at - keys.at(-1).at, 'ms');
}

const figures = new Figures();
const folder = await mkdtemp(path.join(tmpdir(), 'heed-bench-'));
try {
  const file = path.join(folder, 'many.heed.json');
  await writeFile(file, manyTriggers(count));
  await withShop(({ console }) =>
    withBrowser(async ({ browser }) => {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await openMany(page, console, file);
      await measure(figures, browser, page);
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
figures.print(given.json);
