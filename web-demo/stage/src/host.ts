// The demo's own process, as the stage talks to it: what is going on, and the acts that need power.
import type { Counts } from './counts.ts';

export type Attack = 'flip' | 'old' | 'expire' | 'stranger';

export type Credit = { readonly trigger: string; readonly variant: string };
export type BatchRecord = {
  readonly type: string;
  readonly at: number;
  readonly slot?: string;
  readonly trigger?: string;
  readonly variant?: string;
  readonly probability?: number;
  readonly microsegment?: string;
  readonly held_out?: boolean;
  readonly metric?: string;
  readonly value?: number;
  readonly id?: string;
  readonly unit?: string;
  readonly credits?: readonly Credit[];
};
export type Batch = {
  readonly device: string;
  readonly epoch: string;
  readonly first: number;
  readonly count: number;
  readonly ticket: string;
  readonly records: readonly BatchRecord[];
};

/** A request that a page of the shop made. */
export type Note = {
  readonly id: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** `Sec-Fetch-Dest`. */
  readonly dest: string;
  /** Bytes of the body. */
  readonly sent: number;
  readonly got: number;
  readonly batch?: Batch | null;
  readonly status?: number;
  /** `x-heed` of the answer. */
  readonly heed?: string;
  readonly firstByteMs?: number;
  readonly timing?: string;
};

export type HostState = {
  readonly site: string;
  /** The tower with what opens it. */
  readonly console: string;
  readonly keys: readonly string[];
  readonly store: { readonly pid: number; readonly isUp: boolean };
  /** What the edge says of the home page to somebody without a cookie. */
  readonly edge: {
    readonly pid: number;
    readonly heed: string;
    readonly title: string;
    /** Since when it says so, ms since 1970 UTC. */
    readonly since: number;
  };
  /** The version that pages are made with, and when it was published. */
  readonly published: { readonly version: number; readonly at: number } | null;
  /** The true effects of the crowd's simulation, in shares of visitors. */
  readonly planted: readonly { readonly trigger: string; readonly effect: number }[];
  readonly fault: {
    readonly kind: Attack;
    readonly says: string;
    readonly since: number;
    readonly expires?: number;
  } | null;
  readonly traffic: {
    readonly pace: 'calm' | 'paused';
    readonly rush: number;
    readonly busy: number;
    readonly sessions: number;
  } | null;
  readonly decisions: number;
  readonly wire: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly batches: number;
    readonly bytes: number;
  };
  readonly replay: {
    readonly decisions: number;
    readonly differences: number;
    readonly chunks: number;
  };
  readonly sizes: { readonly wasm: number; readonly script: number };
  readonly compiledMs: number;
  readonly log: readonly Note[];
};

const token = document.querySelector<HTMLMetaElement>('meta[name="stage-token"]')?.content ?? '';

/** What the board sends to be let in. */
export const boardSource = { store: '/stage/store', key: token };

/** Follows the state; the browser connects again by itself. */
export function follow(told: (state: HostState) => void, isThere: (there: boolean) => void): void {
  const events = new EventSource(`/stage/api/state?token=${token}`);
  events.onmessage = ({ data }) => {
    isThere(true);
    told(JSON.parse(String(data)) as HostState);
  };
  events.onerror = () => isThere(false);
}

/** Follows what the store counts, by its own event stream. */
export function followStore(told: (counts: Counts) => void): void {
  const events = new EventSource(`/stage/api/events?token=${token}`);
  events.addEventListener('counts', ({ data }: MessageEvent<string>) =>
    told(JSON.parse(data) as Counts),
  );
}

/** @throws Error with what the demo says */
export async function act(name: string, what: object = {}): Promise<unknown> {
  const answer = await fetch(`/stage/api/${name}`, {
    method: 'POST',
    headers: { 'x-stage-token': token, 'content-type': 'application/json' },
    body: JSON.stringify(what),
  });
  if (answer.ok) return answer.json();
  const told = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
  throw new Error(told?.error?.message ?? `the demo answered ${answer.status}`);
}

async function ask(name: string, query: Record<string, string>): Promise<Response> {
  const answer = await fetch(`/stage/api/${name}?${new URLSearchParams(query)}`, {
    headers: { 'x-stage-token': token },
  });
  if (!answer.ok) throw new Error(`the demo answered ${answer.status}`);
  return answer;
}

export const read = async (name: string, query: Record<string, string> = {}): Promise<string> =>
  (await ask(name, query)).text();
export const readBytes = async (name: string): Promise<ArrayBuffer> =>
  (await ask(name, {})).arrayBuffer();
