import { html } from '../html.mjs';
import { artOf, price, shelf } from './parts.mjs';

const relatedCount = 4;

const sizeChoice = ({ sizes }) =>
  sizes.length
    ? html`<label for="size">Size</label>
        <select id="size" name="size">
          ${sizes.map((size) => html`<option>${size}</option>`)}
        </select>`
    : '';

export function product({ catalog }, thing) {
  const { sku, category, name, line, story } = thing;
  const shelfName = catalog.category(category)?.name ?? 'Shop';
  const related = catalog.inCategory(category).filter((other) => other.sku !== sku);
  return {
    title: name,
    page: {
      page_type: 'product',
      category,
      sku,
      price: thing.price,
      reduced: thing.was !== undefined,
    },
    main: html`<div class="wide">
      <nav class="crumbs" aria-label="Where you are">
        <a href="/">Home</a> <span aria-hidden="true">/</span>
        <a href="/c/${category}">${shelfName}</a>
      </nav>
      <article class="product">
        <div class="picture">
          <img src="${artOf(thing)}" alt="${name}" width="640" height="640" fetchpriority="high" />
        </div>
        <div class="detail">
          <h1>${name}</h1>
          <p class="line">${line}</p>
          <section data-heed-slot="product_urgency" aria-label="Price">
            <p class="note urgent" data-heed-part="message"></p>
            <p class="big-price">${price(thing)}</p>
          </section>
          <section data-heed-slot="product_promise" aria-label="Order">
            <form method="post" action="/cart/add" id="add" class="add">
              <input type="hidden" name="sku" value="${sku}" />
              ${sizeChoice(thing)}
              <button>Put in basket</button>
            </form>
            <p class="note promise" data-heed-part="message"></p>
          </section>
          <section class="offer" data-heed-slot="product_offer" aria-label="Advice">
            <h2 data-heed-part="title">Good to know</h2>
            <p data-heed-part="offer">Dispatched from our Yorkshire workshop within a day.</p>
          </section>
          <section class="story" data-heed-slot="product_story" aria-label="About it">
            <p>${story}</p>
            <p class="note" data-heed-part="message"></p>
          </section>
        </div>
      </article>
      ${
        related.length
          ? html`<section aria-labelledby="related">
              <h2 id="related">Goes well with it</h2>
              ${shelf(related.slice(0, relatedCount))}
            </section>`
          : ''
      }
    </div>`,
  };
}
