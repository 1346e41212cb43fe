// Where in a source a position is, and what belongs there: by the JSON Schema, and by the names
// that a place may refer to.
import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode } from '@lezer/common';

import type { Names } from './names.ts';

/** Keys from the top; an element of a list is `*`. */
export type Path = readonly string[];

/** What a text refers to. */
export type Kind =
  | 'condition'
  | 'fields_condition'
  | 'slot'
  | 'template'
  | 'campaign'
  | 'layer'
  | 'metric'
  | 'signal'
  | 'field'
  | 'journey'
  | 'segment'
  | 'asset'
  | 'option';

const kinds: readonly (readonly [string, Kind])[] = [
  ['triggers/*/when', 'condition'],
  ['segments/*', 'condition'],
  ['journeys/*/*/when', 'condition'],
  ['features/*/where', 'fields_condition'],
  ['features/*/count', 'signal'],
  ['features/*/since', 'signal'],
  ['features/*/last', 'signal'],
  ['features/*/score', 'signal'],
  ['features/*/value', 'field'],
  ['metrics/*/signal', 'signal'],
  ['metrics/*/value', 'field'],
  ['microsegments/journey', 'journey'],
  ['microsegments/segments/*', 'segment'],
  ['slots/*/fallback', 'asset'],
  ['triggers/*/slot', 'slot'],
  ['triggers/*/template', 'template'],
  ['triggers/*/campaign', 'campaign'],
  ['triggers/*/layer', 'layer'],
  ['triggers/*/layer/name', 'layer'],
  ['triggers/*/parts/*/*', 'asset'],
  ['triggers/*/policy/bandit/metric', 'metric'],
  ['triggers/*/restart', 'signal'],
  ['triggers/*/unless', 'signal'],
];
const patterns = kinds.map(([pattern, kind]) => [pattern.split('/'), kind] as const);

export function kindOf(path: Path): Kind | undefined {
  const fits = (pattern: readonly string[]): boolean =>
    pattern.length === path.length &&
    pattern.every((step, index) => step === '*' || step === path[index]);
  return patterns.find(([pattern]) => fits(pattern))?.[1];
}

const textOf = (state: EditorState, node: SyntaxNode): string =>
  state.sliceDoc(node.from, node.to).replace(/^"|"$/g, '');

/** The path of a value or of a property's name. */
export function pathOf(state: EditorState, node: SyntaxNode): Path {
  const path: string[] = [];
  for (let at: SyntaxNode | null = node; at; at = at.parent) {
    if (at.name === 'Property') {
      const name = at.getChild('PropertyName');
      path.unshift(name ? textOf(state, name) : '');
    } else if (at.parent?.name === 'Array') path.unshift('*');
  }
  return path;
}

/** The path around a position, as far as the text has been read. */
export const pathAt = (state: EditorState, pos: number): Path =>
  pathOf(state, syntaxTree(state).resolveInner(pos, 1));

/** The text around a position, as a value or a name. */
export type Place = {
  readonly node: SyntaxNode;
  readonly role: 'name' | 'value';
  readonly path: Path;
  /** Inside the quotes. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
};

/** @returns undefined outside of texts */
export function placeAt(state: EditorState, pos: number): Place | undefined {
  const node = syntaxTree(state).resolveInner(pos, -1);
  const isName = node.name === 'PropertyName';
  if (!isName && node.name !== 'String') return undefined;
  const isClosed = node.to - node.from > 1 && state.sliceDoc(node.to - 1, node.to) === '"';
  const [from, to] = [node.from + 1, isClosed ? node.to - 1 : node.to];
  if (pos < from || pos > to) return undefined;
  const path = pathOf(state, node);
  // A lone text in an object is a name that is being typed.
  const isLone = node.parent?.name === 'Object' || node.parent?.name === '⚠';
  const role = isName || isLone ? 'name' : 'value';
  return { node, role, path, from, to, text: state.sliceDoc(from, to) };
}

export type Schema = {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
};

export class SchemaGuide {
  readonly #root: Schema;
  constructor(json: string) {
    this.#root = JSON.parse(json) as Schema;
  }

  /** Whatever may stand here: alternatives, references followed. */
  at(path: Path): readonly Schema[] {
    let here = this.#open(this.#root);
    for (const step of path) here = here.flatMap((schema) => this.#step(schema, step));
    return here;
  }

  #step(schema: Schema, step: string): readonly Schema[] {
    const { properties, additionalProperties, items } = schema;
    const next =
      step === '*' && items
        ? items
        : (properties && Object.hasOwn(properties, step) && properties[step]) ||
          additionalProperties;
    return typeof next === 'object' ? this.#open(next) : [];
  }

  #open(schema: Schema): readonly Schema[] {
    const name = schema.$ref?.replace('#/$defs/', '');
    const target = name === undefined ? undefined : this.#root.$defs?.[name];
    const own = target
      ? this.#open(target).map((one) => ({ ...one, ...described(schema) }))
      : [schema];
    return own.flatMap((one) => {
      const forms = one.oneOf ?? one.anyOf ?? [];
      const opened = forms.filter((form) => form.type ?? form.$ref ?? form.enum ?? form.const);
      return opened.length ? opened.flatMap((form) => this.#open(form)) : [one];
    });
  }
}

/** What stands beside a reference says more than what it refers to. */
const described = ({ description, ...rest }: Schema): Schema => ({
  ...(description !== undefined && { description }),
  ...('default' in rest && { default: rest.default }),
});

const oneLine = (text: string, max = 90): string =>
  text.length > max ? `${text.slice(0, max - 1)}\u2026` : text;

/** What a name stands for, in a line; undefined where nothing is called so. */
export function describe(names: Names, kind: Kind, name: string): string | undefined {
  const own = <T>(table: Readonly<Record<string, T>>): T | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  switch (kind) {
    case 'asset': {
      const asset = own(names.assets);
      if (!asset) return undefined;
      const what = asset.text || asset.href || asset.alt || asset.src || '(empty)';
      return `${asset.kind}: ${oneLine(what)}`;
    }
    case 'slot':
      return own(names.slots) && `slot on the ${own(names.slots)!.channel ?? 'page'}`;
    case 'signal': {
      const fields = own(names.signals);
      return fields && `signal: ${fieldsText(fields) || 'no fields'}`;
    }
    case 'segment': {
      const when = own(names.segments);
      return when && `segment: ${oneLine(when)}`;
    }
    case 'journey': {
      const stages = own(names.journeys);
      return stages && `journey: ${stages.map(({ stage }) => stage).join(' \u2192 ')}`;
    }
    case 'template': {
      const template = own(names.templates);
      return template && `template: ${fieldsText(template.parts ?? {})}`;
    }
    case 'campaign':
      return own(names.campaigns) && `campaign: ${oneLine(JSON.stringify(own(names.campaigns)))}`;
    case 'layer':
      return own(names.layers) && `layer of ${own(names.layers)!.owner ?? 'nobody named'}`;
    case 'metric':
      return own(names.metrics) && `metric of ${own(names.metrics)!.signal ?? ''}`;
    default:
      return describeInput(names, name);
  }
}

const fieldsText = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([field, type]) => `${field}: ${type}`)
    .join(', ');

/** What a condition's own names stand for. */
export function describeInput(names: Names, name: string): string | undefined {
  if (name.startsWith('segment.')) return describe(names, 'segment', name.slice(8));
  if (name.startsWith('stage.')) return describe(names, 'journey', name.slice(6));
  if (name === 'now') return 'time: the moment of the decision';
  if (Object.hasOwn(names.attributes, name)) {
    const { type, source, note } = names.attributes[name]!;
    return `${type} from the ${source ?? 'request'}${note ? `: ${note}` : ''}`;
  }
  if (!Object.hasOwn(names.features, name)) return undefined;
  const { note, ...feature } = names.features[name]!;
  const text = Object.entries(feature)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
  return `feature: ${oneLine(text)}${note ? ` (${note})` : ''}`;
}
