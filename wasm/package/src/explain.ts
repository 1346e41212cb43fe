// Reads an explanation as wasm/writer.cpp lays it out, and makes of it the object of
// docs/formats/explain.md: the command makes the very same.
import * as abi from './abi.ts';
import { text } from './bytes.ts';
import type { Names } from './names.ts';
import type {
  Bucket,
  Candidate,
  CapUse,
  Decision,
  Explained,
  ExplainedTest,
  Explanation,
  HeedMap,
  MapCondition,
  Margin,
  TimeMs,
} from './types.ts';

const none = 0xffff_ffff;
/** A schedule's open end is a 64-bit extreme; no time comes near it. */
const timeMax = 8.64e15;
const bounded = (time: TimeMs): TimeMs | null => (Math.abs(time) > timeMax ? null : time);

/** Where there is nobody to ask. */
export const unexplained = (visitor: string, now: TimeMs, decision: Decision): Explanation => ({
  visitor,
  slot: decision.slot,
  now,
  decision,
  microsegment: decision.microsegment,
  margin: null,
  suppressed: null,
  programme_holdout: null,
  candidates: [],
  inputs: {},
  segments: {},
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

  list<T>(read: (index: number) => T): T[] {
    return Array.from({ length: this.u32() }, (_, index) => read(index));
  }

  value(): Explained {
    const kind = this.u8();
    if (kind === abi.kindBoolean) return this.u8() !== 0;
    if (kind === abi.kindNumber || kind === abi.kindTime) return this.f64();
    if (kind === abi.kindString) return this.text();
    return kind === abi.kindSet ? this.list(() => this.text()) : null;
  }

  bucket(): Bucket {
    return { from: this.f64(), until: this.f64(), drawn: this.u32() };
  }

  failing(): Failing {
    return new Set(this.list(() => this.u32()));
  }

  /** A holdout of nobody is none. */
  holdout(): Bucket | null {
    const bucket = this.bucket();
    return bucket.until === 0 ? null : bucket;
  }

  cap(): CapUse | null {
    const cap = {
      times: this.u32(),
      times_max: this.u32(),
      per_ms: this.f64(),
      session_times: this.u32(),
      session_max: this.u32(),
      cool_down_ms: this.f64(),
      reached: abi.capLimits[this.u8()] ?? null,
    };
    const frees = this.f64();
    const { times_max, session_max, cool_down_ms, reached } = cap;
    if (times_max + session_max + cool_down_ms === 0) return null;
    return { ...cap, frees: reached && frees };
  }
}

type Failing = ReadonlySet<number>;
type Read = Omit<Candidate, 'failures'> & { readonly failures: Failing };
type Known = MapCondition | undefined;

function readCandidate(from: Reader, names: Names, map: HeedMap | null): Read {
  const id = from.u32();
  const trigger = names.trigger(id);
  // What is below comes in the order of the bytes, and object literals evaluate in order.
  const priority = from.u32() | 0;
  const value = from.f64();
  const [outlook, reason] = [abi.outlooks[from.u8()]!, abi.reasons[from.u8()]!];
  const outcome = outlook === 'stopped' ? reason : outlook;
  const consent_missing = from.u8() !== 0;
  const [cap, campaign_cap, programme_cap] = [from.cap(), from.cap(), from.cap()];
  const [start, until] = [bounded(from.f64()), bounded(from.f64())];
  const [joins, layer, holdout] = [from.u8(), from.bucket(), from.holdout()];
  const known = names.parts(id);
  const parts = from.list((index) => {
    const { name, first } = known[index]!;
    return [name, { option: names.option(first + from.u8()), ...from.bucket() }] as const;
  });
  return {
    trigger,
    outcome,
    priority,
    value,
    ...(map && { when: map.triggers?.[trigger]?.when ?? '' }),
    failures: from.failing(),
    cap,
    campaign_cap,
    programme_cap,
    consent_missing,
    schedule: start === null && until === null ? null : { from: start, until },
    layer: joins ? layer : null,
    holdout,
    parts: Object.fromEntries(parts),
  };
}

function marginOf(candidates: readonly Read[]): Margin | null {
  const won = candidates.find(({ outcome }) => outcome === 'won');
  if (!won) return null;
  const eligible = candidates.filter(({ outcome }) => outcome === 'eligible');
  const next = eligible.reduce<Read | undefined>(
    (best, it) => (!best || (it.priority === best.priority && it.value > best.value) ? it : best),
    undefined,
  );
  if (!next) return { by: 'only', runner_up: null, priority: null, value: null };
  const priority = won.priority - next.priority;
  const value = won.value - next.value;
  const by = priority > 0 ? 'priority' : value > 0 ? 'value' : 'name';
  return { by, runner_up: next.trigger, priority, value };
}

/**
 * The tests that tell why: of what holds those of the first alternative that does, else of each the
 * first that fails. Without a map nobody knows what is first: all that fail.
 */
const teller =
  (names: Names, map: HeedMap | null, inputs: Explanation['inputs']) =>
  (known: Known, failing: Failing, holds: boolean): ExplainedTest[] => {
    const fails = ({ predicate }: ExplainedTest) => failing.has(predicate);
    const terms: readonly (readonly ExplainedTest[])[] =
      known?.tests?.map((term) => term.flatMap((at) => map!.tests?.[at] ?? [])) ??
      (holds ? [] : Array.from(failing, (predicate) => [{ predicate }]));
    const telling = holds
      ? terms.find((term) => !term.some(fails))
      : terms.flatMap((term) => term.find(fails) ?? []);
    return (telling ?? []).map((test) => {
      const input = names.inputOf(test.predicate);
      return { ...test, ...(input !== undefined && { input, value: inputs[input] ?? null }) };
    });
  };

/** @param map null: ids and values, no texts */
export function readExplanation(
  head: {
    readonly visitor: string;
    readonly now: TimeMs;
    readonly decision: Decision;
    readonly microsegment: string;
  },
  bytes: Uint8Array,
  names: Names,
  map: HeedMap | null,
): Explanation {
  const from = new Reader(bytes);
  const programme_holdout = from.holdout();
  const held = from.u32();
  const read = from.list(() => readCandidate(from, names, map));
  const facts = from.list(() => [names.input(from.u32())!, from.value(), from.failing()] as const);
  const inputs: Record<string, Explained> = Object.fromEntries(facts);
  const tests = teller(names, map, inputs);
  const segments = facts.flatMap(([name, value, failing]) => {
    const [, segment] = name.split('segment.');
    if (segment === undefined) return [];
    const known = map?.segments?.[segment];
    const holds = value === true;
    const when = map && { when: known?.when ?? '' };
    return [[segment, { ...when, holds, tests: tests(known, failing, holds) }] as const];
  });
  const { visitor, now, decision, microsegment } = head;
  return {
    visitor,
    slot: decision.slot,
    now,
    decision,
    microsegment,
    margin: marginOf(read),
    suppressed: held === none ? null : names.trigger(held),
    programme_holdout,
    candidates: read.map((it) => ({
      ...it,
      failures: tests(map?.triggers?.[it.trigger], it.failures, false),
    })),
    inputs,
    segments: Object.fromEntries(segments),
  };
}
