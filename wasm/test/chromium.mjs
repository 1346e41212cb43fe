// Real Chromium on real pages: a small server on a free port of loopback, under the strictest
// policy that the package promises to run under.
import { createServer } from 'node:http';

import { chromium } from 'playwright-core';

import { bytesOf, readBatch } from './bed.mjs';

export const csp =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self'";
const types = {
  js: 'text/javascript',
  wasm: 'application/wasm',
  html: 'text/html; charset=utf-8',
  svg: 'image/svg+xml',
};

/**
 * Serves `files` (path -> text or bytes), dist/ below /dist/, and takes batches on /_heed/outcomes.
 *
 * @returns url, batches, logs (posted to /_heed/replay), and `answer`, which a test may replace
 */
export async function serve(files) {
  const batches = [];
  const marks = new Map();
  const site = { files, batches, logs: [], requests: [], answer: null };
  const take = (bytes) => {
    const batch = readBatch(bytes);
    batches.push(batch);
    const run = `${batch.device}/${batch.epoch}`;
    marks.set(run, Math.max(marks.get(run) ?? 0, batch.first + batch.records.length - 1));
    return { status: 200, body: JSON.stringify({ mark: marks.get(run) }) };
  };
  const server = createServer(async (request, response) => {
    const path = request.url.split('?')[0];
    site.requests.push(`${request.method} ${path}`);
    if (path.startsWith('/_heed/')) {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      if (path === '/_heed/replay') {
        site.logs.push(Buffer.concat(chunks));
        response.writeHead(204).end();
        return;
      }
      const { status, body } = site.answer?.() ?? take(Buffer.concat(chunks));
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      return;
    }
    const body = files[path] ?? (path.startsWith('/dist/') ? bytesOf(path.slice(6)) : null);
    const headers = {
      'content-type': types[path.split('.').at(-1)] ?? types.html,
      'content-security-policy': csp,
    };
    response.writeHead(body === null ? 404 : 200, headers).end(body ?? '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  site.url = `http://localhost:${server.address().port}`;
  site.close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return site;
}

export const launch = () =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/** Waits until `condition` holds; fails with what it last said. */
export async function until(condition, ms = 5000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
