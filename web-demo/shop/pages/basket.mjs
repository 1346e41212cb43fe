// The basket and the till.
import { countMax } from '../cart.mjs';
import { html, money } from '../html.mjs';
import { billOf, freeFrom } from '../till.mjs';
import { artOf } from './parts.mjs';

const which = ({ product, size }) =>
  html`<input type="hidden" name="sku" value="${product.sku}" /><input
      type="hidden"
      name="size"
      value="${size}"
    />`;

const row = (line, i) => {
  const { product, size, count } = line;
  return html`<li class="line-item">
    <img src="${artOf(product)}" alt="" width="96" height="96" />
    <div>
      <h2><a href="/p/${encodeURIComponent(product.sku)}">${product.name}</a></h2>
      <p class="line">${size ? html`Size ${size} · ` : ''}${money(product.price)} each</p>
      <form method="post" action="/cart/count" class="count">
        ${which(line)}
        <label class="unseen" for="count-${i}">How many: ${product.name}</label>
        <input
          id="count-${i}"
          name="count"
          type="number"
          inputmode="numeric"
          min="0"
          max="${countMax}"
          value="${count}"
        /><button class="quiet small">Change</button>
        <button class="link" name="count" value="0" formnovalidate>
          Take out<span class="unseen"> ${product.name}</span>
        </button>
      </form>
    </div>
    <p class="amount">${money(product.price * count)}</p>
  </li>`;
};

const sum = (name, amount, kind = '') =>
  html`<div class="${kind}">
    <dt>${name}</dt>
    <dd>${amount}</dd>
  </div>`;

export const sums = (bill) =>
  html`<dl class="sums">
    ${sum('Goods', money(bill.goods))}
    ${bill.code ? sum(`Code ${bill.code}`, html`−${money(bill.off)}`) : ''}
    ${sum('Postage', bill.postage ? money(bill.postage) : 'free')}
    ${sum('Together', money(bill.total), 'total')}
  </dl>`;

const togo = ({ goods, postage }) =>
  postage
    ? html`<p class="togo">
        <progress max="${freeFrom}" value="${goods}" aria-label="On the way to free post"></progress
        >${money(freeFrom - goods)} to go until the post is free
      </p>`
    : '';

const codeForm = (code, bill) =>
  html`<form method="post" action="/cart/code" class="code">
    <label for="code">A code, if you have one</label>
    <div class="field-row">
      <input id="code" name="code" value="${code ?? ''}" autocomplete="off" maxlength="20" /><button
        class="quiet small"
      >
        Use it
      </button>
    </div>
    ${code && !bill.code ? html`<p class="problem">We do not know the code ${code}.</p>` : ''}
    ${bill.code && !bill.off ? html`<p class="problem">The code takes nothing off these.</p>` : ''}
  </form>`;

const filled = (cart, code) => {
  const bill = billOf(cart, code);
  return html`<div class="split">
    <ul class="lines">
      ${cart.lines.map(row)}
    </ul>
    <aside class="summary" aria-label="Sum">
      ${sums(bill)} ${togo(bill)} ${codeForm(code, bill)}
      <a class="button" href="/checkout">To the till</a>
      <a href="/">Look around some more</a>
    </aside>
  </div>`;
};

const empty = html`<p>There is nothing in it yet.</p>
  <p class="onward"><a class="button" href="/">Look around</a></p>`;

export function basket(_, { cart, code }) {
  return {
    title: 'Your basket',
    page: { page_type: 'cart' },
    main: html`<div class="wide">
      <h1>Your basket</h1>
      <section class="offer" data-heed-slot="cart_banner" aria-label="Note">
        <h2 data-heed-part="title">Packed by hand</h2>
        <p data-heed-part="offer">In paper and string, by the people who made it.</p>
      </section>
      ${cart.count ? filled(cart, code) : empty}
    </div>`,
  };
}

const field = (id, label, complete) =>
  html`<p>
    <label for="${id}">${label}</label
    ><input id="${id}" name="${id}" type="text" autocomplete="${complete}" required />
  </p>`;

export function checkout(_, { cart, code }) {
  const bill = billOf(cart, code);
  return {
    title: 'The till',
    page: { page_type: 'checkout' },
    main: html`<div class="wide">
      <h1>The till</h1>
      <div class="split">
        <form method="post" action="/checkout" class="till">
          ${field('name', 'Name', 'name')} ${field('street', 'Street and house', 'street-address')}
          ${field('town', 'Town and postcode', 'postal-code')}
          <p>
            <label class="tick"
              ><input type="checkbox" name="wrap" value="yes" /><span
                >It is a present: wrap it in recycled paper, free</span
              ></label
            >
          </p>
          <p class="line">
            This is a demonstration: what you type is not kept, and nothing is charged.
          </p>
          <button>Order for ${money(bill.total)}</button>
        </form>
        <aside class="summary" aria-label="Sum">
          <ul class="mini">
            ${cart.lines.map(
              ({ product, count }) =>
                html`<li>
                  <img src="${artOf(product)}" alt="" width="48" height="48" />
                  <span>${count} × ${product.name}</span>
                </li>`,
            )}
          </ul>
          ${sums(bill)}
        </aside>
      </div>
    </div>`,
  };
}
