import { html } from '../html.mjs';
import { banner, capture, shelf } from './parts.mjs';

const firstRow = 4;

export function category({ catalog }, { slug, name, line, intro, scene }) {
  return {
    title: name,
    page: { page_type: 'category', category: slug },
    main: html`${banner({ name, line, intro, scene })}
      <section class="wide" aria-label="${name}">
        ${shelf(catalog.inCategory(slug), firstRow)}
      </section>
      ${capture}`,
  };
}

export function reduced({ catalog }) {
  const text = {
    name: 'Reduced',
    line: 'The last of a colour, the first of a scratch',
    intro: 'Everything that costs less than it did, on one page, checked every morning.',
    scene: 'fireside',
  };
  return {
    title: text.name,
    page: { page_type: 'reduced' },
    main: html`${banner(text)}
      <section class="wide" aria-label="${text.name}">
        ${shelf(catalog.reduced, firstRow)}
      </section>`,
  };
}
