// The page's side of a decision: the markup is the page's, the ruleset supplies values. Text goes
// in as text, addresses as checked attributes; nothing here can make a script.
import type { Decision, PartContent } from './types.ts';

/** Half of it, or half of the window where it is larger than that, for this long, is seen. */
const seenMs = 1000;
const seenShare = 0.5;
const thresholds = Array.from({ length: 11 }, (_, i) => i / 10);

export type BindHost = {
  readonly decide: (slot: string) => Decision;
  readonly content: (decision: Decision) => Readonly<Record<string, PartContent>>;
  readonly expose: (decision: Decision) => void;
  /** What the edge has put into the page already. */
  readonly isFilled: (slot: string) => boolean;
};

// Text inside these would run, be parsed as another document, or is no text at all.
const withoutText = new Set(
  (
    'script style iframe object embed template noscript noembed noframes xmp plaintext base link ' +
    'meta area br col hr img input param source track wbr'
  ).split(' '),
);

/**
 * An http(s) or relative address as it was written; null for any other, `javascript:` first of all.
 */
export function safeUrl(url: string | undefined, base: string): string | null {
  // Parsers of URLs skip some control characters.
  if (url === undefined || /[\u0000-\u001f\u007f]/.test(url)) return null;
  try {
    return /^https?:$/.test(new URL(url, base).protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Whether every candidate of a srcset is a safe address with at most one descriptor. */
export function isSourceSet(srcset: string, base: string): boolean {
  const candidate = /[\s,]*(\S*[^\s,])(?:,|\s+(?:(\d+(?:\.\d+)?[wxh])\s*)?(?:,|$)|$)/y;
  let end = 0;
  while (end < srcset.trimEnd().length) {
    if (safeUrl(candidate.exec(srcset)?.[1], base) === null) return false;
    end = candidate.lastIndex;
  }
  return end > 0;
}

function fillImage(element: Element, content: PartContent): void {
  const src = safeUrl(content.src, element.baseURI);
  if (
    src === null ||
    (content.srcset !== undefined && !isSourceSet(content.srcset, element.baseURI))
  )
    return;
  // The page's own candidates would win over the new src.
  element.removeAttribute('srcset');
  if (content.srcset !== undefined) element.setAttribute('srcset', content.srcset);
  element.setAttribute('src', src);
  element.setAttribute('alt', content.alt ?? '');
}

function fillPart(element: Element, content: PartContent): void {
  if (content.kind === 'image') {
    if (element.localName === 'img') fillImage(element, content);
  } else if (content.kind === 'link') {
    const href = safeUrl(content.href, element.baseURI);
    if (href !== null && /^(a|area)$/.test(element.localName)) element.setAttribute('href', href);
  } else if (content.text !== undefined && !withoutText.has(element.localName.toLowerCase())) {
    element.textContent = content.text;
    // An offer without words, such as "no offer", leaves no empty box.
    if (content.kind === 'offer') element.toggleAttribute('hidden', content.text === '');
  }
}

function fill(element: Element, content: Readonly<Record<string, PartContent>>): void {
  const own = element.matches('[data-heed-part]') ? [element] : [];
  for (const part of [...own, ...element.querySelectorAll('[data-heed-part]')]) {
    const shown = content[part.getAttribute('data-heed-part') ?? ''];
    // A slot inside a slot has parts of its own.
    if (shown && part.closest('[data-heed-slot]') === element) fillPart(part, shown);
  }
}

type Bound = { decision: Decision; timer: ReturnType<typeof setTimeout> | undefined };

export class Binding {
  readonly #host: BindHost;
  readonly #bound = new Map<Element, Bound>();
  readonly #observer: IntersectionObserver | null;

  constructor(root: Document | Element, host: BindHost) {
    this.#host = host;
    this.#observer =
      typeof IntersectionObserver === 'undefined'
        ? null
        : new IntersectionObserver((entries) => entries.forEach((entry) => this.#seen(entry)), {
            threshold: thresholds,
          });
    const within = [...root.querySelectorAll('[data-heed-slot]')];
    if ('matches' in root && root.matches('[data-heed-slot]')) within.unshift(root);
    for (const element of within) {
      const slot = slotOf(element);
      const decision = host.decide(slot);
      if (!host.isFilled(slot)) this.#show(element, decision);
      this.#bound.set(element, { decision, timer: undefined });
      this.#observer?.observe(element);
    }
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  /** A second begins anew when the tab is seen again: what nobody saw does not count. */
  readonly #onVisibility = (): void => this.again();

  #show(element: Element, decision: Decision): void {
    if (decision.trigger !== null && !decision.held_out)
      fill(element, this.#host.content(decision));
  }

  /** Decides again for the slots that `changes` names. */
  refresh(changes: (slot: string) => boolean): void {
    for (const [element, bound] of this.#bound) {
      if (!changes(slotOf(element))) continue;
      const decision = this.#host.decide(slotOf(element));
      if (JSON.stringify(decision) === JSON.stringify(bound.decision)) continue;
      this.#show(element, decision);
      bound.decision = decision;
      this.#look(element);
    }
  }

  /** Looks again at everything: what is in view now may count from now on. */
  again(): void {
    for (const element of this.#bound.keys()) this.#look(element);
  }

  /** What is in view now is in view from now on, whatever it showed and to whom before. */
  #look(element: Element): void {
    this.#stop(element);
    this.#observer?.unobserve(element);
    this.#observer?.observe(element);
  }

  #seen(entry: IntersectionObserverEntry): void {
    const bound = this.#bound.get(entry.target);
    if (!bound) return;
    const window = entry.rootBounds?.height ?? Infinity;
    const inView =
      entry.isIntersecting &&
      (entry.intersectionRatio >= seenShare || entry.intersectionRect.height >= seenShare * window);
    if (!inView || document.visibilityState !== 'visible') return this.#stop(entry.target);
    bound.timer ??= setTimeout(() => {
      bound.timer = undefined;
      this.#host.expose(bound.decision);
    }, seenMs);
  }

  #stop(element: Element): void {
    const bound = this.#bound.get(element);
    clearTimeout(bound?.timer);
    if (bound) bound.timer = undefined;
  }

  unbind(): void {
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#observer?.disconnect();
    for (const { timer } of this.#bound.values()) clearTimeout(timer);
    this.#bound.clear();
  }
}

const slotOf = (element: Element): string => element.getAttribute('data-heed-slot') ?? '';
