// Decisions between the shared buffer's numbers and objects. They are values: equal ones are one
// object, made once.
import * as abi from './abi.ts';
import type { Writer } from './bytes.ts';
import { decisionOf, undecided } from './decision.ts';
import type { Instance } from './instance.ts';
import type { Names, Part } from './names.ts';
import type { Decision } from './types.ts';

const none = 0xffff_ffff;
/** A microsegment as one number: a journey has 32 stages at most. */
const cellOf = (segment: number, stage: number): number => (segment * 64 + stage) | 0;

// Words. From its probability on a decision lies alike in both forms.
const decisionWords = abi.decisionSize / 4;
const winnerWords = abi.winnerSize / 4;
const winnerRest = abi.winnerProbability / 4;
const decisionRest = abi.decisionProbability / 4;
const optionsAt = (abi.winnerOptions - abi.winnerProbability) / 4;
const flagsAt = (abi.winnerPartCount - abi.winnerProbability) / 4;
// Bits of the flags' word.
const heldOutBit = 8 * (abi.winnerHeldOut - abi.winnerPartCount);
const reasonBit = 8 * (abi.winnerReason - abi.winnerPartCount);

/** Decisions that are kept beside each trigger's last; then all of them are forgotten. */
const keptCountMax = 65_536;
/** Numbers of a trigger's last win, kept for so many triggers together. */
const lastWords = 4;
const lastShift = 8;

/** A decision, and the numbers that it was made of. */
type Made = {
  readonly row: number;
  readonly low: number;
  readonly high: number;
  readonly flags: number;
  readonly cell: number;
  readonly decision: Decision;
};

function mix(mixed: number, word: number): number {
  const next = Math.imul(mixed ^ word, 0x9e37_79b1);
  return next ^ (next >>> 15);
}

/** Of a decision's numbers one of 30 bits, which hosts keep without allocating. */
export const mixed = (
  trigger: number,
  low: number,
  high: number,
  flags: number,
  cell: number,
): number => mix(mix(mix(mix(mix(0, trigger), low), high), flags), cell) & 0x3fff_ffff;

/** What a decision says of the options it has drawn. */
type Shown = Pick<Decision, 'variant' | 'options'>;

/** The row of a part's option; null where it has none of that name. */
export function optionRow(names: Names, part: Part, name: string | undefined): number | null {
  for (let row = part.first; row < part.first + part.count; row++) {
    if (names.option(row) === name) return row;
  }
  return null;
}

export class Decisions {
  readonly #names: Names;
  /** By trigger: the numbers of its last win, and the decision that they made. */
  readonly #last: Int32Array[] = [];
  readonly #lastOf: Decision[] = [];
  /** By their mixed numbers. */
  readonly #kept = new Map<number, Made>();
  /** By a content's parts and the options of the first four, where the others have their first. */
  readonly #shown = new Map<readonly Part[], Map<number, Shown>>();
  /** By slot: what it was told where nothing won. */
  readonly #silent: Decision[] = [];

  constructor(names: Names) {
    this.#names = names;
  }

  /** A DecisionAt. `at` counts words. */
  decision(words: Int32Array, at: number): Decision {
    const segment = words[at + abi.decisionSegment / 4]! >>> 0;
    return this.#read(words, at, at + decisionRest, segment, words[at + abi.decisionStage / 4]!);
  }

  /** What heed_decide has answered. */
  winner({ words, resultAddress, segment, stage }: Instance): Decision {
    const at = resultAddress / 4;
    return this.#read(words, at, at + winnerRest, segment, stage);
  }

  /** What heed_decide_all has answered: `size` bytes. */
  all({ words, resultAddress }: Instance, size: number): Decision[] {
    const decisions: Decision[] = [];
    for (let at = resultAddress / 4; size > 0; at += decisionWords, size -= abi.decisionSize)
      decisions.push(this.decision(words, at));
    return decisions;
  }

  /** What heed_winners has answered: `size` bytes. */
  winners({ words, resultAddress, segment, stage }: Instance, size: number): Decision[] {
    const decisions: Decision[] = [];
    for (let at = resultAddress / 4; size > 0; at += winnerWords, size -= abi.winnerSize)
      decisions.push(this.#read(words, at, at + winnerRest, segment, stage));
    return decisions;
  }

  /** @param rest  where the probability lies */
  #read(words: Int32Array, at: number, rest: number, segment: number, stage: number): Decision {
    const trigger = words[at + abi.winnerTrigger / 4]!;
    const low = words[rest + optionsAt]!;
    const high = words[rest + optionsAt + 1]!;
    const flags = words[rest + flagsAt]! & 0xff_ffff;
    if (trigger < 0) {
      const slot = words[at + abi.winnerSlot / 4]!;
      return this.#undecided(slot, flags >> reasonBit, this.#cell(segment, stage));
    }
    const cell = cellOf(segment, stage);
    const last = (this.#last[trigger >> lastShift] ??= new Int32Array(lastWords << lastShift).fill(
      -1,
    ));
    const own = lastWords * (trigger & ((1 << lastShift) - 1));
    if (
      last[own] !== low ||
      last[own + 1] !== high ||
      last[own + 2] !== flags ||
      last[own + 3] !== cell
    ) {
      this.#lastOf[trigger] = this.#made(words, at, rest, segment, stage);
      last[own] = low;
      last[own + 1] = high;
      last[own + 2] = flags;
      last[own + 3] = cell;
    }
    return this.#lastOf[trigger]!;
  }

  #undecided(slot: number, code: number, microsegment: string): Decision {
    const reason = abi.reasons[code]!;
    const known = this.#silent[slot];
    if (known?.reason === reason && known.microsegment === microsegment) return known;
    const made = undecided(this.#names.slot(slot), reason, microsegment);
    return (this.#silent[slot] = Object.freeze(made));
  }

  /** One that was made before, or a new one. */
  #made(words: Int32Array, at: number, rest: number, segment: number, stage: number): Decision {
    const row = words[at + abi.winnerTrigger / 4]!;
    const low = words[rest + optionsAt]!;
    const high = words[rest + optionsAt + 1]!;
    const flags = words[rest + flagsAt]! & 0xff_ffff;
    const cell = cellOf(segment, stage);
    let key = mixed(row, low, high, flags, cell);
    // What mixes alike lies at the numbers that follow.
    for (let it; (it = this.#kept.get(key)); key++) {
      if (
        it.row === row &&
        it.low === low &&
        it.high === high &&
        it.flags === flags &&
        it.cell === cell
      )
        return it.decision;
    }
    const held_out = ((flags >> heldOutBit) & 1) !== 0;
    const decision = Object.freeze(
      decisionOf({
        slot: this.#names.slot(words[at + abi.winnerSlot / 4]!),
        trigger: this.#names.trigger(row),
        ...(held_out
          ? { held_out }
          : {
              ...this.#drawn(this.#names.parts(row), low, high),
              probability: new Float64Array(words.buffer, words.byteOffset + 4 * rest, 1)[0]!,
            }),
        microsegment: this.#cell(segment, stage),
        reason: abi.reasons[flags >> reasonBit]!,
      }),
    );
    if (this.#kept.set(key, { row, low, high, flags, cell, decision }).size > keptCountMax) {
      this.#kept.clear();
      this.#shown.clear();
    }
    return decision;
  }

  /** What parts show by their options' numbers; triggers of one content share it. */
  #drawn(parts: readonly Part[], low: number, high: number): Shown {
    let own = this.#shown.get(parts);
    if (!own) this.#shown.set(parts, (own = new Map()));
    let shown = high === 0 && own.get(low);
    if (shown) return shown;
    const options = parts.map(({ name, first }, i): [string, string] => {
      const option = ((i < 4 ? low : high) >>> (8 * (i % 4))) & 0xff;
      return [name, this.#names.option(first + option)];
    });
    shown = {
      variant: options.map(([, option]) => option).join('+'),
      options: Object.freeze(Object.fromEntries(options)),
    };
    if (high === 0) own.set(low, shown);
    return shown;
  }

  #cell(segment: number, stage: number): string {
    if (segment === none) return 'all';
    const { segments, stages } = this.#names.cells();
    return `${segments[segment]}/${stages[Math.min(stage >>> 0, stages.length - 1)]}`;
  }

  /**
   * Writes a DecisionAt.
   *
   * @returns false where this ruleset cannot have made the decision
   */
  write(decision: Decision, out: Writer): boolean {
    const names = this.#names;
    const slot = names.slotId(decision.slot);
    const nobody = decision.trigger === null;
    const trigger = nobody ? none : names.triggerId(decision.trigger);
    if (slot === undefined || trigger === undefined) return false;
    const { segments, stages } = names.cells();
    const cut = decision.microsegment.indexOf('/');
    const [segment, stage] =
      decision.microsegment === 'all'
        ? [none, none]
        : [
            segments.indexOf(decision.microsegment.slice(0, cut)),
            stages.indexOf(decision.microsegment.slice(cut + 1)),
          ];
    const reason = abi.reasons.indexOf(decision.reason);
    const parts = decision.held_out || nobody ? [] : names.parts(trigger);
    const rows = parts.map(
      (part) => (optionRow(names, part, decision.options[part.name]) ?? -1) - part.first,
    );
    if (segment < 0 || stage < 0 || reason < 0 || rows.some((row) => row < 0)) return false;
    out.clear().u32(slot).u32(trigger).u32(segment).u32(stage).f64(decision.probability);
    for (let i = 0; i < 8; i++) out.u8(rows[i] ?? 0);
    out.u8(parts.length).u8(Number(decision.held_out)).u8(reason).u8(0).u32(0);
    return true;
  }
}
