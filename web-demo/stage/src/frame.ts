// The shop in its frame, read from outside: same origin, so that everything that the stage says of
// a visit is read from the page itself, its cookies and its storage.
import { type Decision, type Heed, type PageState, parseState } from 'heed';

/** What stands in a slot. */
export type Seen = { readonly slot: string; readonly text: string };

/** One page of the shop, as it stands in the frame. */
export type Visit = {
  readonly path: string;
  /** What the edge embedded; null where it left the page alone. */
  readonly state: PageState | null;
  /** Server-Timing: how long heed took at the edge, and what it knew of the request. */
  readonly edgeMs: number | null;
  readonly edgeNow: number;
  readonly request: Readonly<Record<string, never>>;
  /** The body's data set. */
  readonly facts: Readonly<Record<string, string | undefined>>;
  readonly seen: readonly Seen[];
  /** The page's own client; null while it starts, and where script is off. */
  readonly heed: Heed | null;
};

/** All that the shop's origin keeps in this browser. */
export type Traces = {
  readonly cookies: readonly { readonly name: string; readonly value: string }[];
  readonly storage: readonly string[];
};

type FrameWindow = Window & { readonly heed?: Heed };

const textOf = (element: Element): string =>
  [...element.querySelectorAll('[data-heed-part]')]
    .filter((part) => part.closest('[data-heed-slot]') === element && part.localName !== 'img')
    .map((part) => part.textContent.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
    .join(' \u00b7 ');

function timings(window: Window): Record<string, string> {
  const [navigation] = window.performance.getEntriesByType(
    'navigation',
  ) as PerformanceNavigationTiming[];
  const told = (navigation?.serverTiming ?? []).map(
    ({ name, description, duration }) => [name, description || String(duration)] as const,
  );
  return Object.fromEntries(told);
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function requestOf(text: string): Visit['request'] {
  const bytes = fromBase64url(text);
  return bytes.length ? (JSON.parse(new TextDecoder().decode(bytes)) as Visit['request']) : {};
}

/** @returns null while there is no page in the frame */
export function readVisit(frame: HTMLIFrameElement): Visit | null {
  const window = frame.contentWindow as FrameWindow | null;
  const document = frame.contentDocument;
  if (!window || !document?.body || window.location.protocol === 'about:') return null;
  const told = timings(window);
  const block = document.getElementById('heed-state')?.textContent;
  return {
    path: window.location.pathname + window.location.search,
    state: block ? parseState(block) : null,
    edgeMs: told.heed === undefined ? null : Number(told.heed),
    edgeNow: Number(told['heed-now']) || Date.now(),
    request: requestOf(told['heed-request'] ?? ''),
    facts: { ...document.body.dataset },
    seen: [...document.querySelectorAll('[data-heed-slot]')].map((element) => ({
      slot: (element as HTMLElement).dataset.heedSlot ?? '',
      text: textOf(element),
    })),
    heed: window.heed ?? null,
  };
}

export const cookies = (): Traces['cookies'] =>
  document.cookie
    .split('; ')
    .filter(Boolean)
    .map((pair) => {
      const equals = pair.indexOf('=');
      return { name: pair.slice(0, equals), value: decodeURIComponent(pair.slice(equals + 1)) };
    });

/** The stage keeps nothing itself: what is found is the shop's. */
export async function readTraces(): Promise<Traces> {
  const databases = await indexedDB.databases();
  return {
    cookies: cookies(),
    storage: [
      ...databases.map(({ name }) => `database ${name}`),
      ...Object.keys(localStorage).map((name) => `local storage ${name}`),
      ...Object.keys(sessionStorage).map((name) => `session storage ${name}`),
      ...(await caches.keys()).map((name) => `cache ${name}`),
    ],
  };
}

/** Somebody new: nothing of whoever was here before is left. */
export async function forgetVisitor(): Promise<void> {
  for (const { name } of cookies())
    document.cookie = `${name}=; Path=/; Max-Age=0; SameSite=Lax; Secure`;
  const databases = await indexedDB.databases();
  await Promise.all(
    databases.map(
      ({ name }) =>
        new Promise((resolve) => {
          const request = indexedDB.deleteDatabase(name ?? '');
          request.onsuccess = request.onerror = request.onblocked = resolve;
        }),
    ),
  );
}

/** What the page shows in a slot, as the edge decided it. */
export const shownIn = (visit: Visit, slot: string): Decision | null =>
  visit.state?.decisions.find((decision) => decision.slot === slot) ?? null;
