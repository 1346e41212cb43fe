// The page's leave to write style sheets, which the editor needs and nothing else has.
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

export const styleNonce = (): Extension => {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]');
  return EditorView.cspNonce.of(meta?.content ?? '');
};
