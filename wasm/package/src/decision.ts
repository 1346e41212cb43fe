// A decision as an object: own keys are those of `heed decide`, in its order; the rest is
// inherited.
import type { Decision, Reason } from './types.ts';

const silent = Object.freeze({
  trigger: null,
  held_out: false,
  variant: null,
  options: Object.freeze({}),
  probability: 1,
  microsegment: 'all',
});

/** @param own the keys as `heed decide` prints them */
export const decisionOf = (own: Partial<Decision> & { readonly slot: string }): Decision =>
  ({ __proto__: silent, ...own }) as unknown as Decision;

/** What a slot gets where nothing was decided. */
export const undecided = (slot: string, reason: Reason): Decision =>
  decisionOf({ slot, trigger: null, reason });
