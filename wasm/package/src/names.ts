// What the ids of an opened ruleset are called: asks the instance that holds it (image.h names the
// columns), and remembers.
import * as abi from './abi.ts';
import { utf8 } from './bytes.ts';
import type { Instance } from './instance.ts';
import type { AttributeInfo, ConsentRules, PartContent, SlotInfo } from './types.ts';

const none = -1;
/** Texts that the ruleset may or may not have: so many are remembered, then all are forgotten. */
const textCountMax = 4096;

type Column = number;

/** Computes once, when first asked. */
function lazy<T>(make: () => T): () => T {
  let value: { readonly it: T } | undefined;
  return () => (value ??= { it: make() }).it;
}

export class Names {
  readonly #instance: () => Instance;
  readonly #strings = new Map<number, string>();
  /** What `textId` answers, and texts that it is to learn of. */
  readonly #texts = new Map<string, number>();
  readonly #toLearn: string[] = [];
  /** By column. */
  readonly #found: Map<string, number>[] = [];
  readonly #fields: ReadonlyMap<string, Field>[] = [];
  readonly #parts = new Map<number, readonly Part[]>();

  /** @param instance  one that has opened the ruleset */
  constructor(instance: () => Instance) {
    this.#instance = instance;
  }

  #rows(column: Column): number[] {
    return Array.from({ length: this.#instance().calls.heed_rows(column) }, (_, row) => row);
  }

  #cell(column: Column, row: number): number {
    return this.#instance().calls.heed_cell(column, row);
  }

  /** The child rows of a row of lengths. */
  #children(column: Column, row: number): number[] {
    const { calls } = this.#instance();
    const first = calls.heed_child(column, row);
    return Array.from({ length: calls.heed_child(column, row + 1) - first }, (_, i) => first + i);
  }

  #string(id: number): string {
    let value = this.#strings.get(id);
    if (value === undefined) {
      const instance = this.#instance();
      value = instance.text(instance.check(instance.calls.heed_string(id)));
      this.#strings.set(id, value);
    }
    return value;
  }

  #name(column: Column, row: number): string {
    return this.#string(this.#cell(column, row));
  }

  #optional(column: Column, row: number): string | null {
    const id = this.#cell(column, row);
    return id === none ? null : this.#string(id);
  }

  #find(column: Column, name: string): number | undefined {
    const found = (this.#found[column] ??= new Map());
    let row = found.get(name);
    if (row === undefined && name?.length <= abi.nameSizeBytesMax) {
      const instance = this.#instance();
      row = instance.calls.heed_find(column, instance.write(utf8(name)));
      // Text that is no Unicode has no bytes of its own, and must not be taken for another.
      if (row === none) return undefined;
      const is = column === abi.columnStringLength ? this.#string(row) : this.#name(column, row);
      if (is !== name) return undefined;
      found.set(name, row);
    }
    return row;
  }

  /** The ruleset's id of a text; below 0 where it has none, or `learn` has not asked so far. */
  textId(text: string): number {
    const id = this.#texts.get(text);
    if (id !== undefined) return id;
    if (this.#texts.size === textCountMax) this.#texts.clear();
    this.#texts.set(text, none);
    this.#toLearn.push(text);
    return none;
  }

  learn(): void {
    for (let text = this.#toLearn.pop(); text !== undefined; text = this.#toLearn.pop())
      this.#texts.set(text, this.#find(abi.columnStringLength, text) ?? none);
  }

  get site(): string {
    return this.#name(abi.columnSiteName, 0);
  }

  readonly consent = lazy((): ConsentRules => {
    const level = (column: Column, row: number) => abi.levels[this.#cell(column, row)]!;
    return {
      cookie: this.#optional(abi.columnSiteConsentCookie, 0),
      default: level(abi.columnSiteConsentDefault, 0),
      gpc: level(abi.columnSiteConsentGpc, 0),
      grants: Object.fromEntries(
        this.#rows(abi.columnGrantName).map((row) => [
          this.#name(abi.columnGrantName, row),
          level(abi.columnGrantLevel, row),
        ]),
      ),
    };
  });

  readonly slots = lazy((): readonly SlotInfo[] =>
    this.#rows(abi.columnSlotName).map((row) => ({
      name: this.slot(row),
      channel: abi.channels[this.#cell(abi.columnSlotChannel, row)]!,
      fallback: this.#optional(abi.columnSlotFallback, row),
      refresh: abi.refreshes[this.#cell(abi.columnSlotRefresh, row)]!,
    })),
  );

  readonly attributes = lazy((): readonly AttributeInfo[] =>
    this.#rows(abi.columnAttributeName).map((row) => ({
      name: this.#name(abi.columnAttributeName, row),
      type: abi.types[this.#cell(abi.columnAttributeType, row)]!,
      source: abi.sources[this.#cell(abi.columnAttributeSource, row)]!,
    })),
  );

  /** Whether a stage, once entered, stays so. */
  readonly hasSticky = lazy(() =>
    this.#rows(abi.columnStageSticky).some((row) => this.#cell(abi.columnStageSticky, row) !== 0),
  );

  slotId(name: string): number | undefined {
    return this.#find(abi.columnSlotName, name);
  }
  /** By name. */
  readonly attributeFields = lazy(
    (): ReadonlyMap<string, Field> =>
      new Map(
        this.#rows(abi.columnAttributeName).map((row) => [
          this.#name(abi.columnAttributeName, row),
          [row, abi.types[this.#cell(abi.columnAttributeType, row)] === 'time'],
        ]),
      ),
  );
  signalId(name: string): number | undefined {
    return this.#find(abi.columnSignalName, name);
  }
  triggerId(name: string): number | undefined {
    return this.#find(abi.columnTriggerName, name);
  }
  slot(id: number): string {
    return this.#name(abi.columnSlotName, id);
  }
  trigger(id: number): string {
    return this.#name(abi.columnTriggerName, id);
  }

  /** The fields of a signal by name. */
  fields(signal: number): ReadonlyMap<string, Field> {
    return (this.#fields[signal] ??= new Map(
      this.#children(abi.columnSignalFieldCount, signal).map((row, i) => {
        const isTime = abi.types[this.#cell(abi.columnFieldType, row)] === 'time';
        return [this.#name(abi.columnFieldName, row), [i, isTime]];
      }),
    ));
  }

  /** The parts of a trigger in order: name, kind, and the rows of its options. */
  parts(trigger: number): readonly Part[] {
    const content = this.#cell(abi.columnTriggerContent, trigger);
    let parts = this.#parts.get(content);
    if (!parts) {
      parts = this.#children(abi.columnContentPartCount, content).map((row) => {
        const options = this.#children(abi.columnPartOptionCount, row);
        return {
          name: this.#name(abi.columnPartName, row),
          kind: abi.partKinds[this.#cell(abi.columnPartKind, row)]!,
          first: options[0]!,
          count: options.length,
        };
      });
      this.#parts.set(content, parts);
    }
    return parts;
  }

  /** What an input is called in a condition; undefined of none. */
  input(id: number): string | undefined {
    const kind = abi.inputKinds[this.#cell(abi.columnInputKind, id)];
    const row = this.#cell(abi.columnInputRow, id);
    if (kind === 'attribute') return this.#name(abi.columnAttributeName, row);
    if (kind === 'feature') return this.#name(abi.columnFeatureName, row);
    if (kind === 'segment') return `segment.${this.#name(abi.columnSegmentName, row)}`;
    if (kind === 'journey') return `stage.${this.#name(abi.columnJourneyName, row)}`;
    return kind === 'field' ? this.#name(abi.columnFieldName, row) : kind;
  }

  /** What a predicate reads; undefined where it is computed from several inputs. */
  inputOf(predicate: number): string | undefined {
    return this.input(this.#cell(abi.columnPredicateInput, predicate));
  }

  option(row: number): string {
    return this.#name(abi.columnOptionName, row);
  }

  /** What an option shows: its asset's properties, or its own name as text. */
  content(part: Part, row: number): PartContent {
    const asset = this.#cell(abi.columnOptionAsset, row);
    return asset === none ? { kind: part.kind, text: this.option(row) } : this.#asset(asset);
  }

  /** What a slot's fallback shows, where it is an asset. */
  asset(name: string): PartContent | null {
    const asset = this.#find(abi.columnAssetName, name);
    return asset === undefined ? null : this.#asset(asset);
  }

  #asset(asset: number): PartContent {
    const content: Record<string, string> = {
      kind: abi.partKinds[this.#cell(abi.columnAssetKind, asset)]!,
    };
    for (const row of this.#children(abi.columnAssetPropCount, asset)) {
      content[this.#name(abi.columnPropKey, row)] = this.#name(abi.columnPropValue, row);
    }
    return content as PartContent;
  }

  /** The microsegment list by name, then `other`; the stages of its journey, then `none`. */
  readonly cells = lazy(() => {
    const segments = this.#rows(abi.columnMicroSegment).map((row) =>
      this.#name(abi.columnSegmentName, this.#cell(abi.columnMicroSegment, row)),
    );
    const journey = this.#cell(abi.columnSiteJourney, 0);
    const stages =
      journey === none
        ? []
        : this.#children(abi.columnJourneyStageCount, journey).map((row) =>
            this.#name(abi.columnStageName, row),
          );
    return { segments: [...segments, 'other'], stages: [...stages, 'none'] };
  });
}

/** Where a value goes: an attribute, or a field of a signal by its position. */
export type Field = readonly [id: number, isTime: boolean];

export type Part = {
  readonly name: string;
  readonly kind: PartContent['kind'];
  readonly first: number;
  readonly count: number;
};
