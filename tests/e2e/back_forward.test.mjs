// Pages that a real Chromium keeps aside and shows again as they were: each click is counted once,
// by whichever page the visitor is on, and the edge goes on from there.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, test } from 'node:test';

import { choose, everything, newVisit } from './browser.mjs';
import { add, agrees, crash, done, go, shop } from './counting.mjs';
import { until } from './stack.mjs';

/**
 * The edge, with pages that Chromium may keep: it keeps none that say `no-store`, as other browsers
 * do.
 */
async function keeping() {
  const { port } = new URL(shop.edge.url);
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    const passed = http.request(
      { host: '127.0.0.1', port, path: url, method, headers },
      (answer) => {
        const control = answer.headers['cache-control'];
        if (control) answer.headers['cache-control'] = control.replace(/,? *no-store/, '');
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Counts how often a page was shown again as it was. */
function countReturns() {
  window.returns = 0;
  addEventListener('pageshow', ({ persisted }) => (window.returns += persisted ? 1 : 0));
}

/** Goes through the history, to a page that must not be made again. */
async function goThrough(tab, by, address, returns) {
  await tab.evaluate((steps) => void setTimeout(() => history.go(steps)), by);
  const where = () => tab.evaluate(() => [location.pathname, window.returns]).catch(() => []);
  await until(where, ([path, times]) => path === address && times === returns);
}

test('a page from aside goes on from what happened meanwhile, and counts each click once', async () => {
  const url = await keeping();
  const { context, page: first } = await newVisit({ keeps: true });
  await context.addInitScript(countReturns);
  await go(first, '/', url);
  await choose(first, everything);
  await until(
    async () => (await context.cookies()).map(({ name }) => name),
    (names) => names.includes('heed_s'),
  );
  for (const address of ['/p/frog-wellies', '/c/kids', '/p/puddle-suit', '/p/camp-flask']) {
    await go(first, address, url);
  }
  await agrees(context);
  const { pages } = done();
  await goThrough(first, -1, '/p/puddle-suit', 1);
  await goThrough(first, -2, '/p/frog-wellies', 1);
  assert.equal(done().pages, pages, 'the shop was not asked again');
  await agrees(context);
  // What another tab does while this page is aside, it knows when it is back.
  const second = await context.newPage();
  await go(first, '/c/outdoor', url);
  await go(second, '/p/cord-dungarees', url);
  await add(second);
  await goThrough(first, -1, '/p/frog-wellies', 2);
  await add(first);
  await agrees(context);
  await goThrough(first, -1, '/p/frog-wellies', 3);
  await Promise.all([add(first), go(second, '/help', url)]);
  await agrees(context);
  // The owner dies, and a page from aside takes over.
  await crash(second);
  await goThrough(first, -1, '/p/frog-wellies', 4);
  await add(first);
  await agrees(context);
  const { adds } = done();
  assert.equal(adds, 4);
  const outcomes = async () => (await shop.report()).ledger.outcomes;
  await until(outcomes, (count) => count >= adds);
  assert.equal(await outcomes(), adds, 'each click is one outcome in the store');
  await context.close();
});
