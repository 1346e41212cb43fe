// Adds up both sides of a run, the visitors' and the store's, and says what does not agree.
import { planted } from './generated.mjs';

const number = new Intl.NumberFormat('en-GB');
const percent = (share) => (share === null ? '-' : `${(100 * share).toFixed(2)} %`);
const points = (share) => (100 * share).toFixed(2).replace('-', '\u2212');

/** @returns an aligned text table; the first row is the heading, numbers align right */
export function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i ? String(cell).padStart(widths[i]) : String(cell).padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The lift of a trigger's shown visitors over the held-out ones in one metric. */
export function liftOf(report, trigger, metric) {
  return report.triggers
    .find((entry) => entry.trigger === trigger)
    ?.lift.find(
      (lift) =>
        lift.metric === metric &&
        lift.measure === 'rate' &&
        lift.treatment === 'shown' &&
        lift.control === 'holdout',
    );
}

export function ledgerTable(tally, report) {
  const { ledger } = report;
  const counted = ledger.exposures + ledger.outcomes + ledger.refunds;
  const rows = [
    ['', 'visitors', 'store'],
    ['sessions', number.format(tally.sessions), ''],
    ['pages through the edge', number.format(tally.pages), ''],
    ['decisions', number.format(tally.decisions), ''],
    ['  seen (exposures)', number.format(tally.exposed), number.format(ledger.exposures)],
    ['  for slots not on the page', number.format(tally.offscreen), ''],
    ['  of visitors who said no', number.format(tally.private), ''],
    ['outcomes', number.format(tally.outcomes), number.format(ledger.outcomes)],
    ['refunds', number.format(tally.refunds), number.format(ledger.refunds)],
    [
      'sent, acknowledged | counted',
      `${number.format(sent(tally))}, ${number.format(tally.acknowledged)}`,
      number.format(counted),
    ],
  ];
  return table(rows);
}

/** @param truths  trigger -> planted effect, where one was planted */
export function triggerTable(report, metric, truths = {}) {
  const rows = [
    [
      'trigger',
      'exposures',
      'visitors',
      'conversions',
      'shown',
      'held out',
      'lift, points',
      'planted',
      '95 % always valid',
      'state',
    ],
  ];
  for (const { trigger, exposures, arms } of report.triggers) {
    const lift = liftOf(report, trigger, metric);
    const sum = (shown) => {
      const own = arms.filter((arm) => arm.shown === shown);
      const visitors = own.reduce((total, arm) => total + arm.visitors, 0);
      const conversions = own.reduce(
        (total, arm) => total + (arm.metrics[metric]?.conversions ?? 0),
        0,
      );
      return { visitors, conversions, rate: visitors ? conversions / visitors : null };
    };
    const [shown, held] = [sum(true), sum(false)];
    const known = lift && lift.low !== null;
    rows.push([
      trigger,
      number.format(exposures),
      `${number.format(shown.visitors)} | ${number.format(held.visitors)}`,
      `${number.format(shown.conversions)} | ${number.format(held.conversions)}`,
      percent(shown.rate),
      percent(held.rate),
      lift ? points(lift.difference) : '-',
      truths[trigger] === undefined ? '' : points(truths[trigger]),
      known ? `${points(lift.low)} to ${points(lift.high)}` : 'too few yet',
      lift?.state ?? 'collecting',
    ]);
  }
  return table(rows);
}

export const sent = (tally) => tally.exposed + tally.outcomes + tally.refunds;

/** @returns what does not balance, in sentences; empty where all is well */
export function ledgerFaults(tally, report) {
  const { ledger } = report;
  const faults = [];
  const equal = (what, a, b) => {
    if (a !== b) faults.push(`${what}: ${a} on the visitors' side, ${b} in the store`);
  };
  equal('exposures', tally.exposed, ledger.exposures);
  equal('outcomes', tally.outcomes, ledger.outcomes);
  equal('refunds', tally.refunds, ledger.refunds);
  equal(
    'records acknowledged',
    tally.acknowledged,
    ledger.exposures + ledger.outcomes + ledger.refunds,
  );
  const { decisions, exposed, offscreen, unmeasured } = tally;
  const unaccounted = decisions - exposed - offscreen - tally.private - unmeasured;
  if (unaccounted) faults.push(`${unaccounted} decisions are unaccounted for`);
  if (tally.unmeasured)
    faults.push(`${tally.unmeasured} decisions that were shown were not measured`);
  if (tally.bypassed) faults.push(`the edge left ${tally.bypassed} pages alone`);
  if (tally.pending || tally.dropped)
    faults.push(`${tally.pending} records still wait, ${tally.dropped} were dropped`);
  if (ledger.missing) faults.push(`${ledger.missing} records are missing in the store`);
  if (tally.recounted) faults.push(`${tally.recounted} orders counted again on a reloaded page`);
  if (tally.errors.length) faults.push(`a visitor's runtime reported: ${tally.errors[0].message}`);
  return faults;
}

/** What the planted truth demands of the report. */
export function truthFaults(report) {
  const faults = [];
  for (const [trigger, { effect }] of Object.entries(planted)) {
    const lift = liftOf(report, trigger, 'add_to_cart');
    if (!lift || lift.low === null) {
      faults.push(`${trigger}: too few visitors for an interval`);
      continue;
    }
    const said = `${points(lift.low)} to ${points(lift.high)} points`;
    const covers = lift.low <= effect && effect <= lift.high;
    if (!covers)
      faults.push(`${trigger}: the interval ${said} misses the planted ${points(effect)}`);
    if (effect > 0 && !(lift.low > 0))
      faults.push(`${trigger}: the interval ${said} does not exclude 0`);
  }
  return faults;
}

/** History cannot respond: no trigger may be called a win. */
export function winFaults(report) {
  return report.triggers.flatMap(({ trigger, state, lift }) => {
    const wins = lift.filter((entry) => entry.state === 'clear').map((entry) => entry.metric);
    if (state !== 'clear' && !wins.length) return [];
    return [`${trigger} is called a win (${wins.join(', ') || state}) where nothing could respond`];
  });
}
