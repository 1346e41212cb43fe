// The store's own event stream: what it has counted, as it counts.

/** docs/formats/report.md, "The ledger", as far as the stage reads it. */
type Ledger = {
  readonly records: number;
  readonly outcomes: number;
  readonly too_old: number;
  readonly refused: number;
};

export type Counts = { readonly at: number; readonly ledger: Ledger };

/** Every record that the store has ever taken in, in whatever way. */
export const countedOf = ({ ledger }: Counts): number =>
  ledger.records + ledger.too_old + ledger.refused;
