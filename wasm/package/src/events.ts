// Who listens to a Heed, and the problems it tells: each once, and the first listener hears what
// came before it.
import type { HeedEvents, HeedProblem } from './types.ts';

export class Listeners {
  readonly #listeners = new Map<keyof HeedEvents, Set<(value: never) => void>>();
  readonly #reported = new Set<string>();
  readonly #unheard: HeedProblem[] = [];

  on<E extends keyof HeedEvents>(event: E, listener: (value: HeedEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener as (value: never) => void));
    if (event === 'error') for (const it of this.#unheard.splice(0)) this.emit('error', it);
    return () => void listeners.delete(listener as (value: never) => void);
  }

  emit<E extends keyof HeedEvents>(event: E, value: HeedEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as (value: HeedEvents[E]) => void)(value);
      } catch (error) {
        // The listener's own fault: its page hears of it as of any other, and the rest goes on.
        (globalThis.reportError ?? console.error)(error);
      }
    }
  }

  /** Each thing once: a page that sets an unknown attribute on every click says it once. */
  report(it: HeedProblem): void {
    const key = `${it.code} ${it.where}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    if (this.#listeners.has('error')) this.emit('error', it);
    else this.#unheard.push(it);
  }
}
