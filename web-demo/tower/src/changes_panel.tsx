// What would change if the draft were published: for whom, in which slots, by which rules.
import type { DecisionSide, Difference, Move } from './answers.ts';
import type { Names } from './names.ts';
import { Empty } from './parts.tsx';
import { Publish } from './publish.tsx';
import { RuleChanges } from './rule_changes.tsx';
import { countText, plural, shareText } from './text.ts';
import { useTower } from './use_tower.ts';
import { readLog, summary, visitorOf } from './visitors.ts';

function ChooseLog() {
  const tower = useTower();
  const take = async (file: File | undefined) => {
    if (file) tower.setRecorded(readLog(await file.text(), file.name));
  };
  return (
    <label class="button small">
      Choose a log
      <input
        type="file"
        class="hidden"
        accept=".ndjson,.jsonl,application/x-ndjson"
        onChange={(event) => void take(event.currentTarget.files?.[0])}
      />
    </label>
  );
}

function Share({ visitors }: { visitors: NonNullable<Difference['visitors']> }) {
  const { recorded } = useTower().state;
  const changed = visitors.slots.filter((slot) => slot.changed > 0);
  return (
    <section class="share" aria-label="Who would see something else">
      <p class="figure">{shareText(visitors.share)}</p>
      <p>
        {countText(visitors.changed)} of {plural(visitors.visitors, 'recorded visitor')} would see
        something else.
      </p>
      {changed.length > 0 && (
        <ul class="bars">
          {changed.map(({ slot, share, changed: count }) => (
            <li key={slot}>
              <span>{slot}</span>
              <span class="bar" aria-hidden="true">
                <i style={{ width: `${100 * share}%` }} />
              </span>
              <span class="number">{shareText(share)}</span>
              <span class="hint">{countText(count)}</span>
            </li>
          ))}
        </ul>
      )}
      <p class="hint log-line">
        Recorded from {recorded.from}
        {visitors.refused > 0 && `; ${plural(visitors.refused, 'line')} could not be read`}.
        <ChooseLog />
      </p>
    </section>
  );
}

/** What an option shows, in the words of the source it belongs to. */
function words(names: Names | null, option: string): string {
  const asset = names && Object.hasOwn(names.assets, option) ? names.assets[option] : undefined;
  if (!asset) return option;
  return asset.text || asset.alt || asset.href || asset.src || '(empty)';
}

type ShownProps = {
  side: DecisionSide;
  names: Names | null;
  title: string;
  /** The other side's words, part by part. */
  other: Readonly<Record<string, string>>;
};

const wordsOf = (side: DecisionSide, names: Names | null): Record<string, string> =>
  Object.fromEntries(
    Object.entries(side?.options ?? {}).map(([part, option]) => [part, words(names, option)]),
  );

function Shown({ side, names, title, other }: ShownProps) {
  return (
    <div class="shown">
      <p class="shown-title">{title}</p>
      {side ? (
        <>
          <p class="shown-trigger">{side.trigger}</p>
          <dl>
            {Object.entries(wordsOf(side, names)).map(([part, text]) => (
              <div key={part} class={text === other[part] ? 'same' : 'other'}>
                <dt>{part}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </>
      ) : (
        <p class="hint">The page as it is</p>
      )}
    </div>
  );
}

type Example = {
  readonly slot: string;
  readonly move: Move;
  readonly visitor: string;
  readonly line: number;
};

/** Two visitors who would see something else: of different moves where there are two. */
function examplesOf(difference: Difference): Example[] {
  const moves = (difference.visitors?.slots ?? []).flatMap(({ slot, moves: list }) =>
    list.filter(({ looks_same }) => !looks_same).map((move) => ({ slot, move })),
  );
  moves.sort((a, b) => b.move.visitors - a.move.visitors);
  const all = [0, 1, 2].flatMap((index) =>
    moves.flatMap(({ slot, move }) => {
      const example = move.examples[index];
      return example ? [{ slot, move, ...example }] : [];
    }),
  );
  const seen = new Set<string>();
  return all.filter(({ visitor }) => !seen.has(visitor) && seen.add(visitor)).slice(0, 2);
}

function SideBySide({ difference }: { difference: Difference }) {
  const tower = useTower();
  const { recorded, names, publishedNames } = tower.state;
  const examples = examplesOf(difference);
  if (examples.length === 0) return null;
  return (
    <section aria-label="Visitors side by side">
      <h3>{examples.length === 2 ? 'Two of them, side by side' : 'One of them'}</h3>
      {examples.map(({ slot, move, line }) => {
        const visitor = visitorOf(recorded.lines[line - 1]);
        return (
          <article class="example" key={`${slot} ${line}`}>
            <header>
              <p>
                <strong>{visitor?.visitor.slice(0, 12) ?? `line ${line}`}</strong>{' '}
                <span class="hint">{visitor && summary(visitor)}</span>
              </p>
              <button
                type="button"
                class="small"
                onClick={() => visitor && tower.askWhy(visitor, slot)}
              >
                Why?
              </button>
            </header>
            <p class="hint example-slot">
              in <code>{slot}</code>, like {plural(move.visitors, 'visitor')}
            </p>
            <div class="pair">
              <Shown
                side={move.before}
                names={publishedNames}
                title="Published"
                other={wordsOf(move.after, names)}
              />
              <Shown
                side={move.after}
                names={names}
                title="Your draft"
                other={wordsOf(move.before, publishedNames)}
              />
            </div>
          </article>
        );
      })}
    </section>
  );
}

function Rules({ difference }: { difference: Difference }) {
  const { changes, same_bytes } = difference.rules;
  return (
    <section aria-label="Rules that change">
      <h3>{changes.length ? `${plural(changes.length, 'change')} in the rules` : 'The rules'}</h3>
      {changes.length === 0 && (
        <p class="hint">
          {same_bytes
            ? 'The draft says exactly what is published.'
            : 'Only the order changes: nobody would see it.'}
        </p>
      )}
      <RuleChanges changes={changes} />
    </section>
  );
}

export function ChangesPanel() {
  const tower = useTower();
  const { difference, differenceFault, newest, recorded } = tower.state;
  const count = tower.errorCount;
  const body = () => {
    if (count > 0)
      return (
        <Empty title={`${plural(count, 'mistake')} first`}>
          A source with mistakes cannot be compared or published. They are listed under the editor.
        </Empty>
      );
    if (newest === 0)
      return <Empty title="Nothing is published yet">All of this draft is new to the site.</Empty>;
    if (differenceFault) return <Empty title="The comparison failed">{differenceFault}</Empty>;
    if (!difference) return <Empty title={'Comparing with what is published\u2026'} />;
    if (!difference.rules.changed && difference.rules.same_bytes)
      return (
        <Empty title="Nothing changes yet">
          The draft says exactly what is published. Edit the source, and this tells who would see
          something else.
        </Empty>
      );
    return (
      <>
        {difference.visitors ? (
          <Share visitors={difference.visitors} />
        ) : (
          <Empty title="No recorded visitors">
            With a log of visitors this says whom a change reaches. <ChooseLog />
          </Empty>
        )}
        {recorded.lines.length > 0 && <SideBySide difference={difference} />}
        <Rules difference={difference} />
      </>
    );
  };
  return (
    <>
      <div class="panel-body">{body()}</div>
      <Publish />
    </>
  );
}
