// An opened ruleset and its sessions: names in, decisions out, over one wasm instance. A trap ends
// the instance, never the page: the call answers the slot's fallback, and the next call finds a new
// instance with the session as it was last saved.
import * as abi from './abi.ts';
import { hex } from './bytes.ts';
import { Decisions, optionRow } from './decisions.ts';
import { dispose } from './dispose.ts';
import { HeedError } from './errors.ts';
import { Instance } from './instance.ts';
import { Names } from './names.ts';
import { imageOf } from './ruleset.ts';
import { WasmSession } from './session.ts';
import type {
  Decision,
  PartContent,
  Runtime,
  SessionOptions,
  TimeMs,
  VerifiedRuleset,
} from './types.ts';

/** An instance that keeps trapping is not made again. */
const trapCountMax = 3;

/** Decisions by a scan before the index must be there. */
const scanCountMax = 16;

export class WasmRuntime implements Runtime {
  readonly hash: string;
  readonly version: number;
  readonly expires: TimeMs;
  readonly names: Names;
  readonly decisions: Decisions;
  readonly #module: WebAssembly.Module;
  readonly #image: Uint8Array<ArrayBuffer>;
  #instance: Instance | null;
  /** The last instance: one that has trapped still says what its ruleset holds. */
  #readable: Instance;
  #traps = 0;
  #scans = 0;
  #hasIndex = false;
  #noRoom = false;
  /** Counts instances: a session of an earlier one is made again. */
  generation = 0;
  /** Where ended sessions' handles go when nobody ended them. */
  readonly #forgotten =
    typeof FinalizationRegistry === 'undefined'
      ? null
      : new FinalizationRegistry<readonly [generation: number, handle: number]>(
          ([generation, handle]) => this.end(generation, handle),
        );

  /**
   * @param image  a verified ruleset's
   * @throws HeedError of `Ruleset::open`, wrong_abi, wasm_trap
   */
  constructor(module: WebAssembly.Module, image: Uint8Array<ArrayBuffer>) {
    this.#module = module;
    this.#image = image;
    this.#readable = this.#instance = Instance.of(module);
    const opened = this.#open(this.#instance);
    this.hash = hex(opened.getBigUint64(abi.openedHash, true));
    this.version = Number(opened.getBigUint64(abi.openedVersion, true));
    this.expires = Number(opened.getBigInt64(abi.openedExpires, true));
    this.names = new Names(() => this.#readable);
    this.decisions = new Decisions(this.names);
  }

  #open(instance: Instance): DataView {
    const size = instance.write(this.#image);
    const opened = instance.calls.heed_open(size);
    instance.input.leave(); // the image stays where it is
    return new DataView(instance.bytes(instance.check(opened)).buffer);
  }

  get site(): string {
    return this.names.site;
  }
  get consent() {
    return this.names.consent();
  }
  get slots() {
    return this.names.slots();
  }
  get attributes() {
    return this.names.attributes();
  }

  /** The image's body hash, which ties a map to it. */
  get body(): string {
    const { buffer, byteOffset } = this.#image;
    return hex(new DataView(buffer, byteOffset).getBigUint64(abi.imageBodyHashAt, true));
  }

  /** @throws HeedError wasm_trap where this runtime has given up */
  get instance(): Instance {
    if (!this.#instance)
      throw new HeedError('wasm_trap', 'the runtime has stopped; slots keep their fallbacks');
    return this.#instance;
  }

  /** After a trap nothing in the instance can be trusted: another takes its place. */
  revive(): void {
    this.generation++;
    this.#instance = null;
    this.#scans = 0;
    this.#hasIndex = false;
    if (++this.#traps > trapCountMax) return;
    const instance = Instance.of(this.#module);
    this.#open(instance);
    this.#readable = this.#instance = instance;
  }

  /** Where there is no room for one, decisions are by a scan from here on. */
  index(): void {
    if (this.#hasIndex || this.#noRoom || !this.#instance) return;
    try {
      this.#instance.check(this.#instance.calls.heed_index());
      this.#hasIndex = true;
    } catch {
      this.#noRoom = true;
      try {
        this.revive();
      } catch {
        // An instance that cannot be made again stays away.
      }
    }
  }

  /**
   * Before a decision, and before its instance is asked for. The first of all is a scan, so that it
   * waits for nothing.
   */
  beforeDecision(): void {
    if (this.#hasIndex || this.#noRoom) return;
    this.#scans++;
    if (this.#scans > scanCountMax) this.index();
    else if (this.#scans === 1) whenIdle(() => this.index());
  }

  session(options: SessionOptions): WasmSession {
    return new WasmSession(this, options);
  }

  /** Ends the handle when `owner` is collected, unless it was ended before. */
  watch(owner: object, handle: number): void {
    this.#forgotten?.register(owner, [this.generation, handle], owner);
  }
  unwatch(owner: object): void {
    this.#forgotten?.unregister(owner);
  }
  end(generation: number, handle: number): void {
    if (generation === this.generation) this.#instance?.calls.heed_end(handle);
  }

  content(decision: Decision): Readonly<Record<string, PartContent>> {
    const trigger = this.names.triggerId(decision?.trigger ?? '');
    if (trigger === undefined) return {};
    const shown: [string, PartContent][] = [];
    for (const part of this.names.parts(trigger)) {
      const option = optionRow(this.names, part, decision.options?.[part.name]);
      if (option !== null) shown.push([part.name, this.names.content(part, option)]);
    }
    return Object.fromEntries(shown);
  }

  /** As dispose; the next runtime of the module goes on with the instance. */
  leave(): void {
    this.#instance?.leave(this.#module);
    this[dispose]();
  }

  [dispose](): void {
    this.generation++;
    this.#instance = null;
  }
}

/** Runs it when the host has nothing better to do, and never keeps a process alive. */
export function whenIdle(body: () => void): void {
  if (typeof requestIdleCallback === 'function') return void requestIdleCallback(body);
  const timer: number & { unref?: () => void } = setTimeout(body);
  timer.unref?.();
}

/**
 * One verified ruleset in one wasm instance, for hosts with many visitors.
 *
 * @throws HeedError not_supported for another module or ruleset, of `Ruleset::open`, wrong_abi
 */
export function createRuntime(options: {
  readonly wasm: WebAssembly.Module;
  readonly ruleset: VerifiedRuleset;
}): Runtime {
  return new WasmRuntime(options?.wasm, imageOf(options?.ruleset));
}
