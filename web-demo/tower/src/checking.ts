// When a draft is checked: what was edited at once, all of it as soon as nobody types.
import type { Checked } from './protocol.ts';
import type { StudioClient } from './studio.ts';

/** What is typed within it is checked together. */
const quickMs = 25;
/** Pauses between keys are shorter: the whole is looked at once, and takes nothing from a key. */
const wholeMs = 150;

/** One at a time: whoever asks meanwhile is served by one more run, not by one each. */
class Turn {
  readonly #work: () => Promise<void>;
  #isOut = false;
  #isDue = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  async ask(): Promise<void> {
    this.#isDue = true;
    if (this.#isOut) return;
    this.#isOut = true;
    try {
      while (this.#isDue) {
        this.#isDue = false;
        await this.#work();
      }
    } finally {
      this.#isOut = false;
    }
  }
}

export type CheckingHost = {
  /** Hears of every check, of an older text too. */
  readonly take: (checked: Checked) => void;
  readonly failed: (error: unknown) => void;
};

export class Checking {
  readonly #host: CheckingHost;
  readonly #quick: Turn;
  readonly #whole: Turn;
  #quickTimer = 0;
  #wholeTimer = 0;

  /**
   * @param checker  looks at what was edited, and has nothing else to do
   * @param analyst  looks at all of it, among other questions
   */
  constructor(checker: StudioClient, analyst: StudioClient, host: CheckingHost) {
    this.#host = host;
    this.#quick = new Turn(() => this.#check(checker, 'quick'));
    this.#whole = new Turn(() => this.#check(analyst, 'whole'));
  }

  soon(ms: number = quickMs): void {
    clearTimeout(this.#quickTimer);
    clearTimeout(this.#wholeTimer);
    this.#quickTimer = window.setTimeout(() => void this.#quick.ask(), ms);
  }

  async #check(studio: StudioClient, scope: 'quick' | 'whole'): Promise<void> {
    try {
      const checked = await studio.call('check', { scope, now: Date.now() });
      this.#host.take(checked);
      if (checked.scope === 'whole') return;
      clearTimeout(this.#wholeTimer);
      this.#wholeTimer = window.setTimeout(() => void this.#whole.ask(), wholeMs);
    } catch (error) {
      this.#host.failed(error);
    }
  }
}
