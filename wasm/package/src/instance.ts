// The loader: one instance of heed.wasm and its shared buffer (docs/formats/abi.md). It knows bytes
// and numbers; names and meaning are runtime.ts's.
import * as abi from './abi.ts';
import { text, Writer } from './bytes.ts';
import { HeedError } from './errors.ts';
import type { ErrorCode } from './types.ts';

/** The module's exports; `wasm/exports.cpp` says what each takes and answers. */
type Exports = {
  readonly memory: WebAssembly.Memory;
  _initialize?(): void;
  heed_abi(): number;
  heed_head(): number;
  heed_reserve(size: number): number;
  heed_open(size: number): number;
  heed_rows(column: number): number;
  heed_cell(column: number, row: number): number;
  heed_child(column: number, row: number): number;
  heed_string(id: number): number;
  heed_find(column: number, size: number): number;
  heed_session(size: number, level: number, now: number): number;
  heed_end(session: number): number;
  heed_set(session: number, size: number, now: number): number;
  heed_observe(session: number, size: number, now: number): number;
  heed_refund(session: number, size: number, now: number): number;
  heed_decide(session: number, slot: number, now: number): number;
  heed_decide_all(session: number, now: number): number;
  heed_index(): number;
  heed_winners(session: number, now: number): number;
  heed_expose(session: number, size: number, now: number): number;
  heed_begin_view(session: number): number;
  heed_set_level(session: number, level: number, now: number): number;
  heed_save(session: number, sizeMax: number, masks: number): number;
  heed_explain(session: number, slot: number, now: number): number;
  heed_drain(session: number): number;
};
export type Calls = Omit<Exports, 'memory' | '_initialize'>;

/** A module that uses one SIMD instruction. */
const simdProbe = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);

const noModule = (cause: unknown): HeedError =>
  new HeedError(
    'not_supported',
    `wasm: pass heed.wasm, bytes or compiled: ${String(cause)}`,
    'wasm',
  );

/** @throws HeedError no_simd, not_supported */
export async function compileModule(
  wasm: WebAssembly.Module | BufferSource | PromiseLike<WebAssembly.Module | BufferSource>,
): Promise<WebAssembly.Module> {
  const given = await wasm;
  if (given instanceof WebAssembly.Module) return given;
  try {
    return await WebAssembly.compile(given);
  } catch (cause) {
    throw WebAssembly.validate(simdProbe)
      ? noModule(cause)
      : new HeedError(
          'no_simd',
          'this host has no WebAssembly SIMD; slots keep their fallbacks',
          'wasm',
        );
  }
}

/** @throws HeedError not_supported for what is no module of ours, or where there is no room */
function instantiate(module: WebAssembly.Module): Exports {
  try {
    return new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  } catch (cause) {
    throw noModule(cause);
  }
}

/** Instances that nobody uses any more. */
const left = new WeakMap<WebAssembly.Module, Instance>();

export class Instance {
  readonly calls: Calls;
  /** Writes a call's input where the call reads it: `clear` it first, and ask nothing between. */
  readonly input: Writer;
  readonly #memory: WebAssembly.Memory;
  /** Counts words. */
  readonly #head: number;
  #words: Int32Array<ArrayBuffer>;

  /**
   * One that was left, or a new one.
   *
   * @throws HeedError wrong_abi
   */
  static of(module: WebAssembly.Module): Instance {
    const instance = left.get(module) ?? new Instance(module);
    left.delete(module);
    return instance;
  }

  /** Whoever asks for one of the module next gets this; it must not have trapped. */
  leave(module: WebAssembly.Module): void {
    left.set(module, this);
  }

  /** @throws HeedError wrong_abi */
  private constructor(module: WebAssembly.Module) {
    const exports = instantiate(module);
    exports._initialize?.();
    if (exports.heed_abi?.() !== abi.abiNumber) {
      throw new HeedError(
        'wrong_abi',
        'heed.wasm and the package are of different versions',
        'wasm',
      );
    }
    this.calls = exports;
    this.#memory = exports.memory;
    this.#head = exports.heed_head() / 4;
    this.#words = new Int32Array(this.#memory.buffer as ArrayBuffer);
    this.input = new Writer((size) => {
      if (size > this.#word(abi.headBufferSize)) this.check(this.calls.heed_reserve(size));
      const { buffer } = this.words;
      return new Uint8Array(buffer, this.#word(abi.headBuffer), this.#word(abi.headBufferSize));
    });
  }

  /** All of the memory. Looks again where it has grown, which empties every older view. */
  get words(): Int32Array<ArrayBuffer> {
    if (this.#words.length === 0) this.#words = new Int32Array(this.#memory.buffer as ArrayBuffer);
    return this.#words;
  }

  #word(at: number): number {
    return this.words[this.#head + at / 4]! >>> 0;
  }

  /** Puts `bytes` into the buffer and answers how many they are. */
  write(bytes: Uint8Array): number {
    return this.input.clear().raw(bytes).size;
  }

  /** Where the last call's result of `size` bytes lies; valid until the next call. */
  result(size: number): DataView {
    return new DataView(this.words.buffer, this.#word(abi.headData), size);
  }

  /** Where the last call's result lies, a multiple of 4 but for texts and bytes. */
  get resultAddress(): number {
    return this.#word(abi.headData);
  }

  /** Of the last heed_decide or heed_winners. */
  get segment(): number {
    return this.#word(abi.headSegment);
  }
  get stage(): number {
    return this.#word(abi.headStage);
  }

  /** The last call's result as text. */
  text(size: number): string {
    return text(this.bytes(size));
  }

  bytes(size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.words.buffer, this.#word(abi.headData), size).slice();
  }

  /** @throws HeedError for an answer below 0 */
  check(answer: number): number {
    if (answer >= 0) return answer;
    const code: ErrorCode = abi.errorCodes[-1 - answer] ?? 'not_supported';
    const where = this.#word(abi.headWhere) + 2 ** 32 * this.#word(abi.headWhere + 4);
    throw new HeedError(code, `the runtime refused the call: ${code} at ${where}`, where);
  }
}
