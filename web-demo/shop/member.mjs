// Who is a member, as a signed cookie: the shop signs it, the edge checks it. A visitor may not
// choose their own tier, so nothing unsigned is believed. Runs in Node and in workers.

const encoder = new TextEncoder();
const algorithm = { name: 'HMAC', hash: 'SHA-256' };
const form = /^(\d{4})~([a-z]+)~([0-9a-f]{64})$/;

const keyOf = (secret, use) =>
  crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [use]);
const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

/** @returns the cookie's value for a member */
export async function signMember({ number, tier }, secret) {
  const key = await keyOf(secret, 'sign');
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(`${number}~${tier}`));
  return `${number}~${tier}~${toHex(new Uint8Array(mac))}`;
}

/** @returns {number, tier}, or undefined where the cookie is absent or not signed by the shop */
export async function readMember(cookie, secret) {
  const [, number, tier, mac] = form.exec(cookie ?? '') ?? [];
  if (!number || !secret) return undefined;
  const key = await keyOf(secret, 'verify');
  const text = encoder.encode(`${number}~${tier}`);
  const isOurs = await crypto.subtle.verify('HMAC', key, fromHex(mac), text);
  return isOurs ? { number, tier } : undefined;
}
