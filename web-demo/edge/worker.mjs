// The shop's edge: what an edge engineer writes, with its options from bindings. Only this demo
// accepts a forged clock, and only where it was started to replay history.
import { env } from 'cloudflare:workers';
import { personalize } from 'heed/edge/workerd';
import wasm from 'heed/heed.wasm';
import wasmBytes from 'heed/heed.wasm?bytes';

import { readCart } from '../shop/cart.mjs';
import { catalog } from '../shop/catalog.mjs';
import { readMember } from '../shop/member.mjs';

const local = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  hour: 'numeric',
  hourCycle: 'h23',
});

/** What the address and the shop's own basket cookie say of the page. */
function pageFacts(pathname, basket) {
  const [, section, name] = pathname.split('/');
  const cart_value = readCart(basket, catalog).value;
  const kinds = { '': 'home', c: 'category', p: 'product' };
  const page_type = Object.hasOwn(kinds, section) ? kinds[section] : section;
  if (section === 'c') return { page_type, category: name, cart_value };
  const thing = section === 'p' ? catalog.product(name) : undefined;
  return { page_type, category: thing?.category, price: thing?.price, cart_value };
}

/** What only this host knows: the page, the shop's local hour, and a membership that it signed. */
async function facts({ url, headers }) {
  const cookie = (name) =>
    new RegExp(`(?:^|; )${name}=([^;]*)`).exec(headers.get('cookie') ?? '')?.[1];
  const member = await readMember(cookie('member'), env.MEMBER_KEY);
  return {
    ...pageFacts(new URL(url).pathname, cookie('cart')),
    hour: Number(local.format(now({ headers }))),
    loyalty_tier: member?.tier,
  };
}

function origin(request) {
  const url = new URL(request.url);
  return fetch(new Request(env.ORIGIN + url.pathname + url.search, request));
}

function now({ headers }) {
  return Number((env.FORGED_CLOCK && headers.get('x-demo-now')) || Date.now());
}

export default personalize({
  wasm,
  wasmBytes,
  keys: JSON.parse(env.KEYS),
  site: env.SITE,
  match: [
    '/',
    '/c/*',
    '/p/*',
    '/reduced',
    '/cart',
    '/checkout',
    '/thanks',
    '/returns',
    '/club',
    '/help',
    '/letter',
    '/consent',
  ],
  budgetMs: 1000,
  ruleset: env.RULESET,
  refreshMs: 2000,
  outcomes: env.OUTCOMES,
  ingestKey: env.INGEST_KEY,
  ticketKey: env.TICKET_KEY,
  origin,
  attributes: facts,
  ...(env.FORGED_CLOCK && { now }),
});
