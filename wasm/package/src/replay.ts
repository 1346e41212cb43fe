// `heed/replay`: keeps a log of what the sessions of a sample of visitors are told and decide, so
// that `heed replay-log` can decide all of it again (docs/formats/replay_log.md). An entry of its
// own: pages that record nothing download nothing of it. Texts are masked, and nothing is kept or
// sent while the visitor's level is below the recorder's.
import * as abi from './abi.ts';
import { unhex, utf8, Writer } from './bytes.ts';
import { allows } from './levels.ts';
import type { WasmRuntime } from './runtime.ts';
import type { WasmSession } from './session.ts';
import type { Decision, Level, Recorder, SessionOptions, Value, Values } from './types.ts';
import { xxh64 } from './xxh64.ts';

export type RecorderOptions = {
  /** Visitors that are recorded, as a share of all: 0.01 is one in a hundred. */
  readonly share: number;
  /** Who allows less is not recorded. Default: `device`. */
  readonly level?: Exclude<Level, 'none'>;
  /** Takes a chunk out of the page. Default: a beacon to `/_heed/replay`. */
  readonly send?: (chunk: Uint8Array<ArrayBuffer>) => void;
  /** Bytes that one page view may record. Default: 32 KiB. */
  readonly sizeMax?: number;
};

const kinds = { start: 1, set: 2, observe: 3, decide: 4, expose: 5, view: 6 } as const;
const values = { absent: 0, boolean: 1, number: 2, text: 3, set: 4, time: 5, whole: 6 } as const;
const heldOut = 0x80;
const chunkSizeMax = 4096;
const sizeMaxDefault = 32 * 1024;
const wholeMax = 0xffff_ffff;

function beacon(chunk: Uint8Array<ArrayBuffer>): void {
  const body = new Blob([chunk], { type: 'text/plain' });
  if (!navigator.sendBeacon('/_heed/replay', body))
    void fetch('/_heed/replay', { method: 'POST', body }).catch(() => undefined);
}

/** What `createHeed` takes as `record`. */
export function recorder(options: RecorderOptions): Recorder {
  return (session, runtime, about) => new Log(options, session, runtime, about).session;
}

class Log {
  /** The session, with every call that matters noted on its way. */
  readonly session: WasmSession;
  readonly #options: RecorderOptions;
  readonly #target: WasmSession;
  readonly #runtime: WasmRuntime;
  readonly #entries = new Writer();
  readonly #scratch = new Writer();
  readonly #log = crypto.getRandomValues(new BigUint64Array(1))[0]!;
  /** What `set` was given: it outlives the state that it was given to. */
  readonly #given = new Map<string, Value>();
  readonly #decided = new Map<string, Decision>();
  #level: Level;
  #view: string;
  #records = false;
  #unit = 0n;
  #number = 0;
  #size = 0;
  #at = 0;
  #now: number;

  constructor(
    options: RecorderOptions,
    session: WasmSession,
    runtime: WasmRuntime,
    { level, view, now }: SessionOptions,
  ) {
    this.#options = options;
    this.#target = session;
    this.#runtime = runtime;
    this.#level = level;
    this.#view = view;
    this.#now = now;
    this.session = this.#watched(session);
    this.#start(now);
    if (typeof document === 'undefined') return;
    addEventListener('pagehide', () => this.#send());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#send();
    });
  }

  #watched(session: WasmSession): WasmSession {
    const notes = this.#notes();
    return new Proxy(session, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: never[]) => {
          if (name === Symbol.dispose) this.#send();
          const result: unknown = Reflect.apply(value, target, args);
          (notes[name as string] as ((...all: unknown[]) => void) | undefined)?.(result, ...args);
          return result;
        };
      },
    });
  }

  /** What a call means to the log: its result, then its arguments. */
  #notes(): Record<string, (...all: never[]) => void> {
    const decided = (made: readonly Decision[], now: number) => {
      for (const it of made) this.#decide(it, now);
    };
    return {
      set: (problems: readonly { where: unknown }[], given: Values, now: number) => {
        const refused = new Set(problems.map(({ where }) => where));
        const kept = Object.entries(given).filter(([name]) => !refused.has(name));
        for (const [name, value] of kept) this.#given.set(name, value);
        this.#set(kept, now);
      },
      observe: (result: unknown, signal: string, fields: Values, now: number) => {
        if (result === 'counted') this.#observe(signal, fields, now);
      },
      decide: (it: Decision, _: string, now: number) => this.#decide(it, now),
      decideAll: decided,
      winners: decided,
      expose: (result: string, it: Decision, now: number) => {
        if (result === 'counted') this.#enter(kinds.expose, now, () => this.#decision(it));
      },
      beginView: (_: unknown, view: string) => {
        this.#view = view;
        this.#enter(kinds.view, this.#now, () => this.#entries.u64(unhex(view) ?? 0n));
      },
      setLevel: (_: unknown, level: Level, now: number) => {
        this.#level = level;
        this.#start(now);
      },
      adopt: (_: unknown, __: unknown, now: number) => this.#start(now),
    };
  }

  /** Whether this visitor is in the sample. */
  get #isSampled(): boolean {
    const draw = Number(xxh64(utf8(`replay ${this.#target.unit}`)) >> 32n);
    return draw < this.#options.share * 2 ** 32;
  }

  /** The session as it is now; from here on the log goes on. */
  #start(now: number): void {
    this.#records =
      allows(this.#level, this.#options.level ?? 'device') &&
      this.#size < (this.#options.sizeMax ?? sizeMaxDefault) &&
      this.#isSampled;
    // What a visitor takes back is not sent either.
    if (!this.#records) {
      this.#entries.clear();
      return;
    }
    this.#unit = unhex(this.#target.unit) ?? 0n;
    const snapshot = this.#target.save(undefined, 1);
    this.#enter(kinds.start, now, () =>
      this.#entries
        .u8(abi.levels.indexOf(this.#level))
        .u64(unhex(this.#view) ?? 0n)
        .varint(snapshot.length)
        .raw(snapshot),
    );
    this.#set([...this.#given], now);
    this.#sendFull();
  }

  #enter(kind: number, now: number, body: () => unknown): void {
    if (!this.#records) return;
    const out = this.#entries;
    const before = out.bytes.length;
    if (before === 0) this.#at = this.#now = now;
    out.u8(kind).varint(Math.max(0, now - this.#now));
    this.#now = Math.max(this.#now, now);
    body();
    if (kind !== kinds.decide) this.#decided.clear();
    this.#size += out.bytes.length - before;
    // A start is whole only with what had been set before it.
    if (kind !== kinds.start) this.#sendFull();
  }

  #sendFull(): void {
    const isAll = this.#size >= (this.#options.sizeMax ?? sizeMaxDefault);
    if (isAll || this.#entries.bytes.length >= chunkSizeMax) this.#send();
    if (isAll) this.#records = false;
  }

  #set(given: readonly (readonly [string, Value])[], now: number): void {
    const known = this.#runtime.names.attributeFields();
    if (given.length === 0) return;
    this.#enter(kinds.set, now, () => {
      this.#entries.varint(given.length);
      for (const [name, value] of given) {
        const [id, isTime] = known.get(name)!;
        this.#entries.varint(id);
        this.#value(value, isTime);
      }
    });
  }

  #observe(signal: string, fields: Values, now: number): void {
    const { names } = this.#runtime;
    const row = names.signalId(signal)!;
    const entries = Object.entries(fields);
    this.#enter(kinds.observe, now, () => {
      this.#entries.varint(row).varint(entries.length);
      for (const [name, value] of entries) {
        const [field, isTime] = names.fields(row).get(name)!;
        this.#entries.varint(field);
        this.#value(value, isTime);
      }
    });
  }

  /** The same answer with nothing in between is noted once. */
  #decide(decision: Decision, now: number): void {
    if (this.#decided.get(decision.slot) === decision) return;
    if (this.#runtime.names.slotId(decision.slot) === undefined) return;
    this.#enter(kinds.decide, now, () => this.#decision(decision));
    this.#decided.set(decision.slot, decision);
  }

  #decision(decision: Decision): void {
    const out = this.#entries.varint(this.#runtime.names.slotId(decision.slot)!);
    const made = this.#scratch;
    if (decision.trigger === null || !this.#runtime.decisions.write(decision, made)) {
      out.varint(0).u8(abi.reasons.indexOf(decision.reason));
      return;
    }
    const view = new DataView(made.bytes.buffer, made.bytes.byteOffset);
    const rowAt = (at: number) => (view.getUint32(at, true) + 1) >>> 0;
    const isHeldOut = view.getUint8(abi.decisionHeldOut) !== 0;
    const count = view.getUint8(abi.decisionPartCount);
    out.varint(rowAt(abi.decisionTrigger));
    out.u8(view.getUint8(abi.decisionReason) | (isHeldOut ? heldOut : 0));
    out.varint(rowAt(abi.decisionSegment)).varint(rowAt(abi.decisionStage));
    out.varint(count).raw(made.bytes.subarray(abi.decisionOptions, abi.decisionOptions + count));
  }

  #value(value: Value, isTime: boolean): void {
    const out = this.#entries;
    const time = value instanceof Date ? value.getTime() : isTime && Number(value);
    if (value === null || value === undefined) out.u8(values.absent);
    else if (typeof time === 'number') out.u8(values.time).u64(BigInt.asUintN(64, BigInt(time)));
    else if (typeof value === 'boolean') out.u8(values.boolean).u8(Number(value));
    else if (typeof value === 'string') this.#mask(this.#masked(value), out.u8(values.text));
    else if (typeof value === 'number') {
      const isWhole = Number.isInteger(value) && value >= 0 && value <= wholeMax;
      if (isWhole) out.u8(values.whole).varint(value);
      else out.u8(values.number).f64(value);
    } else {
      const masks = [...new Set((value as readonly string[]).map((it) => this.#masked(it)))];
      masks.sort((a, b) => (a < b ? -1 : 1));
      out.u8(values.set).varint(masks.length);
      for (const it of masks) this.#mask(it, out);
    }
  }

  #masked(text: string): bigint {
    const bytes = this.#scratch.clear().u64(this.#unit).raw(utf8(text)).bytes;
    return BigInt.asUintN(48, xxh64(bytes));
  }
  #mask(mask: bigint, out: Writer): void {
    out.u32(Number(mask & 0xffff_ffffn));
    out.u8(Number((mask >> 32n) & 0xffn)).u8(Number(mask >> 40n));
  }

  /** A chunk leaves, with what every slot would show now: the log says how far it still agrees. */
  #send(): void {
    if (!this.#records || this.#entries.bytes.length === 0) return;
    for (const decision of this.#target.decideAll(this.#now)) {
      this.#entries.u8(kinds.decide).varint(0);
      this.#decision(decision);
    }
    const entries = this.#entries.bytes;
    const out = new Writer()
      .raw(utf8('HEEDLOG1'))
      .u64(this.#log)
      .varint(this.#number++)
      .u64(unhex(this.#runtime.hash) ?? 0n)
      .u64(this.#unit)
      .u64(BigInt(this.#at))
      .varint(entries.length)
      .raw(entries);
    const chunk = out.bytes.slice();
    this.#entries.clear();
    (this.#options.send ?? beacon)(chunk);
  }
}
