// What a page brings along: its clock, its cookies, the state that the edge embedded, and consent.
import { check } from './arguments.ts';
import { fromBase64url, text } from './bytes.ts';
import { HeedError } from './errors.ts';
import { allows } from './levels.ts';
import type { Clock, ConsentRules, Cookies, Level, PageState, Values } from './types.ts';

const navigation = (): PerformanceNavigationTiming | undefined =>
  performance.getEntriesByType?.('navigation')[0] as PerformanceNavigationTiming | undefined;
const serverTiming = (entry: string): string | undefined =>
  navigation()?.serverTiming?.find(({ name }) => name === entry)?.description;

/** The edge's time plus what has passed since; without an edge, the machine's, never going back. */
export function pageClock(): Clock {
  const timing = navigation();
  const edge = Number(serverTiming('heed-now'));
  const start = timing && edge > 0 ? edge - timing.responseStart : Date.now() - performance.now();
  return () => Math.floor(start + performance.now());
}

/**
 * What the edge knew of the request (docs/formats/page.md, "Clock and request"); `times` name its
 * times.
 */
export function requestAttributes(times: (name: string) => boolean): Values {
  const bytes = fromBase64url(serverTiming('heed-request') ?? '');
  try {
    const told: unknown = bytes?.length ? JSON.parse(text(bytes)) : {};
    const entries = Object.entries(told as Values);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, times(name) ? new Date(String(value)) : value]),
    );
  } catch {
    return {};
  }
}

export function documentCookies(): Cookies {
  const attributes = 'Path=/; SameSite=Lax; Secure';
  return {
    get(name) {
      const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`));
      const value = found?.slice(name.length + 1);
      try {
        return value === undefined ? undefined : decodeURIComponent(value);
      } catch {
        return value;
      }
    },
    set(name, value, maxAgeS) {
      const age = maxAgeS === null ? '' : `; Max-Age=${maxAgeS}`;
      document.cookie = `${name}=${encodeURIComponent(value)}; ${attributes}${age}`;
    },
    delete(name) {
      if (this.get(name) !== undefined) document.cookie = `${name}=; ${attributes}; Max-Age=0`;
    },
  };
}

/** For hosts without a document. */
export const noCookies: Cookies = { get: () => undefined, set() {}, delete() {} };

const isText = (value: unknown): value is string => typeof value === 'string';

/** Whether an edge may have written it. */
export function isState(given: unknown): given is PageState {
  const state = given as Partial<PageState> | null;
  const all = (list: unknown, keys: readonly string[]) =>
    Array.isArray(list) && list.every((it) => keys.every((key) => isText((it as Values)?.[key])));
  return (
    state?.heed === 1 &&
    isText(state.view) &&
    /^[0-9a-f]{16}$/.test(state.view) &&
    isText(state.ruleset?.hash) &&
    all(state.decisions, ['slot']) &&
    all(state.signals ?? [], ['signal', 'id'])
  );
}

/** @throws HeedError malformed_state */
export function parseState(json: string): PageState {
  let state: unknown;
  try {
    state = JSON.parse(json);
  } catch {
    // Answered below, like every other state that is none.
  }
  if (!isState(state))
    throw new HeedError(
      'malformed_state',
      'the heed-state block is not what an edge writes',
      'heed-state',
    );
  return state;
}

const stateBlock = () =>
  typeof document === 'undefined' ? null : document.getElementById('heed-state');

/** The page's own state, if the edge embedded one. */
export function readState(): PageState | null {
  const block = stateBlock();
  return block ? parseState(block.textContent ?? '') : null;
}

const paintMs = 250;
const shownMsMax = 3000;

/**
 * At once where the page waits for heed, or for a visitor who has agreed: what they do counts, and
 * their browser has mostly kept the module. Where an edge has decided the page of anybody else,
 * until it is loaded and has had time to be painted, or somebody uses it, or this has taken three
 * seconds: what is asked for from then on takes no bandwidth from the page's own pictures.
 */
export const shown = (): Promise<void> =>
  new Promise((done) => {
    if (!stateBlock() || document.cookie.includes('heed_id=')) return done();
    const soon = () => setTimeout(done, paintMs);
    if (document.readyState === 'complete') soon();
    for (const event of ['load', 'pointerdown', 'keydown']) addEventListener(event, soon);
    setTimeout(done, shownMsMax);
  });

/**
 * The level that a consent cookie grants.
 *
 * @param cookie the decoded value of the cookie that `rules` name; undefined where it is absent
 * @param gpc whether the visitor's browser sends Global Privacy Control
 */
export function consentLevel(rules: ConsentRules, cookie: string | undefined, gpc: boolean): Level {
  check('consentLevel', rules);
  const granted = String(cookie ?? '')
    .split(/[.,]/)
    .map((name) => (Object.hasOwn(rules.grants, name) ? rules.grants[name]! : 'none'));
  const level = rules.cookie === null || cookie === undefined ? rules.default : highest(granted);
  return gpc ? lower(level, rules.gpc) : level;
}

const highest = (levels: readonly Level[]): Level =>
  levels.reduce((most, level) => (allows(most, level) ? most : level), 'none');
export const lower = (a: Level, b: Level): Level => (allows(a, b) ? b : a);

/** Whether this browser asks for privacy by itself. */
export const hasGpc = (): boolean =>
  typeof navigator !== 'undefined' &&
  (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
