// Why a slot shows what it shows: every candidate, with this visitor's values, bucket and chance.
import type { Bucket, Candidate, Decision, Explanation } from 'heed';

import { shareText, valueText } from './text.ts';
import { useStage } from './use_stage.ts';
import { WhatIf } from './what_if.tsx';

const whole = 2 ** 32;

/** What a decision comes to: its trigger, and the first words that it shows. */
export function Decided({ decision }: { decision: Decision | null | undefined }) {
  const stage = useStage();
  if (!decision || decision.trigger === null) return <strong>the page as the shop wrote it</strong>;
  const words = stage.wordsOf(decision);
  return (
    <>
      <strong>{decision.trigger}</strong>
      {decision.held_out ? ', held out on purpose' : words && `, \u201c${words}\u201d`}
    </>
  );
}

/** Where a draw fell, on a scale of everybody. */
function Scale({ name, bucket, says }: { name: string; bucket: Bucket; says: string }) {
  const at = (part: number) => `${(100 * part) / whole}%`;
  return (
    <div class="scale">
      <span class="scale-name">{name}</span>
      <span class="scale-line" aria-hidden="true">
        <i style={{ left: at(bucket.from), width: at(bucket.until - bucket.from) }} />
        <b style={{ left: at(bucket.drawn) }} />
      </span>
      <span class="scale-says">{says}</span>
    </div>
  );
}

const outcomes: Readonly<Record<string, string>> = {
  won: 'wins',
  eligible: 'would do',
  unmet: 'does not hold',
  layer: 'outside its traffic',
  schedule: 'not its time',
  capped: 'seen often enough',
  no_consent: 'needs consent',
  expired: 'the ruleset has ended',
};

const isIn = ({ from, until, drawn }: Bucket): boolean => from <= drawn && drawn < until;

function Draws({ candidate, decision }: { candidate: Candidate; decision: Decision }) {
  const { layer, holdout, parts } = candidate;
  const drawn = Object.entries(parts).filter(([, { from, until }]) => until - from < whole);
  return (
    <div class="scales">
      {layer && <Scale name="layer" bucket={layer} says={isIn(layer) ? 'inside' : 'outside'} />}
      {holdout && (
        <Scale name="holdout" bucket={holdout} says={isIn(holdout) ? 'held out' : 'not held out'} />
      )}
      {drawn.map(([part, bucket]) => (
        <Scale key={part} name={part} bucket={bucket} says={bucket.option} />
      ))}
      {!decision.held_out && (
        <p class="hint">
          Of those like this visitor, {shareText(decision.probability)} see this very combination.
        </p>
      )}
    </div>
  );
}

function One({ candidate, decision }: { candidate: Candidate; decision: Decision }) {
  const isWinner = candidate.outcome === 'won';
  return (
    <li class={`candidate ${isWinner ? 'won' : ''}`}>
      <p class="candidate-head">
        <strong>{candidate.trigger}</strong>
        <span class={`badge ${isWinner ? 'good' : ''}`}>
          {isWinner && decision.held_out
            ? 'wins, held out'
            : (outcomes[candidate.outcome] ?? candidate.outcome)}
        </span>
      </p>
      {candidate.when && <code class="when">{candidate.when}</code>}
      {candidate.failures.map(({ predicate, test, input, value }) => (
        <p key={predicate} class="failure">
          {test ?? `test ${predicate}`}
          {input !== undefined && (
            <>
              {': '}
              <b>
                {input} is {valueText(input, value)}
              </b>
            </>
          )}
        </p>
      ))}
      {isWinner && <Draws candidate={candidate} decision={decision} />}
    </li>
  );
}

function Answer({ explanation }: { explanation: Explanation }) {
  const { decision, candidates, margin } = explanation;
  const order = [...candidates].sort(
    (a, b) => Number(b.outcome === 'won') - Number(a.outcome === 'won'),
  );
  return (
    <>
      <p class="headline">
        If decided now: <Decided decision={decision} />
        {margin?.runner_up && <span class="hint"> before {margin.runner_up}</span>}
      </p>
      <ul class="candidates">
        {order.map((candidate) => (
          <One key={candidate.trigger} candidate={candidate} decision={decision} />
        ))}
      </ul>
    </>
  );
}

export function Why() {
  const stage = useStage();
  const { explanations, slot, visit } = stage.state;
  const slots = Object.keys(explanations);
  const explanation = explanations[slot];
  const shown = stage.shown(slot);
  if (!explanation) return null;
  return (
    <section class="panel why" aria-labelledby="why">
      <div class="panel-head">
        <h2 id="why">Why?</h2>
        <label class="inline-field">
          <span>Slot</span>
          <select value={slot} onChange={(event) => stage.choose(event.currentTarget.value)}>
            {slots.map((name) => (
              <option key={name} value={name} selected={name === slot}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="headline">
        On this page:{' '}
        {visit?.seen.some((one) => one.slot === slot) === false ? (
          <strong>no such slot</strong>
        ) : (
          <Decided decision={shown} />
        )}
      </p>
      <Answer explanation={explanation} />
      <WhatIf />
    </section>
  );
}
