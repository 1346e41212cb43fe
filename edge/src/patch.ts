// Makes a ruleset of the one that is there and a patch (docs/formats/patch.md). A patch is not
// trusted: whoever calls this verifies what comes out, as any other file.
import type { Bytes } from './cookies.js';
import { Fault } from './fault.js';

const magic = 'HEEDPAT1';
const baseHashAt = 8;
const sizeAt = 24;

/** What follows a copied run of the base. */
const kinds = ['replace', 'insert', 'skip', 'repeat'] as const;

class Applier {
  readonly #base: Bytes;
  readonly #patch: Bytes;
  #at = sizeAt;
  #baseAt = 0;
  #madeSize = 0;

  constructor(base: Bytes, patch: Bytes) {
    this.#base = base;
    this.#patch = patch;
  }

  apply(sizeMax: number): Bytes {
    const size = this.#count();
    if (size > sizeMax) throw new Fault('too_large', `the patch makes ${size} bytes`);
    const out = new Uint8Array(size);
    while (this.#madeSize < size) {
      this.#put(out, this.#takeOfBase(this.#count()));
      if (this.#madeSize < size) this.#edit(out);
    }
    return out;
  }

  #edit(out: Bytes): void {
    const edit = this.#count();
    const size = Math.floor(edit / kinds.length);
    if (size === 0) throw this.#malformed();
    switch (kinds[edit % kinds.length]) {
      case 'replace':
        this.#takeOfBase(size);
        return this.#put(out, this.#take(size));
      case 'insert':
        return this.#put(out, this.#take(size));
      case 'skip':
        this.#takeOfBase(size);
        return;
      default:
        return this.#repeat(out, size, this.#count());
    }
  }

  #repeat(out: Bytes, size: number, distance: number): void {
    const from = this.#madeSize - distance;
    if (distance === 0 || from < 0 || size > out.length - this.#madeSize) throw this.#malformed();
    for (let i = 0; i < size; i += 1) out[this.#madeSize + i] = out[from + i] ?? 0;
    this.#madeSize += size;
  }

  #put(out: Bytes, bytes: Uint8Array): void {
    if (bytes.length > out.length - this.#madeSize) throw this.#malformed();
    out.set(bytes, this.#madeSize);
    this.#madeSize += bytes.length;
  }

  #takeOfBase(size: number): Uint8Array {
    if (size > this.#base.length - this.#baseAt) throw this.#malformed();
    this.#baseAt += size;
    return this.#base.subarray(this.#baseAt - size, this.#baseAt);
  }

  #take(size: number): Uint8Array {
    if (size > this.#patch.length - this.#at) throw this.#malformed();
    this.#at += size;
    return this.#patch.subarray(this.#at - size, this.#at);
  }

  /** Seven bits a byte, low ones first; at most five bytes. */
  #count(): number {
    let count = 0;
    for (let unit = 1; unit <= 2 ** 28; unit *= 128) {
      const byte = this.#take(1)[0] ?? 0;
      count += (byte % 128) * unit;
      if (byte < 128) break;
    }
    return count;
  }

  #malformed(): Fault {
    return new Fault('malformed_patch', `at byte ${this.#at}`);
  }
}

/**
 * @param file  a signed ruleset, of which the image is copied from
 * @param hash  of its runtime: what the patch must have been made for
 * @throws Fault with `wrong_base`, `malformed_patch` or `too_large`
 */
export function applyPatch(file: Bytes, hash: string, patch: Bytes, sizeMax: number): Bytes {
  const view = new DataView(patch.buffer, patch.byteOffset, patch.byteLength);
  const head = new TextDecoder().decode(patch.subarray(0, magic.length));
  if (patch.length <= sizeAt || head !== magic) throw new Fault('malformed_patch', 'at byte 0');
  if (view.getBigUint64(baseHashAt, true) !== BigInt(`0x${hash}`)) throw new Fault('wrong_base');
  const imageSizeAt = 16;
  const imageSize = new DataView(file.buffer, file.byteOffset).getBigUint64(imageSizeAt, true);
  return new Applier(file.subarray(0, Number(imageSize)), patch).apply(sizeMax);
}
