// What the studio says of two rulesets (docs/formats/diff.md).

export type DecisionSide = {
  readonly trigger: string;
  readonly variant: string;
  readonly options: Readonly<Record<string, string>>;
} | null;

export type Move = {
  readonly before: DecisionSide;
  readonly after: DecisionSide;
  readonly content: readonly string[];
  readonly looks_same: boolean;
  readonly visitors: number;
  readonly examples: readonly { readonly visitor: string; readonly line: number }[];
};

export type RuleChange = {
  readonly what: string;
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly properties: readonly {
    readonly property: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
};

export type Difference = {
  readonly rules: {
    readonly changed: boolean;
    readonly same_bytes: boolean;
    readonly changes: readonly RuleChange[];
  };
  /** null: there are no recorded visitors. */
  readonly visitors: {
    readonly visitors: number;
    readonly refused: number;
    readonly changed: number;
    readonly share: number;
    readonly slots: readonly {
      readonly slot: string;
      readonly visitors: number;
      readonly changed: number;
      readonly share: number;
      readonly moves: readonly Move[];
    }[];
  } | null;
};
