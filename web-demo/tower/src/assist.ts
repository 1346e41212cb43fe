// Completion and hover: from the JSON Schema and from the ruleset's own names.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { EditorState } from '@codemirror/state';
import { hoverTooltip, type Tooltip } from '@codemirror/view';

import { tokens } from './conditions.ts';
import type { Names } from './names.ts';
import {
  describe,
  describeInput,
  type Kind,
  kindOf,
  type Place,
  placeAt,
  type Schema,
  type SchemaGuide,
} from './places.ts';

/** What the editor knows of its source; it changes as people type. */
export type Knowledge = { readonly names: Names | null; readonly guide: SchemaGuide | null };

const named: Partial<Record<Kind, keyof Names>> = {
  slot: 'slots',
  template: 'templates',
  campaign: 'campaigns',
  layer: 'layers',
  metric: 'metrics',
  signal: 'signals',
  journey: 'journeys',
  segment: 'segments',
};

function withDetail(label: string, detail: string | undefined, type: string): Completion {
  return detail === undefined ? { label, type } : { label, detail, type };
}

/** The names that a place may hold. */
function namesFor(names: Names, kind: Kind, place: Place, state: EditorState): Completion[] {
  const table = named[kind];
  const list = table ? Object.keys(names[table] as object) : [];
  if (kind === 'asset') list.push(...assetsFor(names, place, state));
  if (kind === 'field') {
    for (const fields of Object.values(names.signals)) list.push(...Object.keys(fields));
  }
  return [...new Set(list)].map((label) =>
    withDetail(label, describe(names, kind, label), 'constant'),
  );
}

/** Assets of the kind that the trigger's template asks of this part. */
function assetsFor(names: Names, { path, node }: Place, state: EditorState): string[] {
  const all = Object.entries(names.assets);
  const part = path[0] === 'triggers' ? path[3] : undefined;
  let trigger = node.parent;
  for (let up = 0; trigger && up < 4; up++) trigger = trigger.parent;
  const text = trigger ? state.sliceDoc(trigger.from, trigger.to) : '';
  const template = /"template"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  const kind = part && template ? names.templates[template]?.parts?.[part] : undefined;
  return all.filter(([, asset]) => !kind || asset.kind === kind).map(([name]) => name);
}

const functions: readonly Completion[] = [
  withDetail('has', 'has(x): whether x is known', 'function'),
  withDetail('duration', "duration('30m'): a length of time", 'function'),
  withDetail('timestamp', "timestamp('2027-01-01T00:00:00Z')", 'function'),
  withDetail('now', 'the moment of the decision', 'variable'),
  withDetail('true', undefined, 'keyword'),
  withDetail('false', undefined, 'keyword'),
];

function inputs(names: Names): Completion[] {
  const all = [
    ...Object.keys(names.attributes),
    ...Object.keys(names.features),
    ...Object.keys(names.segments).map((name) => `segment.${name}`),
    ...Object.keys(names.journeys).map((name) => `stage.${name}`),
  ];
  return [
    ...all.map((label) => withDetail(label, describeInput(names, label), 'variable')),
    ...functions,
  ];
}

/** Stages after `stage.JOURNEY ==`. */
function stages(names: Names, before: string): Completion[] | undefined {
  const journey = /\bstage\.(\w+)\s*(?:==|!=)\s*'[^']*$/.exec(before)?.[1];
  if (!journey) return undefined;
  const list = Object.hasOwn(names.journeys, journey) ? names.journeys[journey]! : [];
  return list.map(({ stage, when }) => withDetail(stage, when, 'constant'));
}

function inCondition(
  { names }: Knowledge,
  place: Place,
  context: CompletionContext,
): CompletionResult | null {
  if (!names) return null;
  const before = context.state.sliceDoc(place.from, context.pos);
  const known = stages(names, before);
  if (known) {
    const from = context.pos - /[^']*$/.exec(before)![0].length;
    return { from, options: known, validFor: /^\w*$/ };
  }
  // Inside another text there is nothing to complete.
  if ((before.match(/'/g)?.length ?? 0) % 2 === 1) return null;
  const word = /[\w.]*$/.exec(before)![0];
  if (!word && !context.explicit) return null;
  return { from: context.pos - word.length, options: inputs(names), validFor: /^[\w.]*$/ };
}

const quotedAs = (value: unknown): string => (typeof value === 'string' ? value : String(value));

function values(schemas: readonly Schema[]): Completion[] {
  return schemas.flatMap((schema) => {
    const list = [
      ...(schema.enum ?? []),
      ...(schema.const === undefined ? [] : [schema.const]),
      ...(schema.examples ?? []),
    ];
    return list.map((value) => withDetail(quotedAs(value), undefined, 'enum'));
  });
}

/** The keys that may stand here and do not yet. */
function keys(guide: SchemaGuide, place: Place, state: EditorState): Completion[] {
  const object = place.node.name === 'PropertyName' ? place.node.parent?.parent : place.node.parent;
  const inside = place.node.name === 'PropertyName' ? place.path.slice(0, -1) : place.path;
  const taken = new Set<string>();
  for (let child = object?.firstChild; child; child = child.nextSibling) {
    const name = child.getChild('PropertyName');
    if (name && name.from !== place.node.from) {
      taken.add(state.sliceDoc(name.from + 1, name.to - 1));
    }
  }
  return guide.at(inside).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties)
      .filter(([key]) => !taken.has(key) && key !== '$schema')
      .map(([key, { description }]) => ({
        ...withDetail(key, description, 'property'),
        boost: required.includes(key) ? 2 : key === 'note' ? -2 : 0,
      })),
  );
}

export const completeWith =
  (knowledge: () => Knowledge) =>
  (context: CompletionContext): CompletionResult | null => {
    const place = placeAt(context.state, context.pos);
    if (!place) return null;
    const { names, guide } = knowledge();
    const { from, path, role } = place;
    if (role === 'name') {
      const options = guide ? keys(guide, place, context.state) : [];
      return options.length ? { from, options, validFor: /^\w*$/ } : null;
    }
    const kind = kindOf(path);
    if (kind === 'condition' || kind === 'fields_condition')
      return inCondition(knowledge(), place, context);
    const options = [
      ...(names && kind ? namesFor(names, kind, place, context.state) : []),
      ...(guide ? values(guide.at(path)) : []),
    ];
    return options.length ? { from, options, validFor: /^[\w-]*$/ } : null;
  };

type Told = {
  readonly from: number;
  readonly to: number;
  readonly title: string;
  readonly text: string;
};

/** What is to be said of the text at a position. */
export function tell(state: EditorState, pos: number, { names, guide }: Knowledge): Told | null {
  const place = placeAt(state, pos);
  if (!place) return null;
  const { from, to, text: title, path, role } = place;
  const kind = role === 'value' ? kindOf(path) : undefined;
  if (names && (kind === 'condition' || kind === 'fields_condition')) {
    const at = pos - from;
    const token = tokens(title).find((one) => one.from <= at && at <= one.to);
    if (!token) return null;
    const name = title.slice(token.from, token.to);
    const text = describeInput(names, name);
    return text ? { from: from + token.from, to: from + token.to, title: name, text } : null;
  }
  if (names && kind) {
    const text = describe(names, kind, title);
    if (text) return { from, to, title, text };
  }
  const schema = guide?.at(path).find(({ description }) => description);
  if (!schema?.description) return null;
  const byDefault = schema.default === undefined ? '' : ` Default: ${String(schema.default)}.`;
  return { from, to, title: path.at(-1) ?? title, text: schema.description + byDefault };
}

export const hoverWith = (knowledge: () => Knowledge) =>
  hoverTooltip((view, pos): Tooltip | null => {
    const told = tell(view.state, pos, knowledge());
    if (!told) return null;
    return {
      pos: told.from,
      end: told.to,
      above: true,
      create() {
        const dom = document.createElement('div');
        dom.className = 'hover';
        const title = dom.appendChild(document.createElement('strong'));
        title.textContent = told.title;
        dom.appendChild(document.createElement('p')).textContent = told.text;
        return { dom };
      },
    };
  });
