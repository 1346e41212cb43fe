// Two people's work on one ruleset: theirs is published, mine is not. Both are shown, and what
// comes of them is in the marketer's hand.
import { json } from '@codemirror/lang-json';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { defaultKeymap } from '@codemirror/commands';
import { useEffect, useRef } from 'preact/hooks';

import type { Difference } from './answers.ts';
import type { Conflict } from './state.ts';
import { styleNonce } from './nonce.ts';
import { Badge } from './parts.tsx';
import { RuleChanges } from './rule_changes.tsx';
import { agoText, plural } from './text.ts';
import { useTower } from './use_tower.ts';

type Merged = Conflict['merged'][number];

function Both({
  theirs,
  file,
  texts,
}: {
  theirs: string;
  file: Merged;
  texts: Map<string, () => string>;
}) {
  const home = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!home.current) return undefined;
    const common = [styleNonce(), lineNumbers(), json(), EditorView.lineWrapping];
    const label = (text: string) => EditorView.contentAttributes.of({ 'aria-label': text });
    const view = new MergeView({
      parent: home.current,
      a: {
        doc: theirs,
        extensions: [...common, EditorState.readOnly.of(true), label(`Theirs: ${file.name}`)],
      },
      b: {
        doc: file.text,
        extensions: [...common, keymap.of(defaultKeymap), label(`The result: ${file.name}`)],
      },
      revertControls: 'a-to-b',
      collapseUnchanged: { margin: 2, minSize: 6 },
      gutter: true,
    });
    texts.set(file.name, () => view.b.state.doc.toString());
    return () => {
      texts.delete(file.name);
      view.destroy();
    };
  }, []);
  return <div class="merge" ref={home} />;
}

const whose = ({ by, clashes }: Merged): string =>
  by.length === 2
    ? clashes
      ? `both changed it, ${plural(clashes, 'place')} to settle: yours stands until you take theirs`
      : 'both changed it, in different places: both are in'
    : by[0] === 'you'
      ? 'only you changed it'
      : 'only they changed it: it is in';

function File({
  file,
  conflict,
  texts,
}: {
  file: Merged;
  conflict: Conflict;
  texts: Map<string, () => string>;
}) {
  const theirs = conflict.theirs.files.find(({ name }) => name === file.name)?.text ?? '';
  return (
    <section class="conflict-file">
      <header>
        <h3>{file.name}</h3>
        <Badge tone={file.clashes ? 'warn' : 'plain'}>{whose(file)}</Badge>
      </header>
      {theirs === file.text ? null : (
        <>
          <div class="merge-heads">
            <span>Theirs, version {conflict.theirs.version}</span>
            <span>The result, with yours in it</span>
          </div>
          <Both {...{ theirs, file, texts }} />
        </>
      )}
    </section>
  );
}

function Changed({ title, rules }: { title: string; rules: Difference['rules'] | null }) {
  return (
    <section class="conflict-side" aria-label={title}>
      <h3>{title}</h3>
      {rules === null && <p class="hint">This source has mistakes: look at its text below.</p>}
      {rules?.changes.length === 0 && <p class="hint">No rule changes.</p>}
      {rules && <RuleChanges changes={rules.changes} />}
    </section>
  );
}

export function ConflictView({ conflict }: { conflict: Conflict }) {
  const tower = useTower();
  const dialog = useRef<HTMLDialogElement>(null);
  const texts = useRef(new Map<string, () => string>());
  useEffect(() => dialog.current?.showModal(), []);
  const { theirs, merged, base } = conflict;
  const changed = merged.filter(({ by }) => by.length > 0);
  const goOn = () =>
    tower.publishing.resolve(
      merged.map(({ name, text }) => ({ name, text: texts.current.get(name)?.() ?? text })),
    );
  return (
    <dialog
      class="conflict"
      ref={dialog}
      aria-labelledby="conflict-title"
      onClose={() => tower.set({ conflict: null })}
    >
      <header class="conflict-head">
        <div>
          <h2 id="conflict-title">Version {theirs.version} came first</h2>
          <p>
            It was published {agoText(theirs.at)}, while you worked on version {base.version}.
            Nothing of yours is lost: look at both, then go on from theirs.
          </p>
        </div>
        <div class="row">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Not now
          </button>
          <button type="button" class="primary" onClick={() => void goOn()}>
            Go on with both
          </button>
        </div>
      </header>
      <div class="conflict-body">
        <div class="conflict-sides">
          <Changed title={`Theirs, version ${theirs.version}`} rules={conflict.changes.them} />
          <Changed title="Yours" rules={conflict.changes.you} />
        </div>
        {changed.map((file) => (
          <File key={file.name} file={file} conflict={conflict} texts={texts.current} />
        ))}
      </div>
    </dialog>
  );
}
