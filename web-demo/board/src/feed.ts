// Follows a site's store: its event stream says that something has changed, its report what.
import { EventReader } from './events.ts';
import type { Report } from './report.ts';

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
  readonly report: (report: Report) => void;
  readonly connection: (connection: Connection) => void;
};

/** People read no faster, and a report costs the store more than an event. */
const reportEveryMs = 400;
/** The store sends a comment every 15 s: a stream that is silent for longer is dead. */
const silenceMaxMs = 40_000;
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
  #fetching = false;
  #isStale = false;
  #failures = 0;

  constructor(source: Source, listener: Listener) {
    this.#source = source;
    this.#listener = listener;
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  get #base(): string {
    return `${this.#source.store}/v1/${encodeURIComponent(this.#source.site)}`;
  }

  async #get(path: string, signal: AbortSignal): Promise<Response> {
    const { key } = this.#source;
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    const answer = await fetch(this.#base + path, { headers, cache: 'no-store', signal }).catch(
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
      const answer = await this.#get('/events', signal);
      this.#listener.connection({ state: 'live' });
      this.#failures = 0;
      const events = new EventReader();
      const text = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await text.read();
        if (done) return;
        heard();
        if (events.read(value).length) void this.#refresh();
      }
    } catch (error) {
      throw silent.signal.aborted ? silent.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads the report, at once where none is under way; what changed meanwhile is read after. */
  async #refresh(): Promise<void> {
    this.#isStale = true;
    if (this.#fetching) return;
    this.#fetching = true;
    const { signal } = this.#stopped;
    try {
      while (this.#isStale && !signal.aborted) {
        this.#isStale = false;
        const answer = await this.#get('/report', signal);
        this.#listener.report((await answer.json()) as Report);
        await pause(reportEveryMs, signal);
      }
    } catch {
      // The stream breaks too where the store is gone, and says so; the next event asks again.
    } finally {
      this.#fetching = false;
    }
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
