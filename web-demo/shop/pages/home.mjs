import { html } from '../html.mjs';
import { capture, shelf } from './parts.mjs';

const chosen = [
  'little-pine-raincoat',
  'moor-parka',
  'camp-flask',
  'scout-backpack',
  'fair-isle-jumper',
  'highland-throw',
  'keeper-jacket',
  'storm-lantern',
];

const hero = html`<section class="hero" data-heed-slot="hero" aria-labelledby="hero-title">
  <img
    class="hero-image"
    data-heed-part="image"
    src="/art/scenes/fireside.svg"
    alt="A dog asleep beside the fire, an armchair with a striped blanket"
    width="960"
    height="720"
    fetchpriority="high"
  />
  <div class="hero-text">
    <h1 id="hero-title" data-heed-part="title">Warm things for wet days</h1>
    <p data-heed-part="line">
      Clothes, blankets and small good things for families who go out anyway.
    </p>
    <a class="button" data-heed-part="link" href="/c/kids">Look around</a>
  </div>
</section>`;

const promises = html`<section class="promises" aria-label="What you can count on">
  <ul class="wide">
    <li>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path
          d="M3 18 14 7M12 5l7 7M16 3l5 5-3 3-5-5zM3 18l3 3"
          fill="none"
          stroke="currentColor"
          stroke-width="2"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
      <p><strong>Mended free for life</strong> Send it in, we patch it and post it back.</p>
    </li>
    <li>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path
          d="M4 9h12a5 5 0 0 1 0 10H8M4 9l4-4M4 9l4 4"
          fill="none"
          stroke="currentColor"
          stroke-width="2"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
      <p><strong>60 days to change your mind</strong> Worn once in the rain is fine by us.</p>
    </li>
    <li>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path
          d="M3 7h11v9H3zM14 10h4l3 3v3h-7M7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
          fill="none"
          stroke="currentColor"
          stroke-width="2"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
      <p><strong>Free post from £60</strong> Packed in paper and string, no plastic.</p>
    </li>
  </ul>
</section>`;

const doors = (categories) =>
  html`<section class="wide" aria-labelledby="doors">
    <h2 id="doors">Six ways in</h2>
    <ul class="doors">
      ${categories.map(
        ({ slug, name, line, scene }) =>
          html`<li>
            <a href="/c/${slug}"
              ><img src="/art/scenes/${scene}.svg" alt="" width="960" height="720" loading="lazy" />
              <h3>${name}</h3>
              <p>${line}</p></a
            >
          </li>`,
      )}
    </ul>
  </section>`;

export function home({ catalog }) {
  const products = chosen.map(catalog.product).filter(Boolean);
  const shown = products.length ? products : catalog.products.slice(0, chosen.length);
  return {
    title: 'Made for muddy knees',
    page: { page_type: 'home' },
    main: html`${hero} ${promises} ${doors(catalog.categories)}
      <section class="wide" aria-labelledby="chosen">
        <h2 id="chosen">What people keep for years</h2>
        ${shelf(shown)}
      </section>
      ${capture}`,
  };
}
