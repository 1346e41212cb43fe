// The frame around records on their way to the store (docs/formats/outcomes.md, "Binary form").
import type { PendingRecord } from 'heed';

import type { Bytes } from './cookies.js';

export const batchType = 'application/vnd.heed.outcomes';

/**
 * One whole ledger: a device and epoch of its own, numbered from 1.
 *
 * @param device, epoch 16 hex digits each
 */
export function encodeBatch(
  records: readonly PendingRecord[],
  device: string,
  epoch: string,
  sentMs: number,
  ticket: string,
): Bytes {
  const head = new DataView(new ArrayBuffer(32));
  head.setBigUint64(0, BigInt(`0x${device}`), true);
  head.setBigUint64(8, BigInt(`0x${epoch}`), true);
  head.setBigUint64(16, 1n, true);
  head.setBigInt64(24, BigInt(sentMs), true);
  const utf8 = new TextEncoder();
  const ticketBytes = utf8.encode(ticket);
  const pieces = [
    utf8.encode('HEEDOUT1'),
    new Uint8Array(head.buffer),
    varint(ticketBytes.length),
    ticketBytes,
    varint(records.length),
    ...records.flatMap(({ bytes }) => [varint(bytes.length), bytes]),
  ];
  const batch = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  pieces.reduce((at, piece) => (batch.set(piece, at), at + piece.length), 0);
  return batch;
}

/** LEB128 in its minimal form. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Uint8Array.from([...bytes, value]);
}
