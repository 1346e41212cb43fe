// A trigger: its counts, its lift, and the course of its interval.
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Reading, Row, Side } from './model.ts';
import { Plot } from './plot.ts';
import {
  clockText,
  countText,
  courseText,
  pointsText,
  rangeText,
  shareText,
  stateText,
  verdictOf,
} from './text.ts';

const rateText = ({ visitors, conversions }: Side): string =>
  visitors ? shareText(conversions / visitors) : '\u2013';

/** Few enough to read aloud, the newest always among them. */
const tableRowsMax = 12;
function sampled(history: readonly Reading[]): readonly Reading[] {
  const step = Math.ceil(history.length / tableRowsMax);
  return history.filter((_, index) => (history.length - 1 - index) % step === 0).reverse();
}

function Course({ row, planted }: { row: Row; planted: number | undefined }) {
  const home = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const hasInterval = row.history.length > 0;
  useEffect(() => {
    if (!hasInterval) return;
    plot.current = new Plot(home.current!, { history: row.history, planted });
    return () => {
      plot.current?.remove();
      plot.current = null;
    };
  }, [hasInterval]);
  useEffect(() => plot.current?.set({ history: row.history, planted }));
  return (
    <div class="board-course">
      {hasInterval ? (
        <div class="board-plot" ref={home} role="img" aria-label={courseText(row, planted)} />
      ) : (
        <p class="board-plot board-wait">An interval needs 25 visitors on either side.</p>
      )}
      {planted !== undefined && <p class="board-verdict">{verdictOf(row, planted).text}</p>}
    </div>
  );
}

function Readings({ row }: { row: Row }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      class="board-readings"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        Readings as a table<span class="hidden"> for {row.name}</span>
      </summary>
      {isOpen && (
        <div class="board-scroll" role="region" tabIndex={0} aria-label={`Readings of ${row.name}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Visitors</th>
                <th scope="col">Lift</th>
                <th scope="col">Between</th>
              </tr>
            </thead>
            <tbody>
              {sampled(row.history).map((reading) => (
                <tr key={reading.at}>
                  <th scope="row">{clockText(reading.at)}</th>
                  <td>{countText(reading.visitors)}</td>
                  <td>{pointsText(reading.difference)}</td>
                  <td>{rangeText(reading)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

/** Shown and held out side by side: the same columns in every card. */
function Counts({ row }: { row: Row }) {
  return (
    <table class="board-counts">
      <thead>
        <tr>
          <th scope="col">
            <span class="hidden">Group</span>
          </th>
          <th scope="col">Visitors</th>
          <th scope="col">Converted</th>
          <th scope="col">Rate</th>
        </tr>
      </thead>
      <tbody>
        {(
          [
            ['Shown', row.shown],
            ['Held out', row.held],
          ] as const
        ).map(([name, side]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{countText(side.visitors)}</td>
            <td>{countText(side.conversions)}</td>
            <td>{rateText(side)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Card({ row, planted }: { row: Row; planted: number | undefined }) {
  const { lift } = row;
  return (
    <li class={`board-card ${row.state}`} data-trigger={row.trigger}>
      <header>
        <h3>{row.name}</h3>
        <p class="board-where">
          <code>{row.slot}</code>
          <span>{countText(row.exposures)} exposures</span>
        </p>
        <span class={`board-state ${row.state}`}>{stateText(row)}</span>
      </header>
      <p class="board-lift">
        <strong>{lift ? pointsText(lift.difference) : '\u2013'}</strong>
        <span>
          {lift ? `points in ${row.metric}` : 'no interval yet'}
          {lift && <span> between {rangeText(lift)}</span>}
        </span>
      </p>
      <Course row={row} planted={planted} />
      <Counts row={row} />
      <Readings row={row} />
    </li>
  );
}
