// The shop's origin: server-rendered pages in plain Node. It knows nothing of heed beyond the markup
// of its slots; the edge in front of it personalises.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

import { draw } from './art.mjs';
import { addToCart, readCart, removeFromCart, writeCart } from './cart.mjs';
import { catalog as ownCatalog } from './catalog.mjs';
import { layout } from './layout.mjs';
import { basket, checkout, notice, returns, thanks } from './pages/basket.mjs';
import { category } from './pages/category.mjs';
import { home } from './pages/home.mjs';
import { product } from './pages/product.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const bodyBytesMax = 16 * 1024;
const yearS = 31_536_000;
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
};

const cookiesOf = (request) =>
  Object.fromEntries(
    (request.headers.cookie ?? '').split('; ').map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
const cookie = (name, value, maxAgeS = yearS) =>
  `${name}=${value}; Path=/; Max-Age=${maxAgeS}; SameSite=Lax; Secure`;

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

const orderId = /^PP-[0-9A-F]{8}$/;

/** An order that this browser made: `id~revenue~sku~sku...` in its cookie. */
function orderOf(text) {
  const [id, revenue, ...skus] = (text ?? '').split('~');
  const known = orderId.test(id) && /^\d{1,6}(\.\d{1,2})?$/.test(revenue);
  return known
    ? { id, revenue: Number(revenue), skus: skus.filter((sku) => /^[\w-]+$/.test(sku)) }
    : undefined;
}

class Shop {
  constructor(catalog, keys) {
    this.catalog = catalog;
    this.keys = keys;
  }

  async answer(request, response) {
    const { pathname } = new URL(request.url, 'http://shop');
    const cookies = cookiesOf(request);
    const cart = readCart(cookies.cart, this.catalog);
    const visit = {
      cart,
      consent: cookies.shop_consent,
      order: orderOf(cookies.order),
      returned: orderId.test(cookies.returned) ? cookies.returned : undefined,
      cookies,
    };
    if (request.method === 'POST') return this.#post(pathname, request, response, visit);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD, POST' }).end();
      return undefined;
    }
    if (await this.#asset(pathname, response)) return undefined;
    return this.#page(this.#view(pathname, visit), response, visit);
  }

  #page(view, response, visit) {
    const body = layout(this, { ...view, ...visit });
    response.writeHead(view.status ?? 200, {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
    response.end(body);
  }

  #view(pathname, { cart, order, returned }) {
    const [, section, name, rest] = pathname.split('/').map(decodeURIComponent);
    if (rest === undefined && section === 'c' && this.catalog.category(name)) {
      return category(this, this.catalog.category(name));
    }
    if (rest === undefined && section === 'p' && this.catalog.product(name)) {
      return product(this, this.catalog.product(name));
    }
    switch (pathname) {
      case '/':
        return home(this);
      case '/cart':
        return basket(this, cart);
      case '/checkout':
        return cart.count ? checkout(this, cart) : basket(this, cart);
      case '/thanks':
        return thanks(this, order);
      case '/returns':
        return returns(this, order, returned);
      case '/letter':
        return notice(
          'The letter is yours',
          'The first one leaves the workshop on Friday.',
          'letter',
        );
      case '/consent':
        return {
          ...notice(
            'Your choice about data',
            'Choose below; you can come back here at any time.',
            'consent',
          ),
          ask: true,
        };
      default:
        return {
          ...notice(
            'Not on our shelves',
            'There is no such page. Perhaps it was mended into another one.',
            'missing',
          ),
          status: 404,
        };
    }
  }

  async #asset(pathname, response) {
    const art = /^\/art\/([a-z]+)\/([a-z]+)\/([a-z]+)\.svg$/.exec(pathname);
    const scene = /^\/art\/scenes\/([a-z]+)\.svg$/.exec(pathname)?.[1];
    const fixed = {
      '/shop.css': ['shop.css', 'text/css; charset=utf-8'],
      '/shop.js': ['dist/shop.js', 'text/javascript; charset=utf-8'],
      '/icon.svg': ['icon.svg', 'image/svg+xml'],
    }[pathname];
    let body;
    if (art) body = draw(art[1], [art[2], art[3]]);
    else if (scene || fixed) {
      body = await readFile(file(scene ? `scenes/${scene}.svg` : fixed[0])).catch(() => undefined);
    }
    if (body === undefined) return false;
    response.writeHead(200, {
      ...headers,
      'content-type': fixed?.[1] ?? 'image/svg+xml',
      'cache-control': 'public, max-age=300',
    });
    response.end(body);
    return true;
  }

  async #post(pathname, request, response, { cart, order, cookies }) {
    const form = await formOf(request);
    const see = (location, ...set) => {
      response.writeHead(303, { ...headers, location, 'set-cookie': set });
      response.end();
    };
    const thing = this.catalog.product(form.get('sku') ?? '');
    switch (pathname) {
      case '/cart/add':
        if (!thing) break;
        return see(
          '/cart',
          cookie('cart', writeCart(addToCart(cart, thing, form.get('size') ?? ''))),
        );
      case '/cart/remove': {
        const left = removeFromCart(cart, form.get('sku'), form.get('size') ?? '');
        return see('/cart', cookie('cart', writeCart(left)));
      }
      case '/checkout': {
        if (!cart.count) return see('/cart');
        const id = `PP-${randomBytes(4).toString('hex').toUpperCase()}`;
        const skus = [...new Set(cart.lines.map((line) => line.product.sku))];
        return see(
          '/thanks',
          cookie('order', [id, cart.value, ...skus].join('~')),
          cookie('cart', '', 0),
          cookie('returned', '', 0),
        );
      }
      case '/returns':
        if (!order) return see('/returns');
        return see('/returns', cookie('returned', order.id), cookie('order', '', 0));
      case '/letter':
        return see('/letter');
      case '/consent':
        return see(this.#back(request), ...this.#choice(form.get('grant')));
      default:
    }
    return this.#page(
      {
        ...notice(
          'That did not work',
          'The form asked for something that we do not have.',
          'missing',
        ),
        status: 400,
      },
      response,
      { cart, consent: cookies.shop_consent },
    );
  }

  /** Sets the choice; with a no, what the shop's personalisation kept goes at the same moment. */
  #choice(grant) {
    const known = ['none', 'analytics', 'analytics.personalisation'].includes(grant);
    return [cookie('shop_consent', known ? grant : 'none')];
  }

  #back(request) {
    try {
      const { pathname } = new URL(request.headers.referer);
      return pathname.startsWith('/consent') ? '/' : pathname;
    } catch {
      return '/';
    }
  }
}

/**
 * Starts the shop on loopback.
 *
 * @param options.port     0 for any free one
 * @param options.catalog  what is sold; default: the shop's own shelf
 * @param options.keys     base64url public keys that the page's script trusts; none: no script
 * @returns {url, stop}
 */
export async function startOrigin({ port = 0, catalog = ownCatalog, keys = [] } = {}) {
  const shop = new Shop(catalog, keys);
  const server = http.createServer((request, response) => {
    shop.answer(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(400, headers);
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
