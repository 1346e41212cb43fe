// What the store streams (docs/formats/live.md), as far as the board reads it.

export type Ledger = {
  readonly records: number;
  /** By class: what devices had no room for. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly missing: number;
};

export type Delivery = {
  readonly sent: number;
  readonly acknowledged: number;
  readonly counted: number;
  readonly refused: number;
  readonly in_flight: number;
};

/** The goal metric's rate decides; a hint of the direction is `leaning`. */
export type State = 'collecting' | 'leaning' | 'clear' | 'harmful';

export type Arm = {
  readonly arm: string;
  readonly shown: boolean;
  readonly visitors: number;
  readonly exposures: number;
  readonly metrics: Readonly<Record<string, { readonly conversions: number }>>;
};

export type Lift = {
  readonly metric: string;
  readonly measure: 'rate' | 'mean';
  readonly treatment: string;
  readonly control: string;
  readonly difference: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly state: State;
};

export type TriggerReport = {
  readonly trigger: string;
  readonly name: string | null;
  readonly slot: string;
  readonly exposures: number;
  /** The metric that the trigger is judged by; null where nobody has converted yet. */
  readonly goal: string | null;
  readonly arms: readonly Arm[];
  readonly lift: readonly Lift[];
};

export type Counts = {
  /** ms since 1970 UTC, by the store's clock. */
  readonly at: number;
  /** False: triggers that are not named stay as they were. */
  readonly whole: boolean;
  readonly delivery: Delivery;
  readonly ledger: Ledger;
  readonly triggers: readonly TriggerReport[];
};

/** Counts of every trigger, after whatever `news` tells. */
export function applied<C extends Counts>(before: C | null, news: C): C {
  if (news.whole || !before) return news;
  const named = new Map(news.triggers.map((trigger) => [trigger.trigger, trigger]));
  const stayed = before.triggers.map((old) => {
    const now = named.get(old.trigger);
    named.delete(old.trigger);
    return now ?? old;
  });
  return { ...news, whole: true, triggers: [...stayed, ...named.values()] };
}
