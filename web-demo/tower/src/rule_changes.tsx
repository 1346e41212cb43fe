// What changes in the rules, in their authors' words.
import type { RuleChange } from './answers.ts';
import { Badge } from './parts.tsx';
import { plural } from './text.ts';

const shownMax = 60;

/** A value as its author wrote it: texts without the quotes that only JSON needs. */
function plainValue(value: string): string {
  try {
    const read: unknown = JSON.parse(value);
    return typeof read === 'string' ? read : value;
  } catch {
    return value;
  }
}

function Change({ change }: { change: RuleChange }) {
  const tones = { added: 'good', removed: 'bad', changed: 'plain' };
  return (
    <li class="change">
      <p>
        <span class="what">{change.what}</span> <strong>{change.name}</strong>{' '}
        <Badge tone={tones[change.change]}>{change.change}</Badge>
      </p>
      {change.change === 'changed' &&
        change.properties.map(({ property, before, after }) => (
          <div class="property" key={property}>
            <p class="hint">{property}</p>
            {before !== null && <del>{plainValue(before)}</del>}
            {after !== null && <ins>{plainValue(after)}</ins>}
          </div>
        ))}
    </li>
  );
}

export function RuleChanges({ changes }: { changes: readonly RuleChange[] }) {
  const shown = changes.slice(0, shownMax);
  return (
    <>
      <ul class="changes">
        {shown.map((change) => (
          <Change key={`${change.what} ${change.name}`} change={change} />
        ))}
      </ul>
      {shown.length < changes.length && (
        <p class="hint">and {plural(changes.length - shown.length, 'more change')}</p>
      )}
    </>
  );
}
