// Follows a site's store by its event stream (docs/formats/live.md).
import { EventReader, type ServerEvent } from './events.ts';
import { applied, type Counts } from './report.ts';

export type Source = {
  /** The store's address; '' where it stands under the page's own. */
  readonly store: string;
  readonly site: string;
  /** A read key, where the store asks for one. */
  readonly key?: string | undefined;
};

/** `waiting` says why; what was read before still stands. */
export type Connection =
  { readonly state: 'connecting' | 'live' } | { readonly state: 'waiting'; readonly why: string };

export type Listener = {
  /** Every trigger's counts, whatever of them has changed. */
  readonly counts: (counts: Counts) => void;
  readonly connection: (connection: Connection) => void;
};

/** The store sends a comment every 15 s: a stream that is silent for longer is dead. */
const silenceMaxMs = 30_000;
const retryMs = { first: 500, most: 8000 };

/** Why the store did not answer, in a sentence. */
async function reasonOf(answer: Response): Promise<string> {
  const body = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
  return body?.error?.message ?? `the store answered ${answer.status}`;
}

/** Follows until it is stopped. */
export class Feed {
  readonly #source: Source;
  readonly #listener: Listener;
  readonly #stopped = new AbortController();
  #counts: Counts | null = null;
  /** Of the newest counts: whoever comes back with it is told what changed since. */
  #lastId = '';
  #failures = 0;

  constructor(source: Source, listener: Listener) {
    this.#source = source;
    this.#listener = listener;
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #connect(signal: AbortSignal): Promise<Response> {
    const { store, site, key } = this.#source;
    const headers = new Headers();
    if (key) headers.set('authorization', `Bearer ${key}`);
    if (this.#lastId) headers.set('last-event-id', this.#lastId);
    const address = `${store}/v1/${encodeURIComponent(site)}/events`;
    const answer = await fetch(address, { headers, cache: 'no-store', signal }).catch(
      (error: unknown) => {
        throw signal.aborted ? error : new Error('the store cannot be reached');
      },
    );
    if (!answer.ok) throw new Error(await reasonOf(answer));
    return answer;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#follow();
        if (!signal.aborted) throw new Error('the store closed the stream');
      } catch (error) {
        if (signal.aborted) return;
        this.#listener.connection({ state: 'waiting', why: (error as Error).message });
        const most = Math.min(retryMs.most, retryMs.first * 2 ** this.#failures++);
        // Many boards that lost the same store come back one by one.
        await pause(most * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  /** Reads one stream to its end. */
  async #follow(): Promise<void> {
    const silent = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, silent.signal]);
    let timer = 0;
    const heard = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => silent.abort(new Error('the store is silent')), silenceMaxMs);
    };
    try {
      heard();
      const answer = await this.#connect(signal);
      this.#listener.connection({ state: 'live' });
      this.#failures = 0;
      const events = new EventReader();
      const text = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await text.read();
        if (done) return;
        heard();
        events.read(value).forEach((event) => this.#take(event));
      }
    } catch (error) {
      throw silent.signal.aborted ? silent.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #take({ event, data, id }: ServerEvent): void {
    if (event !== 'counts') return;
    this.#counts = applied(this.#counts, JSON.parse(data) as Counts);
    this.#lastId = id;
    this.#listener.counts(this.#counts);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
