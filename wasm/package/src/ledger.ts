// The ledger of records (docs/formats/outcomes.md): appended at once, sent in batches, kept until
// the store has them. A record's key is (device, epoch, seq); an epoch belongs to one Ledger, and
// what earlier ones left behind is sent but never added to. Time, chance, disk and network are
// given.
import { browserBatchSizeBytesMax, recordClasses } from './abi.ts';
import { encodeBatch } from './batch.ts';
import { hex, unhex, Writer } from './bytes.ts';
import { HeedError } from './errors.ts';
import type {
  Clock,
  Flushed,
  HeedProblem,
  PendingRecord,
  RecordClass,
  Storage,
  Transport,
  TransportAnswer,
} from './types.ts';

export type LedgerHost = {
  readonly storage: Storage;
  readonly transport: Transport;
  readonly now: Clock;
  readonly ticket: string;
  readonly report: (problem: HeedProblem) => void;
  /** Runs `body` once after `ms`; answers how to call that off. */
  readonly after: (ms: number, body: () => void) => () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly random64: () => bigint;
};

export const limits = {
  recordCountMax: 2000,
  sizeBytesMax: 512 * 1024,
  /** Exposures are on their way within 500 ms; a quarter second gathers what belongs together. */
  gatherMs: 250,
  backoffMs: 1000,
  backoffMsMax: 5 * 60_000,
  /** After so many failures in a row nothing is tried for a while, not even money. */
  failureCountMax: 5,
  breakMs: 60_000,
} as const;

type Entry = {
  readonly priority: RecordClass;
  readonly bytes: Uint8Array;
  readonly dropped: boolean;
};
/** The records `first`, `first + 1`, … of one epoch that the store has not acknowledged. */
type Run = { readonly epoch: string; first: number; readonly entries: Entry[] };
type Batch = {
  readonly run: Run;
  readonly first: number;
  readonly count: number;
  readonly bytes: Uint8Array;
};

const headSizeMax = 1200;
const frameSizeMax = 5;
const droppedType = 4;

const key = (epoch: string, seq: number): string => `r/${epoch}/${String(seq).padStart(16, '0')}`;

/** A stored value: the class, whether it stands for one that was shed, the record. */
function pack(entry: Entry): Uint8Array {
  const out = new Writer().u8(recordClasses.indexOf(entry.priority)).u8(Number(entry.dropped));
  return out.raw(entry.bytes).bytes.slice();
}

/** Null for what `pack` cannot have made: the disk is not ours alone. */
function unpack(value: Uint8Array): Entry | null {
  const priority = recordClasses[value[0] ?? -1];
  return priority && value.length > 2
    ? { priority, dropped: value[1] === 1, bytes: value.slice(2) }
    : null;
}

function droppedEntry(priority: RecordClass, at: number): Entry {
  const bytes = new Writer()
    .u8(droppedType)
    .u64(BigInt(at))
    .u8(recordClasses.indexOf(priority) + 1)
    .bytes.slice();
  return { priority, bytes, dropped: true };
}

/** `fetch` has no answer for it and another try would be the same. */
const isFinal = (status: number): boolean =>
  status >= 400 && status < 500 && ![401, 403, 404, 408, 409, 413, 425, 429].includes(status);

export class Ledger {
  readonly #host: LedgerHost;
  readonly #current: Run;
  readonly #runs: Run[];
  readonly #dropped: Record<RecordClass, number> = { signal: 0, exposure: 0, driver: 0, goal: 0 };
  readonly #opened: Promise<void>;
  #device = 0n;
  #writing: Promise<void> = Promise.resolve();
  #sending: Promise<boolean> | null = null;
  /** What is under way, so that neither shedding nor a leaving page touches it. */
  #inFlight: Batch | null = null;
  #batchSizeMax: number = browserBatchSizeBytesMax;
  #acknowledged = 0;
  #failures = 0;
  #retryAt = 0;
  #cancel: (() => void) | null = null;
  #due = Infinity;
  #closed = false;

  constructor(host: LedgerHost) {
    this.#host = host;
    this.#current = { epoch: hex(host.random64()), first: 1, entries: [] };
    this.#runs = [this.#current];
    this.#opened = this.#open();
  }

  async #open(): Promise<void> {
    const { storage, random64 } = this.#host;
    const [device] = await storage.read('device', 'device\0', 1);
    const known =
      device?.[1].length === 8 ? new DataView(device[1].slice().buffer).getBigUint64(0, true) : 0n;
    this.#device = known || random64();
    if (!known) await storage.write([['device', new Writer().u64(this.#device).bytes.slice()]]);
    const left = await storage.read('r/', 'r0', limits.recordCountMax);
    this.#adopt(left);
    if (this.#runs.length > 1) this.#schedule(0);
  }

  /** What earlier epochs left behind: contiguous rows of one epoch are a run. */
  #adopt(rows: readonly (readonly [string, Uint8Array])[]): void {
    for (const [name, value] of rows) {
      const [, epoch, digits] = /^r\/([0-9a-f]{16})\/(\d{16})$/.exec(name) ?? [];
      const entry = unpack(value);
      const seq = Number(digits);
      if (!epoch || !entry || unhex(epoch) === null) this.#store([[name, null]]);
      else if (epoch !== this.#current.epoch) {
        const run = this.#runs.at(-1)!;
        if (run.epoch === epoch && run.first + run.entries.length === seq) run.entries.push(entry);
        else this.#runs.push({ epoch, first: seq, entries: [entry] });
      }
    }
  }

  #store(changes: readonly (readonly [string, Uint8Array | null])[]): void {
    this.#writing = this.#writing
      .then(() => this.#host.storage.write(changes))
      .catch((error: unknown) => {
        this.#host.report(
          new HeedError(
            'not_supported',
            `the ledger cannot be written: ${String(error)}`,
            'storage',
          ),
        );
      });
  }

  append(records: readonly PendingRecord[]): void {
    if (this.#closed || records.length === 0) return;
    const run = this.#current;
    const changes = records.map(({ priority, bytes }) => {
      const entry: Entry = { priority, bytes, dropped: bytes[0] === droppedType };
      if (entry.dropped) this.#dropped[priority]++;
      run.entries.push(entry);
      return [key(run.epoch, run.first + run.entries.length - 1), pack(entry)] as const;
    });
    this.#store(changes);
    this.#shed();
    const money = records.some(({ priority }) => priority === 'goal');
    this.#schedule(money ? 0 : limits.gatherMs);
  }

  get #count(): number {
    return this.#runs.reduce((sum, run) => sum + run.entries.length, 0);
  }
  /** Records that still say something: the place of one that was shed stays taken. */
  get #whole(): number {
    return this.#runs.reduce(
      (sum, run) => sum + run.entries.filter(({ dropped }) => !dropped).length,
      0,
    );
  }
  get #size(): number {
    return this.#runs.reduce(
      (sum, run) => run.entries.reduce((all, { bytes }) => all + bytes.length, sum),
      0,
    );
  }

  /** Makes room: the oldest of the least worth is replaced in place, money last. */
  #shed(): void {
    while (this.#whole > limits.recordCountMax || this.#size > limits.sizeBytesMax) {
      const victim = this.#leastWorth();
      if (!victim) return;
      this.#drop(victim.run, victim.index);
    }
  }

  #leastWorth(): { readonly run: Run; readonly index: number } | null {
    for (const priority of recordClasses) {
      for (const run of this.#runs) {
        const index = run.entries.findIndex(
          (entry, i) => entry.priority === priority && !entry.dropped && !this.#isInFlight(run, i),
        );
        if (index >= 0) return { run, index };
      }
    }
    return null;
  }

  #isInFlight(run: Run, index: number): boolean {
    const batch = this.#inFlight;
    return batch?.run === run && run.first + index < batch.first + batch.count;
  }

  #drop(run: Run, index: number): void {
    const { priority } = run.entries[index]!;
    const entry = droppedEntry(priority, this.#host.now());
    run.entries[index] = entry;
    this.#dropped[priority]++;
    this.#store([[key(run.epoch, run.first + index), pack(entry)]]);
  }

  /**
   * Sends after `ms`, or when the last failure allows, whichever is later; an earlier date stands.
   */
  #schedule(ms: number): void {
    const due = Math.max(this.#host.now() + ms, this.#retryAt);
    if (this.#closed || (this.#cancel && this.#due <= due)) return;
    this.#cancel?.();
    this.#due = due;
    this.#cancel = this.#host.after(due - this.#host.now(), () => {
      this.#cancel = null;
      void this.#send();
    });
  }

  /** From `from` on, as many records as one batch carries; null where there are none. */
  #batch(run: Run, from: number): Batch | null {
    const entries = run.entries.slice(from - run.first);
    let size = headSizeMax;
    const fits = entries.findIndex(
      ({ bytes }) => (size += bytes.length + frameSizeMax) > this.#batchSizeMax,
    );
    const chosen = entries.slice(0, fits < 0 ? entries.length : Math.max(1, fits));
    if (chosen.length === 0) return null;
    const { ticket, now } = this.#host;
    const head = { device: hex(this.#device), epoch: run.epoch, first: from, sent: now(), ticket };
    const bytes = encodeBatch(
      head,
      chosen.map((entry) => entry.bytes),
    );
    return { run, first: from, count: chosen.length, bytes };
  }

  /** One batch after the other until nothing waits or one fails. @returns false where one failed */
  #send(): Promise<boolean> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<boolean> {
    await this.#opened.catch(() => undefined);
    while (!this.#closed) {
      if (this.#host.now() < this.#retryAt) {
        this.#schedule(0);
        return false;
      }
      const run = this.#runs.find(({ entries }) => entries.length > 0);
      const batch = run && this.#batch(run, run.first);
      if (!batch) return true;
      if (!(await this.#sendOne(batch))) return false;
    }
    return false;
  }

  async #sendOne(batch: Batch): Promise<boolean> {
    this.#inFlight = batch;
    let answer: TransportAnswer;
    try {
      answer = await this.#host.transport.send(batch.bytes, false);
    } catch {
      answer = { status: 0 };
    } finally {
      this.#inFlight = null;
    }
    if (this.#closed) return false;
    return this.#take(answer, batch);
  }

  #take(answer: TransportAnswer, batch: Batch): boolean {
    if ((answer.status === 200 || answer.status === 409) && answer.mark !== undefined) {
      this.#acknowledge(batch.run, answer.mark, answer.status === 409);
      // An answer that moves nothing would be asked for again at once, for ever.
      return batch.run.first !== batch.first ? this.#succeeded() : this.#failed(answer);
    }
    if (answer.status === 413 && batch.count > 1) {
      this.#batchSizeMax = Math.max(headSizeMax + frameSizeMax, Math.floor(batch.bytes.length / 2));
      return true;
    }
    if (isFinal(answer.status) || answer.status === 413) return this.#giveUp(answer, batch);
    return this.#failed(answer);
  }

  /** All up to `mark` are durable: they leave the log. */
  #acknowledge(run: Run, mark: number, isGap: boolean): void {
    const count = Math.min(run.entries.length, Math.max(0, mark - run.first + 1));
    const gone = run.entries
      .splice(0, count)
      .map((_, i) => [key(run.epoch, run.first + i), null] as const);
    run.first += count;
    this.#acknowledged += count;
    if (gone.length > 0) this.#store(gone);
    // The store asks again for what it once acknowledged: that is lost, and said so.
    const missing = isGap ? run.first - 1 - mark : 0;
    if (missing > 0 && missing <= limits.recordCountMax) {
      run.entries.unshift(
        ...Array.from({ length: missing }, () => droppedEntry('signal', this.#host.now())),
      );
      run.first = mark + 1;
    }
    if (run !== this.#current && run.entries.length === 0)
      this.#runs.splice(this.#runs.indexOf(run), 1);
  }

  #succeeded(): boolean {
    this.#failures = 0;
    this.#retryAt = 0;
    return true;
  }

  /** Full jitter, the store's own wish, and a breaker that stops trying for a while. */
  #failed(answer: TransportAnswer): boolean {
    const ceiling = Math.min(limits.backoffMsMax, limits.backoffMs * 2 ** this.#failures++);
    const wait = this.#failures >= limits.failureCountMax ? limits.breakMs : 0;
    const jitter = Math.floor(this.#host.random() * ceiling);
    this.#retryAt = this.#host.now() + Math.max(wait, jitter, answer.retryAfterMs ?? 0);
    this.#schedule(0);
    return false;
  }

  /** The store will never take these: their places say what was in them. */
  #giveUp(answer: TransportAnswer, batch: Batch): boolean {
    const { run } = batch;
    this.#host.report(
      new HeedError(
        'malformed_batch',
        `the store refused ${batch.count} records with ${answer.status}`,
        answer.status,
      ),
    );
    const indices = Array.from({ length: batch.count }, (_, i) => batch.first - run.first + i);
    const live = indices.filter((index) => run.entries[index] && !run.entries[index].dropped);
    for (const index of live) this.#drop(run, index);
    return live.length > 0 ? true : this.#failed(answer);
  }

  /**
   * The page is going: what is not under way yet leaves now, in one batch, whatever becomes of it.
   */
  leave(): void {
    if (this.#closed || this.#device === 0n || this.#failures >= limits.failureCountMax) return;
    const run = this.#inFlight?.run ?? this.#runs.find(({ entries }) => entries.length > 0);
    const batch =
      run &&
      this.#batch(run, this.#inFlight ? this.#inFlight.first + this.#inFlight.count : run.first);
    if (!batch) return;
    this.#host.transport.send(batch.bytes, true).then(
      (answer) => {
        if (!this.#closed && answer.mark !== undefined && answer.status === 200) {
          this.#acknowledge(batch.run, answer.mark, false);
        }
      },
      () => this.#schedule(limits.backoffMs),
    );
  }

  /** Sends all that waits, once over, and waits until what was appended is kept. */
  async flush(): Promise<Flushed> {
    this.#retryAt = this.#failures >= limits.failureCountMax ? this.#retryAt : 0;
    await this.#send();
    await this.#writing;
    return {
      acknowledged: this.#acknowledged,
      pending: this.#count,
      dropped: { ...this.#dropped },
    };
  }

  /** Remembers the highest version of a ruleset ever seen. @returns the one remembered before */
  async seen(version: number): Promise<number> {
    const [entry] = await this.#host.storage.read('version', 'version\0', 1);
    const before =
      entry?.[1].length === 8 ? new DataView(entry[1].slice().buffer).getFloat64(0, true) : 0;
    if (version > before && !this.#closed)
      this.#store([['version', new Writer().f64(version).bytes.slice()]]);
    return before;
  }

  /** Nothing more is taken or sent; what was kept stays for the next page. */
  close(): void {
    this.#stop();
    void this.#writing.then(() => this.#host.storage.close());
  }

  /** Deletes everything, unsent records and the device's id included. */
  async erase(): Promise<void> {
    this.#stop();
    await this.#opened.catch(() => undefined);
    await this.#writing;
    await this.#host.storage.erase();
  }

  #stop(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
