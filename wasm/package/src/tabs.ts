// One owner of the state among the tabs of a site: the holder of a lock leads, writes the cookie
// and keeps the ledger; the others send it what happened in them, each thing under a number of its
// own, which the leader applies once. A leader that does not answer (frozen, say) loses the lock.
// Without locks or channels every tab leads itself.
export type Command =
  | { readonly do: 'set'; readonly values: Readonly<Record<string, unknown>> }
  | {
      readonly do: 'observe';
      readonly signal: string;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly id: string;
    }
  | { readonly do: 'refund'; readonly signal: string; readonly id: string }
  | { readonly do: 'expose'; readonly decision: unknown; readonly view: string };

type Message =
  | {
      readonly is: 'command';
      readonly tab: string;
      readonly number: number;
      readonly command: Command;
    }
  | {
      readonly is: 'state';
      readonly snapshot: Uint8Array;
      readonly applied: ReadonlyMap<string, number>;
    }
  | { readonly is: 'level'; readonly level: string };

export type TabsHost = {
  /** Does what another tab asked for. */
  readonly apply: (command: Command) => void;
  readonly snapshot: () => Uint8Array;
  /** The leader's state, and what this tab did that is not in it yet. */
  readonly adopt: (snapshot: Uint8Array, missing: readonly Command[]) => void;
  /** This tab owns the state now; `missing` has not reached any owner. */
  readonly lead: (missing: readonly Command[]) => void;
  readonly setLevel: (level: string) => void;
};

const answerMsMax = 2000;

export class Tabs {
  readonly #host: TabsHost;
  readonly #name: string;
  readonly #tab = crypto.randomUUID();
  readonly #channel: BroadcastChannel;
  readonly #stop = new AbortController();
  /** Per tab the last number applied; handed on with the state. */
  #applied = new Map<string, number>();
  readonly #missing: { readonly number: number; readonly command: Command }[] = [];
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #release: (() => void) | null = null;

  static get possible(): boolean {
    return (
      typeof BroadcastChannel !== 'undefined' &&
      typeof navigator !== 'undefined' &&
      'locks' in navigator
    );
  }

  constructor(site: string, host: TabsHost) {
    this.#host = host;
    this.#name = `heed:${site}`;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    this.#ask(false);
  }

  get leads(): boolean {
    return this.#release !== null;
  }

  #ask(steal: boolean): void {
    const options: LockOptions = steal ? { steal } : { signal: this.#stop.signal };
    navigator.locks
      .request(this.#name, options, () => {
        if (this.#stop.signal.aborted) return undefined;
        clearTimeout(this.#timer);
        const missing = this.#missing.splice(0).map(({ command }) => command);
        this.#applied.set(this.#tab, this.#last);
        const held = new Promise<void>((resolve) => {
          this.#release = resolve;
        });
        this.#host.lead(missing);
        this.changed();
        return held;
      })
      .catch(() => {
        // Another tab took over while this one did not answer: it stands in line again.
        this.#release = null;
        if (!this.#stop.signal.aborted) this.#ask(false);
      });
  }

  /** Passes on what happened in this tab; the leader's own needs no passing on. */
  send(command: Command): void {
    if (this.leads) return;
    const number = ++this.#last;
    this.#missing.push({ number, command });
    this.#post({ is: 'command', tab: this.#tab, number, command });
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#missing.length > 0 && !this.leads) this.#ask(true);
    }, answerMsMax);
  }

  /** The leader's state is new: the others take it over. */
  changed(): void {
    if (this.leads)
      this.#post({ is: 'state', snapshot: this.#host.snapshot(), applied: this.#applied });
  }

  sendLevel(level: string): void {
    this.#post({ is: 'level', level });
  }

  #post(message: Message): void {
    if (!this.#stop.signal.aborted) this.#channel.postMessage(message);
  }

  #hear(message: Message): void {
    if (message.is === 'level') this.#host.setLevel(message.level);
    else if (message.is === 'command' && this.leads) this.#obey(message);
    else if (message.is === 'state' && !this.leads) this.#follow(message);
  }

  #obey({ tab, number, command }: Message & { readonly is: 'command' }): void {
    // One after the other: what arrives early is sent again after the answer.
    if (number === (this.#applied.get(tab) ?? 0) + 1) {
      this.#applied.set(tab, number);
      this.#host.apply(command);
    }
    this.changed();
  }

  #follow({ snapshot, applied }: Message & { readonly is: 'state' }): void {
    this.#applied = new Map(applied);
    const done = applied.get(this.#tab) ?? 0;
    while (this.#missing.length > 0 && this.#missing[0]!.number <= done) this.#missing.shift();
    if (this.#missing.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    for (const { number, command } of this.#missing)
      this.#post({ is: 'command', tab: this.#tab, number, command });
    this.#host.adopt(
      snapshot,
      this.#missing.map(({ command }) => command),
    );
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.#release?.();
    this.#release = null;
    this.#channel.close();
  }
}
