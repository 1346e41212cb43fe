// `<heed-slot name="hero">`: a slot that is bound when it enters the page and let go when it
// leaves, for pages whose parts come and go. A file of its own: only who uses it downloads it.
import type { Heed } from './types.ts';

/** All that the element needs of a Heed, whatever names it knows. */
export type Bindable = Pick<Heed, 'bind'>;

let source: Promise<Bindable>;
let rebind: (() => void) | undefined;

/** The parser meets an element before what stands in it. */
const parsed = (): Promise<unknown> =>
  document.readyState === 'loading'
    ? new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }))
    : Promise.resolve();

function define(): () => void {
  const elements = new Set<HeedSlot>();

  class HeedSlot extends HTMLElement {
    static readonly observedAttributes = ['name'];
    #unbind: (() => void) | undefined;

    connectedCallback(): void {
      elements.add(this);
      void this.bind();
    }

    disconnectedCallback(): void {
      elements.delete(this);
      this.#leave();
    }

    attributeChangedCallback(): void {
      void this.bind();
    }

    async bind(): Promise<void> {
      this.#leave();
      const from = source;
      // Without a Heed the page keeps what it says itself; who made it has heard why.
      const heed = await Promise.all([from, parsed()]).then(
        ([it]) => it,
        () => undefined,
      );
      if (!heed || from !== source || !elements.has(this) || this.#unbind) return;
      const name = this.getAttribute('name');
      if (name !== null) this.setAttribute('data-heed-slot', name);
      this.#unbind = heed.bind(this);
    }

    #leave(): void {
      this.#unbind?.();
      this.#unbind = undefined;
    }
  }

  customElements.define('heed-slot', HeedSlot);
  return () => elements.forEach((element) => void element.bind());
}

/**
 * Makes every `<heed-slot name="...">`, those to come too, show what `heed` decides for its slot.
 * What is in view for a second is exposed, as with `heed.bind`. A later call binds them to another
 * Heed.
 */
export function defineSlots(heed: Bindable | PromiseLike<Bindable>): void {
  source = Promise.resolve(heed);
  if (rebind) rebind();
  else rebind = define();
}

declare global {
  interface HTMLElementTagNameMap {
    'heed-slot': HTMLElement;
  }
}
