// A page as a visitor reads it: what it is about, and the text that each slot shows.

const statePattern = /<script type="application\/json" id="heed-state">(.*?)<\/script>/s;
const bodyPattern = /<body([^>]*)>/;
const factPattern = /data-([a-z-]+)="([^"]*)"/g;
const slotPattern = /data-heed-slot="([a-z0-9_]+)"/g;
const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

const plain = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity]);
const camel = (name) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());

export class Page {
  #state;

  constructor(html) {
    this.html = html;
  }

  /** What the edge embedded. */
  get state() {
    this.#state ??= JSON.parse(statePattern.exec(this.html)[1]);
    return this.#state;
  }

  /** The body's data set, as a browser gives it to a script. */
  get facts() {
    const attributes = bodyPattern.exec(this.html)?.[1] ?? '';
    const facts = [...attributes.matchAll(factPattern)];
    return Object.fromEntries(facts.map(([, name, value]) => [camel(name), plain(value)]));
  }

  get slots() {
    return new Set([...this.html.matchAll(slotPattern)].map(([, slot]) => slot));
  }

  /** A slot's markup, from its tag to the end of its section; '' where the page has none. */
  #slot(name) {
    const from = this.html.indexOf(`data-heed-slot="${name}"`);
    if (from < 0) return '';
    return this.html.slice(this.html.indexOf('>', from) + 1, this.html.indexOf('</section>', from));
  }

  /** The words that a slot shows. */
  text(slot) {
    const words = this.#slot(slot).replace(/<[^>]*>/g, ' ');
    return plain(words).replace(/\s+/g, ' ').trim();
  }

  /** Where a slot's link leads. */
  link(slot) {
    const href = /<a\b[^>]*?\bhref="([^"]*)"/.exec(this.#slot(slot))?.[1];
    return href === undefined ? undefined : plain(href);
  }
}
