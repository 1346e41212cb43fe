// What the page and the studio's worker say to each other.
import type { Decision, Explanation } from 'heed';
import type { Compiled, Diagnostic } from 'heed/studio';

import type { Difference } from './answers.ts';
import type { Names, OutlineTrigger, SourceFile } from './names.ts';

export type { Compiled, Diagnostic };

/** One edit of a file, as CodeMirror's ChangeSet writes itself in JSON. */
export type Edit = { readonly file: string; readonly changes: unknown };

export type Checked = {
  readonly revision: number;
  readonly diagnostics: readonly Diagnostic[];
  /** `edited`: only what changed since the last whole check has been looked at. */
  readonly scope: 'edited' | 'whole';
  /** The triggers that an `edited` check has looked at. */
  readonly edited: readonly string[];
  readonly ms: number;
  /** null: as before. */
  readonly names: Names | null;
  readonly outline: readonly OutlineTrigger[] | null;
};

/** A ruleset to compare with: published bytes without their signatures, and what was written. */
export type Other = { readonly image: Uint8Array; readonly files: readonly SourceFile[] | null };

/** The draft, or what is published. */
export type Side = 'draft' | 'published';

/** By name: what the page asks, and what it is answered. */
export type Calls = {
  start: { ask: { module: WebAssembly.Module }; answer: string };
  files: { ask: { files: readonly SourceFile[]; revision: number }; answer: null };
  edit: { ask: Edit & { revision: number }; answer: null };
  check: { ask: { scope: 'quick' | 'whole'; now: number }; answer: Checked };
  published: {
    ask: Other | null;
    answer: {
      readonly isSource: boolean;
      readonly names: Names | null;
      readonly outline: readonly OutlineTrigger[];
    };
  };
  /** What changes from some files to others; null where either has mistakes. */
  between: {
    ask: { before: readonly SourceFile[]; after: readonly SourceFile[] };
    answer: Difference['rules'] | null;
  };
  starter: { ask: null; answer: string };
  compile: {
    ask: { version?: number; expires?: number; now: number; files?: readonly SourceFile[] };
    answer: { compiled: Compiled | null; diagnostics: readonly Diagnostic[] };
  };
  difference: { ask: { visitors: string }; answer: Difference };
  explain: { ask: { side: Side; line: string; slot: string }; answer: Explanation };
  decide: { ask: { side: Side; line: string }; answer: readonly Decision[] };
};
export type CallName = keyof Calls;

export type Request = {
  [Name in CallName]: {
    readonly id: number;
    readonly call: Name;
    readonly ask: Calls[Name]['ask'];
  };
}[CallName];
export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly fault: { readonly code: string; readonly message: string } };
