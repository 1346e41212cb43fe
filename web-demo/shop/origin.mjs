// The shop's origin: server-rendered pages in plain Node. It knows nothing of heed beyond the
// markup of its slots; the edge in front of it personalises.
import { once } from 'node:events';
import http from 'node:http';

import { addToCart, readCart, setCount, writeCart } from './cart.mjs';
import { catalog as ownCatalog } from './catalog.mjs';
import { fileAt } from './files.mjs';
import { layout } from './layout.mjs';
import { readMember, signMember } from './member.mjs';
import { Orders } from './orders.mjs';
import { returns, thanks } from './pages/after.mjs';
import { basket, checkout } from './pages/basket.mjs';
import { category, reduced } from './pages/category.mjs';
import { home } from './pages/home.mjs';
import { product } from './pages/product.mjs';
import { choice, club, help, letter, members, missing, refused } from './pages/words.mjs';
import { billOf, normalCode } from './till.mjs';

const bodyBytesMax = 16 * 1024;
const yearS = 31_536_000;
const grants = ['none', 'analytics', 'analytics.personalisation'];
const headersWith = (frames) => ({
  'content-security-policy':
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self' ${frames}`.trimEnd(),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
});
const pages = {
  '/': home,
  '/reduced': reduced,
  '/cart': basket,
  '/checkout': (shop, visit) => (visit.cart.count ? checkout : basket)(shop, visit),
  '/thanks': thanks,
  '/returns': returns,
  '/club': club,
  '/help': help,
  '/letter': letter,
  '/consent': choice,
};

const cookiesOf = (request) =>
  Object.fromEntries(
    (request.headers.cookie ?? '').split('; ').map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
const cookie = (name, value) =>
  `${name}=${value}; Path=/; Max-Age=${value === '' ? 0 : yearS}; SameSite=Lax; Secure`;

async function formOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new Error('the form is too large');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** Where a form that stands on every page leads back to. */
function pageBefore(request) {
  try {
    const { pathname } = new URL(request.headers.referer);
    return pathname.startsWith('/consent') ? '/' : pathname.replace(/^\/+/, '/');
  } catch {
    return '/';
  }
}

class Shop {
  #orders = new Orders();

  constructor({ catalog, keys, memberKey, frames, record }) {
    this.headers = headersWith(frames);
    this.catalog = catalog;
    this.keys = keys;
    this.memberKey = memberKey;
    this.record = record;
  }

  async answer(request, response) {
    const { pathname } = new URL(request.url, 'http://shop');
    if (request.method === 'POST') return this.#post(pathname, request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...this.headers, allow: 'GET, HEAD, POST' }).end();
      return undefined;
    }
    const file = await fileAt(pathname);
    if (file) {
      const kept = { 'content-type': file.type, 'cache-control': 'public, max-age=300' };
      response.writeHead(200, { ...this.headers, ...kept }).end(file.body);
      return undefined;
    }
    const visit = await this.#visit(request);
    return this.#page(this.#view(pathname)(this, visit), response, visit);
  }

  async #visit(request) {
    const cookies = cookiesOf(request);
    return {
      cart: readCart(cookies.cart, this.catalog),
      code: cookies.code,
      order: this.#orders.find(cookies.order),
      member: await readMember(cookies.member, this.memberKey),
      consent: cookies.shop_consent,
    };
  }

  #page(view, response, visit) {
    response.writeHead(view.status ?? 200, {
      ...this.headers,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
    response.end(layout(this, { ...view, ...visit }));
  }

  /** @returns which page stands at this address */
  #view(pathname) {
    if (Object.hasOwn(pages, pathname)) return pages[pathname];
    const [, section, name, rest] = pathname.split('/').map(decodeURIComponent);
    if (rest !== undefined) return missing;
    const shelf = section === 'c' ? this.catalog.category(name) : undefined;
    if (shelf) return (shop) => category(shop, shelf);
    const thing = section === 'p' ? this.catalog.product(name) : undefined;
    return thing ? (shop) => product(shop, thing) : missing;
  }

  /** Every form changes cookies and leads on to a page, so that a reload repeats nothing. */
  async #post(pathname, request, response) {
    const form = await formOf(request);
    const visit = await this.#visit(request);
    const act = { '/consent': this.#choose, '/club': this.#join }[pathname] ?? this.#buy;
    const next = await act.call(this, { pathname, form, request, visit });
    if (!next) return this.#page(refused(), response, visit);
    const [location, ...set] = next;
    response.writeHead(303, { ...this.headers, location, 'set-cookie': set }).end();
    return undefined;
  }

  #buy({ pathname, form, visit: { cart, code, order } }) {
    const [sku, size] = [form.get('sku') ?? '', form.get('size') ?? ''];
    const counted = (changed) => ['/cart', cookie('cart', writeCart(changed))];
    switch (pathname) {
      case '/cart/add': {
        const thing = this.catalog.product(sku);
        return thing && counted(addToCart(cart, thing, size));
      }
      case '/cart/count': {
        // The button that takes a line out comes after the field.
        const count = form.getAll('count').at(-1) ?? '';
        return /^\d{1,2}$/.test(count) && counted(setCount(cart, sku, size, Number(count)));
      }
      case '/cart/code': {
        const typed = normalCode(form.get('code'));
        return /^\w{0,20}$/.test(typed) && ['/cart', cookie('code', typed)];
      }
      case '/checkout': {
        if (!cart.count) return ['/cart'];
        const { id } = this.#orders.place(cart, billOf(cart, code));
        return ['/thanks', cookie('order', id), cookie('cart', ''), cookie('code', '')];
      }
      case '/returns':
        this.#orders.takeBack(order?.id);
        return ['/returns'];
      case '/letter':
        return ['/letter'];
      default:
        return undefined;
    }
  }

  async #join({ form }) {
    const member = members.find(({ number }) => number === form.get('number'));
    const signed = member && this.memberKey ? await signMember(member, this.memberKey) : '';
    return ['/club', cookie('member', signed)];
  }

  #choose({ form, request }) {
    const grant = form.get('grant');
    return [pageBefore(request), cookie('shop_consent', grants.includes(grant) ? grant : 'none')];
  }
}

/**
 * Starts the shop on loopback.
 *
 * @param options.port       0 for any free one
 * @param options.catalog    what is sold; default: the shop's own shelf
 * @param options.keys       base64url public keys that the page's script trusts; none: no script
 * @param options.memberKey  signs memberships; without it there are none
 * @param options.frames     an origin whose pages may show the shop in a frame
 * @param options.record     the share of visitors whose pages keep a replay log
 * @returns {url, stop}
 */
export async function startOrigin({
  port = 0,
  catalog = ownCatalog,
  keys = [],
  memberKey = '',
  frames = '',
  record = 0,
} = {}) {
  const shop = new Shop({ catalog, keys, memberKey, frames, record });
  const server = http.createServer((request, response) => {
    shop.answer(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(400, shop.headers);
      response.end(error.message);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}
