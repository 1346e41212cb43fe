// What the console holds at any moment; `model.ts` alone changes it.
import type { Difference } from './answers.ts';
import type { Draft } from './database.ts';
import type { SigningKey } from './keys.ts';
import type { Names, OutlineTrigger, SourceFile } from './names.ts';
import type { Problem } from './problems.ts';
import type { Checked } from './protocol.ts';
import type { Keyring, PastVersion } from './store.ts';
import type { Recorded, Visitor } from './visitors.ts';

/** What the host of the console tells it (`/tower.json`). */
export type Config = {
  readonly site: string;
  /** The edge's address, for previews; '' where there is none. */
  readonly edge: string;
  /** Where recorded visitors can be had; '' where nowhere. */
  readonly visitors: string;
  /** Takes signed drafts for previews; '' where nobody does. */
  readonly drafts: string;
  /** A page on which a slot can be seen. */
  readonly pages: Readonly<Record<string, string>>;
};

/** What a person was handed to work with; kept for this tab alone. */
export type Access = { readonly publish: string; readonly preview: string };

export type Base = { readonly version: number; readonly files: readonly SourceFile[] };

/** Somebody else has published since this work was begun. */
export type Conflict = {
  readonly theirs: Base & { readonly who: string; readonly at: number };
  readonly base: Base;
  /** As it stood when the conflict was found. */
  readonly mine: readonly SourceFile[];
  /** What each side changed, in rules; null where its source has mistakes. */
  readonly changes: Readonly<Record<Side, Difference['rules'] | null>>;
  readonly merged: readonly (SourceFile & { readonly clashes: number; readonly by: Side[] })[];
};
export type Side = 'you' | 'them';

export type Tab = 'preview' | 'visitor' | 'changes' | 'history';
export type Pane = 'outline' | 'editor' | Tab;

export type State = {
  readonly phase: 'starting' | 'locked' | 'ready' | 'failed';
  readonly fault: string;
  readonly config: Config;
  readonly access: Access;
  readonly files: readonly string[];
  readonly file: string;
  readonly revision: number;
  /** Files are not what they were begun on. */
  readonly isDirty: boolean;
  readonly checked: Omit<Checked, 'names' | 'outline' | 'diagnostics'> | null;
  readonly isChecking: boolean;
  readonly problems: readonly Problem[];
  readonly names: Names | null;
  readonly outline: readonly OutlineTrigger[];
  readonly trigger: string;
  readonly base: Base;
  /** The newest that the store has; 0 where nothing has been published. */
  readonly newest: number;
  /** The published source makes the very rules that are published. */
  readonly isSource: boolean;
  readonly publishedNames: Names | null;
  readonly publishedOutline: readonly OutlineTrigger[];
  readonly tab: Tab;
  /** What a narrow screen shows. */
  readonly pane: Pane;
  readonly key: SigningKey | null;
  readonly keyring: Keyring | null;
  readonly recorded: Recorded;
  readonly visitor: Visitor;
  /** The slot that is explained. */
  readonly slot: string;
  readonly difference: Difference | null;
  readonly differenceOf: string;
  readonly differenceFault: string;
  readonly history: readonly PastVersion[];
  /** Drafts that other work took the place of, the newest first. */
  readonly kept: readonly Draft[];
  readonly busy: '' | 'publishing' | 'rolling back' | 'making a key';
  readonly notice: { readonly kind: 'good' | 'bad'; readonly text: string } | null;
  readonly conflict: Conflict | null;
};

export const nobody: Visitor = {
  visitor: 'somebody-new',
  now: new Date().toISOString(),
  attributes: {},
  signals: [],
};

export const initialState: State = {
  phase: 'starting',
  fault: '',
  config: { site: '', edge: '', visitors: '', drafts: '', pages: {} },
  access: { publish: '', preview: '' },
  files: [],
  file: '',
  revision: 0,
  isDirty: false,
  checked: null,
  isChecking: false,
  problems: [],
  names: null,
  outline: [],
  trigger: '',
  base: { version: 0, files: [] },
  newest: 0,
  isSource: true,
  publishedNames: null,
  publishedOutline: [],
  tab: 'preview',
  pane: 'editor',
  key: null,
  keyring: null,
  recorded: { lines: [], from: '' },
  visitor: nobody,
  slot: '',
  difference: null,
  differenceOf: '',
  differenceFault: '',
  history: [],
  kept: [],
  busy: '',
  notice: null,
  conflict: null,
};
