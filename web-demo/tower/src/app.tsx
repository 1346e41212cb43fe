// The console as a page: what is written on the left, what comes of it on the right; on a narrow
// screen one at a time.
import { useEffect, useRef, useState } from 'preact/hooks';

import { ChangesPanel } from './changes_panel.tsx';
import { ConflictView } from './conflict_view.tsx';
import { HistoryPanel } from './history_panel.tsx';
import type { Pane, Tab } from './state.ts';
import { Outline } from './outline.tsx';
import { Badge, Field } from './parts.tsx';
import { PreviewPanel } from './preview_panel.tsx';
import { SourcePane } from './source_pane.tsx';
import { plural } from './text.ts';
import { useTower } from './use_tower.ts';
import { VisitorPanel } from './visitor_panel.tsx';

const tabs: readonly { tab: Tab; label: string }[] = [
  { tab: 'preview', label: 'Preview' },
  { tab: 'visitor', label: 'Visitor' },
  { tab: 'changes', label: 'Changes' },
  { tab: 'history', label: 'History' },
];
const panes: readonly { pane: Pane; label: string }[] = [
  { pane: 'outline', label: 'Triggers' },
  { pane: 'editor', label: 'Source' },
  ...tabs.map(({ tab, label }) => ({ pane: tab, label })),
];
const panels = {
  preview: PreviewPanel,
  visitor: VisitorPanel,
  changes: ChangesPanel,
  history: HistoryPanel,
};

function State() {
  const tower = useTower();
  const { checked, isChecking, isDirty } = tower.state;
  const count = tower.errorCount;
  if (count > 0) return <Badge tone="bad">{plural(count, 'mistake')}</Badge>;
  if (!checked || isChecking) return <Badge tone="quiet">{'Checking\u2026'}</Badge>;
  return isDirty ? <Badge tone="warn">Unpublished</Badge> : <Badge tone="good">Up to date</Badge>;
}

function Head() {
  const tower = useTower();
  const { config, newest, isDirty } = tower.state;
  return (
    <header class="head">
      <h1>
        <img src="/icon.svg" alt="" width="24" height="24" />
        Tower
      </h1>
      <p class="site">
        <span>{config.site}</span>
        <span class="hint">{newest ? `version ${newest} is live` : 'nothing published yet'}</span>
      </p>
      <State />
      <div class="head-acts">
        {isDirty && (
          <button type="button" class="quiet discard" onClick={() => void tower.drafts.discard()}>
            Discard
          </button>
        )}
        <button type="button" class="primary review" onClick={() => tower.show('changes')}>
          <span>
            Review<span class="wide"> changes</span>
          </span>
        </button>
      </div>
    </header>
  );
}

function Tabs() {
  const tower = useTower();
  const list = useRef<HTMLDivElement>(null);
  const { tab } = tower.state;
  const step = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = tabs.findIndex((one) => one.tab === tab);
    const next = (at + by + tabs.length) % tabs.length;
    tower.show(tabs[next]!.tab);
    list.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="What comes of it" ref={list} onKeyDown={step}>
      {tabs.map((one) => (
        <button
          type="button"
          role="tab"
          key={one.tab}
          id={`tab-${one.tab}`}
          aria-controls="side"
          aria-selected={one.tab === tab}
          tabIndex={one.tab === tab ? 0 : -1}
          onClick={() => tower.show(one.tab)}
        >
          {one.label}
        </button>
      ))}
    </div>
  );
}

function Panes() {
  const tower = useTower();
  const count = tower.errorCount;
  return (
    <nav class="panes" aria-label="Parts of the console">
      {panes.map(({ pane, label }) => (
        <button
          type="button"
          key={pane}
          aria-current={pane === tower.state.pane ? 'page' : undefined}
          onClick={() =>
            pane === 'outline' || pane === 'editor' ? tower.set({ pane }) : tower.show(pane)
          }
        >
          {label}
          {pane === 'editor' && count > 0 && <span class="dot">{count}</span>}
        </button>
      ))}
    </nav>
  );
}

function Notice() {
  const tower = useTower();
  const { notice } = tower.state;
  useEffect(() => {
    if (notice?.kind !== 'good') return undefined;
    const timer = setTimeout(() => tower.set({ notice: null }), 8000);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notice && (
        <div class={`notice ${notice.kind}`}>
          <p>{notice.text}</p>
          <button type="button" class="link" onClick={() => tower.set({ notice: null })}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}

function Locked() {
  const tower = useTower();
  const { config, fault } = tower.state;
  const [publish, setPublish] = useState('');
  const [preview, setPreview] = useState('');
  return (
    <main class="gate">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void tower.unlock({ publish: publish.trim(), preview: preview.trim() });
        }}
      >
        <h1>
          <img src="/icon.svg" alt="" width="28" height="28" />
          {config.site}
        </h1>
        <p>The store asks for a key. Whoever runs it has given you one.</p>
        <Field label="Publish key">
          <input
            type="password"
            autocomplete="off"
            required
            value={publish}
            onInput={(event) => setPublish(event.currentTarget.value)}
          />
        </Field>
        <Field label="Preview key" hint="Only for previews; it can come later.">
          <input
            type="password"
            autocomplete="off"
            value={preview}
            onInput={(event) => setPreview(event.currentTarget.value)}
          />
        </Field>
        {tower.state.access.publish && (
          <p class="callout bad" role="alert">
            {fault}
          </p>
        )}
        <button type="submit" class="primary">
          Open the console
        </button>
      </form>
    </main>
  );
}

export function App() {
  const tower = useTower();
  const { phase, fault, pane, tab, conflict } = tower.state;
  if (phase === 'starting') return <p class="starting">{'Starting the studio\u2026'}</p>;
  if (phase === 'locked') return <Locked />;
  if (phase === 'failed')
    return (
      <main class="gate">
        <h1>The console cannot start</h1>
        <p role="alert">{fault}</p>
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
      </main>
    );
  const Panel = panels[tab];
  return (
    <div class={`app show-${pane}`}>
      <Head />
      <Notice />
      <Panes />
      <aside class="left" aria-label="Triggers">
        <Outline />
      </aside>
      <main class="middle">
        <SourcePane />
      </main>
      <aside class="right" aria-label="What comes of it">
        <Tabs />
        <div class="side" id="side" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
          <Panel />
        </div>
      </aside>
      {conflict && <ConflictView conflict={conflict} />}
    </div>
  );
}
