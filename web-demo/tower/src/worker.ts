// The studio beside the page: it keeps the source, edit by edit, and answers questions about it one
// after another. Nothing that takes time runs where people type.
import { ChangeSet, Text } from '@codemirror/state';
import type { Decision, Explanation } from 'heed';
import { createStudio, type OpenRuleset, type Studio } from 'heed/studio';

import type { Difference } from './answers.ts';
import {
  type Names,
  onlyTriggers,
  outlineOf,
  readNames,
  type SourceFile,
  type TriggerText,
} from './names.ts';
import type { CallName, Calls, Checked, Other, Request, Side } from './protocol.ts';

/** Sources with more are checked in two steps: what was edited, then the whole. */
const quickTriggerCountMax = 400;

/** Why a question has no answer. */
class Fault extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

class Desk {
  readonly #studio: Studio;
  readonly #memory = {};
  readonly #publishedMemory = {};
  #files = new Map<string, Text>();
  #revision = 0;
  /** The triggers, as they came or as the last whole check saw them. */
  #seen: ReadonlyMap<string, string> = new Map();
  #namesSent = '';
  #outlineSent = '';
  #published: OpenRuleset | null = null;
  #draft: { readonly revision: number; readonly ruleset: OpenRuleset } | null = null;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  schema(): string {
    return this.#studio.schema();
  }

  files({ files, revision }: Calls['files']['ask']): null {
    this.#files = new Map(files.map(({ name, text }) => [name, Text.of(text.split('\n'))]));
    this.#revision = revision;
    this.#see(readNames(files).triggers);
    return null;
  }

  edit({ file, changes, revision }: Calls['edit']['ask']): null {
    const text = this.#files.get(file);
    if (text) this.#files.set(file, ChangeSet.fromJSON(changes).apply(text));
    this.#revision = revision;
    return null;
  }

  #sources(): SourceFile[] {
    return [...this.#files].map(([name, text]) => ({ name, text: text.toString() }));
  }

  check({ scope, now }: Calls['check']['ask']): Checked {
    const start = performance.now();
    const files = this.#sources();
    const { names, triggers } = readNames(files);
    const isWhole = scope === 'whole' || triggers.length <= quickTriggerCountMax;
    const edited = triggers.filter(({ key, text }) => this.#seen.get(key) !== text);
    const wanted = new Set(edited.map(({ key }) => key));
    const found = this.#studio.check(isWhole ? files : onlyTriggers(files, triggers, wanted), {
      now,
    });
    if (isWhole) this.#see(triggers);
    const outline = outlineOf(triggers, this.#memory);
    return {
      revision: this.#revision,
      // Of a part, nothing can be said about who uses what.
      diagnostics: isWhole ? found : found.filter(({ severity }) => severity === 'error'),
      scope: isWhole ? 'whole' : 'edited',
      edited: isWhole ? [] : [...wanted],
      names: this.#ifNew(names),
      outline: this.#changed('outline', JSON.stringify(outline)) ? outline : null,
      ms: performance.now() - start,
    };
  }

  #see(triggers: readonly TriggerText[]): void {
    this.#seen = new Map(triggers.map(({ key, text }) => [key, text]));
  }

  #ifNew(names: Names): Names | null {
    return this.#changed('names', JSON.stringify(names)) ? names : null;
  }

  #changed(what: 'names' | 'outline', text: string): boolean {
    const isSame = text === (what === 'names' ? this.#namesSent : this.#outlineSent);
    if (what === 'names') this.#namesSent = text;
    else this.#outlineSent = text;
    return !isSame;
  }

  starter(): string {
    return this.#studio.starter();
  }

  published(other: Other | null): Calls['published']['answer'] {
    this.#published?.[Symbol.dispose]();
    this.#published = null;
    if (!other) return { isSource: false, names: null, outline: [] };
    const written = other.files ? this.#studio.compile(other.files).compiled : null;
    const compiled = written && this.#studio.open(written.image, written.map);
    this.#published = this.#studio.open(other.image, written?.map ?? '');
    if (!other.files || !compiled) return { isSource: false, names: null, outline: [] };
    const { names, triggers } = readNames(other.files);
    const outline = outlineOf(triggers, this.#publishedMemory);
    const { changed } = this.#published.diff(compiled) as Difference['rules'];
    compiled[Symbol.dispose]();
    return { isSource: !changed, names, outline };
  }

  between({ before, after }: Calls['between']['ask']): Calls['between']['answer'] {
    const [was, is] = [before, after].map((files) => this.#studio.compile(files).compiled);
    if (!was || !is) return null;
    const [from, to] = [was, is].map(({ image, map }) => this.#studio.open(image, map)) as [
      OpenRuleset,
      OpenRuleset,
    ];
    const rules = from.diff(to) as Difference['rules'];
    for (const ruleset of [from, to]) ruleset[Symbol.dispose]();
    return rules;
  }

  compile({ files, ...options }: Calls['compile']['ask']): Calls['compile']['answer'] {
    return this.#studio.compile(files ?? this.#sources(), options);
  }

  /** The draft, opened; compiled anew only where it has changed. */
  #openDraft(): OpenRuleset {
    if (this.#draft?.revision === this.#revision) return this.#draft.ruleset;
    const { compiled } = this.#studio.compile(this.#sources(), { now: Date.now() });
    if (!compiled) throw new Fault('no_answer', 'the draft has mistakes: mend them first');
    this.#draft?.ruleset[Symbol.dispose]();
    const ruleset = this.#studio.open(compiled.image, compiled.map);
    this.#draft = { revision: this.#revision, ruleset };
    return ruleset;
  }

  #open(side: Side): OpenRuleset {
    if (side === 'draft') return this.#openDraft();
    if (!this.#published) throw new Fault('no_answer', 'nothing has been published yet');
    return this.#published;
  }

  difference({ visitors }: Calls['difference']['ask']): Difference {
    const [before, after] = [this.#open('published'), this.#open('draft')];
    const log = visitors === '' ? null : before.diffLog(after, visitors);
    return { rules: before.diff(after), visitors: log } as Difference;
  }

  explain({ side, line, slot }: Calls['explain']['ask']): Explanation {
    return this.#open(side).explain(line, slot) as Explanation;
  }

  decide({ side, line }: Calls['decide']['ask']): readonly Decision[] {
    const out = this.#open(side).decideLines(new TextEncoder().encode(`${line}\n`));
    const answer = JSON.parse(new TextDecoder().decode(out)) as {
      decisions?: Decision[];
      error?: { message: string };
    };
    if (!answer.decisions) throw new Fault('refused', answer.error?.message ?? 'the visitor');
    return answer.decisions;
  }
}

let desk: Desk | undefined;

async function answer({ call, ask }: Request): Promise<Calls[CallName]['answer']> {
  if (call === 'start') {
    desk = new Desk(await createStudio(ask.module));
    return desk.schema();
  }
  if (!desk) throw new Fault('no_answer', 'the studio has not started');
  const act = desk[call] as (ask: Calls[CallName]['ask']) => Calls[CallName]['answer'];
  return act.call(desk, ask);
}

addEventListener('message', (event: MessageEvent<Request>) => {
  const { id } = event.data;
  answer(event.data).then(
    (done) => postMessage({ id, answer: done }),
    (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : 'error';
      const message = error instanceof Error ? error.message : String(error);
      postMessage({ id, fault: { code, message } });
    },
  );
});
