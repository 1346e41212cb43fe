// Bytes and text: the writer of the shared buffer's input, hex and base64url.
import { entryId, entryKind, entryNumber, entrySize } from './abi.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
export const text = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Room for `size` bytes that begin with `bytes`, which may have been moved there. */
type Room = (size: number, bytes: Uint8Array) => Uint8Array<ArrayBuffer>;

const ownRoom: Room = (size, bytes) => {
  const grown = new Uint8Array(Math.max(1024, 2 * size));
  grown.set(bytes);
  return grown;
};

/** Appends little-endian values to bytes that grow. Reused: `clear` keeps the memory. */
export class Writer {
  readonly #room: Room;
  /** Empty where memory has grown under it: then the next value asks for room. */
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  constructor(room = ownRoom) {
    this.#room = room;
  }

  clear(): this {
    this.#size = 0;
    return this;
  }

  /** What has been written is another's now: the next value asks for room. */
  leave(): void {
    this.#bytes = new Uint8Array();
  }

  get size(): number {
    return this.#size;
  }

  /** What has been written; valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Makes room and answers where it begins. */
  #take(count: number): number {
    const at = this.#size;
    const size = at + count;
    if (size > this.#bytes.length) {
      this.#bytes = this.#room(size, this.#bytes);
      this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    }
    this.#size = size;
    return at;
  }

  u8(value: number): this {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    const at = this.#take(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  f64(value: number): this {
    const at = this.#take(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** An EntryAt of the shared buffer. */
  entry(id: number, kind: number, number: number): this {
    const at = this.#take(entrySize);
    this.#view.setUint32(at + entryId, id, true);
    this.#view.setUint32(at + entryKind, kind, true);
    this.#view.setFloat64(at + entryNumber, number, true);
    return this;
  }

  /** Unsigned LEB128, minimal form. */
  varint(value: number): this {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.u8((rest % 128) + 128);
    return this.u8(rest);
  }

  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** u32 length and UTF-8. A lone surrogate becomes U+FFFD: it has no bytes of its own. */
  text(value: string): this {
    const room = 4 + 3 * value.length;
    const at = this.#take(room);
    const bytes = this.#bytes;
    let written = 0;
    // Short ASCII, as most values are, is written sooner than the encoder is called.
    for (; written < value.length && written < 64; written++) {
      const code = value.charCodeAt(written);
      if (code > 127) break;
      bytes[at + 4 + written] = code;
    }
    if (written < value.length)
      ({ written } = encoder.encodeInto(value, bytes.subarray(at + 4, at + room)));
    this.#view.setUint32(at, written, true);
    this.#size = at + 4 + written;
    return this;
  }
}

/** A 64-bit number as every text form writes it: 16 lower-case hex digits. */
export const hex = (value: bigint): string => value.toString(16).padStart(16, '0');

/** @returns null where `value` is not 1 to 16 hex digits */
export function unhex(value: string): bigint | null {
  return /^[0-9a-f]{1,16}$/.test(value) ? BigInt(`0x${value}`) : null;
}

export function toBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** @returns null where `value` is not base64url without padding, in its one form */
export function fromBase64url(value: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(value) || value.length % 4 === 1) return null;
  const binary = atob(value.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  return toBase64url(bytes) === value ? bytes : null;
}

export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** A random 64-bit number, never 0. */
export function random64(): bigint {
  return new DataView(randomBytes(8).buffer).getBigUint64(0) || 1n;
}
