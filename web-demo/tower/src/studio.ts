// The page's end of a studio worker: one question at a time, answers as promises.
import type { CallName, Calls, Reply } from './protocol.ts';

export class StudioFault extends Error {
  readonly code: string;
  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.code = code;
  }
}

type Waiting = {
  readonly resolve: (answer: never) => void;
  readonly reject: (fault: Error) => void;
};

export class StudioClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor() {
    this.#worker = new Worker('/worker.js', { type: 'module' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('fault' in data) waiting?.reject(new StudioFault(data.fault));
      else waiting?.resolve(data.answer as never);
    });
    this.#worker.addEventListener('error', ({ message }) => {
      const fault = new StudioFault({ code: 'studio', message: message || 'the studio stopped' });
      for (const { reject } of this.#waiting.values()) reject(fault);
      this.#waiting.clear();
    });
  }

  /** @throws StudioFault what the studio refuses, in its words */
  call<Name extends CallName>(call: Name, ask: Calls[Name]['ask']): Promise<Calls[Name]['answer']> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call, ask });
    });
  }
}
