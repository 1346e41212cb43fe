// The crowd's pace: calm while a person looks on, a rush where numbers are wanted, none while the
// person's own purchase is to be seen.
import { setTimeout as sleep } from 'node:timers/promises';

const workerCount = 8;
/** A calm shop: whoever looks at it shares the machine with its visitors. */
const arrivalMs = 400;
const lookMs = 100;

export class Traffic {
  #crowd;
  #stopped;
  #next = 0;
  #busy = 0;
  /** `calm` or `paused`; a rush goes on beside either. */
  pace = 'calm';
  /** Sessions still to come of the last rush. */
  rush = 0;
  /** What ended sessions early, the last one. */
  fault = '';

  /**
   * @param crowd    plays sessions: {play(number)}
   * @param stopped  an AbortSignal
   */
  constructor(crowd, stopped) {
    this.#crowd = crowd;
    this.#stopped = stopped;
  }

  get state() {
    const { pace, rush, fault } = this;
    return { pace, rush, fault, sessions: this.#next, busy: this.#busy };
  }

  /** Runs until the signal; resolves when nobody is in the shop any more. */
  run() {
    return Promise.all(Array.from({ length: workerCount }, (_, index) => this.#work(index)));
  }

  async #work(index) {
    let nextCalm = 0;
    while (!this.#stopped.aborted) {
      const isCalm = index === 0 && this.pace === 'calm' && Date.now() >= nextCalm;
      if (this.rush > 0 && this.pace !== 'paused') this.rush -= 1;
      else if (isCalm) nextCalm = Date.now() + arrivalMs;
      else {
        await sleep(lookMs, undefined, { signal: this.#stopped }).catch(() => undefined);
        continue;
      }
      await this.#play(++this.#next);
    }
  }

  async #play(number) {
    this.#busy += 1;
    try {
      await this.#crowd.play(number);
    } catch (error) {
      // A visitor whose page is refused, or whose edge is just being replaced, goes away.
      this.fault = error.message;
    } finally {
      this.#busy -= 1;
    }
  }
}
