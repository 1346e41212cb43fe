// The frame around every page: head, strip, header, consent bar, footer.
import { html } from './html.mjs';

/** The page's facts, for the script: data attributes of the body. */
function facts(page) {
  const entries = Object.entries(page).filter(([, value]) => value !== undefined);
  return entries.map(([name, value]) => html` data-${name.replaceAll('_', '-')}="${value}"`);
}

const strip = html`<section class="strip" aria-label="Notice" data-heed-slot="strip">
  <p>
    <span data-heed-part="message">Free returns for 60 days. Mended free for life.</span>
    <a data-heed-part="link" href="/help">Read more</a>
  </p>
</section>`;

const mark = html`<svg viewBox="0 0 40 40" aria-hidden="true">
  <path d="M20 2 9 17h5L5 29h30l-9-12h5z" />
  <path d="M18 29h4v4h-4z" />
  <path class="puddle" d="M4 35c0-2 7-3 16-3s16 1 16 3-7 3-16 3-16-1-16-3z" />
</svg>`;

const navigation = (categories, current) =>
  categories.map(
    ({ slug, name }) =>
      html`<li>
        <a href="/c/${slug}" ${slug === current ? html`aria-current="page"` : ''}>${name}</a>
      </li>`,
  );

const header = (categories, current, cart, member) =>
  html`<header class="head">
    <div class="wide head-row">
      <a class="brand" href="/">${mark}Puddle &amp; Pine</a>
      <nav aria-label="Categories">
        <ul>
          ${navigation(categories, current)}
        </ul>
      </nav>
      <div class="head-links">
        <a href="/club">${member ? html`Club: ${member.tier}` : 'Club'}</a>
        <a class="cart-link" href="/cart"
          >Basket <span class="badge">${cart.count}</span
          ><span class="unseen"> ${cart.count === 1 ? 'thing' : 'things'}</span></a
        >
      </div>
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
    <strong>May we remember you?</strong> With your yes this shop keeps what you look at on your own
    device and counts what helps. Without it nothing is stored or sent.
  </p>
  <div class="consent-choices">
    <button name="grant" value="none" class="quiet">No, thank you</button>
    <button name="grant" value="analytics" class="quiet">Only this visit</button>
    <button name="grant" value="analytics.personalisation">Yes, remember me</button>
  </div>
</form>`;

const footer = (categories) =>
  html`<footer class="foot">
    <div class="wide foot-row">
      <div class="foot-about">
        <p class="foot-brand">Puddle &amp; Pine</p>
        <p>
          Family clothes and small good things, made to be mended, from a workshop in the Yorkshire
          Dales.
        </p>
      </div>
      <nav aria-label="Shop">
        <h2>Shop</h2>
        <ul>
          ${navigation(categories)}
          <li><a href="/reduced">Reduced</a></li>
        </ul>
      </nav>
      <nav aria-label="Help">
        <h2>Help</h2>
        <ul>
          <li><a href="/help">Post, returns and mending</a></li>
          <li><a href="/returns">Send something back</a></li>
          <li><a href="/club">The Puddle Club</a></li>
          <li><a href="/consent">Your choice about data</a></li>
        </ul>
      </nav>
    </div>
    <p class="wide foot-note">A demonstration shop: nothing here is really for sale.</p>
  </footer>`;

const script = ({ keys, record }) =>
  keys?.length
    ? html`<meta name="heed-keys" content="${keys.join(' ')}" />
        ${record ? html`<meta name="heed-record" content="${record}" />` : ''}
        <script type="module" src="/shop.js" fetchpriority="low"></script>`
    : '';

/**
 * @param shop     {catalog, keys, record}: what is sold, whose rulesets the script trusts, whom
 *                 it records
 * @param view     {title, page, cart, member, consent, main, ask}: `page` becomes data attributes
 *                 of the body; the consent bar shows until a choice is made, and where the page
 *                 asks
 */
export function layout(shop, { title, page, cart, member, consent, main, ask }) {
  const { catalog } = shop;
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Puddle &amp; Pine</title>
<meta name="description" content="Family clothes and small good things, made to be mended.">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="preload" href="/fonts/fraunces.woff2" as="font" type="font/woff2" crossorigin>
<link rel="preload" href="/fonts/figtree.woff2" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="/shop.css">
${script(shop)}
</head>
<body${facts({ ...page, cart_value: cart.value })}>
<a class="skip" href="#main">Skip to the page</a>
${strip}
${header(catalog.categories, page.category, cart, member)}
<main id="main">${main}</main>
${footer(catalog.categories)}
${consent === undefined || ask ? consentBar : ''}
</body>
</html>`.toString();
}
