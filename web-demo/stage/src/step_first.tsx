// Step 1: what the first byte brought, against what the shop wrote.
import { numberText, sizeText } from './text.ts';
import { useStage } from './use_stage.ts';

export function FirstVisit() {
  const stage = useStage();
  const { visit, ownHero, hasScript, decisionUs, host } = stage.state;
  const hero = visit?.seen.find(({ slot }) => slot === 'hero');
  const shown = stage.shown('hero');
  const page = host?.log.findLast(({ dest, heed }) => dest === 'iframe' && heed !== undefined);
  const facts = [
    ['As the shop wrote it', ownHero || 'this page has no hero'],
    ['In the first byte', hero?.text.split(' \u00b7 ')[0] ?? 'this page has no hero'],
    [
      'Decided at the edge',
      page ? `${page.heed}, first byte after ${page.firstByteMs} ms, ${sizeText(page.got)}` : '',
    ],
    [
      'Server-Timing',
      visit?.edgeMs == null ? '' : `heed;dur=${visit.edgeMs} ms for the whole page`,
    ],
    ['A decision', decisionUs === null ? '' : `${numberText(decisionUs)} \u00b5s in this browser`],
  ] as const;
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value || '\u2013'}</dd>
          </div>
        ))}
      </dl>
      <div class="row">
        <button type="button" class="primary" onClick={() => void stage.setScript(!hasScript)}>
          {hasScript ? 'Switch JavaScript off' : 'Switch JavaScript on'}
        </button>
        <button type="button" onClick={() => void stage.someoneNew()}>
          Somebody new
        </button>
      </div>
      {!hasScript && (
        <p class="callout">
          This is the same answer of the edge, byte for byte, in a frame that may run no script.
        </p>
      )}
      {shown?.held_out && (
        <p class="callout">
          This view is one of the few that are held out, to measure what the hero adds: it shows the
          shop&rsquo;s own. Somebody new draws again.
        </p>
      )}
    </>
  );
}
