// How much a visitor allows, read from what the site's own consent bar wrote.
import type { ConsentRules, Level } from 'heed';

import { type CookieJar, decodeCookie } from './cookies.js';

const order: readonly Level[] = ['none', 'session', 'device', 'account'];
const lower = (a: Level, b: Level): Level => (order.indexOf(a) <= order.indexOf(b) ? a : b);
const higher = (a: Level, b: Level): Level => (order.indexOf(a) >= order.indexOf(b) ? a : b);

/**
 * The level that rules, cookie and Global Privacy Control leave.
 *
 * @source docs/formats/page.md, "Consent"
 */
export function consentLevel(rules: ConsentRules, jar: CookieJar, headers: Headers): Level {
  const said = headers.get('sec-gpc')?.trim() === '1' ? rules.gpc : 'account';
  return lower(grantedLevel(rules, jar), said);
}

function grantedLevel(rules: ConsentRules, jar: CookieJar): Level {
  const value = rules.cookie === null ? undefined : jar.get(rules.cookie);
  if (value === undefined) return rules.default;
  let level: Level = 'none';
  for (const name of (decodeCookie(value) ?? '').split(/[.,]/)) {
    const granted = Object.hasOwn(rules.grants, name) ? rules.grants[name] : undefined;
    if (granted) level = higher(level, granted);
  }
  return level;
}
