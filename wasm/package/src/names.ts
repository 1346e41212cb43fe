// What the ids of an opened ruleset are called: reads the image's columns (image.h) where they lie.
import * as abi from './abi.ts';
import { text } from './bytes.ts';
import type { AttributeInfo, ConsentRules, PartContent, SlotInfo } from './types.ts';

const none = 0xffff_ffff;

type Column = number;
type Numbers = Uint8Array | Uint16Array | Uint32Array;

/** Sums before each row: children of row i are rows sums[i] to sums[i + 1]. */
function sums(counts: Numbers): Uint32Array {
  const result = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) result[i + 1] = result[i]! + counts[i]!;
  return result;
}

/** Computes once, when first asked. */
function lazy<T>(make: () => T): () => T {
  let value: { readonly it: T } | undefined;
  return () => (value ??= { it: make() }).it;
}

export class Names {
  readonly #column: (column: Column) => Uint8Array;
  readonly #strings = new Map<number, string>();
  readonly #words = new Map<Column, Uint32Array>();
  readonly #parts = new Map<number, readonly Part[]>();

  /** @param column the bytes of a column, unchanging, 8-aligned */
  constructor(column: (column: Column) => Uint8Array) {
    this.#column = column;
  }

  #u32(column: Column): Uint32Array {
    let words = this.#words.get(column);
    if (!words) {
      const bytes = this.#column(column);
      words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      this.#words.set(column, words);
    }
    return words;
  }

  readonly #stringAt = lazy(() => {
    const bytes = this.#column(abi.columnStringLength);
    return sums(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2));
  });

  #string(id: number): string {
    let value = this.#strings.get(id);
    if (value === undefined) {
      const at = this.#stringAt();
      value = text(this.#column(abi.columnStringBytes).subarray(at[id]!, at[id + 1]!));
      this.#strings.set(id, value);
    }
    return value;
  }

  #name(column: Column, row: number): string {
    return this.#string(this.#u32(column)[row]!);
  }

  #optional(column: Column, row: number): string | null {
    const id = this.#u32(column)[row]!;
    return id === none ? null : this.#string(id);
  }

  #byName(column: Column): Map<string, number> {
    return new Map(Array.from(this.#u32(column), (id, row) => [this.#string(id), row]));
  }

  get site(): string {
    return this.#name(abi.columnSiteName, 0);
  }

  readonly consent = lazy((): ConsentRules => {
    const level = (column: Column, row: number) => abi.levels[this.#column(column)[row]!]!;
    const names = this.#u32(abi.columnGrantName);
    return {
      cookie: this.#optional(abi.columnSiteConsentCookie, 0),
      default: level(abi.columnSiteConsentDefault, 0),
      gpc: level(abi.columnSiteConsentGpc, 0),
      grants: Object.fromEntries(
        Array.from(names, (id, row) => [this.#string(id), level(abi.columnGrantLevel, row)]),
      ),
    };
  });

  readonly slots = lazy((): readonly SlotInfo[] =>
    Array.from(this.#u32(abi.columnSlotName), (id, row) => ({
      name: this.#string(id),
      channel: abi.channels[this.#column(abi.columnSlotChannel)[row]!]!,
      fallback: this.#optional(abi.columnSlotFallback, row),
      refresh: abi.refreshes[this.#column(abi.columnSlotRefresh)[row]!]!,
    })),
  );

  readonly attributes = lazy((): readonly AttributeInfo[] =>
    Array.from(this.#u32(abi.columnAttributeName), (id, row) => ({
      name: this.#string(id),
      type: abi.types[this.#column(abi.columnAttributeType)[row]!]!,
      source: abi.sources[this.#column(abi.columnAttributeSource)[row]!]!,
    })),
  );

  readonly #slotIds = lazy(() => this.#byName(abi.columnSlotName));
  readonly #attributeIds = lazy(() => this.#byName(abi.columnAttributeName));
  readonly #signalIds = lazy(() => this.#byName(abi.columnSignalName));
  readonly #triggerIds = lazy(() => this.#byName(abi.columnTriggerName));
  readonly #fieldAt = lazy(() => sums(this.#column(abi.columnSignalFieldCount)));
  readonly #partAt = lazy(() => sums(this.#column(abi.columnTriggerPartCount)));
  readonly #optionAt = lazy(() => sums(this.#column(abi.columnPartOptionCount)));
  readonly #propAt = lazy(() => sums(this.#column(abi.columnAssetPropCount)));
  readonly #assetIds = lazy(() => this.#byName(abi.columnAssetName));

  slotId(name: string): number | undefined {
    return this.#slotIds().get(name);
  }
  attributeId(name: string): number | undefined {
    return this.#attributeIds().get(name);
  }
  signalId(name: string): number | undefined {
    return this.#signalIds().get(name);
  }
  triggerId(name: string): number | undefined {
    return this.#triggerIds().get(name);
  }
  slot(id: number): string {
    return this.#name(abi.columnSlotName, id);
  }
  trigger(id: number): string {
    return this.#name(abi.columnTriggerName, id);
  }

  /** Field name -> [index in the signal, type]. */
  fields(signal: number): ReadonlyMap<string, readonly [index: number, isTime: boolean]> {
    const [from, until] = [this.#fieldAt()[signal]!, this.#fieldAt()[signal + 1]!];
    const fields = new Map<string, readonly [number, boolean]>();
    for (let row = from; row < until; row++) {
      const isTime = abi.types[this.#column(abi.columnFieldType)[row]!] === 'time';
      fields.set(this.#name(abi.columnFieldName, row), [row - from, isTime]);
    }
    return fields;
  }

  /** The parts of a trigger in order: name, kind, and the rows of its options. */
  parts(trigger: number): readonly Part[] {
    let parts = this.#parts.get(trigger);
    if (!parts) {
      parts = this.#readParts(trigger);
      this.#parts.set(trigger, parts);
    }
    return parts;
  }

  #readParts(trigger: number): readonly Part[] {
    const parts: Part[] = [];
    for (let row = this.#partAt()[trigger]!; row < this.#partAt()[trigger + 1]!; row++) {
      parts.push({
        name: this.#name(abi.columnPartName, row),
        kind: abi.partKinds[this.#column(abi.columnPartKind)[row]!]!,
        first: this.#optionAt()[row]!,
        count: this.#optionAt()[row + 1]! - this.#optionAt()[row]!,
      });
    }
    return parts;
  }

  /** What an input is called in a condition. */
  input(kind: (typeof abi.inputKinds)[number], row: number): string {
    if (kind === 'attribute') return this.#name(abi.columnAttributeName, row);
    if (kind === 'feature') return this.#name(abi.columnFeatureName, row);
    if (kind === 'segment') return `segment.${this.#name(abi.columnSegmentName, row)}`;
    if (kind === 'journey') return `stage.${this.#name(abi.columnJourneyName, row)}`;
    return kind === 'now' ? kind : this.#name(abi.columnFieldName, row);
  }

  /** As `input`, by the input's id. */
  inputAt(id: number): string {
    return this.input(
      abi.inputKinds[this.#column(abi.columnInputKind)[id]!]!,
      this.#u32(abi.columnInputRow)[id]!,
    );
  }

  option(row: number): string {
    return this.#name(abi.columnOptionName, row);
  }

  /** What an option shows: its asset's properties, or its own name as text. */
  content(part: Part, row: number): PartContent {
    const asset = this.#u32(abi.columnOptionAsset)[row]!;
    return asset === none ? { kind: part.kind, text: this.option(row) } : this.#asset(asset);
  }

  /** What a slot's fallback shows, where it is an asset. */
  asset(name: string): PartContent | null {
    const asset = this.#assetIds().get(name);
    return asset === undefined ? null : this.#asset(asset);
  }

  #asset(asset: number): PartContent {
    const content: Record<string, string> = {
      kind: abi.partKinds[this.#column(abi.columnAssetKind)[asset]!]!,
    };
    for (let row = this.#propAt()[asset]!; row < this.#propAt()[asset + 1]!; row++) {
      content[this.#name(abi.columnPropKey, row)] = this.#name(abi.columnPropValue, row);
    }
    return content as PartContent;
  }

  /** The microsegment list by name, then `other`; the stages of its journey, then `none`. */
  readonly cells = lazy(() => {
    const segments = Array.from(this.#u32(abi.columnMicroSegment), (id) =>
      this.#name(abi.columnSegmentName, id),
    );
    const journey = this.#u32(abi.columnSiteJourney)[0]!;
    if (journey === none) return { segments: [...segments, 'other'], stages: ['none'] };
    const at = sums(this.#column(abi.columnJourneyStageCount));
    const rows = Array.from(
      { length: at[journey + 1]! - at[journey]! },
      (_, i) => at[journey]! + i,
    );
    return {
      segments: [...segments, 'other'],
      stages: [...rows.map((row) => this.#name(abi.columnStageName, row)), 'none'],
    };
  });
}

export type Part = {
  readonly name: string;
  readonly kind: PartContent['kind'];
  readonly first: number;
  readonly count: number;
};
