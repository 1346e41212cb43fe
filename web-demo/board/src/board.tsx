// The whole board: how the books stand, then a card a trigger.
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { Card } from './card.tsx';
import type { Connection } from './feed.ts';
import { type Course, lossOf, type Planted, type Row } from './model.ts';
import type { Counts } from './report.ts';
import { clockText, countText, healthText, shareText, stateText } from './text.ts';

export type Shown = {
  readonly course: Course;
  readonly connection: Connection;
  /** The metric that lifts are measured in; undefined: each trigger's goal. */
  readonly metric: string | undefined;
  /** Triggers that stand before all others. */
  readonly first: readonly string[] | undefined;
  readonly planted: Planted | undefined;
};

/** On a quiet line the first three are equal: the eye checks them, not a word. */
function Books({ counts }: { counts: Counts }) {
  const { sent, acknowledged, counted } = counts.delivery;
  const { lost, share } = lossOf(counts);
  const figures = [
    ['Sent', countText(sent)],
    ['Acknowledged', countText(acknowledged)],
    ['Counted', countText(counted)],
    ['Lost', lost ? `${countText(lost)} (${shareText(share)})` : '0'],
  ] as const;
  return (
    <dl class={`board-books ${lost ? 'lossy' : ''}`}>
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Live({ connection, at }: { connection: Connection; at: number | undefined }) {
  const seen = at === undefined ? '' : clockText(at);
  if (connection.state === 'live')
    return (
      <span class="board-live on">
        Live<span class="board-seen"> {seen}</span>
      </span>
    );
  if (connection.state === 'connecting') return <span class="board-live">Connecting</span>;
  return (
    <span class="board-live off">
      Waiting{seen && <span class="board-seen"> since {seen}</span>}
    </span>
  );
}

/** Says aloud what became of a trigger, and nothing else: counts change too often. */
function Announcer({ rows }: { rows: readonly Row[] }) {
  const known = useRef(new Map<string, string>());
  const [text, setText] = useState('');
  useEffect(() => {
    const news = rows
      .map((row) => [row, known.current.get(row.trigger), stateText(row)] as const)
      .filter(([, before, now]) => before !== undefined && before !== now)
      .map(([row, , now]) => `${row.name}: ${now}.`);
    for (const row of rows) known.current.set(row.trigger, stateText(row));
    if (news.length) setText(news.join(' '));
  }, [rows]);
  return (
    <p class="hidden" role="status">
      {text}
    </p>
  );
}

function MetricChoice(props: {
  metrics: readonly string[];
  value: string;
  onChange: (metric: string) => void;
}) {
  const id = useId();
  if (props.metrics.length < 2) return null;
  return (
    <p class="board-metric">
      <label for={id}>Lift in</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        <option value="" selected={props.value === ''}>
          each goal
        </option>
        {props.metrics.map((metric) => (
          <option key={metric} value={metric} selected={metric === props.value}>
            {metric}
          </option>
        ))}
      </select>
    </p>
  );
}

/** The order of the report, but for those that stand before the others. */
function inOrder(rows: readonly Row[], ahead: readonly string[]): readonly Row[] {
  const place = ({ trigger }: Row): number => ahead.indexOf(trigger) + 1 || ahead.length + 1;
  return [...rows].sort((a, b) => place(a) - place(b));
}

export function Board({ course, connection, metric, first = [], planted }: Shown) {
  const [choice, setChoice] = useState<string>();
  const { counts, metrics } = course;
  const chosen = choice ?? metric ?? '';
  const rows = inOrder(course.rows(chosen), first);
  return (
    <div class="board">
      <header class="board-head">
        <h2>Live board</h2>
        <Live connection={connection} at={counts?.at} />
        <MetricChoice metrics={metrics} value={chosen} onChange={setChoice} />
      </header>
      {connection.state === 'waiting' && (
        <p class="board-notice" role="alert">
          {connection.why}. What is below was read before; the board goes on by itself.
        </p>
      )}
      {counts && (
        <section class="board-ledger" aria-label="Ledger">
          <p>{healthText(counts)}</p>
          <Books counts={counts} />
        </section>
      )}
      {course.since !== null && rows.length > 0 && (
        <p class="board-since">
          Courses are drawn from {clockText(course.since)} on, when this board was opened: the store
          keeps counts, not what they were.
        </p>
      )}
      {rows.length > 0 ? (
        <ul class="board-cards">
          {rows.map((row) => (
            <Card key={row.trigger} row={row} planted={planted?.[row.trigger]} />
          ))}
        </ul>
      ) : (
        <p class="board-empty">
          {connection.state === 'connecting'
            ? 'Asking the store.'
            : 'Nothing has been counted yet: the first visitor who sees a trigger appears here.'}
        </p>
      )}
      <Announcer rows={rows} />
    </div>
  );
}
