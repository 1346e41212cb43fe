// Message authentication for what the edge hands out and takes back: tickets, seals, preview links.
import { fromBase64url, toBase64url } from './cookies.js';

const utf8 = new TextEncoder();
export const ticketLifeMs = 24 * 3600 * 1000;
const ticketQuota = 2000;
const ticketMacBytes = 16;

async function hmacKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', utf8.encode(secret), algorithm, false, ['sign', 'verify']);
}

async function mac(secret: string, message: string): Promise<Uint8Array> {
  const key = await hmacKey(secret);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(message)));
}

/**
 * What makes one visitor's outcomes checkable.
 *
 * @param unit 16 hex digits: the only visitor that this ticket speaks for
 * @source docs/formats/page.md, "Ticket"
 */
export async function signTicket(secret: string, site: string, unit: string, nowMs: number) {
  const payload = [site, unit, nowMs, nowMs + ticketLifeMs, ticketQuota].join('\n');
  const tag = (await mac(secret, payload)).slice(0, ticketMacBytes);
  return `${toBase64url(utf8.encode(payload))}.${toBase64url(tag)}`;
}

/** `purpose` keeps what was signed for one use from passing in another. */
export async function seal(secret: string, purpose: string, value: unknown): Promise<string> {
  const body = toBase64url(utf8.encode(JSON.stringify(value)));
  return `${body}.${toBase64url(await mac(secret, `${purpose}\n${body}`))}`;
}

/** @returns what was sealed, undefined where the seal is not ours */
export async function unseal(secret: string, purpose: string, sealed: string): Promise<unknown> {
  const [body = '', tag = '', ...rest] = sealed.split('.');
  const bytes = fromBase64url(body);
  const signature = fromBase64url(tag);
  if (!bytes || !signature || rest.length > 0) return undefined;
  const message = utf8.encode(`${purpose}\n${body}`);
  const key = await hmacKey(secret);
  if (!(await crypto.subtle.verify('HMAC', key, signature, message))) {
    return undefined;
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
