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

let keys = JSON.parse(env.KEYS);

/** What the edge's own source of rulesets throws: pages stay as they are until it answers. */
const unavailable = (why) => Object.assign(new Error(why), { code: 'unavailable' });

async function read(url) {
  const answer = await fetch(url).catch((error) => {
    throw unavailable(`${url}: ${error}`);
  });
  if (!answer.ok) throw unavailable(`${url} answered ${answer.status}`);
  return answer;
}

/**
 * A site pins its keys in its build. The demo's grow: a key made in the tower joins the keyring,
 * which is therefore read before each ruleset that it may have to verify.
 */
async function rulesetAt(url) {
  const { roles } = await (await read(env.KEYRING)).json();
  keys = roles.release.keys;
  return (await read(url)).arrayBuffer();
}

/** What outlives this isolate, where the host has such a thing. */
const memory = (url) => ({
  get: async (key) => {
    const answer = await fetch(`${url}/memory/${encodeURIComponent(key)}`);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  },
  put: (key, bytes) =>
    fetch(`${url}/memory/${encodeURIComponent(key)}`, { method: 'PUT', body: bytes }),
});

const options = {
  wasm,
  wasmBytes,
  keys: () => keys,
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
  ruleset: env.KEYRING ? () => rulesetAt(env.RULESET) : env.RULESET,
  refreshMs: 2000,
  outcomes: env.OUTCOMES,
  ingestKey: env.INGEST_KEY,
  ticketKey: env.TICKET_KEY,
  previewKey: env.PREVIEW_KEY,
  replay: env.REPLAY,
  ...(env.MEMORY && { memory: () => memory(env.MEMORY) }),
  origin,
  attributes: facts,
  ...(env.FORGED_CLOCK && { now }),
};

const shop = personalize(options);
const drafts = new Map();
const draftCountMax = 8;

/** The edge of one draft: its preview links show it, and whatever else asks gets the page alone. */
function edgeOf(draft) {
  if (!drafts.has(draft)) {
    if (drafts.size >= draftCountMax) drafts.delete(drafts.keys().next().value);
    const uncounted = { outcomes: undefined, ingestKey: undefined, ticketKey: undefined };
    const forgetful = { memory: undefined, replay: undefined };
    const ruleset = () => rulesetAt(env.DRAFTS + draft);
    drafts.set(draft, personalize({ ...options, ...uncounted, ...forgetful, ruleset }));
  }
  return drafts.get(draft);
}

/** The draft that a request names: a preview link does, and what its page then asks for. */
function draftOf({ url, headers }) {
  if (!env.DRAFTS) return undefined;
  const here = new URL(url);
  const isOfPage = here.pathname.startsWith('/_heed/ruleset/');
  const link = isOfPage ? new URL(headers.get('referer') ?? url) : here;
  const draft = link.searchParams.get('heed_draft') ?? '';
  return link.searchParams.has('heed_preview') && /^[0-9a-f]{16}$/.test(draft) ? draft : undefined;
}

export default {
  fetch(request, bindings, context) {
    const draft = draftOf(request);
    return (draft ? edgeOf(draft) : shop).fetch(request, bindings, context);
  },
};
