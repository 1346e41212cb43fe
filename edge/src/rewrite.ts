// One streaming pass over a page: fills the parts of decided slots and appends the page's state.
// Nothing is held back: what has been parsed has been sent.
import type { PartContent } from 'heed';

import { fillPart, type PartElement } from './part.js';

/** What a host's HTMLRewriter offers and this pass uses. */
export interface Rewriter {
  on(selector: string, handlers: { element(element: PageElement): void }): Rewriter;
  onDocument(handlers: { end(end: DocumentEnd): void }): Rewriter;
  transform(response: Response): Response;
}
export interface PageElement extends PartElement {
  getAttribute(name: string): string | null;
  onEndTag(handler: (tag: EndTag) => void): void;
}
export interface EndTag {
  before(content: string, options: { html: boolean }): unknown;
}
export interface DocumentEnd {
  append(content: string, options: { html: boolean }): unknown;
}

export type PageEdits = {
  /** Slot -> part -> content, for slots that do not keep their fallback. */
  readonly slots: ReadonlyMap<string, Readonly<Record<string, PartContent>>>;
  /** Markup for the end of the body, given the slots that the page turned out to have. */
  readonly tail: (slotsSeen: ReadonlySet<string>) => string;
  readonly pageUrl: string;
};

const voidElements = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
);

/** Rewrites `page` as it streams. */
export function rewritePage(rewriter: Rewriter, page: Response, edits: PageEdits): Response {
  const open: { readonly slot: string }[] = [];
  const seen = new Set<string>();
  let closed = false;
  const tail = () => {
    const markup = closed ? '' : edits.tail(seen);
    closed = true;
    return markup;
  };
  const enterSlot = (element: PageElement) => {
    const slot = { slot: element.getAttribute('data-heed-slot') ?? '' };
    seen.add(slot.slot);
    if (voidElements.has(element.tagName.toLowerCase())) return;
    open.push(slot);
    // Closing an element closes what was left open inside it.
    element.onEndTag(() => {
      if (open.includes(slot)) open.length = open.indexOf(slot);
    });
  };
  const fill = (element: PageElement) => {
    const slot = element.getAttribute('data-heed-slot') ?? open.at(-1)?.slot ?? '';
    const parts = edits.slots.get(slot);
    const part = element.getAttribute('data-heed-part') ?? '';
    const content = parts && Object.hasOwn(parts, part) ? parts[part] : undefined;
    if (content) fillPart(element, content, edits.pageUrl);
  };
  return rewriter
    .on('[data-heed-slot]', { element: enterSlot })
    .on('[data-heed-part]', { element: fill })
    .on('body', {
      element: (body) => body.onEndTag((tag) => void tag.before(tail(), { html: true })),
    })
    .onDocument({ end: (end) => void end.append(tail(), { html: true }) })
    .transform(page);
}
