// The rulesets of one isolate: fetched, verified, kept fresh behind pages, never older than one
// seen before. The bytes verified are the bytes evaluated and the bytes served.
import { createRuntime, rehearse, type Runtime, type VerifiedRuleset, verifyRuleset } from 'heed';

import type { Bytes } from './cookies.js';
import { codeOf, Fault } from './fault.js';
import { type Context, type Memory, type Options, valueFrom } from './options.js';
import { applyPatch } from './patch.js';

/** One verified ruleset, opened. */
export type Loaded = {
  readonly runtime: Runtime;
  /** The signed file, as it came. */
  readonly file: Bytes;
  readonly ruleset: VerifiedRuleset;
};

/** How long after a fault the source is asked again. */
const retryMs = 5_000;
const fetchTimeoutMs = 10_000;
const refreshMsDefault = 60_000;
/** Image, trailer head and 16 signatures (docs/formats/keys.md). */
const fileBytesMax = 16 * 1024 * 1024 + 12 + 16 * 72;
const previousCountMax = 4;
const patchType = 'application/vnd.heed.patch';

export class RulesetSource<Env> {
  readonly #options: Options<Env>;
  #current: Loaded | undefined;
  #previous: readonly Loaded[] = [];
  #refused: Fault | undefined;
  #versionSeen = 0;
  #remembered = false;
  #etag: string | undefined;
  /** Whether the source is a heed store, which knows what `?have=` asks for. */
  #patches = false;
  #dueMs = 0;
  #loading: Promise<void> | undefined;

  constructor(options: Options<Env>) {
    this.#options = options;
  }

  /**
   * The newest ruleset, from memory where there is one; a refresh goes on behind the answer.
   *
   * @throws Fault with the reason that the newest bytes were refused, or `unavailable`
   */
  async current(env: Env, context: Context): Promise<Loaded> {
    this.#refresh(env, context);
    if (!this.#current && !this.#refused) await this.#loading;
    if (!this.#current) throw this.#refused ?? new Fault('unavailable');
    if (this.#current.runtime.expires <= Date.now()) throw new Fault('expired');
    return this.#current;
  }

  /** The version that a page was made with, also one before the newest. */
  async byHash(hash: string, env: Env, context: Context): Promise<Loaded | undefined> {
    this.#refresh(env, context);
    if (!this.#current && !this.#refused) await this.#loading;
    const held = [this.#current, ...this.#previous].find((loaded) => loaded?.runtime.hash === hash);
    if (held) return held;
    const recalled = await this.#recall(hash, env);
    if (recalled) this.#keep(recalled);
    return recalled;
  }

  /** Opens the current ruleset in a new instance, after a trap has spoilt the old one. */
  reopen(): void {
    if (!this.#current) return;
    const { runtime, ruleset, file } = this.#current;
    this.#current = this.#open(ruleset, file);
    runtime[Symbol.dispose]();
  }

  #refresh(env: Env, context: Context): void {
    if (Date.now() < this.#dueMs) return;
    // A load that never ends (its request was cut off) is given up at the next due time.
    this.#dueMs = Date.now() + fetchTimeoutMs + retryMs;
    this.#loading = this.#load(env);
    context.waitUntil(this.#loading);
  }

  async #load(env: Env): Promise<void> {
    try {
      await this.#recallVersion(env);
      await this.#update(env);
      this.#refused = undefined;
      this.#dueMs = Date.now() + (this.#options.refreshMs ?? refreshMsDefault);
    } catch (error) {
      this.#refuse(error);
      this.#dueMs = Date.now() + Math.min(retryMs, this.#options.refreshMs ?? retryMs);
    }
  }

  async #update(env: Env): Promise<void> {
    const { ruleset } = this.#options;
    if (typeof ruleset !== 'string') return this.#take(bytesOf(await ruleset(env)), env);
    if (this.#patches && this.#current && (await this.#takePatch(ruleset, this.#current, env))) {
      return;
    }
    const answer = await this.#fetch(ruleset);
    if (answer) await this.#take(answer.bytes, env);
  }

  /**
   * Asks for what is new since the ruleset that is there.
   *
   * @returns false where that led to nothing that verifies: the whole is asked for then
   */
  async #takePatch(address: string, current: Loaded, env: Env): Promise<boolean> {
    const url = new URL(address);
    url.searchParams.set('have', String(current.ruleset.version));
    try {
      const answer = await this.#fetch(url.href);
      if (!answer) return true;
      const { bytes, isPatch } = answer;
      const { runtime, file } = current;
      await this.#take(isPatch ? applyPatch(file, runtime.hash, bytes, fileBytesMax) : bytes, env);
      return true;
    } catch {
      this.#patches = false;
      this.#etag = undefined;
      return false;
    }
  }

  /** Tampered or foreign bytes end the use of what came before; silence and old bytes do not. */
  #refuse(error: unknown): void {
    const code = codeOf(error);
    this.#etag = undefined;
    if (this.#current && (code === 'unavailable' || code === 'rolled_back')) return;
    this.#refused = new Fault(code, error instanceof Error ? error.message : code);
    this.#retire();
    this.#current = undefined;
  }

  async #take(file: Bytes, env: Env): Promise<void> {
    if (this.#current && sameBytes(this.#current.file, file)) return;
    const verified = this.#verify(file, env, this.#versionSeen);
    if (!this.#current) rehearse(this.#options.wasm, 0);
    const ruleset = await verified;
    const loaded = this.#open(ruleset, file);
    this.#retire();
    this.#current = loaded;
    this.#versionSeen = ruleset.version;
    await this.#remember(loaded, env);
  }

  #verify(file: Bytes, env: Env, versionSeen: number): Promise<VerifiedRuleset> {
    const keys = valueFrom(this.#options.keys, env);
    return verifyRuleset(file, { keys, site: this.#options.site, now: Date.now(), versionSeen });
  }

  #open(ruleset: VerifiedRuleset, file: Bytes): Loaded {
    return { runtime: createRuntime({ wasm: this.#options.wasm, ruleset }), file, ruleset };
  }

  #retire(): void {
    if (this.#current) this.#keep(this.#current);
  }

  #keep(loaded: Loaded): void {
    const all = [loaded, ...this.#previous];
    this.#previous = all.slice(0, previousCountMax);
    for (const { runtime } of all.slice(previousCountMax)) runtime[Symbol.dispose]();
  }

  /** @returns undefined where the source says that nothing has changed */
  async #fetch(address: string): Promise<{ bytes: Bytes; isPatch: boolean } | undefined> {
    const headers = new Headers();
    if (this.#etag && this.#current) headers.set('if-none-match', this.#etag);
    const signal = AbortSignal.timeout(fetchTimeoutMs);
    const response = await fetch(address, { headers, signal }).catch((error: unknown) => {
      throw new Fault('unavailable', `${address}: ${String(error)}`);
    });
    if (response.status === 304) return undefined;
    if (!response.ok) {
      await response.body?.cancel();
      throw new Fault('unavailable', `${address} answered ${response.status}`);
    }
    const bytes = await readAtMost(response.body, fileBytesMax).catch((error: unknown) => {
      throw new Fault('unavailable', `${address}: ${String(error)}`);
    });
    if (!bytes) throw new Fault('too_large', `${address} passes ${fileBytesMax} bytes`);
    this.#etag = response.headers.get('etag') ?? undefined;
    this.#patches = response.headers.has('x-heed-version');
    return { bytes, isPatch: response.headers.get('content-type') === patchType };
  }

  #memory(env: Env): Memory | undefined {
    return this.#options.memory?.(env);
  }

  async #recallVersion(env: Env): Promise<void> {
    if (this.#remembered) return;
    const bytes = await this.#memory(env)?.get(`heed/seen/${this.#options.site}`);
    const version = Number(bytes ? new TextDecoder().decode(bytes) : 0);
    if (Number.isSafeInteger(version)) this.#versionSeen = Math.max(this.#versionSeen, version);
    this.#remembered = true;
  }

  async #remember({ runtime, file }: Loaded, env: Env): Promise<void> {
    const version = new TextEncoder().encode(String(runtime.version));
    // What cannot be remembered is still good for this isolate.
    await Promise.allSettled([
      this.#memory(env)?.put(`heed/seen/${this.#options.site}`, version),
      this.#memory(env)?.put(`heed/ruleset/${runtime.hash}`, file),
    ]);
  }

  async #recall(hash: string, env: Env): Promise<Loaded | undefined> {
    const file = await this.#memory(env)?.get(`heed/ruleset/${hash}`);
    if (!file) return undefined;
    const loaded = this.#open(await this.#verify(file, env, 0), file);
    return loaded.runtime.hash === hash ? loaded : undefined;
  }
}

/** @returns the whole body, undefined as soon as it passes `bytesMax` */
export async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Bytes | undefined> {
  if (!body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(size);
  chunks.reduce((at, chunk) => (bytes.set(chunk, at), at + chunk.length), 0);
  return bytes;
}

const bytesOf = (source: BufferSource): Bytes =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);
