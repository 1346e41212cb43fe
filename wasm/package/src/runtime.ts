// An opened ruleset and its sessions: names in, decisions out, over one wasm instance. A trap ends
// the instance, never the page: the call answers the slot's fallback, and the next call finds a new
// instance with the session as it was last saved.
import * as abi from './abi.ts';
import { hex, unhex, Writer } from './bytes.ts';
import { decisionOf, undecided } from './decision.ts';
import { dispose } from './dispose.ts';
import { HeedError, problem } from './errors.ts';
import { Instance } from './instance.ts';
import { Names } from './names.ts';
import { readExplanation, unexplained } from './explain.ts';
import { imageOf } from './ruleset.ts';
import type {
  Decision,
  Explanation,
  HeedMap,
  HeedProblem,
  Level,
  Observed,
  PartContent,
  PendingRecord,
  Runtime,
  Session,
  SessionOptions,
  TimeMs,
  Value,
  Values,
  VerifiedRuleset,
} from './types.ts';

const none = 0xffff_ffff;
/** An instance that keeps trapping is not made again. */
const trapCountMax = 3;

/** Anything but our own error, out of a call into wasm: a trap, or an exhausted stack or memory. */
const isTrap = (error: unknown): boolean => !(error instanceof HeedError);

function putValue(out: Writer, value: Value, isTime: boolean): void {
  if (typeof value === 'string') out.u8(abi.kindString).text(value);
  else if (typeof value === 'number') out.u8(isTime ? abi.kindTime : abi.kindNumber).f64(value);
  else if (typeof value === 'boolean') out.u8(abi.kindBoolean).u8(Number(value));
  else if (value === null || value === undefined) out.u8(abi.kindAbsent);
  else if (value instanceof Date) out.u8(abi.kindTime).f64(value.getTime());
  else {
    out.u8(abi.kindSet).u32(value.length);
    for (const member of value) out.text(String(member));
  }
}

/**
 * Whether the boundary can carry it: TypeScript's callers cannot pass another, JavaScript's can.
 */
function isValue(value: unknown): value is Value {
  if (typeof value !== 'object')
    return ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  if (Array.isArray(value)) return value.every((member) => typeof member === 'string');
  return value === null;
}

/** Where the rest of a decision lies, counted from its probability: alike in both forms. */
const optionsAt = abi.winnerOptions - abi.winnerProbability;
const heldOutAt = abi.winnerHeldOut - abi.winnerProbability;
const reasonAt = abi.winnerReason - abi.winnerProbability;
const flagsAt = abi.winnerPartCount - abi.winnerProbability;

/** A decision that was made before, and the numbers that it was made of. */
type Made = {
  readonly low: number;
  readonly high: number;
  readonly flags: number;
  readonly segment: number;
  readonly stage: number;
  readonly decision: Decision;
};
/** Decisions that are kept to be answered again; then all are forgotten. */
const madeCountMax = 65_536;
const winnerWords = abi.winnerSize / 4;
const grown = (words: Int32Array, least: number): Int32Array<ArrayBuffer> => {
  const result = new Int32Array(Math.max(1024, 2 * least)).fill(-1);
  result.set(words);
  return result;
};
/** Decisions by a scan before the index must be there. */
const scanCountMax = 16;

export class WasmRuntime implements Runtime {
  readonly hash: string;
  readonly version: number;
  readonly expires: TimeMs;
  readonly names: Names;
  readonly #module: WebAssembly.Module;
  readonly #image: Uint8Array<ArrayBuffer>;
  #instance: Instance | null;
  /** The last instance: one that has trapped still says what its ruleset holds. */
  #readable: Instance;
  #traps = 0;
  /** By trigger. */
  #made: Made[][] = [];
  #madeCount = 0;
  /** By trigger: four numbers of its last win, and the decision that they made. */
  #last = new Int32Array();
  readonly #lastOf: Decision[] = [];
  /** By slot: what it was told where nothing won. */
  #silent: Decision[] = [];
  #scans = 0;
  #hasIndex = false;
  /** Counts instances: a session of an earlier one is made again. */
  generation = 0;
  /** Where ended sessions' handles go when nobody ended them. */
  readonly #forgotten =
    typeof FinalizationRegistry === 'undefined'
      ? null
      : new FinalizationRegistry<readonly [generation: number, handle: number]>(
          ([generation, handle]) => this.end(generation, handle),
        );

  /** @throws HeedError of `Ruleset::open`, wrong_abi, wasm_trap */
  constructor(module: WebAssembly.Module, ruleset: VerifiedRuleset) {
    this.#module = module;
    this.#image = imageOf(ruleset);
    this.#readable = this.#instance = new Instance(module);
    const opened = this.#open(this.#instance);
    this.hash = hex(opened.getBigUint64(abi.openedHash, true));
    this.version = Number(opened.getBigUint64(abi.openedVersion, true));
    this.expires = Number(opened.getBigInt64(abi.openedExpires, true));
    this.names = new Names(() => this.#readable);
  }

  #open(instance: Instance): DataView {
    const size = instance.write(this.#image);
    return new DataView(instance.bytes(instance.check(instance.calls.heed_open(size))).buffer);
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
    const instance = new Instance(this.#module);
    this.#open(instance);
    this.#readable = this.#instance = instance;
  }

  index(): void {
    try {
      this.#buildIndex();
    } catch {
      this.revive();
    }
  }

  /** Traps where there is no room for one. */
  #buildIndex(): void {
    if (this.#hasIndex || !this.#instance) return;
    this.#instance.check(this.#instance.calls.heed_index());
    this.#hasIndex = true;
  }

  /** Before a decision: the first of all is a scan, so that it waits for nothing. */
  beforeDecision(): void {
    if (this.#hasIndex) return;
    this.#scans++;
    if (this.#scans > scanCountMax) this.#buildIndex();
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
    const trigger = decision.trigger === null ? undefined : this.names.triggerId(decision.trigger);
    if (trigger === undefined) return {};
    const shown: [string, PartContent][] = [];
    for (const part of this.names.parts(trigger)) {
      const option = this.#optionRow(part, decision.options[part.name]);
      if (option !== null) shown.push([part.name, this.names.content(part, option)]);
    }
    return Object.fromEntries(shown);
  }

  #optionRow(
    part: { readonly first: number; readonly count: number },
    name: string | undefined,
  ): number | null {
    for (let row = part.first; row < part.first + part.count; row++) {
      if (this.names.option(row) === name) return row;
    }
    return null;
  }

  /** A DecisionAt. */
  readDecision(view: DataView, at: number): Decision {
    const trigger = view.getUint32(at + abi.decisionTrigger, true);
    const rest = at + abi.decisionProbability;
    if (trigger === none) {
      const slot = view.getUint32(at + abi.decisionSlot, true);
      return this.#undecided(slot, abi.reasons[view.getUint8(rest + reasonAt)]!);
    }
    const segment = view.getUint32(at + abi.decisionSegment, true);
    const stage = view.getUint32(at + abi.decisionStage, true);
    const slot = view.getUint32(at + abi.decisionSlot, true);
    return this.#decided(view, rest, slot, trigger, segment, stage);
  }

  /** `size` bytes of WinnerAt, as decisions. */
  readWinners(instance: Instance, size: number): Decision[] {
    const { view, resultAddress, segment, stage } = instance;
    const words = new Int32Array(view.buffer, resultAddress, size / 4);
    const cell = (segment * 64 + stage) | 0;
    const decisions: Decision[] = [];
    for (let i = 0; i < words.length; i += winnerWords) {
      const trigger = words[i + abi.winnerTrigger / 4]!;
      const low = words[i + abi.winnerOptions / 4]!;
      const high = words[i + abi.winnerOptions / 4 + 1]!;
      const flags = words[i + abi.winnerPartCount / 4]! & 0xff_ffff;
      const at = 4 * trigger;
      if (at >= this.#last.length) this.#last = grown(this.#last, at);
      const last = this.#last;
      if (
        last[at] !== low ||
        last[at + 1] !== high ||
        last[at + 2] !== flags ||
        last[at + 3] !== cell
      ) {
        const slot = words[i + abi.winnerSlot / 4]!;
        const rest = resultAddress + 4 * i + abi.winnerProbability;
        this.#lastOf[trigger] = this.#decided(view, rest, slot, trigger, segment, stage);
        last[at] = low;
        last[at + 1] = high;
        last[at + 2] = flags;
        last[at + 3] = cell;
      }
      decisions.push(this.#lastOf[trigger]!);
    }
    return decisions;
  }

  #undecided(slot: number, reason: Decision['reason']): Decision {
    const known = this.#silent[slot];
    if (known?.reason === reason) return known;
    return (this.#silent[slot] = Object.freeze(undecided(this.names.slot(slot), reason)));
  }

  /** Decisions are values: equal ones are one object, made once. */
  #decided(
    view: DataView,
    at: number,
    slot: number,
    trigger: number,
    segment: number,
    stage: number,
  ): Decision {
    const low = view.getUint32(at + optionsAt, true);
    const high = view.getUint32(at + optionsAt + 4, true);
    const flags = view.getUint32(at + flagsAt, true) & 0xff_ffff;
    for (const made of this.#made[trigger] ?? []) {
      if (
        made.low === low &&
        made.high === high &&
        made.flags === flags &&
        made.segment === segment &&
        made.stage === stage
      )
        return made.decision;
    }
    if (++this.#madeCount > madeCountMax) {
      this.#made = [];
      this.#madeCount = 1;
    }
    const decision = this.#decision(view, at, slot, trigger, this.#cell(segment, stage));
    (this.#made[trigger] ??= []).push({ low, high, flags, segment, stage, decision });
    return decision;
  }

  #decision(
    view: DataView,
    at: number,
    slotRow: number,
    row: number,
    microsegment: string,
  ): Decision {
    const slot = this.names.slot(slotRow);
    const trigger = this.names.trigger(row);
    const reason = abi.reasons[view.getUint8(at + reasonAt)]!;
    if (view.getUint8(at + heldOutAt) !== 0) {
      return Object.freeze(decisionOf({ slot, trigger, held_out: true, microsegment, reason }));
    }
    const options = this.names.parts(row).map((part, i): [string, string] => {
      const option = view.getUint8(at + optionsAt + i);
      return [part.name, this.names.option(part.first + option)];
    });
    const variant = options.map(([, option]) => option).join('+');
    const probability = view.getFloat64(at, true);
    return Object.freeze(
      decisionOf({
        slot,
        trigger,
        variant,
        options: Object.freeze(Object.fromEntries(options)),
        probability,
        microsegment,
        reason,
      }),
    );
  }

  #cell(segment: number, stage: number): string {
    if (segment === none) return 'all';
    const { segments, stages } = this.names.cells();
    return `${segments[segment]}/${stages[Math.min(stage, stages.length - 1)]}`;
  }

  /** @returns false where this ruleset cannot have made the decision */
  writeDecision(decision: Decision, out: Writer): boolean {
    const slot = this.names.slotId(decision.slot);
    const trigger = decision.trigger === null ? undefined : this.names.triggerId(decision.trigger);
    if (slot === undefined || trigger === undefined) return false;
    const { segments, stages } = this.names.cells();
    const cut = decision.microsegment.indexOf('/');
    const [segment, stage] =
      decision.microsegment === 'all'
        ? [none, none]
        : [
            segments.indexOf(decision.microsegment.slice(0, cut)),
            stages.indexOf(decision.microsegment.slice(cut + 1)),
          ];
    const reason = abi.reasons.indexOf(decision.reason);
    const parts = decision.held_out ? [] : this.names.parts(trigger);
    const rows = parts.map(
      (part) => (this.#optionRow(part, decision.options[part.name]) ?? -1) - part.first,
    );
    if (segment < 0 || stage < 0 || reason < 0 || rows.some((row) => row < 0)) return false;
    out.u32(slot).u32(trigger).u32(segment).u32(stage).f64(decision.probability);
    for (let i = 0; i < 8; i++) out.u8(rows[i] ?? 0);
    out.u8(parts.length).u8(Number(decision.held_out)).u8(reason).u8(0).u32(0);
    return true;
  }

  [dispose](): void {
    this.generation++;
    this.#instance = null;
  }
}

/** Runs it when the host has nothing better to do, and never keeps a process alive. */
function whenIdle(body: () => void): void {
  if (typeof requestIdleCallback === 'function') return void requestIdleCallback(body);
  const timer: unknown = setTimeout(body, 0);
  if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.();
}

export class WasmSession implements Session {
  readonly #runtime: WasmRuntime;
  readonly #out = new Writer();
  #view: string;
  #visitor: string;
  #level: Level;
  #snapshot: Uint8Array;
  /**
   * What `set` was given, by attribute: the snapshot does not hold what belongs to the request or
   * the page.
   */
  readonly #given: Value[] = [];
  /** The attributes of one `set`. */
  readonly #ids: number[] = [];
  #handle = 0;
  #generation = -1;
  #ended = false;
  unit = '';
  refused: HeedProblem | null = null;
  /** The last trap, for whoever reports it. */
  trapped: HeedProblem | null = null;

  /** @throws HeedError bad_visitor, too_many */
  constructor(runtime: WasmRuntime, options: SessionOptions) {
    this.#runtime = runtime;
    this.#visitor = options.visitor;
    this.#view = options.view;
    this.#level = options.level;
    this.#snapshot = options.snapshot ?? new Uint8Array();
    this.#start(options.now);
  }

  #create(snapshot: Uint8Array, now: TimeMs): number {
    const { instance } = this.#runtime;
    this.#out
      .clear()
      .u64(unhex(this.#view) ?? 0n)
      .text(this.#visitor)
      .raw(snapshot);
    const level = abi.levels.indexOf(this.#level);
    return instance.calls.heed_session(instance.write(this.#out.bytes), level, now);
  }

  #start(now: TimeMs): void {
    const { instance } = this.#runtime;
    let handle = this.#create(this.#snapshot, now);
    if (handle < 0 && this.#snapshot.length > 0) {
      try {
        instance.check(handle);
      } catch (error) {
        this.refused = error as HeedError;
      }
      handle = this.#create(new Uint8Array(), now);
    }
    this.#handle = instance.check(handle);
    this.unit = hex(instance.result(8).getBigUint64(0, true));
    this.#generation = this.#runtime.generation;
    this.#runtime.watch(this, this.#handle);
    this.#send(Object.keys(this.#given).map(Number), now, []);
  }

  /** Runs a call; after a trap answers `otherwise`, and the next call finds a new instance. */
  #call<T>(
    otherwise: T | ((error: HeedError) => T),
    now: TimeMs,
    body: (instance: Instance) => T,
  ): T {
    const instead = (error: HeedError): T =>
      typeof otherwise === 'function' ? (otherwise as (error: HeedError) => T)(error) : otherwise;
    try {
      if (this.#ended) throw new HeedError('disposed', 'the session has ended; make another');
      if (this.#generation !== this.#runtime.generation) this.#start(now);
      return body(this.#runtime.instance);
    } catch (error) {
      if (!isTrap(error)) return instead(error as HeedError);
      const trap = new HeedError(
        'wasm_trap',
        `the runtime trapped and was replaced: ${String(error)}`,
      );
      this.trapped = trap;
      try {
        this.#runtime.revive();
      } catch {
        // The image opened before; an instance that cannot be made again stays away.
      }
      return instead(trap);
    }
  }

  set(values: Values, now: TimeMs): readonly HeedProblem[] {
    const { names } = this.#runtime;
    const problems: HeedProblem[] = [];
    const ids = this.#ids;
    ids.length = 0;
    for (const name of Object.keys(values)) {
      const value = values[name];
      const id = names.attributeId(name);
      if (id === undefined)
        problems.push(problem('unknown_attribute', `the ruleset has no attribute '${name}'`, name));
      else if (!isValue(value))
        problems.push(problem('wrong_type', `attribute '${name}' cannot take that value`, name));
      else {
        this.#given[id] = value;
        ids.push(id);
      }
    }
    return this.#call(
      (error) => [error],
      now,
      () => this.#send(ids, now, problems),
    );
  }

  /** Sends what the attributes were given. */
  #send(ids: readonly number[], now: TimeMs, problems: HeedProblem[]): HeedProblem[] {
    if (ids.length === 0) return problems;
    const attributes = this.#runtime.names.attributes();
    this.#out.clear();
    for (const id of ids)
      putValue(this.#out.u32(id), this.#given[id], attributes[id]!.type === 'time');
    const { instance } = this.#runtime;
    const size = instance.write(this.#out.bytes);
    const count = instance.check(instance.calls.heed_set(this.#handle, size, now));
    const { view, resultAddress } = instance;
    for (let i = 0; i < count; i++) {
      const answer = view.getUint8(resultAddress + i);
      const code = abi.errorCodes[answer - 1];
      if (answer === 0 || !code) continue;
      const { name } = attributes[ids[i]!]!;
      problems.push(problem(code, `attribute '${name}' is not set: ${code}`, name));
    }
    return problems;
  }

  observe(signal: string, fields: Values, now: TimeMs, id = ''): Observed {
    const { names } = this.#runtime;
    const row = names.signalId(signal);
    if (row === undefined)
      return problem('unknown_signal', `the ruleset has no signal '${signal}'`, signal);
    const known = names.fields(row);
    const entries = Object.entries(fields);
    for (const [name, value] of entries) {
      if (!known.has(name))
        return problem('unknown_field', `signal '${signal}' has no field '${name}'`, name);
      if (!isValue(value))
        return problem('wrong_type', `field '${name}' cannot take that value`, name);
    }
    return this.#call<Observed>(
      (error) => error,
      now,
      (instance) => {
        this.#out.clear().u32(row).text(id);
        for (const [name, value] of entries) {
          const [field, isTime] = known.get(name)!;
          putValue(this.#out.u32(field), value, isTime);
        }
        const size = instance.write(this.#out.bytes);
        return abi.observed[instance.check(instance.calls.heed_observe(this.#handle, size, now))]!;
      },
    );
  }

  refund(signal: string, id: string, now: TimeMs): Observed {
    const row = this.#runtime.names.signalId(signal);
    if (row === undefined)
      return problem('unknown_signal', `the ruleset has no signal '${signal}'`, signal);
    return this.#call<Observed>(
      (error) => error,
      now,
      (instance) => {
        const size = instance.write(this.#out.clear().u32(row).text(id).bytes);
        return abi.observed[instance.check(instance.calls.heed_refund(this.#handle, size, now))]!;
      },
    );
  }

  decide(slot: string, now: TimeMs): Decision {
    const id = this.#runtime.names.slotId(slot);
    if (id === undefined) return undecided(slot, 'no_trigger');
    return this.#call<Decision>(
      () => undecided(slot, 'no_trigger'),
      now,
      (instance) => {
        this.#runtime.beforeDecision();
        instance.check(instance.calls.heed_decide(this.#handle, id, now));
        return this.#runtime.readDecision(instance.view, instance.resultAddress);
      },
    );
  }

  decideAll(now: TimeMs): readonly Decision[] {
    const instead = () => this.#runtime.slots.map(({ name }) => undecided(name, 'no_trigger'));
    return this.#call<readonly Decision[]>(instead, now, (instance) => {
      this.#runtime.beforeDecision();
      const size = instance.check(instance.calls.heed_decide_all(this.#handle, now));
      const { view, resultAddress } = instance;
      const decisions: Decision[] = [];
      for (let at = resultAddress; at < resultAddress + size; at += abi.decisionSize)
        decisions.push(this.#runtime.readDecision(view, at));
      return decisions;
    });
  }

  winners(now: TimeMs): readonly Decision[] {
    return this.#call<readonly Decision[]>([], now, (instance) => {
      this.#runtime.beforeDecision();
      const size = instance.check(instance.calls.heed_winners(this.#handle, now));
      return this.#runtime.readWinners(instance, size);
    });
  }

  winnersTyped(now: TimeMs): Int32Array {
    return this.#call<Int32Array>(new Int32Array(), now, (instance) => {
      this.#runtime.beforeDecision();
      const size = instance.check(instance.calls.heed_winners(this.#handle, now));
      return new Int32Array(instance.view.buffer as ArrayBuffer, instance.resultAddress, size / 4);
    });
  }

  expose(decision: Decision, now: TimeMs): 'counted' | 'repeated' | 'not_measured' {
    return this.#call<'counted' | 'repeated' | 'not_measured'>('not_measured', now, (instance) => {
      if (!this.#runtime.writeDecision(decision, this.#out.clear())) return 'not_measured';
      const size = instance.write(this.#out.bytes);
      return abi.exposed[instance.check(instance.calls.heed_expose(this.#handle, size, now))]!;
    });
  }

  explain(slot: string, now: TimeMs, map?: HeedMap): Explanation {
    const { names } = this.#runtime;
    const id = names.slotId(slot);
    const visitor = this.#visitor;
    const instead = () => unexplained(visitor, now, this.decide(slot, now));
    if (id === undefined) return instead();
    return this.#call(instead, now, (instance) => {
      const bytes = instance.bytes(
        instance.check(instance.calls.heed_explain(this.#handle, id, now)),
      );
      const decision = this.#runtime.readDecision(new DataView(bytes.buffer), 0);
      const words = map?.body === this.#runtime.body ? map : null;
      const rest = bytes.subarray(abi.decisionSize);
      return readExplanation({ visitor, now, decision }, rest, names, words);
    });
  }

  beginView(view: string): void {
    this.#view = view;
    this.#call(undefined, 0, (instance) => {
      instance.write(this.#out.clear().u64(unhex(view) ?? 0n).bytes);
      instance.check(instance.calls.heed_begin_view(this.#handle));
    });
  }

  setLevel(level: Level, now: TimeMs): void {
    this.#level = level;
    this.#call(undefined, now, (instance) => {
      instance.check(instance.calls.heed_set_level(this.#handle, abi.levels.indexOf(level), now));
      this.unit = hex(instance.result(8).getBigUint64(0, true));
    });
  }

  /** Goes on from another's snapshot; what `set` was given stays. */
  adopt(snapshot: Uint8Array, now: TimeMs, visitor = this.#visitor): void {
    this.#visitor = visitor;
    this.#runtime.unwatch(this);
    this.#runtime.end(this.#generation, this.#handle);
    this.#snapshot = snapshot;
    this.#generation = -1;
    this.#call(undefined, now, () => undefined);
  }

  save(sizeMax = 0xffff_ffff): Uint8Array {
    const saved = this.#call(this.#snapshot, 0, (instance) =>
      instance.bytes(instance.check(instance.calls.heed_save(this.#handle, sizeMax))),
    );
    if (saved.length > 0) this.#snapshot = saved;
    return saved;
  }

  drain(): readonly PendingRecord[] {
    return this.#call<readonly PendingRecord[]>([], 0, (instance) => {
      const bytes = instance.bytes(instance.check(instance.calls.heed_drain(this.#handle)));
      const view = new DataView(bytes.buffer);
      const records: PendingRecord[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = view.getUint32(at + 1, true);
        const priority = abi.recordClasses[view.getUint8(at) - 1]!;
        records.push({ priority, bytes: bytes.slice(at + 5, at + 5 + size) });
        at += 5 + size;
      }
      return records;
    });
  }

  [dispose](): void {
    this.#runtime.unwatch(this);
    this.#runtime.end(this.#generation, this.#handle);
    this.#ended = true;
  }
}

/** One verified ruleset in one wasm instance, for hosts with many visitors. */
export function createRuntime(options: {
  readonly wasm: WebAssembly.Module;
  readonly ruleset: VerifiedRuleset;
}): Runtime {
  return new WasmRuntime(options.wasm, options.ruleset);
}
