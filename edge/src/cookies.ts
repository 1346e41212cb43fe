// Cookies as bytes that anyone may have written: read leniently, checked by form, written exactly.

export const visitorCookie = 'heed_id';
export const snapshotCookie = 'heed_s';

/** base64url characters of a snapshot that fits a cookie. */
export const snapshotTextMax = 2000;
const snapshotBytesMax = 1500;
const deviceMaxAgeS = 2 * 365 * 24 * 3600;

/** Bytes of their own, as the platform's calls want them. */
export type Bytes = Uint8Array<ArrayBuffer>;
export type CookieJar = ReadonlyMap<string, string>;

/** Reads a Cookie header. Of two cookies with one name the first counts; values stay as sent. */
export function readCookies(header: string | null): CookieJar {
  const jar = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (name && !jar.has(name)) jar.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return jar;
}

/** A cookie's value with its percent escapes undone; undefined where they are malformed. */
export function decodeCookie(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** The visitor's id where the cookie has the form that the edge gives it, else undefined. */
export function visitorOf(jar: CookieJar): string | undefined {
  const id = jar.get(visitorCookie);
  return id !== undefined && /^[A-Za-z0-9_-]{22}$/.test(id) ? id : undefined;
}

/** The snapshot's bytes, undefined where the cookie is absent, too long or not base64url. */
export function snapshotOf(jar: CookieJar): Bytes | undefined {
  const text = jar.get(snapshotCookie);
  if (!text || text.length > snapshotTextMax) return undefined;
  return fromBase64url(text.split('.', 1)[0]!);
}

/** What the tabs of a site keep beside their snapshot (docs/formats/page.md, "Cookies"). */
export function marksOf(jar: CookieJar): string {
  const text = jar.get(snapshotCookie) ?? '';
  const marks = text.slice(text.split('.', 1)[0]!.length);
  return /^(\.[0-9a-z]{1,6}-[0-9a-z]{1,8}){0,12}$/.test(marks) ? marks : '';
}

/** The most bytes of a snapshot that `marks` leave room for. */
export const snapshotSizeMax = (marks: string): number =>
  snapshotBytesMax - Math.ceil((marks.length * 3) / 4);

/** Says who the visitor is, for as long as the level allows. */
export function setVisitor(id: string, level: 'session' | 'device' | 'account'): string {
  const age = level === 'session' ? '' : `; Max-Age=${deviceMaxAgeS}`;
  return `${visitorCookie}=${id}${age}; Path=/; SameSite=Lax; Secure`;
}

/** Keeps a snapshot, undefined where it could not be made to fit. */
export function setSnapshot(
  snapshot: Uint8Array,
  marks: string,
  level: 'session' | 'device' | 'account',
): string | undefined {
  if (snapshot.length === 0 || snapshot.length > snapshotSizeMax(marks)) return undefined;
  const age = level === 'session' ? '' : `; Max-Age=${deviceMaxAgeS}`;
  const value = toBase64url(snapshot) + marks;
  return `${snapshotCookie}=${value}${age}; Path=/; SameSite=Lax; Secure`;
}

export function deleteCookie(name: string): string {
  return `${name}=; Max-Age=0; Path=/; SameSite=Lax; Secure`;
}

export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/[+/=]/g, (mark) => ({ '+': '-', '/': '_' })[mark] ?? '');
}

/** @returns undefined where `text` is not base64url without padding */
export function fromBase64url(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replace(/[-_]/g, (mark) => (mark === '-' ? '+' : '/')));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
