// `heed/studio`: compile, check, explain and compare rulesets in a page or a tool. The host
// supplies the compiled heed-studio.wasm, as with heed.wasm.
import glue from './heed-studio.js';
import { dispose } from './dispose.ts';
import { HeedError } from './errors.ts';
import type { ErrorCode, TimeMs } from './types.ts';

export { HeedError } from './errors.ts';

/** One `*.heed.json`. Of a folder, hand over all of them in the order of their names. */
export type SourceFile = { readonly name: string; readonly text: string };

export type Diagnostic = {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly suggestion: string;
};

export type CompileOptions = {
  readonly version?: number;
  readonly expires?: TimeMs;
  /** For warnings about expiry. */
  readonly now?: TimeMs;
};

export type Compiled = {
  readonly image: Uint8Array<ArrayBuffer>;
  /** X.heedmap: what each predicate says, for `explain`; never sent to visitors. */
  readonly map: string;
  /** How long a signature is good for, ms. */
  readonly validForMs: number;
};

/** One opened image. `[Symbol.dispose]` frees it. */
export interface OpenRuleset {
  /** What is in it, as `heed inspect --json` prints it. */
  inspect(): unknown;
  inspectText(): string;
  /** TypeScript that gives a page's calls the names of this ruleset. */
  types(): string;
  /**
   * @param line a visitor as `heed decide` reads it; @throws HeedError for a line it would refuse
   */
  explain(line: string, slot: string): unknown;
  /** What changes between this ruleset and `after`. */
  diff(after: OpenRuleset): unknown;
  /** Whose decisions change, by slot, among recorded visitors (NDJSON). */
  diffLog(after: OpenRuleset, lines: string): unknown;
  /** `heed decide`: whole lines of bytes in, whole lines of bytes out. */
  decideLines(lines: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Names that the ruleset does not know, since the last call. */
  takeWarnings(): readonly string[];
  readonly anyRefused: boolean;
  [dispose](): void;
}

export interface Studio {
  /** `compiled` is null iff a diagnostic is an error. */
  compile(
    files: readonly SourceFile[],
    options?: CompileOptions,
  ): { readonly compiled: Compiled | null; readonly diagnostics: readonly Diagnostic[] };
  check(files: readonly SourceFile[], options?: CompileOptions): readonly Diagnostic[];
  /** @throws HeedError of `Ruleset::open` */
  open(image: Uint8Array, map?: string): OpenRuleset;
  /** The smallest complete source. */
  starter(): string;
  /** JSON Schema of the source. */
  schema(): string;
}

type Failure = {
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly where: number };
};
type Offset = (zone: string, ms: number) => number | null;

/** What Embind makes of wasm/bindings.cpp. */
type Bound = {
  failed(): Failure;
  inspect(): string;
  inspectText(): string;
  types(): string;
  explain(line: string, slot: string): Failure & { readonly json?: string };
  diff(after: Bound): string;
  diffLog(after: Bound, lines: string): string;
  decideLines(lines: Uint8Array): Uint8Array<ArrayBuffer>;
  takeWarnings(): readonly string[];
  anyRefused(): boolean;
  delete(): void;
};
export type StudioModule = {
  compile(
    files: readonly SourceFile[],
    options: CompileOptions,
    offset: Offset,
  ): {
    readonly diagnostics: string;
    readonly image?: Uint8Array<ArrayBuffer>;
    readonly map?: string;
    readonly validForMs?: number;
  };
  check(files: readonly SourceFile[], options: CompileOptions, offset: Offset): string;
  Ruleset: new (image: Uint8Array, map: string) => Bound;
  starter(): string;
  schema(): string;
};

const formats = new Map<string, Intl.DateTimeFormat | null>();

function formatOf(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    } catch {
      format = null;
    }
    formats.set(zone, format);
  }
  return format;
}

/** Milliseconds that `zone` is east of UTC at `ms`; null where this host does not know the zone. */
function offsetMs(zone: string, ms: number): number | null {
  const parts = formatOf(zone)?.formatToParts(ms);
  if (!parts) return null;
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes, seconds] =
    /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name) ?? [];
  const total = 3600 * Number(hours ?? 0) + 60 * Number(minutes ?? 0) + Number(seconds ?? 0);
  return (sign === '-' ? -1000 : 1000) * total;
}

function checked<T extends Failure>(result: T): T {
  const { error } = result;
  if (error) throw new HeedError(error.code, error.message, error.where);
  return result;
}

const bound = new WeakMap<OpenRuleset, Bound>();

/** @throws HeedError not_supported for a ruleset of another studio, or one that was disposed */
function boundOf(ruleset: OpenRuleset): Bound {
  const it = bound.get(ruleset);
  if (!it) throw new HeedError('disposed', 'the ruleset is closed; open it again', 'ruleset');
  return it;
}

function wrap(it: Bound): OpenRuleset {
  const ruleset: OpenRuleset = {
    inspect: () => JSON.parse(boundOf(ruleset).inspect()) as unknown,
    inspectText: () => boundOf(ruleset).inspectText(),
    types: () => boundOf(ruleset).types(),
    explain: (line, slot) =>
      JSON.parse(checked(boundOf(ruleset).explain(line, slot)).json!) as unknown,
    diff: (after) => JSON.parse(boundOf(ruleset).diff(boundOf(after))) as unknown,
    diffLog: (after, lines) =>
      JSON.parse(boundOf(ruleset).diffLog(boundOf(after), lines)) as unknown,
    decideLines: (lines) => boundOf(ruleset).decideLines(lines),
    takeWarnings: () => boundOf(ruleset).takeWarnings(),
    get anyRefused() {
      return boundOf(ruleset).anyRefused();
    },
    [dispose]() {
      bound.get(ruleset)?.delete();
      bound.delete(ruleset);
    },
  };
  bound.set(ruleset, it);
  return ruleset;
}

/** @param wasm the compiled heed-studio.wasm */
export async function createStudio(wasm: WebAssembly.Module): Promise<Studio> {
  const module = await glue({
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(wasm, imports);
      receive(instance);
      return instance.exports;
    },
  });
  return {
    compile(files, options = {}) {
      const { diagnostics, image, map, validForMs } = module.compile(files, options, offsetMs);
      const compiled = image ? { image, map: map ?? '', validForMs: validForMs ?? 0 } : null;
      return { compiled, diagnostics: JSON.parse(diagnostics) as Diagnostic[] };
    },
    check: (files, options = {}) =>
      JSON.parse(module.check(files, options, offsetMs)) as Diagnostic[],
    open(image, map = '') {
      const it = new module.Ruleset(image, map);
      try {
        checked(it.failed());
      } catch (error) {
        it.delete();
        throw error;
      }
      return wrap(it);
    },
    starter: () => module.starter(),
    schema: () => module.schema(),
  };
}
