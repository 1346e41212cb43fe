// The binary form of a batch (docs/formats/outcomes.md). A record is opaque here: the runtime wrote
// it.
import { unhex, utf8, Writer } from './bytes.ts';

export type BatchHead = {
  /** 16 hex digits, as `epoch`. */
  readonly device: string;
  readonly epoch: string;
  /** Sequence number of the first record. */
  readonly first: number;
  /** The sender's clock, ms. */
  readonly sent: number;
  readonly ticket: string;
};

export function encodeBatch(
  head: BatchHead,
  records: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const out = new Writer().raw(utf8('HEEDOUT1'));
  out
    .u64(unhex(head.device) ?? 0n)
    .u64(unhex(head.epoch) ?? 0n)
    .u64(BigInt(head.first))
    .u64(BigInt(head.sent));
  const ticket = utf8(head.ticket);
  out.varint(ticket.length).raw(ticket).varint(records.length);
  for (const record of records) out.varint(record.length).raw(record);
  return out.bytes.slice();
}
