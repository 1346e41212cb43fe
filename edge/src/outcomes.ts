// The way of a browser's outcomes to the store: same origin in, ingest key out.
import type { Bytes } from './cookies.js';
import { readAtMost } from './ruleset_source.js';

export const outcomesPath = '/_heed/outcomes';
/** The most that a browser may send at once (docs/formats/outcomes.md). */
export const browserBatchBytesMax = 48 * 1024;
export const batchType = 'application/vnd.heed.outcomes';
const types = ['text/plain', batchType, 'application/x-ndjson'];
const storeTimeoutMs = 10_000;
const retryAfterS = '5';

export type Store = { readonly url: string; readonly key: string | undefined };

/**
 * Hands one batch of this page's own origin to the store, and the store's answer back.
 *
 * @param ticket makes the ticket of whoever sends, "" where there is none to be had
 */
export async function forwardOutcomes(
  request: Request,
  store: Store | undefined,
  ticket: () => Promise<string>,
): Promise<Response> {
  if (!store) return refuse(404, 'not_found', 'this edge sends no outcomes; set its `outcomes`');
  const taken = await takePost(request, types);
  if (taken instanceof Response) return taken;
  const { body, type } = taken;
  const complete = lacksTicket(body) ? withTicket(body, await ticket()) : body;
  return sendToStore(store, complete, type);
}

/**
 * Hands a chunk of a page's replay log on (docs/formats/replay_log.md).
 *
 * @param allowed whether the visitor of the request's cookies is one who may be recorded
 */
export async function forwardReplay(
  request: Request,
  sink: Store | undefined,
  allowed: () => Promise<boolean>,
): Promise<Response> {
  if (!sink) return refuse(404, 'not_found', 'this edge keeps no logs; set its `replay`');
  const taken = await takePost(request, ['text/plain']);
  if (taken instanceof Response) return taken;
  if (!isChunk(taken.body)) return refuse(400, 'malformed_log', 'a chunk begins with HEEDLOG1');
  if (!(await allowed())) return refuse(403, 'no_consent', 'the visitor has not agreed to it');
  return sendToStore(sink, taken.body, 'application/vnd.heed.replay');
}

const startsWith = (body: Bytes, mark: string): boolean =>
  new TextDecoder().decode(body.subarray(0, mark.length)) === mark;
const isChunk = (body: Bytes): boolean => startsWith(body, 'HEEDLOG1');

/** What one of this origin's pages posts, or why it is not taken. */
async function takePost(
  request: Request,
  accepted: readonly string[],
): Promise<Response | { readonly body: Bytes; readonly type: string }> {
  if (request.method !== 'POST') {
    return refuse(405, 'wrong_method', 'this is sent with POST', { allow: 'POST' });
  }
  if (!isSameOrigin(request)) {
    return refuse(403, 'cross_origin', 'this comes from pages of this origin only');
  }
  const type = request.headers.get('content-type') ?? '';
  if (!accepted.includes(type.split(';')[0]?.trim().toLowerCase() ?? '')) {
    return refuse(415, 'unsupported_type', `content-type: one of ${accepted.join(', ')}`);
  }
  const body = await readBatch(request);
  if (body) return { body, type };
  return refuse(413, 'too_large', `at most ${browserBatchBytesMax} bytes at once; split it`);
}

/** Where a binary batch has the length of its ticket (docs/formats/outcomes.md). */
const ticketAt = 40;

/** Whether a page sends that had no ticket yet when it was made: its visitor has just consented. */
const lacksTicket = (batch: Bytes): boolean =>
  batch[ticketAt] === 0 && startsWith(batch, 'HEEDOUT1');

function withTicket(batch: Bytes, ticket: string): Bytes {
  // The length is one LEB128 number, of two bytes from 128 on.
  const { length } = ticket;
  if (length === 0 || length >= 1 << 14) return batch;
  const size = length < 128 ? [length] : [(length % 128) | 128, length >> 7];
  const head = batch.subarray(0, ticketAt);
  const text = new TextEncoder().encode(ticket);
  return Uint8Array.from([...head, ...size, ...text, ...batch.subarray(ticketAt + 1)]);
}

/** @returns undefined where the body is larger than a browser's batch may be */
async function readBatch(request: Request): Promise<Bytes | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > browserBatchBytesMax) return undefined;
  return readAtMost(request.body, browserBatchBytesMax);
}

/** Every browser sends one of these headers with a page's POST; what sends neither is no page. */
function isSameOrigin(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  return request.headers.get('origin') === new URL(request.url).origin;
}

/** Posts a batch; a store that does not answer is a 503 that says when to try again. */
export async function sendToStore(store: Store, body: Bytes, type: string) {
  const headers = new Headers({ 'content-type': type });
  if (store.key) headers.set('authorization', `Bearer ${store.key}`);
  const signal = AbortSignal.timeout(storeTimeoutMs);
  const init = { method: 'POST', headers, body, signal };
  const answer = await fetch(store.url, init).catch(() => undefined);
  if (!answer) {
    const message = 'the store cannot be reached; the batch was not taken, send it again';
    return refuse(503, 'store_unreachable', message, { 'retry-after': retryAfterS });
  }
  const handed = new Headers({ 'cache-control': 'no-store' });
  for (const name of ['content-type', 'retry-after']) {
    const value = answer.headers.get(name);
    if (value !== null) handed.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers: handed });
}

/** An error in the form of every heed interface. */
export function refuse(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = { error: { code, message, where: outcomesPath } };
  return Response.json(body, { status, headers: { ...headers, 'cache-control': 'no-store' } });
}
