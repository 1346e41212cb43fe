// Step 2: two things for children, and what follows from them.
import { inputsOf } from './knows.tsx';
import { numberText } from './text.ts';
import { useStage } from './use_stage.ts';
import { Decided } from './why.tsx';

const things = [
  { name: 'Frog wellies', path: '/p/frog-wellies' },
  { name: 'Puddle suit', path: '/p/puddle-suit' },
];

export function Browse() {
  const stage = useStage();
  const { state } = stage;
  const inputs = inputsOf(state);
  const next = state.explanations.hero?.decision;
  const views = inputs.views_7d;
  const intent = inputs.kids_intent;
  const level = state.visit?.heed?.level;
  return (
    <>
      {level === 'none' && (
        <p class="callout">
          Without a yes in the shop&rsquo;s bar every page is a first page: nothing is remembered.
        </p>
      )}
      <div class="row">
        {things.map(({ name, path }) => (
          <button type="button" key={path} onClick={() => stage.open(path)}>
            {name}
          </button>
        ))}
        <button type="button" onClick={() => stage.open('/')}>
          Front page
        </button>
      </div>
      <dl class="facts">
        <div>
          <dt>Products seen</dt>
          <dd>{typeof views === 'number' ? views : '\u2013'}</dd>
        </div>
        <div>
          <dt>kids_intent</dt>
          <dd>
            {typeof intent === 'number' ? `${numberText(intent)}, halves in 3 days` : '\u2013'}
          </dd>
        </div>
        <div>
          <dt>Stage</dt>
          <dd>{String(inputs['stage.purchase'] ?? '\u2013')}</dd>
        </div>
        <div>
          <dt>Next hero</dt>
          <dd>
            <Decided decision={next} />
          </dd>
        </div>
      </dl>
    </>
  );
}
