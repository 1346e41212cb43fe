// What the board keeps of all that it was told.
import type { Arm, Counts, Lift, State, TriggerReport } from './report.ts';

/** A lift as it stood at one moment, in shares of visitors. */
export type Reading = {
  /** ms since 1970 UTC, by the store's clock. */
  readonly at: number;
  readonly visitors: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
};

export type Side = { readonly visitors: number; readonly conversions: number };

/** A trigger as a card shows it. */
export type Row = {
  readonly trigger: string;
  readonly name: string;
  readonly slot: string;
  /** What conversions and lift are of; '' where nobody has converted yet. */
  readonly metric: string;
  readonly exposures: number;
  readonly shown: Side;
  readonly held: Side;
  readonly state: State;
  /** Null below the visitors that an interval takes. */
  readonly lift: Reading | null;
  readonly history: readonly Reading[];
};

/** The true effects of a simulation: trigger -> difference of rates. */
export type Planted = Readonly<Record<string, number>>;

const historyCountMax = 240;

/** Shown against held out, by the share of visitors who convert. */
const liftOf = (trigger: TriggerReport, metric: string): Lift | undefined =>
  trigger.lift.find(
    (lift) =>
      lift.metric === metric &&
      lift.measure === 'rate' &&
      lift.treatment === 'shown' &&
      lift.control === 'holdout',
  );

function sideOf(arms: readonly Arm[], shown: boolean, metric: string): Side {
  const own = arms.filter((arm) => arm.shown === shown);
  return {
    visitors: own.reduce((sum, arm) => sum + arm.visitors, 0),
    conversions: own.reduce((sum, arm) => sum + (arm.metrics[metric]?.conversions ?? 0), 0),
  };
}

function readingOf(trigger: TriggerReport, metric: string, at: number): Reading | null {
  const lift = liftOf(trigger, metric);
  if (!lift || lift.low === null || lift.high === null) return null;
  const visitors = trigger.arms.reduce((sum, arm) => sum + arm.visitors, 0);
  return { at, visitors, difference: lift.difference, low: lift.low, high: lift.high };
}

const isSame = (a: Reading, b: Reading): boolean =>
  a.visitors === b.visitors && a.low === b.low && a.high === b.high;

/** The same course in at most `count` readings, as far apart in time, its ends among them. */
export function thinned(history: readonly Reading[], count: number): Reading[] {
  const [first, last] = [history[0]!, history.at(-1)!];
  const step = (last.at - first.at) / (count - 1);
  let next = first.at;
  return history.filter((reading) => {
    if (reading !== last && reading.at < next) return false;
    next = reading.at + step;
    return true;
  });
}

/** Every metric that somebody has converted in, by name. */
const metricsOf = ({ triggers }: Counts): string[] =>
  [...new Set(triggers.flatMap(({ lift }) => lift.map(({ metric }) => metric)))].sort();

/** All that was told since the board was opened. */
export class Course {
  #counts: Counts | null = null;
  #since: number | null = null;
  /** `metric trigger` -> readings, the oldest first. */
  readonly #histories = new Map<string, Reading[]>();

  /** Since when there are readings: the store keeps counts, not what they were. */
  get since(): number | null {
    return this.#since;
  }

  get counts(): Counts | null {
    return this.#counts;
  }

  get metrics(): readonly string[] {
    return this.#counts ? metricsOf(this.#counts) : [];
  }

  add(counts: Counts): void {
    this.#since ??= counts.at;
    this.#counts = counts;
    for (const metric of metricsOf(counts)) {
      for (const trigger of counts.triggers) this.#keep(trigger, metric, counts.at);
    }
  }

  #keep(trigger: TriggerReport, metric: string, at: number): void {
    const reading = readingOf(trigger, metric, at);
    if (!reading) return;
    const key = `${metric} ${trigger.trigger}`;
    const history = this.#histories.get(key) ?? [];
    const last = history.at(-1);
    // While nothing changes the course is a straight line: two readings draw it.
    if (last && isSame(last, reading) && history.length > 1 && isSame(history.at(-2)!, reading))
      history.pop();
    history.push(reading);
    this.#histories.set(
      key,
      history.length > historyCountMax ? thinned(history, historyCountMax / 2) : history,
    );
  }

  /** @param metric  what to show of each trigger; '' for each one's goal */
  rows(metric: string): readonly Row[] {
    const { triggers = [], at = 0 } = this.#counts ?? {};
    return triggers.map((trigger) => {
      const own = metric || trigger.goal || '';
      return {
        trigger: trigger.trigger,
        name: trigger.name || trigger.trigger,
        slot: trigger.slot,
        metric: own,
        exposures: trigger.exposures,
        shown: sideOf(trigger.arms, true, own),
        held: sideOf(trigger.arms, false, own),
        state: liftOf(trigger, own)?.state ?? 'collecting',
        lift: readingOf(trigger, own, at),
        history: this.#histories.get(`${own} ${trigger.trigger}`) ?? [],
      };
    });
  }
}

/** Records that devices made and the store does not have, and their share of all. */
export function lossOf({ ledger, delivery }: Counts): { lost: number; share: number } {
  const { missing, dropped } = ledger;
  // What was shed arrives as a note of it: it is among the records that were sent.
  const lost = missing + Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return { lost, share: delivery.sent ? lost / delivery.sent : 0 };
}
