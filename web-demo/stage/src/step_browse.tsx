// Step 2: two things for children, and what follows from them, before the yes and after it.
import type { Level } from 'heed';

import { inputsOf } from './knows.tsx';
import type { State } from './model.ts';
import { numberText, plural } from './text.ts';
import { useStage } from './use_stage.ts';
import { Decided } from './why.tsx';

const things = [
  { name: 'Frog wellies', path: '/p/frog-wellies' },
  { name: 'Puddle suit', path: '/p/puddle-suit' },
];

const levels: Readonly<Record<Level, string>> = {
  none: 'nothing: what this page learns goes with it',
  session: 'for this visit',
  device: 'on this device',
  account: 'in the account',
};

/** What is remembered where, as the cookies, the storage and the network have it now. */
function remembered({ level, traces, host }: State): string {
  if (level === null) return '\u2013';
  const kept = traces.cookies.length + traces.storage.length;
  const sent = host?.log.filter(({ batch }) => batch).length ?? 0;
  return `${levels[level]}; ${plural(kept, 'key')} stored, ${plural(sent, 'batch', 'batches')} sent`;
}

export function Browse() {
  const stage = useStage();
  const { state } = stage;
  const inputs = inputsOf(state);
  const next = state.explanations.hero?.decision;
  const views = inputs.views_7d;
  const intent = inputs.kids_intent;
  const isAsking = state.level === 'none';
  return (
    <>
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
      {isAsking && (
        <p class="callout">
          {views
            ? 'It is heeded, in this page\u2019s memory alone. Say yes in the shop\u2019s bar, and the next page knows it too.'
            : 'Without a yes in the shop\u2019s bar every page is a first page: nothing is remembered.'}
        </p>
      )}
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
        <div>
          <dt>Remembered</dt>
          <dd>{remembered(state)}</dd>
        </div>
      </dl>
    </>
  );
}
