// How a batch leaves a page: fetch that outlives it, else a beacon.
import type { Transport, TransportAnswer } from './types.ts';

/** Seconds or an HTTP date, in ms from `now`; undefined where it is neither. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const at = /^\d+$/.test(header) ? now + 1000 * Number(header) : Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

async function readAnswer(response: Response): Promise<TransportAnswer> {
  const body: unknown = await response.json().catch(() => null);
  const mark = typeof body === 'object' && body !== null && 'mark' in body ? body.mark : undefined;
  const wait = retryAfterMs(response.headers.get('retry-after'), Date.now());
  return {
    status: response.status,
    ...(typeof mark === 'number' && { mark }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
}

/** Posts batches to `url`, as `text/plain` so that no preflight is asked. */
export function fetchTransport(url: string): Transport {
  return {
    async send(batch, last) {
      const body = new Blob([batch as Uint8Array<ArrayBuffer>], { type: 'text/plain' });
      try {
        // Every batch fits the keepalive quota, so a page that closes cuts none off.
        return await readAnswer(await fetch(url, { method: 'POST', body, keepalive: true }));
      } catch (error) {
        if (last && typeof navigator !== 'undefined') navigator.sendBeacon?.(url, body);
        throw error;
      }
    },
  };
}
