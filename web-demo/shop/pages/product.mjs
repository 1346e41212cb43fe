import { html } from '../html.mjs';
import { artOf, price, shelf } from './parts.mjs';

const relatedCount = 4;

const sizeChoice = ({ sizes }) =>
  sizes.length
    ? html`<fieldset class="sizes">
        <legend>Size</legend>
        ${sizes.map(
          (size, i) =>
            html`<label
              ><input
                type="radio"
                name="size"
                value="${size}"
                required
                ${i === 0 ? html`checked` : ''}
              /><span>${size}</span></label
            >`,
        )}
      </fieldset>`
    : '';

const wear = ({ wearsOutDays }) =>
  wearsOutDays ? html`<p>Lasts a family about ${wearsOutDays} days.</p>` : '';

/** The slots wrap the page's own price, form and story, so that each stays where it is seen. */
const detail = (thing) =>
  html`<div class="detail">
    <h1>${thing.name}</h1>
    <p class="line">${thing.line}</p>
    <section data-heed-slot="product_urgency" aria-label="Price">
      <p class="note urgent" data-heed-part="message"></p>
      <p class="big-price">${price(thing)}</p>
    </section>
    <section data-heed-slot="product_promise" aria-label="Order">
      <form method="post" action="/cart/add" id="add" class="add">
        <input type="hidden" name="sku" value="${thing.sku}" />
        ${sizeChoice(thing)}
        <button>Put in basket</button>
      </form>
      <p class="note promise" data-heed-part="message"></p>
    </section>
    <section class="offer" data-heed-slot="product_offer" aria-label="Advice">
      <h2 data-heed-part="title">Good to know</h2>
      <p>
        <span data-heed-part="offer">Dispatched from our Yorkshire workshop within a day.</span>
        <a data-heed-part="link" href="/help">See more</a>
      </p>
    </section>
    <section class="story" data-heed-slot="product_story" aria-label="About it">
      <p>${thing.story}</p>
      ${wear(thing)}
      <p class="note" data-heed-part="message"></p>
    </section>
  </div>`;

export function product({ catalog }, thing) {
  const { sku, category } = thing;
  const related = catalog
    .inCategory(category)
    .slice(0, relatedCount + 1)
    .filter((other) => other.sku !== sku);
  return {
    title: thing.name,
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
        <a href="/c/${category}">${catalog.category(category)?.name ?? 'Shop'}</a>
      </nav>
      <article class="product">
        <div class="picture">
          <img
            src="${artOf(thing)}"
            alt="${thing.name}"
            width="640"
            height="640"
            fetchpriority="high"
          />
        </div>
        ${detail(thing)}
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
