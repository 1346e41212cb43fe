// The board as a page of its own: what it needs to know is in board.json, the key after the #.
import type { Planted } from './model.ts';
import { type BoardOptions, mount } from './mount.tsx';

type Config = Omit<BoardOptions, 'key'> & { readonly planted?: Planted };

const home = document.getElementById('board')!;
const key = new URLSearchParams(location.hash.slice(1)).get('read') ?? undefined;

try {
  const { planted, ...options } = (await (await fetch('/board.json')).json()) as Config;
  home.replaceChildren();
  const board = mount(home, { ...options, key });
  const reveal = document.getElementById('reveal') as HTMLButtonElement;
  reveal.hidden = planted === undefined;
  reveal.addEventListener('click', () => {
    const isOn = reveal.getAttribute('aria-pressed') !== 'true';
    reveal.setAttribute('aria-pressed', String(isOn));
    board.reveal(isOn ? planted : undefined);
  });
} catch (error) {
  home.textContent = `The board cannot start: ${String(error)}`;
}
