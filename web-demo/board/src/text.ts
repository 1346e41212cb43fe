// Numbers as the board says them.
import { lossOf, type Reading, type Row } from './model.ts';
import type { Counts, State } from './report.ts';

const whole = new Intl.NumberFormat('en-GB');
const percent = new Intl.NumberFormat('en-GB', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export const countText = (count: number): string => whole.format(count);
export const shareText = (share: number): string => percent.format(share);
export const clockText = (ms: number): string => clock.format(ms);

/** How the books stand. */
export function healthText(counts: Counts): string {
  const { in_flight, refused } = counts.delivery;
  if (lossOf(counts).lost) return 'Some records never arrived';
  // Beside numbers that are equal: those are of what has come.
  if (in_flight) return `None lost, ${countText(in_flight)} more on the way`;
  if (refused) return `Every record arrived, ${countText(refused)} could not be true`;
  return 'Every record sent was counted';
}

/** A difference of rates in points, signed, with a true minus. */
export function pointsText(difference: number): string {
  const text = Math.abs(100 * difference).toFixed(1);
  if (text === '0.0') return '0.0';
  return (difference < 0 ? '\u2212' : '+') + text;
}

export const rangeText = ({ low, high }: Reading): string =>
  `${pointsText(low)} and ${pointsText(high)}`;

export const stateWords: Readonly<Record<State, string>> = {
  collecting: 'Collecting',
  leaning: 'Leaning',
  clear: 'Clear win',
  harmful: 'Harmful',
};

export const stateText = ({ state, lift }: Row): string =>
  state === 'leaning' && lift
    ? `Leaning ${lift.difference > 0 ? 'up' : 'down'}`
    : stateWords[state];

/** What the plot shows, for who does not see it. */
export function courseText(row: Row, planted: number | undefined): string {
  const { lift, history } = row;
  if (!lift) return `${row.name}: too few visitors for an interval yet.`;
  const now = `The lift is ${pointsText(lift.difference)} points, between ${rangeText(lift)}.`;
  const first = history[0];
  const before =
    first && history.length > 1
      ? ` At ${clockText(first.at)} it was between ${rangeText(first)}.`
      : '';
  const truth = planted === undefined ? '' : ` The planted effect is ${pointsText(planted)}.`;
  return `${row.name}: ${now}${before}${truth}`;
}

/** Whether what the board says of a trigger is true: `open` where it says nothing yet. */
export type Judgement = 'right' | 'wrong' | 'open';

/** What became of a planted effect: whether the board was right, and a sentence about it. */
export function verdictOf(
  { lift, state }: Row,
  planted: number,
): { readonly judgement: Judgement; readonly text: string } {
  const truth = `Planted: ${pointsText(planted)} points.`;
  const verdict = (judgement: Judgement, says: string) => ({
    judgement,
    text: `${truth} ${says}`,
  });
  if (!lift) return verdict('open', 'There is no interval yet.');
  if (planted < lift.low || planted > lift.high) return verdict('wrong', 'The interval misses it.');
  const isJudged = state === 'clear' || state === 'harmful';
  if (planted === 0)
    return isJudged
      ? verdict('wrong', 'It does nothing and was judged all the same.')
      : verdict('right', 'It does nothing, and was not called a win.');
  if (!isJudged) return verdict('open', 'The interval holds it, and is still too wide to say.');
  return planted > 0
    ? verdict('right', 'Found: a win, and the interval holds it.')
    : verdict('right', 'Found: flagged as harmful, and the interval holds it.');
}
