// What the board keeps of the reports that it has read, and how it judges a trigger.
import type { Arm, Ledger, Lift, Report, TriggerReport } from './report.ts';

/**
 * - `collecting`: the interval covers no lift, well inside; or there are too few visitors for one.
 * - `leaning`: it still covers no lift, but in its outer quarter.
 * - `clear`, `harmful`: it lies wholly above, wholly below.
 */
export type State = 'collecting' | 'leaning' | 'clear' | 'harmful';

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

export function stateOf(low: number | null, high: number | null): State {
  if (low === null || high === null) return 'collecting';
  if (low > 0) return 'clear';
  if (high < 0) return 'harmful';
  return Math.abs(low + high) >= (high - low) / 2 ? 'leaning' : 'collecting';
}

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

/** The same course with half as many readings in its older half. */
export function thinned(history: readonly Reading[]): Reading[] {
  const half = history.length >> 1;
  return history.filter((_, index) => index >= half || index % 2 === 0);
}

/** Every metric that somebody has converted in, by name. */
const metricsOf = ({ triggers }: Report): string[] =>
  [...new Set(triggers.flatMap(({ lift }) => lift.map(({ metric }) => metric)))].sort();

/** All that was read since the board was opened. */
export class Course {
  #report: Report | null = null;
  /** `metric trigger` -> readings, the oldest first. */
  readonly #histories = new Map<string, Reading[]>();

  get report(): Report | null {
    return this.#report;
  }

  get metrics(): readonly string[] {
    return this.#report ? metricsOf(this.#report) : [];
  }

  add(report: Report): void {
    this.#report = report;
    for (const metric of metricsOf(report)) {
      for (const trigger of report.triggers) this.#keep(trigger, metric, report.at);
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
    this.#histories.set(key, history.length > historyCountMax ? thinned(history) : history);
  }

  rows(metric: string): readonly Row[] {
    const report = this.#report;
    if (!report) return [];
    return report.triggers.map((trigger) => {
      const lift = readingOf(trigger, metric, report.at);
      return {
        trigger: trigger.trigger,
        name: trigger.name || trigger.trigger,
        slot: trigger.slot,
        exposures: trigger.exposures,
        shown: sideOf(trigger.arms, true, metric),
        held: sideOf(trigger.arms, false, metric),
        state: stateOf(lift?.low ?? null, lift?.high ?? null),
        lift,
        history: this.#histories.get(`${metric} ${trigger.trigger}`) ?? [],
      };
    });
  }
}

/** Records that devices made and the store does not have, and their share of all. */
export function lossOf({ records, missing, dropped }: Ledger): { lost: number; share: number } {
  const shed = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const lost = missing + shed;
  // A record that was shed arrives as a note of it: it is among the records already.
  const made = records + missing;
  return { lost, share: made ? lost / made : 0 };
}
