// One visitor's session over a runtime's instance. After a trap the next call finds another
// instance, and the session as it was last saved.
import * as abi from './abi.ts';
import { check, isLevel, wrong } from './arguments.ts';
import { hex, unhex, type Writer } from './bytes.ts';
import { undecided } from './decision.ts';
import { dispose } from './dispose.ts';
import { HeedError, problem } from './errors.ts';
import { readExplanation, unexplained } from './explain.ts';
import type { Instance } from './instance.ts';
import type { Names } from './names.ts';
import type { WasmRuntime } from './runtime.ts';
import type {
  Decision,
  Explanation,
  HeedMap,
  HeedProblem,
  Level,
  Observed,
  PendingRecord,
  Session,
  SessionOptions,
  TimeMs,
  Value,
  Values,
} from './types.ts';

/**
 * What a call of ours has ended in, where it is no trap and no exhausted stack or memory: the
 * caller passed what cannot become a number or a text, and nothing has happened.
 */
function refusal(error: unknown): HeedError | null {
  if (error instanceof TypeError)
    return new HeedError('wrong_type', `an argument: ${error.message}`);
  return error instanceof HeedError ? error : null;
}

const timeMax = 8.64e15; // ms, as a Date's

/** @param names  where texts are likely to be the ruleset's */
function putValue(out: Writer, id: number, value: Value, isTime: boolean, names?: Names): void {
  if (typeof value === 'string') {
    const named = names ? names.textId(value) : -1;
    if (named >= 0) out.entry(id, abi.kindNamed, named);
    else out.entry(id, abi.kindString, 0).text(value);
  } else if (typeof value === 'number')
    out.entry(id, isTime ? abi.kindTime : abi.kindNumber, value);
  else if (typeof value === 'boolean') out.entry(id, abi.kindBoolean, Number(value));
  else if (value instanceof Date) out.entry(id, abi.kindTime, value.getTime());
  else if (value) {
    out.entry(id, abi.kindSet, value.length);
    for (const member of value) putValue(out, 0, member, false, names);
  } else out.entry(id, abi.kindAbsent, 0);
}

/**
 * Whether the boundary can carry it: TypeScript's callers cannot pass another, JavaScript's can.
 */
function isValue(value: unknown, isTime: boolean): value is Value {
  if (typeof value === 'number') return !isTime || Math.abs(value) <= timeMax;
  if (typeof value === 'string' || typeof value === 'boolean') return true;
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  if (Array.isArray(value)) return value.every((member) => typeof member === 'string');
  return value === null || value === undefined;
}

export class WasmSession implements Session {
  readonly #runtime: WasmRuntime;
  #view: string;
  #visitor: string;
  #level: Level;
  #snapshot: Uint8Array;
  /**
   * What `set` was given, by attribute: the snapshot does not hold what belongs to the request or
   * the page.
   */
  readonly #given: Value[] = [];
  /** By attribute, whether the module holds what it was given. */
  #holds: boolean[] = [];
  #handle = 0;
  #generation = -1;
  #ended = false;
  unit = '';
  refused: HeedProblem | null = null;
  /** The last trap, for whoever reports it. */
  trapped: HeedProblem | null = null;

  /** @throws HeedError wrong_type, bad_visitor, too_many */
  constructor(runtime: WasmRuntime, options: SessionOptions) {
    check('session', options);
    this.#runtime = runtime;
    this.#visitor = options.visitor;
    this.#view = options.view;
    this.#level = options.level;
    this.#snapshot = options.snapshot ?? new Uint8Array();
    this.#start(options.now);
  }

  #create(snapshot: Uint8Array, now: TimeMs): number {
    const { instance } = this.#runtime;
    const view = unhex(this.#view) ?? 0n;
    const { size } = instance.input.clear().u64(view).text(this.#visitor).raw(snapshot);
    return instance.calls.heed_session(size, abi.levels.indexOf(this.#level), now);
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
    this.#holds = [];
    this.#runtime.watch(this, this.#handle);
    if (this.#given.length === 0) return;
    const { names } = this.#runtime;
    const out = instance.input.clear();
    for (const [id, isTime] of names.attributeFields().values())
      if (id in this.#given) putValue(out, id, this.#given[id], isTime, names);
    this.#send(instance, now, []);
  }

  /** The instance to ask: after a trap another, with this session as it was last saved. */
  #ready(now: TimeMs): Instance {
    if (this.#ended) throw new HeedError('disposed', 'the session has ended; make another');
    if (this.#generation !== this.#runtime.generation) this.#start(now);
    return this.#runtime.instance;
  }

  /** What a call has ended in; after a trap the next call finds a new instance. */
  #failure(error: unknown): HeedError {
    const refused = refusal(error);
    if (refused) return refused;
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
    return trap;
  }

  #call<T>(
    otherwise: T | ((error: HeedError) => T),
    now: TimeMs,
    body: (instance: Instance) => T,
  ): T {
    try {
      return body(this.#ready(now));
    } catch (error) {
      const failure = this.#failure(error);
      return typeof otherwise === 'function'
        ? (otherwise as (error: HeedError) => T)(failure)
        : otherwise;
    }
  }

  set(values: Values, now: TimeMs): readonly HeedProblem[] {
    // A set is to take half a microsecond: only what cannot be right is looked at.
    const refused = values instanceof Object ? undefined : wrong('set', { values });
    if (refused) return [refused];
    const { names } = this.#runtime;
    const known = names.attributeFields();
    const plain = Object.getPrototypeOf(values) === Object.prototype ? values : { ...values };
    // Where stages are entered for good, each set looks whether time has brought one.
    const skips = !names.hasSticky();
    const problems: HeedProblem[] = [];
    try {
      const instance = this.#ready(now);
      // Of what came before, so that the first decision waits for none of it.
      names.learn();
      const out = instance.input.clear();
      // Of a plain object this is three times as fast as going through its keys.
      for (const name in plain) {
        const value = plain[name];
        const field = known.get(name);
        if (field === undefined)
          problems.push(
            problem('unknown_attribute', `the ruleset has no attribute '${name}'`, name),
          );
        else if (!isValue(value, field[1]))
          problems.push(problem('wrong_type', `attribute '${name}' cannot take that value`, name));
        else {
          const id = field[0];
          if (skips && this.#holds[id] && this.#given[id] === value) continue;
          this.#given[id] = value;
          // Lists and dates may change unseen.
          this.#holds[id] = typeof value !== 'object';
          putValue(out, id, value, field[1], names);
        }
      }
      if (out.size > 0) this.#send(instance, now, problems);
      return problems;
    } catch (error) {
      this.#holds = []; // what was written was not sent
      return [this.#failure(error)];
    }
  }

  /** Sends what has been written. */
  #send(instance: Instance, now: TimeMs, problems: HeedProblem[]): void {
    const size = instance.calls.heed_set(this.#handle, instance.input.size, now);
    if (size === 0) return;
    if (size < 0) this.#holds = [];
    const first = instance.resultAddress / 4;
    for (const word of instance.words.slice(first, first + instance.check(size) / 4)) {
      const id = word >>> 8;
      this.#holds[id] = false;
      const { name, type } = this.#runtime.attributes[id]!;
      const code = abi.errorCodes[word & 0xff]!;
      problems.push(problem(code, `attribute '${name}' (${type}) is not set: ${code}`, name));
    }
  }

  observe(signal: string, fields: Values, now: TimeMs, id = ''): Observed {
    const refused = wrong('observe', { signal, fields, id });
    if (refused) return refused;
    const { names } = this.#runtime;
    const row = names.signalId(signal);
    if (row === undefined)
      return problem('unknown_signal', `the ruleset has no signal '${signal}'`, signal);
    const known = names.fields(row);
    const entries = Object.entries(fields);
    for (const [name, value] of entries) {
      const field = known.get(name);
      if (!field)
        return problem('unknown_field', `signal '${signal}' has no field '${name}'`, name);
      if (!isValue(value, field[1]))
        return problem('wrong_type', `field '${name}' cannot take that value`, name);
    }
    return this.#call<Observed>(
      (error) => error,
      now,
      (instance) => {
        const out = instance.input.clear().u32(row).text(id);
        for (const [name, value] of entries) {
          const [field, isTime] = known.get(name)!;
          putValue(out, field, value, isTime);
        }
        const { size } = out;
        return abi.observed[instance.check(instance.calls.heed_observe(this.#handle, size, now))]!;
      },
    );
  }

  refund(signal: string, id: string, now: TimeMs): Observed {
    const refused = wrong('refund', { signal, id });
    if (refused) return refused;
    const row = this.#runtime.names.signalId(signal);
    if (row === undefined)
      return problem('unknown_signal', `the ruleset has no signal '${signal}'`, signal);
    return this.#call<Observed>(
      (error) => error,
      now,
      (instance) => {
        const { size } = instance.input.clear().u32(row).text(id);
        return abi.observed[instance.check(instance.calls.heed_refund(this.#handle, size, now))]!;
      },
    );
  }

  decide(slot: string, now: TimeMs): Decision {
    const id = this.#runtime.names.slotId(slot);
    if (id === undefined) return undecided(slot, 'no_trigger');
    this.#runtime.beforeDecision();
    try {
      const instance = this.#ready(now);
      instance.check(instance.calls.heed_decide(this.#handle, id, now));
      return this.#runtime.decisions.winner(instance);
    } catch (error) {
      this.#failure(error);
      return undecided(slot, 'no_trigger');
    }
  }

  decideAll(now: TimeMs): readonly Decision[] {
    const instead = () => this.#runtime.slots.map(({ name }) => undecided(name, 'no_trigger'));
    this.#runtime.beforeDecision();
    return this.#call<readonly Decision[]>(instead, now, (instance) => {
      const size = instance.check(instance.calls.heed_decide_all(this.#handle, now));
      return this.#runtime.decisions.all(instance, size);
    });
  }

  winners(now: TimeMs): readonly Decision[] {
    this.#runtime.beforeDecision();
    return this.#call<readonly Decision[]>([], now, (instance) => {
      const size = instance.check(instance.calls.heed_winners(this.#handle, now));
      return this.#runtime.decisions.winners(instance, size);
    });
  }

  winnersTyped(now: TimeMs): Int32Array {
    this.#runtime.beforeDecision();
    return this.#call<Int32Array>(new Int32Array(), now, (instance) => {
      const size = instance.check(instance.calls.heed_winners(this.#handle, now));
      return new Int32Array(instance.words.buffer, instance.resultAddress, size / 4);
    });
  }

  expose(decision: Decision, now: TimeMs): 'counted' | 'repeated' | 'not_measured' {
    return this.#call<'counted' | 'repeated' | 'not_measured'>('not_measured', now, (instance) => {
      const { input } = instance;
      if (!this.#runtime.decisions.write(decision, input)) return 'not_measured';
      const { size } = input;
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
      const words = new Int32Array(bytes.buffer, 0, abi.decisionSize / 4);
      const decision = this.#runtime.decisions.decision(words, 0);
      const { microsegment } = decision;
      const known = map?.body === this.#runtime.body ? map : null;
      const rest = bytes.subarray(abi.decisionSize);
      return readExplanation({ visitor, now, decision, microsegment }, rest, names, known);
    });
  }

  beginView(view: string): void {
    this.#view = view;
    this.#call(undefined, 0, (instance) => {
      instance.input.clear().u64(unhex(view) ?? 0n);
      instance.check(instance.calls.heed_begin_view(this.#handle));
    });
  }

  setLevel(level: Level, now: TimeMs): void {
    if (!isLevel(level)) return;
    this.#level = level;
    this.#holds = [];
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

  /** @param masks 1: masks texts that the ruleset does not name (docs/formats/replay_log.md) */
  save(sizeMax = 0xffff_ffff, masks = 0): Uint8Array {
    const saved = this.#call(this.#snapshot, 0, (instance) =>
      instance.bytes(instance.check(instance.calls.heed_save(this.#handle, sizeMax, masks))),
    );
    if (saved.length > 0 && !masks) this.#snapshot = saved;
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
