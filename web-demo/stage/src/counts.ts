// The store's own event stream: what it has counted, as it counts.
import type { Counts as BoardCounts } from '../../board/src/report.ts';

/** docs/formats/report.md, "The ledger", as far as the stage reads it. */
type Ledger = BoardCounts['ledger'] & {
  readonly outcomes: number;
  readonly too_old: number;
  readonly refused: number;
};

export type Counts = BoardCounts & { readonly ledger: Ledger };

/** Every record that the store has ever taken in, in whatever way. */
export const countedOf = ({ ledger }: Counts): number =>
  ledger.records + ledger.too_old + ledger.refused;
