// One owner of the state among the tabs of a site. The holder of a lock leads: it applies what the
// others send, each thing once, and writes the cookie, which is the state. A tab's commands are
// numbered; the cookie says beside the state up to which number each tab's are in it, so that a
// leader may die at any moment: what is not in the cookie is sent to the next one, which skips what
// is. A leader that does not answer (frozen, say) loses the lock; when it wakes it finds a cookie
// that it has not written, and goes on from that. Without locks or channels every tab leads.
import { fromBase64url } from './bytes.ts';

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
      readonly is: 'commands';
      readonly at: number;
      readonly tab: string;
      /** Number of the first; the others follow. */
      readonly first: number;
      readonly commands: readonly Command[];
    }
  | {
      readonly is: 'state';
      readonly snapshot: Uint8Array;
      readonly marks: ReadonlyMap<string, number>;
      readonly stored: string;
    }
  | { readonly is: 'level'; readonly level: string };

export type TabsHost = {
  /** The state's cookie as it is now. */
  readonly stored: () => string;
  /** Writes the state and `marks` into the cookie; where that does not fit, nothing. */
  readonly store: (marks: string) => void;
  readonly snapshot: () => Uint8Array;
  /** Replaces the state, and applies what is not in it yet. */
  readonly load: (snapshot: Uint8Array, missing: readonly Command[]) => void;
  /** Does what another tab asked for: to the state alone, the records are that tab's own. */
  readonly apply: (command: Command) => void;
  /** The state is not what this tab has made of it. */
  readonly changed: () => void;
  readonly setLevel: (level: string) => void;
  /** Runs `body` once after `ms`; answers how to call that off. */
  readonly after: (ms: number, body: () => void) => () => void;
};

/** What a browser offers to the tabs of one site. */
export type TabsPorts = {
  readonly locks: Pick<LockManager, 'request'>;
  readonly channel: (name: string) => Pick<BroadcastChannel, 'onmessage' | 'postMessage' | 'close'>;
  readonly random: () => number;
  /** The machine's clock, in ms. */
  readonly now: () => number;
};

export const browserPorts = (): TabsPorts | null =>
  typeof BroadcastChannel !== 'undefined' && navigator.locks
    ? {
        locks: navigator.locks,
        channel: (it) => new BroadcastChannel(it),
        random: Math.random,
        now: Date.now,
      }
    : null;

const answerMsMax = 2000;
/** Older commands are void: whoever sent them has asked for the lock, or has left by hand. */
const commandAgeMsMax = 3000;
/** Tabs with marks: as many as may send something within that age. */
const markCountMax = 12;

export class Tabs {
  readonly #host: TabsHost;
  readonly #ports: TabsPorts | null;
  readonly #name: string;
  readonly #tab: string;
  readonly #channel: ReturnType<TabsPorts['channel']> | undefined;
  readonly #stop = new AbortController();
  /** By tab the number of the last command in the state; the latest to change comes last. */
  #marks = new Map<string, number>();
  /** The cookie that this tab's state goes on from. */
  #stored: string;
  /** What happened in this tab and is in no owner's cookie yet. */
  #missing: Command[] = [];
  /** The number of the last of them. */
  #last = 0;
  #hasSent = false;
  #cancel: (() => void) | null = null;
  #release: (() => void) | null = null;

  /** The state of `host` is what its cookie holds. */
  constructor(site: string, host: TabsHost, ports: TabsPorts | null) {
    this.#host = host;
    this.#ports = ports;
    this.#name = `heed:${site}`;
    this.#stored = host.stored();
    this.#marks = marksOf(this.#stored);
    this.#tab = Math.floor((ports?.random() ?? 0) * 36 ** 6).toString(36);
    if (!ports) {
      this.#release = () => undefined;
      return;
    }
    this.#channel = ports.channel(this.#name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    this.#ask(false);
  }

  get leads(): boolean {
    return this.#release !== null;
  }

  #ask(steal: boolean): void {
    const options: LockOptions = steal ? { steal } : { signal: this.#stop.signal };
    let release: (() => void) | null = null;
    const hold = (): Promise<void> | undefined => {
      if (this.#stop.signal.aborted) return undefined;
      const held = new Promise<void>((resolve) => {
        this.#release = release = resolve;
      });
      this.keep();
      return held;
    };
    this.#ports!.locks.request(this.#name, options, hold).catch(() => {
      // Another tab took over while this one did not answer: it stands in line again.
      if (this.#release === release) this.#release = null;
      if (!this.#stop.signal.aborted) this.#ask(false);
    });
  }

  /** Before anything is done to the state: what another has written meanwhile is the state. */
  catchUp(): void {
    if (!this.leads) return;
    const stored = this.#host.stored();
    if (stored === this.#stored) return;
    this.#stored = stored;
    this.#marks = marksOf(stored);
    this.#drop();
    const [snapshot] = stored.split('.');
    this.#host.load(fromBase64url(snapshot!) ?? new Uint8Array(), this.#missing);
    this.#host.changed();
  }

  /** Takes note of what this tab has done to its state, and tells the owner. */
  done(command: Command): void {
    this.#missing.push(command);
    this.#last++;
    if (!this.leads) this.#send();
  }

  #send(): void {
    this.#hasSent = true;
    const commands = this.#missing;
    const first = this.#last - commands.length + 1;
    this.#post({ is: 'commands', at: this.#ports!.now(), tab: this.#tab, first, commands });
    this.#cancel ??= this.#host.after(answerMsMax, () => {
      this.#cancel = null;
      if (this.#missing.length > 0 && !this.leads && !this.#stop.signal.aborted) this.#ask(true);
    });
  }

  /** What is in the owner's state need not be sent again. */
  #drop(): void {
    const left = this.#last - (this.#marks.get(this.#tab) ?? 0);
    if (left < this.#missing.length) this.#missing = left > 0 ? this.#missing.slice(-left) : [];
    if (this.#missing.length > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** The owner writes its state, and the others take it over. */
  keep(): void {
    if (!this.leads) return;
    this.catchUp();
    this.#store();
    const [snapshot, marks, stored] = [this.#host.snapshot(), this.#marks, this.#stored];
    this.#post({ is: 'state', snapshot, marks, stored });
  }

  #store(): void {
    if (this.#hasSent) this.#mark(this.#tab, this.#last);
    this.#missing = [];
    this.#drop();
    const marks = [...this.#marks].map(([tab, number]) => `.${tab}-${number.toString(36)}`);
    this.#host.store(marks.join(''));
    this.#stored = this.#host.stored();
  }

  #mark(tab: string, number: number): void {
    this.#marks.delete(tab);
    this.#marks.set(tab, number);
    for (const [first] of this.#marks) {
      if (this.#marks.size > markCountMax) this.#marks.delete(first);
    }
  }

  sendLevel(level: string): void {
    this.#post({ is: 'level', level });
  }

  #post(message: Message): void {
    if (!this.#stop.signal.aborted) this.#channel?.postMessage(message);
  }

  #hear(message: Message): void {
    if (this.#stop.signal.aborted) return;
    if (message.is === 'level') this.#host.setLevel(message.level);
    else if (message.is === 'state') this.#follow(message);
    else if (this.leads) {
      this.#obey(message);
      this.keep();
    }
  }

  #obey({ at, tab, first, commands }: Message & { readonly is: 'commands' }): void {
    if (Math.abs(this.#ports!.now() - at) > commandAgeMsMax) return;
    this.catchUp();
    const known = this.#marks.get(tab) ?? 0;
    const last = first + commands.length - 1;
    if (last <= known) return;
    for (const command of commands.slice(Math.max(0, known - first + 1))) this.#host.apply(command);
    this.#mark(tab, last);
    this.#host.changed();
  }

  #follow({ snapshot, marks, stored }: Message & { readonly is: 'state' }): void {
    if (this.leads) return;
    this.#marks = new Map(marks);
    this.#stored = stored;
    this.#drop();
    if (this.#missing.length > 0) this.#send();
    this.#host.load(snapshot, this.#missing);
    this.#host.changed();
  }

  /** The page goes: what no owner has answered for goes into the cookie by hand. */
  leave(): void {
    const knowsMore = this.leads || this.#missing.length > 0;
    this.#release ??= () => undefined;
    this.catchUp();
    if (knowsMore) this.keep();
    this.close();
  }

  close(): void {
    this.#stop.abort();
    this.#cancel?.();
    this.#release?.();
    this.#release = null;
    this.#channel?.close();
  }
}

function marksOf(stored: string): Map<string, number> {
  const pairs = stored.split('.').slice(1);
  const marks = pairs.map((pair): [string, number] => {
    const [tab, number] = pair.split('-');
    return [tab!, Number.parseInt(number ?? '', 36) || 0];
  });
  return new Map(marks);
}
