// What a request says about its visitor (docs/formats/page.md, "Request attributes").
import type { AttributeInfo, Value, ValueType } from 'heed';

import { type CookieJar, decodeCookie, visitorOf } from './cookies.js';

/** What a CDN knows of a request's place. */
export type Geo = {
  readonly country?: string | undefined;
  readonly region?: string | undefined;
  readonly city?: string | undefined;
  readonly continent?: string | undefined;
  readonly time_zone?: string | undefined;
};

const textBytesMax = 1024;
const memberCountMax = 256;

type Read = (request: Request, url: URL) => string | undefined;
const parameter =
  (name: string): Read =>
  (_, url) =>
    url.searchParams.get(name) ?? undefined;

const readers: Readonly<Record<string, Read>> = {
  device: (request) => deviceOf(request.headers),
  os: (request) => osOf(request.headers),
  browser: (request) => browserOf(request.headers),
  language: (request) => languagesOf(request.headers)[0]?.split('-')[0],
  languages: (request) => withPrimaries(languagesOf(request.headers)).join(',') || undefined,
  path: (_, url) => url.pathname,
  host: (_, url) => url.host,
  referrer: (request, url) => referrerOf(request.headers, url),
  utm_source: parameter('utm_source'),
  utm_medium: parameter('utm_medium'),
  utm_campaign: parameter('utm_campaign'),
  utm_term: parameter('utm_term'),
  utm_content: parameter('utm_content'),
};

/**
 * The attributes that the ruleset declares with source `request` and this request tells.
 *
 * @returns only names of `declared`, each value of its declared type
 */
export function requestAttributes(
  declared: readonly AttributeInfo[],
  request: Request,
  geo: Geo,
  jar: CookieJar,
): Record<string, Value> {
  const url = new URL(request.url);
  const found: Record<string, Value> = {};
  for (const { name, type, source } of declared) {
    if (source !== 'request') continue;
    const text = textOf(name, request, url, geo, jar);
    const value = text === undefined ? undefined : typed(text, type);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function textOf(name: string, request: Request, url: URL, geo: Geo, jar: CookieJar) {
  if (name === 'returning') return String(visitorOf(jar) !== undefined);
  if (name.startsWith('cookie_')) return siteCookie(name.slice('cookie_'.length), jar);
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (read) return read(request, url);
  return Object.hasOwn(geo, name) ? geo[name as keyof Geo] : undefined;
}

function siteCookie(name: string, jar: CookieJar): string | undefined {
  const value = name.startsWith('heed_') ? undefined : jar.get(name);
  return value === undefined ? undefined : decodeCookie(value);
}

function typed(text: string, type: ValueType): Value {
  if (new TextEncoder().encode(text).length > textBytesMax && type !== 'set') return undefined;
  switch (type) {
    case 'string':
      return text;
    case 'number':
      return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text))
        ? Number(text)
        : undefined;
    case 'bool':
      return { true: true, '1': true, false: false, '0': false }[text];
    case 'set':
      return [...new Set(text.split(',').map((member) => member.trim()))]
        .filter((member) => member && new TextEncoder().encode(member).length <= textBytesMax)
        .slice(0, memberCountMax);
    case 'time':
      return timeOf(text);
  }
}

function timeOf(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function deviceOf(headers: Headers): string | undefined {
  const agent = headers.get('user-agent') ?? '';
  const tablet = /iPad|Tablet|PlayBook|Silk(?!.*Mobile)|Android(?!.*Mobile)/i.test(agent);
  const mobileHint = headers.get('sec-ch-ua-mobile');
  if (mobileHint === '?1') return 'mobile';
  if (tablet) return 'tablet';
  if (mobileHint === '?0') return 'desktop';
  if (/Mobi|iPhone|iPod|Android|Opera Mini/i.test(agent)) return 'mobile';
  return agent ? 'desktop' : undefined;
}

const systems: readonly (readonly [RegExp, string])[] = [
  [/Android/i, 'android'],
  [/iPhone|iPad|iPod|\biOS\b/i, 'ios'],
  [/Windows/i, 'windows'],
  [/CrOS|Chrome ?OS|Chromium OS/i, 'chromeos'],
  [/Mac ?OS/i, 'macos'],
  [/Linux/i, 'linux'],
];

function osOf(headers: Headers): string | undefined {
  const hint = headers.get('sec-ch-ua-platform') ?? '';
  const agent = headers.get('user-agent') ?? '';
  const named = (text: string) => systems.find(([pattern]) => pattern.test(text))?.[1];
  return named(hint) ?? named(agent);
}

// Most products also name the browser they descend from, so the more special come first.
const browsers: readonly (readonly [RegExp, string])[] = [
  [/Edg(e|A|iOS)?\//, 'edge'],
  [/OPR\/|Opera/, 'opera'],
  [/SamsungBrowser\//, 'samsung'],
  [/Firefox\/|FxiOS\//, 'firefox'],
  [/Chrome\/|CriOS\/|Chromium\//, 'chrome'],
  [/Safari\//, 'safari'],
];

function browserOf(headers: Headers): string | undefined {
  const agent = headers.get('user-agent') ?? '';
  return browsers.find(([pattern]) => pattern.test(agent))?.[1];
}

/** Accept-Language's tags in lower case, most wanted first; equal wishes keep their order. */
function languagesOf(headers: Headers): readonly string[] {
  return (headers.get('accept-language') ?? '')
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((piece) => piece.trim());
      const weight = parameters.find((piece) => /^q=/i.test(piece))?.slice(2);
      return { tag: tag.toLowerCase(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, weight }) => /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/.test(tag) && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

const withPrimaries = (tags: readonly string[]): readonly string[] =>
  tags.flatMap((tag) => [tag, tag.split('-')[0] ?? tag]);

function referrerOf(headers: Headers, url: URL): string | undefined {
  try {
    const referrer = new URL(headers.get('referer') ?? '');
    return referrer.host !== url.host ? referrer.hostname || undefined : undefined;
  } catch {
    return undefined;
  }
}
