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

/** Decisions that are kept to be answered again; then all are forgotten. */
const madeCountMax = 65_536;
/** Numbers of a trigger's last win, kept for so many triggers together. */
const lastWords = 4;
const lastShift = 8;

/** The row of a part's option; null where it has none of that name. */
export function optionRow(names: Names, part: Part, name: string | undefined): number | null {
  for (let row = part.first; row < part.first + part.count; row++) {
    if (names.option(row) === name) return row;
  }
  return null;
}

export class Decisions {
  readonly #names: Names;
  /** By the numbers that each was made of. */
  readonly #made = new Map<string, Decision>();
  /** By trigger: the numbers of its last win, and the decision that they made. */
  readonly #last: Int32Array[] = [];
  readonly #lastOf: Decision[] = [];
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

  /** What heed_decide_all has answered: `size` bytes. */
  all(instance: Instance, size: number): Decision[] {
    const { words } = instance;
    const first = instance.resultAddress / 4;
    const decisions: Decision[] = [];
    for (let at = first; at < first + size / 4; at += decisionWords)
      decisions.push(this.decision(words, at));
    return decisions;
  }

  /** What heed_decide has answered. */
  winner(instance: Instance): Decision {
    const at = instance.resultAddress / 4;
    return this.#read(instance.words, at, at + winnerRest, instance.segment, instance.stage);
  }

  /** What heed_winners has answered: `size` bytes. */
  winners(instance: Instance, size: number): Decision[] {
    const { words, segment, stage } = instance;
    const first = instance.resultAddress / 4;
    const decisions: Decision[] = [];
    for (let at = first; at < first + size / 4; at += winnerWords)
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
      const key = `${trigger} ${low} ${high} ${flags} ${cell}`;
      let made = this.#made.get(key);
      if (!made) {
        if (this.#made.size === madeCountMax) this.#made.clear();
        made = Object.freeze(this.#make(words, at, rest, segment, stage));
        this.#made.set(key, made);
      }
      this.#lastOf[trigger] = made;
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

  #make(words: Int32Array, at: number, rest: number, segment: number, stage: number): Decision {
    const [slotRow, row] = [words[at + abi.winnerSlot / 4]!, words[at + abi.winnerTrigger / 4]!];
    const [low, high] = [words[rest + optionsAt]!, words[rest + optionsAt + 1]!];
    const flags = words[rest + flagsAt]! & 0xff_ffff;
    const probability = new DataView(words.buffer).getFloat64(words.byteOffset + 4 * rest, true);
    const slot = this.#names.slot(slotRow);
    const trigger = this.#names.trigger(row);
    const reason = abi.reasons[flags >> reasonBit]!;
    const microsegment = this.#cell(segment, stage);
    if (((flags >> heldOutBit) & 1) !== 0)
      return decisionOf({ slot, trigger, held_out: true, microsegment, reason });
    const options = this.#names.parts(row).map((part, i): [string, string] => {
      const option = ((i < 4 ? low : high) >>> (8 * (i % 4))) & 0xff;
      return [part.name, this.#names.option(part.first + option)];
    });
    return decisionOf({
      slot,
      trigger,
      variant: options.map(([, option]) => option).join('+'),
      options: Object.freeze(Object.fromEntries(options)),
      probability,
      microsegment,
      reason,
    });
  }

  /** Of a DecisionAt, also where nobody won. `at` counts words. */
  microsegment(words: Int32Array, at: number): string {
    const segment = words[at + abi.decisionSegment / 4]! >>> 0;
    return this.#cell(segment, words[at + abi.decisionStage / 4]!);
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
