// What those who work beside the console's model may ask of it.
import type { Editor } from './editor.ts';
import type { SourceFile } from './names.ts';
import type { Base, State, Tab } from './state.ts';
import type { Store } from './store.ts';
import type { StudioClient } from './studio.ts';

export interface Desk {
  readonly state: State;
  readonly editor: Editor;
  readonly store: Store;
  readonly analyst: StudioClient;
  set(part: Partial<State>): void;
  notify(kind: 'good' | 'bad', text: string): void;
  show(tab: Tab): void;
  /** Puts files into the editor, as they are. */
  setFiles(files: readonly SourceFile[]): void;
  /** Keeps the draft in this browser, or drops it where nothing differs from its base. */
  save(): Promise<void>;
  readPublished(): Promise<Base>;
  readHistory(): Promise<void>;
  compare(): Promise<void>;
}
