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

export const card = (product, eager = false) =>
  html`<li class="card">
    <a href="/p/${encodeURIComponent(product.sku)}">
      <img
        src="${artOf(product)}"
        alt=""
        width="400"
        height="400"
        ${eager ? '' : html` loading="lazy"`}
      />
      <h3>${product.name}</h3>
      <p class="line">${product.line}</p>
      <p>${price(product)}</p>
    </a>
  </li>`;

export const shelf = (products, eagerCount = 0) =>
  html`<ul class="shelf">
    ${products.map((product, i) => card(product, i < eagerCount))}
  </ul>`;

/** The invitation to the letter; what it promises may be personalised, the form is the page's. */
export const capture = html`<section
  class="capture"
  data-heed-slot="capture"
  aria-labelledby="letter"
>
  <div class="wide capture-row">
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
