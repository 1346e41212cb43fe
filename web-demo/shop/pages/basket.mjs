// Cart, checkout, thank-you page and returns.
import { html, money } from '../html.mjs';
import { artOf } from './parts.mjs';

const freeFrom = 60;
const postage = 4.5;
export const postageOf = (cart) => (cart.value >= freeFrom || cart.count === 0 ? 0 : postage);

const row = ({ product, size, count }) =>
  html`<li class="line-item">
    <img src="${artOf(product)}" alt="" width="96" height="96" />
    <div>
      <h3><a href="/p/${encodeURIComponent(product.sku)}">${product.name}</a></h3>
      <p class="line">${size ? html`Size ${size} · ` : ''}${count} × ${money(product.price)}</p>
    </div>
    <p class="amount">${money(product.price * count)}</p>
    <form method="post" action="/cart/remove">
      <input type="hidden" name="sku" value="${product.sku}" /><input
        type="hidden"
        name="size"
        value="${size}"
      /><button class="link">Take out<span class="unseen"> ${product.name}</span></button>
    </form>
  </li>`;

const sums = (cart) =>
  html`<dl class="sums">
    <div>
      <dt>Goods</dt>
      <dd>${money(cart.value)}</dd>
    </div>
    <div>
      <dt>Postage</dt>
      <dd>${postageOf(cart) ? money(postageOf(cart)) : 'free'}</dd>
    </div>
    <div class="total">
      <dt>Together</dt>
      <dd>${money(cart.value + postageOf(cart))}</dd>
    </div>
  </dl>`;

export function basket(_, cart) {
  const main = cart.count
    ? html`<ul class="lines">
          ${cart.lines.map(row)}
        </ul>
        ${sums(cart)}
        <p class="onward">
          <a class="button" href="/checkout">To the till</a> <a href="/">Look around some more</a>
        </p>`
    : html`<p>There is nothing in it yet.</p>
        <p class="onward"><a class="button" href="/">Look around</a></p>`;
  return {
    title: 'Your basket',
    page: { page_type: 'cart' },
    main: html`<div class="wide narrow">
      <h1>Your basket</h1>
      <section class="offer" data-heed-slot="cart_banner" aria-label="Note">
        <h2 data-heed-part="title">Packed by hand</h2>
        <p data-heed-part="offer">In paper and string, by the people who made it.</p>
      </section>
      ${main}
    </div>`,
  };
}

const field = (id, label, type, complete) =>
  html`<p>
    <label for="${id}">${label}</label
    ><input id="${id}" name="${id}" type="${type}" autocomplete="${complete}" required />
  </p>`;

export function checkout(_, cart) {
  return {
    title: 'The till',
    page: { page_type: 'checkout' },
    main: html`<div class="wide narrow">
      <h1>The till</h1>
      ${sums(cart)}
      <form method="post" action="/checkout" class="till">
        ${field('name', 'Name', 'text', 'name')}
        ${field('street', 'Street and house', 'text', 'street-address')}
        ${field('town', 'Town and postcode', 'text', 'postal-code')}
        <p class="line">
          This is a demonstration: what you type is not kept, and nothing is charged.
        </p>
        <button>Order for ${money(cart.value + postageOf(cart))}</button>
      </form>
    </div>`,
  };
}

/** @param order  {id, revenue, skus} or undefined where this browser has ordered nothing */
export function thanks(_, order) {
  return {
    title: 'Thank you',
    page: {
      page_type: 'thanks',
      order: order?.id,
      revenue: order?.revenue,
      skus: order?.skus.join(' '),
    },
    main: html`<div class="wide narrow thanks">
      <h1>Thank you</h1>
      ${
        order
          ? html`<p>
                Your order <strong>${order.id}</strong> over ${money(order.revenue)} is on the
                packing table.
              </p>
              <p>Reload this page as often as you like: an order counts once.</p>`
          : html`<p>There is no order in this browser.</p>`
      }
      <p class="onward">
        <a class="button" href="/">Back to the shop</a> <a href="/returns">Send something back</a>
      </p>
    </div>`,
  };
}

export function returns(_, order, returned) {
  const form = order
    ? html`<form method="post" action="/returns">
        <p>Order <strong>${order.id}</strong>, ${money(order.revenue)}</p>
        <button>Send it back</button>
      </form>`
    : html`<p>There is no order in this browser.</p>`;
  return {
    title: 'Returns',
    page: { page_type: 'returns', refund: returned },
    main: html`<div class="wide narrow">
      <h1>Send something back</h1>
      ${returned ? html`<p>Order <strong>${returned}</strong> is on its way back. Your money follows it.</p>` : form}
    </div>`,
  };
}

/** A page with a heading and a sentence. */
export const notice = (title, text, pageType) => ({
  title,
  page: { page_type: pageType },
  main: html`<div class="wide narrow">
    <h1>${title}</h1>
    <p>${text}</p>
    <p class="onward"><a class="button" href="/">Back to the shop</a></p>
  </div>`,
});
