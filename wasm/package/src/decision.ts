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

/** By microsegment. */
const silentIn: Record<string, Partial<Decision>> = { all: silent };

/** What a slot gets where nobody has won; where its visitor stands is inherited too. */
export const undecided = (slot: string, reason: Reason, microsegment = 'all'): Decision =>
  ({
    __proto__: (silentIn[microsegment] ??= Object.freeze({ ...silent, microsegment })),
    slot,
    trigger: null,
    reason,
  }) as unknown as Decision;
