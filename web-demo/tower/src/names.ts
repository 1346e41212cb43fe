// What a source calls things: for completion, for hovers, and for the outline of its triggers.
import { type Member, members, valueOf } from './json_places.ts';

export type SourceFile = { readonly name: string; readonly text: string };
type Table<T> = Readonly<Record<string, T>>;
type Fields = Table<string>;

export type Asset = {
  readonly kind: string;
  readonly text?: string;
  readonly src?: string;
  readonly href?: string;
  readonly alt?: string;
};

/** Everything but triggers, by section; a section that is malformed is empty. */
export type Names = {
  readonly site: string;
  readonly attributes: Table<{
    readonly type: string;
    readonly source?: string;
    readonly note?: string;
    readonly default?: unknown;
  }>;
  readonly signals: Table<Fields>;
  readonly features: Table<Table<string>>;
  readonly segments: Table<string>;
  readonly journeys: Table<readonly { readonly stage: string; readonly when: string }[]>;
  readonly slots: Table<{ readonly channel?: string; readonly fallback?: string }>;
  readonly assets: Table<Asset>;
  readonly templates: Table<{ readonly parts: Fields }>;
  readonly metrics: Table<{ readonly signal?: string }>;
  readonly layers: Table<{ readonly owner?: string }>;
  readonly campaigns: Table<Table<unknown>>;
};

const sections = [
  ...['attributes', 'signals', 'features', 'segments', 'journeys', 'slots', 'assets'],
  ...['templates', 'metrics', 'layers', 'campaigns'],
] as const;

export type OutlineTrigger = {
  readonly trigger: string;
  readonly file: string;
  readonly slot: string;
  readonly name: string;
  readonly priority: number;
  readonly parts: Table<readonly string[]>;
};

/** Offset of a trigger's name in its file; 0 where it is not there. */
export function placeOfTrigger(text: string, trigger: string): number {
  const section = members(text, 0).find(({ key }) => key === 'triggers');
  const one = section && members(text, section.from).find(({ key }) => key === trigger);
  return one?.keyFrom ?? 0;
}

/** A trigger's text and where it stands. */
export type TriggerText = Member & { readonly file: string; readonly text: string };

const isNote = (key: string): boolean => key === 'note' || key === '$schema';
const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads all sections but `triggers`, whose texts it hands over as they stand. */
export function readNames(files: readonly SourceFile[]): {
  readonly names: Names;
  readonly triggers: readonly TriggerText[];
} {
  const tables = Object.fromEntries(sections.map((name) => [name, {}])) as Record<string, object>;
  const triggers: TriggerText[] = [];
  let site = '';
  for (const { name: file, text } of files) {
    for (const member of members(text, 0)) {
      if (member.key === 'triggers') {
        for (const one of members(text, member.from)) {
          if (isNote(one.key)) continue;
          triggers.push({ ...one, file, text: text.slice(one.from, one.to) });
        }
      } else if (member.key === 'site') {
        site = String(valueOf(text, member) ?? '');
      } else if (Object.hasOwn(tables, member.key)) {
        Object.assign(tables[member.key]!, entries(text, member));
      }
    }
  }
  return { names: { site, ...tables } as unknown as Names, triggers };
}

/** A section's well-formed members without its notes. */
function entries(text: string, section: Member): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const one of members(text, section.from)) {
    const value = isNote(one.key) ? undefined : valueOf(text, one);
    if (value === undefined) continue;
    found[one.key] = isTable(value) ? withoutNotes(section.key, value) : value;
  }
  return found;
}

function withoutNotes(section: string, value: Record<string, unknown>): Record<string, unknown> {
  if (section !== 'signals') return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !isNote(key)));
}

const known = new WeakMap<object, Map<string, OutlineTrigger>>();

/** Reads triggers again only where their text has changed; `memory` belongs to the caller. */
export function outlineOf(triggers: readonly TriggerText[], memory: object): OutlineTrigger[] {
  const before = known.get(memory) ?? new Map<string, OutlineTrigger>();
  const after = new Map<string, OutlineTrigger>();
  const outline = triggers.map(({ key, file, text }) => {
    const read = before.get(text) ?? readTrigger(text);
    after.set(text, read);
    return { ...read, trigger: key, file };
  });
  known.set(memory, after);
  return outline;
}

function readTrigger(text: string): OutlineTrigger {
  const nothing = { trigger: '', file: '', slot: '', name: '', priority: 0, parts: {} };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return nothing;
  }
  if (!isTable(value)) return nothing;
  const { slot, name, priority, parts } = value;
  return {
    ...nothing,
    slot: typeof slot === 'string' ? slot : '',
    name: typeof name === 'string' ? name : '',
    priority: typeof priority === 'number' ? priority : 0,
    parts: isTable(parts) ? optionsOf(parts) : {},
  };
}

const optionsOf = (parts: Record<string, unknown>): Table<readonly string[]> =>
  Object.fromEntries(
    Object.entries(parts).map(([part, options]) => [
      part,
      Array.isArray(options)
        ? options.filter((option): option is string => typeof option === 'string')
        : [],
    ]),
  );

/**
 * The files with every trigger but `wanted` blanked, so that the rest keeps its lines and columns:
 * what the studio says of it is what it says of the whole, in a fraction of the time.
 */
export function onlyTriggers(
  files: readonly SourceFile[],
  triggers: readonly TriggerText[],
  wanted: ReadonlySet<string>,
): SourceFile[] {
  return files.map(({ name, text }) => {
    const here = triggers.filter(({ file }) => file === name);
    const last = here.findLastIndex(({ key }) => wanted.has(key));
    let kept = '';
    let at = 0;
    here.forEach(({ key, keyFrom, to }, index) => {
      if (wanted.has(key) && index !== last) return;
      const from = wanted.has(key) ? to : keyFrom;
      const end = text.indexOf(',', to);
      const isFollowed = index < here.length - 1 && end >= 0;
      kept += text.slice(at, from);
      at = isFollowed ? end + 1 : to;
      kept += blank(text, from, at);
    });
    return { name, text: kept + text.slice(at) };
  });
}

/** As many lines as `text` has between the offsets, and the width of the last. */
function blank(text: string, from: number, to: number): string {
  let lines = '';
  let start = from;
  for (let end = text.indexOf('\n', from); end >= 0 && end < to; end = text.indexOf('\n', start)) {
    lines += '\n';
    start = end + 1;
  }
  return lines + ' '.repeat(to - start);
}
