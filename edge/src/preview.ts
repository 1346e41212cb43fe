// Signed links that show a page as one visitor would see it, with one trigger fixed. Such a page is
// never counted (docs/formats/page.md, "Preview link").
import type { Decision, Runtime, Value } from 'heed';

import { seal, unseal } from './sign.js';

export const previewParameter = 'heed_preview';
const purpose = 'heed-preview';

export type Preview = {
  readonly site: string;
  /** Wins its slot; null: the visitor's own decisions. */
  readonly trigger: string | null;
  /** Slot of the trigger; "" without one. */
  readonly slot: string;
  /** Part -> option, for every part, in part order. */
  readonly options: Readonly<Record<string, string>>;
  readonly visitor: string;
  /** What the visitor's request and profile would say, before what the looker's own says. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  /** ms since 1970 UTC: the time that the page is decided for. */
  readonly now: number;
  /** ms since 1970 UTC, by the edge's clock. */
  readonly expires: number;
};

/** The value of `heed_preview` for a link. */
export const signPreview = (key: string, preview: Preview): Promise<string> =>
  seal(key, purpose, preview);

/** @returns undefined where the token is forged, malformed, expired or another site's */
export async function readPreview(
  key: string,
  token: string,
  site: string,
  nowMs: number,
): Promise<Preview | undefined> {
  const value = await unseal(key, purpose, token);
  return isPreview(value) && value.site === site && nowMs < value.expires ? value : undefined;
}

/** Whether a browser asks for a page to show, not for a picture or data on one. */
function isNavigation({ headers }: Request): boolean {
  const dest = headers.get('sec-fetch-dest');
  if (dest !== null) return /^(document|i?frame)$/.test(dest);
  return headers.get('accept')?.includes('text/html') === true;
}

/**
 * A page that a preview's page leads to is a preview too: what is clicked in one must not count.
 *
 * @returns the address that goes on with the preview; undefined for a request of another kind
 */
export function nextPreview(request: Request, url: URL): string | undefined {
  const referrer = request.headers.get('referer');
  if (referrer === null || url.searchParams.has(previewParameter)) return undefined;
  if (!URL.canParse(referrer) || !isNavigation(request)) return undefined;
  const from = new URL(referrer);
  if (from.origin !== url.origin || !from.searchParams.has(previewParameter)) return undefined;
  return withPreview(url, from).href;
}

/** What a preview's address hands on: a host may have parameters beside ours, such as a draft. */
export const handedOn = (from: URL): readonly (readonly [name: string, value: string])[] =>
  [...from.searchParams].filter(([name]) => name.startsWith('heed_'));

function withPreview(url: URL, from: URL): URL {
  const next = new URL(url);
  for (const [name, value] of handedOn(from)) next.searchParams.set(name, value);
  return next;
}

/**
 * Where a link in a preview leads: on with the preview, whatever becomes of the referrer.
 *
 * @returns undefined for what stays in the page or leaves the site
 */
export function linkOn(href: string, from: URL): string | undefined {
  if (href.startsWith('#') || !URL.canParse(href, from)) return undefined;
  const url = new URL(href, from);
  if (url.origin !== from.origin) return undefined;
  const next = withPreview(url, from);
  // Scripts and styles of the page know its links by their paths; two slashes would name a host.
  return next.pathname.startsWith('//') ? next.href : next.href.slice(next.origin.length);
}

function isPreview(value: unknown): value is Preview {
  if (typeof value !== 'object' || value === null) return false;
  const { site, trigger, slot, options, visitor, attributes, now, expires } = value as Record<
    string,
    unknown
  >;
  return (
    [site, slot, visitor].every((text) => typeof text === 'string') &&
    (trigger === null || typeof trigger === 'string') &&
    [now, expires].every((time) => Number.isSafeInteger(time)) &&
    (attributes === undefined || (typeof attributes === 'object' && attributes !== null)) &&
    typeof options === 'object' &&
    options !== null &&
    Object.values(options).every((option) => typeof option === 'string')
  );
}

/** The attributes that a link fixes, as the runtime takes them. */
export function previewAttributes(runtime: Runtime, preview: Preview): Record<string, Value> {
  const given = preview.attributes ?? {};
  const known = runtime.attributes.filter(({ name }) => Object.hasOwn(given, name));
  return Object.fromEntries(
    known.map(({ name, type }) => {
      const value = given[name] as Value;
      return [name, type === 'time' ? new Date(value as string | number) : value];
    }),
  );
}

/** Puts the fixed trigger into its slot. @returns undefined where the ruleset has no such thing */
export function fixDecision(
  runtime: Runtime,
  preview: Preview,
  decisions: readonly Decision[],
): readonly Decision[] | undefined {
  if (preview.trigger === null) return decisions;
  const own = decisions.find(({ slot }) => slot === preview.slot);
  if (!own) return undefined;
  const { slot, trigger, options } = preview;
  const keys = {
    slot,
    trigger,
    variant: Object.values(options).join('+'),
    options,
    probability: 1,
    microsegment: own.microsegment,
    reason: 'fixed',
  };
  // What a decision does not say it inherits, as the runtime's own decisions do.
  const silent: unknown = Object.getPrototypeOf(own);
  const fixed = Object.create(silent as object, Object.getOwnPropertyDescriptors(keys)) as Decision;
  const filled = Object.keys(runtime.content(fixed));
  if (filled.length === 0 || filled.length !== Object.keys(options).length) return undefined;
  return decisions.map((decision) => (decision === own ? fixed : decision));
}
