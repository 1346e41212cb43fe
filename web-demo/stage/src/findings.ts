// What became of the effects that were planted in the crowd: the board's words beside the truth.
import { Course } from '../../board/src/model.ts';
import { type Judgement, verdictOf } from '../../board/src/text.ts';
import type { Counts } from './counts.ts';
import type { HostState } from './host.ts';

/** The metric that effects were planted in, and that the board shows first. */
export const plantedMetric = 'add_to_cart';

export type Finding = {
  readonly trigger: string;
  readonly name: string;
  readonly judgement: Judgement;
  readonly text: string;
};

/** One for each planted effect; a trigger that nobody has seen yet is `open`. */
export function findingsOf(counts: Counts, planted: HostState['planted']): readonly Finding[] {
  const course = new Course();
  course.add(counts);
  const rows = new Map(course.rows(plantedMetric).map((row) => [row.trigger, row]));
  return planted.map(({ trigger, effect }) => {
    const row = rows.get(trigger);
    if (!row) return { trigger, name: trigger, judgement: 'open', text: 'Nobody has seen it yet.' };
    return { trigger, name: row.name, ...verdictOf(row, effect) };
  });
}

/** The findings in one sentence, faults first. */
export function sumUp(findings: readonly Finding[]): string {
  const named = (judgement: Judgement) =>
    findings.filter((one) => one.judgement === judgement).map(({ name }) => name);
  const [wrong, open] = [named('wrong'), named('open')];
  if (wrong.length > 0) return `The board is wrong about ${wrong.join(' and ')}.`;
  if (open.length > 0)
    return `The board cannot say yet: ${open.join(' and ')}. Send more visitors.`;
  return `The board is right about all ${findings.length} planted effects.`;
}
