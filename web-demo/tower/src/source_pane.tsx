// The source: its files, the editor, and what is wrong with it.
import { useEffect, useRef } from 'preact/hooks';

import type { Problem } from './problems.ts';
import type { State } from './state.ts';
import { plural } from './text.ts';
import { useTower } from './use_tower.ts';

const shownMax = 100;

function Files() {
  const tower = useTower();
  const { files, file, problems } = tower.state;
  const faulty = new Set(
    problems.filter(({ diagnostic }) => diagnostic.severity === 'error').map((one) => one.file),
  );
  if (files.length < 2) return null;
  return (
    <div class="files" role="group" aria-label="Files">
      {files.map((name) => (
        <button
          type="button"
          key={name}
          class={faulty.has(name) ? 'file faulty' : 'file'}
          aria-pressed={name === file}
          onClick={() => tower.open(name)}
        >
          {name.replace(/\.heed\.json$/, '')}
          {faulty.has(name) && <span class="hidden"> has problems</span>}
        </button>
      ))}
    </div>
  );
}

function ProblemLine({ problem }: { problem: Problem }) {
  const tower = useTower();
  const { diagnostic, file, from, to, isReplaceable } = problem;
  const line = tower.editor
    .document(file)
    .lineAt(Math.min(from, tower.editor.document(file).length));
  return (
    <li class={`problem ${diagnostic.severity}`}>
      <button type="button" class="problem-text" onClick={() => tower.goTo(file, from, to)}>
        <span class="problem-mark" aria-hidden="true" />
        <span class="hidden">{diagnostic.severity}: </span>
        <span class="message">{marked(diagnostic.message)}</span>
        <span class="place">
          {file.replace(/\.heed\.json$/, '')}:{line.number}
        </span>
      </button>
      {isReplaceable && (
        <button type="button" class="small mend" onClick={() => tower.mend(problem)}>
          Use <code>{diagnostic.suggestion}</code>
        </button>
      )}
    </li>
  );
}

/** Names between backticks as code. */
const marked = (message: string) =>
  message.split('`').map((piece, index) => (index % 2 ? <code key={index}>{piece}</code> : piece));

/** What has been looked at so far: of many triggers, those that were edited come first. */
function checkText({ checked, outline }: State): readonly [verdict: string, hint: string] {
  if (!checked) return ['', 'Checking\u2026'];
  const all = plural(outline.length, 'trigger');
  const ms = Math.max(1, Math.round(checked.ms));
  if (checked.scope === 'whole') return ['No problems', `${all} checked in ${ms} ms`];
  return ['No problems in what you changed', `Now all ${all}\u2026`];
}

function Problems() {
  const { state } = useTower();
  const { problems } = state;
  const [verdict, hint] = checkText(state);
  return (
    <section class="problems" aria-label="Problems">
      <p class="check-line" role="status">
        <strong>{problems.length ? plural(problems.length, 'problem') : verdict}</strong>
        <span class="hint">{hint}</span>
      </p>
      {problems.length > 0 && (
        <ul tabIndex={0} aria-label="List of problems">
          {problems.slice(0, shownMax).map((problem, index) => (
            <ProblemLine key={index} problem={problem} />
          ))}
        </ul>
      )}
      {problems.length > shownMax && (
        <p class="hint">and {problems.length - shownMax} more, once these are mended</p>
      )}
    </section>
  );
}

export function SourcePane() {
  const tower = useTower();
  const home = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!home.current) return undefined;
    tower.editor.mount(home.current);
    return () => tower.editor.unmount();
  }, [tower]);
  return (
    <div class="source">
      <Files />
      <div class="editor" ref={home} />
      <Problems />
    </div>
  );
}
