// The frame around every page: head, strip, header, consent bar, footer.
import { html } from './html.mjs';

/** The page's facts, for the script: data attributes of the body. */
function facts(page) {
  const entries = Object.entries(page).filter(([, value]) => value !== undefined);
  return entries.map(([name, value]) => html` data-${name.replaceAll('_', '-')}="${value}"`);
}

const strip = html`<section class="strip" aria-label="Notice" data-heed-slot="strip">
  <p data-heed-part="message">Free returns for 60 days. Mended free for life.</p>
</section>`;

const header = (categories, current, cart) =>
  html`<header class="head">
    <a class="skip" href="#main">Skip to the page</a>
    <div class="wide head-row">
      <a class="brand" href="/"
        ><svg viewBox="0 0 40 40" aria-hidden="true">
          <path d="M20 3 8 20h6L6 31h28l-8-11h6z" />
          <path d="M18 31h4v6h-4z" /></svg
        >Puddle &amp; Pine</a
      >
      <nav aria-label="Categories">
        <ul>
          ${categories.map(({ slug, name }) => html`<li><a href="/c/${slug}" ${slug === current ? html` aria-current="page"` : ''}>${name}</a></li>`)}
        </ul>
      </nav>
      <a class="cart-link" href="/cart"
        >Basket
        <span class="badge"
          ><span class="unseen">holds </span>${cart.count}<span class="unseen"> things</span></span
        ></a
      >
    </div>
  </header>`;

const consentBar = html`<form
  class="consent"
  id="consent"
  method="post"
  action="/consent"
  aria-label="Your choice about data"
>
  <p>
    <strong>May we remember you?</strong> With your yes, this shop keeps what you looked at on your
    own device and counts what helps. Without it, nothing is stored and nothing is sent.
  </p>
  <div class="consent-choices">
    <button name="grant" value="none" class="quiet">No, thank you</button>
    <button name="grant" value="analytics" class="quiet">Only this visit</button>
    <button name="grant" value="analytics.personalisation">Yes, remember me</button>
  </div>
</form>`;

const footer = html`<footer class="foot">
  <div class="wide foot-row">
    <p class="foot-brand">Puddle &amp; Pine</p>
    <p>
      Family clothes and small good things, made to be mended. A demonstration shop: nothing here is
      really for sale.
    </p>
    <ul>
      <li><a href="/returns">Send something back</a></li>
      <li><a href="/consent">Your choice about data</a></li>
    </ul>
  </div>
</footer>`;

/**
 * @param shop     {catalog, keys}: what is sold, whose rulesets the script trusts
 * @param view     {title, page, cart, consent, main, ask}: `page` becomes data attributes of the body;
 *                 the consent bar shows until a choice is made, and where the page asks
 */
export function layout({ catalog, keys }, { title, page, cart, consent, main, ask }) {
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Puddle &amp; Pine</title>
<meta name="description" content="Family clothes and small good things, made to be mended.">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/shop.css">
${
  keys?.length
    ? html`<meta name="heed-keys" content="${keys.join(' ')}" />
        <script type="module" src="/shop.js"></script>`
    : ''
}
</head>
<body${facts({ ...page, cart_value: cart.value })}>
${strip}
${header(catalog.categories, page.category, cart)}
<main id="main">${main}</main>
${footer}
${consent === undefined || ask ? consentBar : ''}
</body>
</html>`.toString();
}
