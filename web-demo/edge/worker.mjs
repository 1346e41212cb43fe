// The shop's edge: what an edge engineer writes, with its options from bindings. Only this demo
// accepts a forged clock, and only where it was started to replay history.
import { env } from 'cloudflare:workers';
import { personalize } from 'heed/edge/workerd';
import wasm from 'heed/heed.wasm';
import wasmBytes from 'heed/heed.wasm?bytes';

import { readCart } from '../shop/cart.mjs';
import { catalog } from '../shop/catalog.mjs';

/** What the host knows of a page from its address and the shop's own basket cookie. */
function pageFacts({ url, headers }) {
  const [, section, name] = new URL(url).pathname.split('/');
  const basket = /(?:^|; )cart=([^;]*)/.exec(headers.get('cookie') ?? '')?.[1];
  const cart_value = readCart(basket, catalog).value;
  if (section === 'p') {
    return { page_type: 'product', price: catalog.product(name)?.price, cart_value };
  }
  return { page_type: { '': 'home', c: 'category' }[section] ?? section, cart_value };
}

function origin(request) {
  const url = new URL(request.url);
  return fetch(new Request(env.ORIGIN + url.pathname + url.search, request));
}

const forged = (request) => Number(request.headers.get('x-demo-now') ?? Date.now());

export default personalize({
  wasm,
  wasmBytes,
  keys: JSON.parse(env.KEYS),
  site: env.SITE,
  match: ['/', '/c/*', '/p/*', '/cart', '/checkout', '/thanks', '/returns', '/consent'],
  budgetMs: 1000,
  ruleset: env.RULESET,
  refreshMs: 2000,
  outcomes: env.OUTCOMES,
  ingestKey: env.INGEST_KEY,
  ticketKey: env.TICKET_KEY,
  origin,
  attributes: pageFacts,
  ...(env.FORGED_CLOCK && { now: forged }),
});
