// Reads an explanation as wasm/writer.cpp lays it out, and gives its ids their names.
import * as abi from './abi.ts';
import { text } from './bytes.ts';
import type { Names } from './names.ts';
import type { Bucket, Candidate, CapUse, Decision, Explanation, Value } from './types.ts';

const none = 0xffff_ffff;
const everyone: Bucket = { from: 0, until: 0, drawn: 0 };

/** Where there is nobody to ask. */
export const unexplained = (decision: Decision): Explanation => ({
  decision,
  programme_holdout: everyone,
  candidates: [],
  inputs: {},
});

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  f64(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  text(): string {
    const size = this.u32();
    this.#at += size;
    return text(this.#bytes.subarray(this.#at - size, this.#at));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.u32() }, read);
  }

  value(): Value {
    const kind = this.u8();
    if (kind === abi.kindBoolean) return this.u8() !== 0;
    if (kind === abi.kindNumber) return this.f64();
    if (kind === abi.kindString) return this.text();
    if (kind === abi.kindSet) return this.list(() => this.text());
    return kind === abi.kindTime ? new Date(this.f64()) : null;
  }

  bucket(): Bucket {
    return { from: this.f64(), until: this.f64(), drawn: this.u32() };
  }

  cap(): CapUse {
    return { times: this.u32(), times_max: this.u32(), per_ms: this.f64() };
  }
}

function readCandidate(from: Reader, names: Names): Candidate {
  const input = (id: number) => (id === none ? null : names.inputAt(id));
  // Object literals evaluate in order, which is the order of the bytes.
  return {
    trigger: names.trigger(from.u32()),
    outlook: abi.outlooks[from.u8()]!,
    stopped_by: abi.reasons[from.u8()]!,
    consent_missing: from.u8() !== 0,
    cap: from.cap(),
    campaign_cap: from.cap(),
    from: from.f64(),
    until: from.f64(),
    layer: from.bucket(),
    holdout: from.bucket(),
    parts: from.list(() => from.bucket()),
    failures: from.list(() => ({ predicate: from.u32(), input: input(from.u32()) })),
  };
}

export function readExplanation(decision: Decision, bytes: Uint8Array, names: Names): Explanation {
  const from = new Reader(bytes);
  const inputs = () =>
    from.list(() => [names.input(abi.inputKinds[from.u8()]!, from.u32()), from.value()] as const);
  return {
    decision,
    programme_holdout: from.bucket(),
    candidates: from.list(() => readCandidate(from, names)),
    inputs: Object.fromEntries(inputs()),
  };
}
