import { html } from '../html.mjs';
import { capture, shelf } from './parts.mjs';

export function category({ catalog }, { slug, name, line, intro, scene }) {
  return {
    title: name,
    page: { page_type: 'category', category: slug },
    main: html`<section class="banner">
        <img src="/art/scenes/${scene}.svg" alt="" width="1200" height="640" />
        <div class="banner-text">
          <h1>${name}</h1>
          <p>${line}</p>
        </div>
      </section>
      <section class="wide">
        <p class="intro">${intro}</p>
        ${shelf(catalog.inCategory(slug), 4)}
      </section>
      ${capture}`,
  };
}
