// What was published, by whom, and the way back.
import { useState } from 'preact/hooks';

import type { Draft } from './database.ts';
import { Badge, Empty } from './parts.tsx';
import type { PastVersion } from './store.ts';
import { agoText, plural, timeText } from './text.ts';
import { useTower } from './use_tower.ts';

const signerOf = (who: string): string => /signed by ([0-9a-f ]+)$/.exec(who)?.[1] ?? who;

function RollBack({ version, onDone }: { version: number; onDone: () => void }) {
  const tower = useTower();
  const { newest, busy } = tower.state;
  if (!tower.signing.isTrusted)
    return (
      <div class="callout warn">
        <p>A roll-back is published and signed like any version. Choose your key under Changes.</p>
        <button type="button" onClick={() => tower.show('changes')}>
          Go to Changes
        </button>
      </div>
    );
  return (
    <div class="callout">
      <p>
        Publish version {newest + 1} with the very rules of version {version}?{' '}
        {tower.state.isDirty && 'Your unpublished changes stay in this browser.'}
      </p>
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={busy !== ''}
          onClick={() => void tower.publishing.rollBack(version).then(onDone)}
        >
          {busy === 'rolling back' ? 'Rolling back\u2026' : 'Sign and roll back'}
        </button>
        <button type="button" class="quiet" onClick={onDone}>
          Cancel
        </button>
      </div>
    </div>
  );
}

function Version({ past, isNewest }: { past: PastVersion; isNewest: boolean }) {
  const tower = useTower();
  const [isAsking, setAsking] = useState(false);
  return (
    <li class="version">
      <div class="version-line">
        <p>
          <strong>Version {past.version}</strong> {isNewest && <Badge tone="good">live</Badge>}
          <br />
          <span class="hint">
            <time dateTime={new Date(past.at).toISOString()} title={timeText(past.at)}>
              {agoText(past.at)}
            </time>
            {' \u00b7 '}
            <code title={past.who}>{signerOf(past.who)}</code>
          </span>
        </p>
        {past.has_source ? (
          <div class="row">
            <button
              type="button"
              class="small quiet"
              onClick={() => void tower.drafts.restore(past.version)}
            >
              Open<span class="hidden"> version {past.version} in the editor</span>
            </button>
            {!isNewest && (
              <button type="button" class="small" onClick={() => setAsking(true)}>
                Roll back<span class="hidden"> to version {past.version}</span>
              </button>
            )}
          </div>
        ) : (
          <span class="hint">published without its source</span>
        )}
      </div>
      {isAsking && <RollBack version={past.version} onDone={() => setAsking(false)} />}
    </li>
  );
}

/** Work that something else took the place of: discarded, rolled back, merged. */
function KeptDrafts() {
  const tower = useTower();
  const { kept } = tower.state;
  if (kept.length === 0) return null;
  return (
    <section class="kept" aria-labelledby="kept">
      <h3 id="kept">Your drafts that gave way</h3>
      <ol class="versions">
        {kept.map((draft) => (
          <li class="version" key={draft.at}>
            <div class="version-line">
              <p>
                <strong>On version {draft.base.version}</strong>
                <br />
                <span class="hint">
                  <time dateTime={new Date(draft.at).toISOString()} title={timeText(draft.at)}>
                    {agoText(draft.at)}
                  </time>
                  {' \u00b7 '}
                  {plural(changedCount(draft), 'file')} changed
                </span>
              </p>
              <button type="button" class="small" onClick={() => void tower.drafts.takeUp(draft)}>
                Take up<span class="hidden"> the draft of {timeText(draft.at)}</span>
              </button>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function changedCount({ files, base }: Draft): number {
  const before = new Map(base.files.map(({ name, text }) => [name, text]));
  return files.filter(({ name, text }) => before.get(name) !== text).length;
}

export function HistoryPanel() {
  const { history, newest } = useTower().state;
  return (
    <div class="panel-body">
      <h3>{history.length ? plural(history.length, 'version') : 'History'}</h3>
      {history.length === 0 && (
        <Empty title="Nothing is published yet">Every version you publish stays here.</Empty>
      )}
      <ol class="versions">
        {history.map((past) => (
          <Version key={past.version} past={past} isNewest={past.version === newest} />
        ))}
      </ol>
      <KeptDrafts />
    </div>
  );
}
