// The store's own event stream: what it has counted, as it counts.
import type { Ledger } from '../../board/src/report.ts';

export type Counts = { readonly at: number; readonly ledger: Ledger };

/** Every record that the store has ever taken in, in whatever way. */
export const countedOf = ({ ledger }: Counts): number =>
  ledger.records + ledger.too_old + ledger.refused;
