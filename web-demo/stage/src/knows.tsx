// What heed knows of the visitor in the frame, read from the page's own session.
import type { Explained } from 'heed';

import type { State } from './model.ts';
import { valueText } from './text.ts';
import { useStage } from './use_stage.ts';

type Inputs = Readonly<Record<string, Explained>>;

/** Everything that any condition of the page's slots reads. */
export function inputsOf({ explanations }: State): Inputs {
  return Object.assign({}, ...Object.values(explanations).map(({ inputs }) => inputs)) as Inputs;
}

/** A slot that a trigger has won says in which cell it is measured. */
function microsegmentOf({ explanations }: State): string {
  const won = Object.values(explanations).find(({ decision }) => decision.trigger !== null);
  return won?.decision.microsegment ?? '\u2013';
}

type Entry = readonly [name: string, value: Explained];
const says = ([, value]: Entry): boolean => value !== null && value !== 0 && value !== false;

function Values({ title, of }: { title: string; of: readonly Entry[] }) {
  const silent = of.filter((entry) => !says(entry));
  return (
    <section>
      <h3>{title}</h3>
      <dl class="values">
        {of.filter(says).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{valueText(name, value)}</dd>
          </div>
        ))}
      </dl>
      {silent.length > 0 && (
        <p class="hint silent">
          Nothing of <span>{silent.map(([name]) => name).join(', ')}</span>
        </p>
      )}
    </section>
  );
}

function Position() {
  const { state } = useStage();
  const inputs = inputsOf(state);
  const segments = Object.entries(inputs).filter(([name]) => name.startsWith('segment.'));
  const held = segments.filter(([, value]) => value === true).map(([name]) => name.slice(8));
  const stage = inputs['stage.purchase'];
  const cells = [
    ['Stage', typeof stage === 'string' ? stage : 'none yet'],
    ['Segments', held.join(', ') || 'none'],
    // A cell may break where its two halves meet, not within a word.
    ['Microsegment', microsegmentOf(state).replace('/', '/\u200b')],
    ['Consent', state.level ?? '\u2013'],
  ] as const;
  return (
    <dl class="position">
      {cells.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Knows() {
  const { state } = useStage();
  const attributes = new Set(state.attributes);
  const all = Object.entries(inputsOf(state)).filter(
    ([name]) => !/^(segment|stage)\.|^now$/.test(name),
  );
  return (
    <section class="panel" aria-labelledby="knows">
      <h2 id="knows">What heed knows</h2>
      {all.length === 0 ? (
        <p class="hint">
          {state.visit?.state === null
            ? 'Nothing: the edge left this page alone.'
            : 'The page is on its way.'}
        </p>
      ) : (
        <>
          <Position />
          <div class="two-lists">
            <Values title="Features" of={all.filter(([name]) => !attributes.has(name))} />
            <Values title="Attributes" of={all.filter(([name]) => attributes.has(name))} />
          </div>
        </>
      )}
    </section>
  );
}
