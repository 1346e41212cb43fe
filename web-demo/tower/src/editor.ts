// The code editor: one view, a state for each file, so that each keeps its own history and place.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic as Mark, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { type ChangeSet, EditorState, type Extension, Text, Transaction } from '@codemirror/state';
import {
  crosshairCursor,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';

import { completeWith, hoverWith, type Knowledge } from './assist.ts';
import { conditionColours } from './conditions.ts';
import type { SourceFile } from './names.ts';
import { styleNonce } from './nonce.ts';
import { type Path, pathAt } from './places.ts';
import type { Problem } from './problems.ts';

const colours = HighlightStyle.define([
  { tag: tags.propertyName, class: 'json-name' },
  { tag: tags.string, class: 'json-text' },
  { tag: [tags.number, tags.bool, tags.null], class: 'json-value' },
  { tag: [tags.separator, tags.squareBracket, tags.brace], class: 'json-mark' },
]);

export type EditorEvents = {
  readonly edited: (file: string, changes: ChangeSet) => void;
  /** The cursor is at another place of the source. */
  readonly moved: (path: Path) => void;
};

export class Editor {
  readonly #events: EditorEvents;
  readonly #knowledge: () => Knowledge;
  readonly #states = new Map<string, EditorState>();
  #view: EditorView | null = null;
  #file = '';

  constructor(events: EditorEvents, knowledge: () => Knowledge) {
    this.#events = events;
    this.#knowledge = knowledge;
  }

  get file(): string {
    return this.#file;
  }

  get isInView(): boolean {
    return this.#view !== null && this.#view.dom.offsetParent !== null;
  }

  mount(parent: HTMLElement): void {
    this.#view = new EditorView({
      parent,
      state: this.#states.get(this.#file) ?? this.#newState(''),
      dispatchTransactions: (transactions, view) => {
        view.update(transactions);
        this.#states.set(this.#file, view.state);
        for (const transaction of transactions) this.#tell(transaction);
      },
    });
  }

  unmount(): void {
    this.#view?.destroy();
    this.#view = null;
  }

  #tell(transaction: Transaction): void {
    if (transaction.docChanged) this.#events.edited(this.#file, transaction.changes);
    if (transaction.docChanged || transaction.selection)
      this.#events.moved(pathAt(transaction.state, transaction.state.selection.main.head));
  }

  /** Replaces all files; the first is shown unless the one that was shown is among them. */
  setFiles(files: readonly SourceFile[]): void {
    this.#states.clear();
    for (const { name, text } of files) this.#states.set(name, this.#newState(text));
    const keeps = this.#states.has(this.#file);
    this.#file = keeps ? this.#file : (files[0]?.name ?? '');
    const state = this.#states.get(this.#file);
    if (state) this.#view?.setState(state);
  }

  files(): SourceFile[] {
    return [...this.#states].map(([name, state]) => ({ name, text: state.doc.toString() }));
  }

  document(file: string): Text {
    return this.#states.get(file)?.doc ?? Text.empty;
  }

  open(file: string): void {
    const state = this.#states.get(file);
    if (!state || file === this.#file) return;
    this.#file = file;
    this.#view?.setState(state);
  }

  /** Shows a place and puts the cursor there. */
  goTo(file: string, from: number, to = from): void {
    this.open(file);
    const view = this.#view;
    if (!view) return;
    const end = view.state.doc.length;
    const selection = { anchor: Math.min(from, end), head: Math.min(to, end) };
    view.dispatch({
      selection,
      effects: EditorView.scrollIntoView(selection.anchor, { y: 'center' }),
    });
    view.focus();
  }

  replace(file: string, from: number, to: number, insert: string): void {
    this.open(file);
    this.#view?.dispatch({ changes: { from, to, insert }, userEvent: 'input.mend' });
  }

  /** Puts marks under problems, in every file. */
  show(problems: readonly Problem[]): void {
    const byFile = new Map<string, Mark[]>();
    for (const problem of problems) {
      const marks = byFile.get(problem.file) ?? [];
      marks.push(this.#mark(problem));
      byFile.set(problem.file, marks);
    }
    for (const [file, state] of this.#states) {
      const update = setDiagnostics(state, byFile.get(file) ?? []);
      if (file === this.#file && this.#view) this.#view.dispatch(update);
      else this.#states.set(file, state.update(update).state);
    }
  }

  #mark({ diagnostic, file, from, to, isReplaceable }: Problem): Mark {
    const { severity, message, suggestion } = diagnostic;
    const apply = (_: EditorView, at: number, end: number) =>
      this.replace(file, at, end, suggestion);
    const end = this.document(file).length;
    return {
      from: Math.min(from, end),
      to: Math.min(to, end),
      severity,
      message: isReplaceable ? `${message}. Did you mean \`${suggestion}\`?` : message,
      ...(isReplaceable && { actions: [{ name: `Use ${suggestion}`, apply }] }),
    };
  }

  #newState(text: string): EditorState {
    return EditorState.create({ doc: text, extensions: this.#extensions() });
  }

  #extensions(): Extension[] {
    return [
      styleNonce(),
      lineNumbers(),
      foldGutter(),
      lintGutter(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      highlightSelectionMatches(),
      drawSelection(),
      crosshairCursor(),
      history(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      search({ top: true }),
      json(),
      syntaxHighlighting(colours),
      conditionColours,
      autocompletion({ override: [completeWith(this.#knowledge)], icons: false }),
      hoverWith(this.#knowledge),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        'aria-label': 'Ruleset source',
        spellcheck: 'false',
        tabindex: '0',
      }),
      EditorState.tabSize.of(2),
      keymap.of([
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...foldKeymap,
        ...completionKeymap,
        ...lintKeymap,
      ]),
    ];
  }
}
