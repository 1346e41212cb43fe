// The worker under test: `personalize` as a site would write it, with its options from bindings
// and, what only tests accept, a forged clock.
import { env } from 'cloudflare:workers';
import wasm from 'heed/heed.wasm';
import wasmBytes from 'heed/heed.wasm?bytes';
import { personalize } from 'heed/edge/workerd';

/** Keeps bytes at the test's own server, as KV would. */
const memory = () => ({
  async get(key) {
    const answer = await fetch(`${env.MEMORY}/${key}`);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  },
  put: (key, body) => fetch(`${env.MEMORY}/${key}`, { method: 'PUT', body }),
});

async function profile(request) {
  const delay = Number(request.headers.get('x-test-delay') ?? 0);
  if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
  if (request.headers.has('x-test-throw')) throw new Error('the profile callback fails');
  return { tier: request.headers.get('x-tier') ?? undefined, not_declared: 'ignored' };
}

/** Sends the page's request to the test's origin, with its address as the visitor sees it. */
function origin(request) {
  const url = new URL(request.url);
  return fetch(new Request(env.ORIGIN + url.pathname + url.search, request));
}

export default personalize({
  wasm,
  wasmBytes,
  keys: JSON.parse(env.KEYS),
  site: env.SITE ?? 'shop.example',
  match: JSON.parse(env.MATCH ?? '["/", "/c/*"]'),
  budgetMs: Number(env.BUDGET_MS ?? 5000),
  ruleset: env.RULESET,
  ...(env.MAP && { map: () => JSON.parse(env.MAP) }),
  refreshMs: Number(env.REFRESH_MS ?? 60_000),
  outcomes: env.OUTCOMES,
  replay: env.REPLAY,
  ingestKey: ({ INGEST_KEY }) => INGEST_KEY,
  ticketKey: env.TICKET_KEY,
  previewKey: env.PREVIEW_KEY,
  ...(env.MEMORY && { memory }),
  origin,
  attributes: profile,
  signals: (request) => JSON.parse(request.headers.get('x-test-signals') ?? '[]'),
  now: (request) => Number(request.headers.get('x-test-now') ?? Date.now()),
});
