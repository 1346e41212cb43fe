// After the order: the thank-you page and the way back.
import { html, money } from '../html.mjs';
import { sums } from './basket.mjs';
import { artOf } from './parts.mjs';

const noOrder = html`<p>There is no order in this browser.</p>`;

const packed = (order) =>
  html`<p>
      Your order <strong>${order.id}</strong> is on the packing table. Reload this page as often as
      you like: an order counts once.
    </p>
    <div class="summary">
      <ul class="mini">
        ${order.lines.map(
          ({ product, size, count }) =>
            html`<li>
              <img src="${artOf(product)}" alt="" width="48" height="48" />
              <span>${count} × ${product.name}${size ? html`, size ${size}` : ''}</span>
            </li>`,
        )}
      </ul>
      ${sums(order.bill)}
    </div>`;

/** @param visit.order  undefined where this browser has ordered nothing */
export function thanks(_, { order }) {
  return {
    title: 'Thank you',
    page: {
      page_type: 'thanks',
      order: order?.id,
      revenue: order?.revenue,
      skus: order?.skus.join(' '),
    },
    main: html`<div class="wide narrow">
      <h1>Thank you</h1>
      ${order ? packed(order) : noOrder}
      <p class="onward">
        <a class="button" href="/">Back to the shop</a> <a href="/returns">Send something back</a>
      </p>
    </div>`,
  };
}

const sendBack = (order) =>
  html`<p>Order <strong>${order.id}</strong> over ${money(order.bill.total)}: all of it, free.</p>
    <form method="post" action="/returns">
      <button>Send it back</button>
    </form>`;

const onItsWay = (order) =>
  html`<p>
    Order <strong>${order.id}</strong> is on its way back. ${money(order.bill.total)} follow the
    same way.
  </p>`;

export function returns(_, { order }) {
  const way = order?.isReturned ? onItsWay : sendBack;
  return {
    title: 'Returns',
    page: { page_type: 'returns', refund: order?.isReturned ? order.id : undefined },
    main: html`<div class="wide narrow">
      <h1>Send something back</h1>
      ${order ? way(order) : noOrder}
      <p class="onward"><a href="/">Back to the shop</a></p>
    </div>`,
  };
}
