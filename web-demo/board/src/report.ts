// The store's report (docs/formats/report.md), as far as the board reads it.

export type Ledger = {
  readonly batches: number;
  readonly records: number;
  readonly exposures: number;
  readonly outcomes: number;
  readonly refunds: number;
  readonly dropped: Readonly<Record<'signal' | 'exposure' | 'driver' | 'goal', number>>;
  readonly repeated: number;
  readonly too_old: number;
  readonly refused: number;
  readonly missing: number;
};

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
};

export type TriggerReport = {
  readonly trigger: string;
  readonly name: string | null;
  readonly slot: string;
  readonly exposures: number;
  readonly arms: readonly Arm[];
  readonly lift: readonly Lift[];
};

export type Report = {
  readonly site: string;
  readonly ruleset: number | null;
  /** ms since 1970 UTC. */
  readonly at: number;
  readonly ledger: Ledger;
  readonly triggers: readonly TriggerReport[];
};
