// One streaming pass over a page: fills the parts of decided slots and appends the page's state.
// Nothing is held back: what has been parsed has been sent.
import type { PartContent } from 'heed';

import { fillPart, type PartElement } from './part.js';
import { handedOn, linkOn } from './preview.js';

/** What a host's HTMLRewriter offers and this pass uses. */
export interface Rewriter {
  on(selector: string, handlers: { element(element: PageElement): void }): Rewriter;
  onDocument(handlers: { end(end: DocumentEnd): void }): Rewriter;
  transform(response: Response): Response;
}
export interface PageElement extends PartElement {
  getAttribute(name: string): string | null;
  prepend(content: string, options: { html: boolean }): unknown;
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
  /** Of a preview: its links and forms go on with it. */
  readonly preview: boolean;
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
  rewriter.on('[data-heed-slot]', { element: enterSlot }).on('[data-heed-part]', { element: fill });
  if (edits.preview) leadOn(rewriter, new URL(edits.pageUrl));
  return rewriter
    .on('body', {
      element: (body) => body.onEndTag((tag) => void tag.before(tail(), { html: true })),
    })
    .onDocument({ end: (end) => void end.append(tail(), { html: true }) })
    .transform(page);
}

/** After the parts are filled: a part may be a link. */
function leadOn(rewriter: Rewriter, from: URL): void {
  const lead = (element: PageElement, name: 'href' | 'action') => {
    const address = element.getAttribute(name);
    const next = address === null ? undefined : linkOn(decoded(address), from);
    if (next !== undefined) element.setAttribute(name, encoded(next));
  };
  const leadForm = (element: PageElement) => {
    if (/^post$/i.test(element.getAttribute('method') ?? '')) return lead(element, 'action');
    // What such a form sends takes the place of the address's own parameters.
    const fields = handedOn(from).map(
      ([name, value]) => `<input type="hidden" name="${encoded(name)}" value="${encoded(value)}">`,
    );
    element.prepend(fields.join(''), { html: true });
  };
  rewriter
    .on('a, area', { element: (element) => lead(element, 'href') })
    .on('form', { element: leadForm });
}

// The rewriter hands out what the page wrote, and writes what it is given but for quotes.
const decoded = (text: string): string => text.replaceAll('&amp;', '&');
const encoded = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
