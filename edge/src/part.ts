// What a ruleset's value may do to an element of the page (docs/formats/page.md, "What a part may
// set"). The page owns the markup: whatever a value says, nothing here can make it run.
import type { PartContent } from 'heed';

/** The part of HTMLRewriter's element that filling a part needs. */
export interface PartElement {
  readonly tagName: string;
  setAttribute(name: string, value: string): unknown;
  removeAttribute(name: string): unknown;
  setInnerContent(content: string, options: { html: boolean }): unknown;
}

// Text inside these would run, be parsed as another document, or is no text at all.
const withoutText = new Set(
  (
    'script style iframe object embed template noscript noembed noframes xmp plaintext base link ' +
    'meta area br col hr img input param source track wbr'
  ).split(' '),
);

/** Fills one element with one part; an element or value that does not fit stays as it was. */
export function fillPart(element: PartElement, content: PartContent, pageUrl: string): void {
  const tag = element.tagName.toLowerCase();
  switch (content.kind) {
    case 'text':
    case 'offer':
      if (!withoutText.has(tag)) fillText(element, content);
      return;
    case 'image':
      if (tag === 'img') fillImage(element, content, pageUrl);
      return;
    case 'link':
      if (tag === 'a' || tag === 'area') fillLink(element, content, pageUrl);
      return;
  }
}

function fillText(element: PartElement, content: PartContent): void {
  const text = content.text ?? '';
  element.setInnerContent(text, { html: false });
  if (content.kind !== 'offer') return;
  // An offer without words, such as "no offer", leaves no empty box.
  if (text) element.removeAttribute('hidden');
  else element.setAttribute('hidden', '');
}

function fillImage(element: PartElement, content: PartContent, pageUrl: string): void {
  const { src, srcset, alt = '' } = content;
  if (src === undefined || !isWebAddress(src, pageUrl)) return;
  if (srcset !== undefined && !isSourceSet(srcset, pageUrl)) return;
  setText(element, 'src', src);
  setText(element, 'alt', alt);
  // The page's own candidates would win over the new image.
  if (srcset === undefined) element.removeAttribute('srcset');
  else setText(element, 'srcset', srcset);
}

function fillLink(element: PartElement, content: PartContent, pageUrl: string): void {
  if (content.href !== undefined && isWebAddress(content.href, pageUrl)) {
    setText(element, 'href', content.href);
  }
}

/** Sets an attribute to exactly `value`: the rewriter escapes quotes only, the page decodes `&`. */
function setText(element: PartElement, name: string, value: string): void {
  element.setAttribute(name, value.replaceAll('&', '&amp;'));
}

/** Whether an address is http(s) or relative by the URL standard, without control characters. */
export function isWebAddress(address: string, pageUrl: string): boolean {
  // Parsers of URLs skip some of these.
  if (/[\u0000-\u001f\u007f]/.test(address)) return false;
  try {
    return ['http:', 'https:'].includes(new URL(address, pageUrl).protocol);
  } catch {
    return false;
  }
}

/** Whether every candidate of a srcset is a web address with at most one descriptor. */
export function isSourceSet(srcset: string, pageUrl: string): boolean {
  const candidate = /[\s,]*(\S*[^\s,])(?:,|\s+(?:(\d+(?:\.\d+)?[wxh])\s*)?(?:,|$)|$)/y;
  let end = 0;
  while (end < srcset.trimEnd().length) {
    const address = candidate.exec(srcset)?.[1];
    if (address === undefined || !isWebAddress(address, pageUrl)) return false;
    end = candidate.lastIndex;
  }
  return end > 0;
}
