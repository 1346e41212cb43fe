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

export function home({ catalog }) {
  const products = chosen.map(catalog.product).filter(Boolean);
  const shown = products.length ? products : catalog.products.slice(0, chosen.length);
  return {
    title: 'Made for muddy knees',
    page: { page_type: 'home' },
    main: html`<section class="hero" data-heed-slot="hero" aria-labelledby="hero-title">
        <img
          class="hero-image"
          data-heed-part="image"
          src="/art/scenes/fireside.svg"
          alt="A fire in the stove, wool drying beside it"
          width="1200"
          height="640"
          fetchpriority="high"
        />
        <div class="hero-text">
          <h1 id="hero-title" data-heed-part="title">Warm things for wet days</h1>
          <p data-heed-part="line">
            Clothes, blankets and small good things for families who go out anyway.
          </p>
          <a class="button" data-heed-part="link" href="/c/kids">Look around</a>
        </div>
      </section>
      <section class="wide" aria-labelledby="doors">
        <h2 id="doors">Six ways in</h2>
        <ul class="doors">
          ${catalog.categories.map(
            ({ slug, name, line, scene }) =>
              html`<li>
                <a href="/c/${slug}"
                  ><img
                    src="/art/scenes/${scene}.svg"
                    alt=""
                    width="600"
                    height="320"
                    loading="lazy"
                  />
                  <h3>${name}</h3>
                  <p>${line}</p></a
                >
              </li>`,
          )}
        </ul>
      </section>
      <section class="wide" aria-labelledby="chosen">
        <h2 id="chosen">What people keep for years</h2>
        ${shelf(shown)}
      </section>
      ${capture}`,
  };
}
