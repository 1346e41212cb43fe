// Pieces that several pages share.
import { html, money } from '../html.mjs';

export const artOf = ({ shape, tones }) => `/art/${shape}/${tones.join('/')}.svg`;

export const price = (product) =>
  product.was
    ? html`<span class="price reduced"
        ><span class="unseen">Now </span>${money(product.price)}
        <s><span class="unseen">before </span>${money(product.was)}</s></span
      >`
    : html`<span class="price">${money(product.price)}</span>`;

const card = (product, eager) =>
  html`<li class="card">
    <a href="/p/${encodeURIComponent(product.sku)}">
      <span class="card-picture">
        ${product.was ? html`<span class="flag">Reduced</span>` : ''}
        <img
          src="${artOf(product)}"
          alt=""
          width="400"
          height="400"
          ${eager ? '' : html` loading="lazy"`}
        />
      </span>
      <h3>${product.name}</h3>
      <p class="line">${product.line}</p>
      <p>${price(product)}</p>
    </a>
  </li>`;

export const shelf = (products, eagerCount = 0) =>
  html`<ul class="shelf">
    ${products.map((product, i) => card(product, i < eagerCount))}
  </ul>`;

/** What a section of the shop is about, beside its picture. */
export const banner = ({ name, line, intro, scene }) =>
  html`<section class="banner">
    <div class="wide banner-row">
      <div>
        <h1>${name}</h1>
        <p class="banner-line">${line}</p>
        <p class="line">${intro}</p>
      </div>
      <img src="/art/scenes/${scene}.svg" alt="" width="960" height="720" fetchpriority="high" />
    </div>
  </section>`;

/** The invitation to the letter; what it promises may be personalised, the form is the page's. */
export const capture = html`<section
  class="capture"
  data-heed-slot="capture"
  aria-labelledby="letter"
>
  <div class="wide capture-row">
    <img src="/art/scenes/letter.svg" alt="" width="320" height="240" loading="lazy" />
    <div>
      <h2 id="letter" data-heed-part="title">A letter from the workshop</h2>
      <p data-heed-part="offer">Once a month: what we mended, what we made, what is new.</p>
    </div>
    <form method="post" action="/letter" id="letter-form">
      <label for="email">Your e-mail address</label>
      <div class="field-row">
        <input id="email" name="email" type="email" autocomplete="email" required /><button>
          Write to me
        </button>
      </div>
    </form>
  </div>
</section>`;

/** A page with a heading and a few sentences. */
export const notice = (title, text, pageType) => ({
  title,
  page: { page_type: pageType },
  main: html`<div class="wide narrow">
    <h1>${title}</h1>
    <p>${text}</p>
    <p class="onward"><a class="button" href="/">Back to the shop</a></p>
  </div>`,
});
