// Conditions inside JSON texts: their tokens, coloured where they are in view.
import { syntaxTree } from '@codemirror/language';
import type { Range } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';

import { kindOf, pathOf } from './places.ts';

export type Token = {
  readonly kind: 'string' | 'number' | 'word' | 'scope' | 'name' | 'operator';
  readonly from: number;
  readonly to: number;
};

const words =
  'true false null in has exists all now duration timestamp size startsWith endsWith contains matches';
const forms = [
  String.raw`('(?:[^'\\]|\\.)*'?)`,
  String.raw`(\d[\d.]*)`,
  String.raw`\b(${words.replaceAll(' ', '|')})\b`,
  String.raw`\b((?:segment|stage)\.[A-Za-z_]\w*)`,
  String.raw`([A-Za-z_]\w*)`,
  String.raw`(&&|\|\||[!<>=]=?|[-+*/%?:])`,
];
const pattern = new RegExp(forms.join('|'), 'g');
const kinds = ['string', 'number', 'word', 'scope', 'name', 'operator'] as const;

/** @param text a condition as it stands between its JSON quotes */
export function tokens(text: string): Token[] {
  return [...text.matchAll(pattern)].map((match) => {
    const group = match.slice(1).findIndex((piece) => piece !== undefined);
    return { kind: kinds[group]!, from: match.index, to: match.index + match[0].length };
  });
}

const marks = Object.fromEntries(
  kinds.map((kind) => [kind, Decoration.mark({ class: `cel-${kind}` })]),
) as Record<Token['kind'], Decoration>;
const whole = Decoration.mark({ class: 'cel' });

function decorate(view: EditorView): DecorationSet {
  const found: Range<Decoration>[] = [];
  const { state } = view;
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(state).iterate({
      from,
      to,
      enter(ref) {
        if (ref.name !== 'String') return;
        const kind = kindOf(pathOf(state, ref.node));
        if (kind !== 'condition' && kind !== 'fields_condition') return;
        const text = state.sliceDoc(ref.from + 1, ref.to - 1);
        found.push(whole.range(ref.from, ref.to));
        for (const token of tokens(text)) {
          const at = ref.from + 1;
          found.push(marks[token.kind].range(at + token.from, at + token.to));
        }
      },
    });
  }
  return Decoration.set(found, true);
}

export const conditionColours = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = decorate(view);
    }
    update(update: ViewUpdate): void {
      const isParsed = syntaxTree(update.startState) !== syntaxTree(update.state);
      if (update.docChanged || update.viewportChanged || isParsed)
        this.decorations = decorate(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
