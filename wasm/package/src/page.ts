// What a page brings along: its clock, its cookies, the state that the edge embedded, and consent.
import { fromBase64url, text } from './bytes.ts';
import { HeedError } from './errors.ts';
import { abiLevel } from './levels.ts';
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

/** @throws HeedError malformed_state */
export function parseState(json: string): PageState {
  let state: Partial<PageState> | null = null;
  try {
    state = JSON.parse(json) as Partial<PageState> | null;
  } catch {
    // Answered below, like every other state that is none.
  }
  const decisions = state?.decisions;
  const names = (it: unknown, key: 'slot' | 'signal' | 'id') =>
    typeof it === 'object' && it !== null && key in it && isText((it as Values)[key]);
  const signals = state?.signals ?? [];
  const good =
    state?.heed === 1 &&
    isText(state.view) &&
    /^[0-9a-f]{16}$/.test(state.view) &&
    isText(state.ruleset?.hash) &&
    Array.isArray(decisions) &&
    decisions.every((it) => names(it, 'slot')) &&
    Array.isArray(signals) &&
    signals.every((it) => names(it, 'signal') && names(it, 'id'));
  if (!good)
    throw new HeedError(
      'malformed_state',
      'the heed-state block is not what an edge writes',
      'heed-state',
    );
  return state as PageState;
}

/** The page's own state, if the edge embedded one. */
export function readState(): PageState | null {
  const block = typeof document === 'undefined' ? null : document.getElementById('heed-state');
  return block ? parseState(block.textContent ?? '') : null;
}

/**
 * The level that a consent cookie grants.
 *
 * @param cookie the decoded value of the cookie that `rules` name; undefined where it is absent
 * @param gpc whether the visitor's browser sends Global Privacy Control
 */
export function consentLevel(rules: ConsentRules, cookie: string | undefined, gpc: boolean): Level {
  const granted = (cookie ?? '')
    .split(/[.,]/)
    .map((name) => (Object.hasOwn(rules.grants, name) ? rules.grants[name]! : 'none'));
  const level = rules.cookie === null || cookie === undefined ? rules.default : highest(granted);
  return gpc ? lower(level, rules.gpc) : level;
}

const highest = (levels: readonly Level[]): Level =>
  levels.reduce((most, level) => (abiLevel(level) > abiLevel(most) ? level : most), 'none');
export const lower = (a: Level, b: Level): Level => (abiLevel(a) < abiLevel(b) ? a : b);

/** Whether this browser asks for privacy by itself. */
export const hasGpc = (): boolean =>
  typeof navigator !== 'undefined' &&
  'globalPrivacyControl' in navigator &&
  navigator.globalPrivacyControl === true;
