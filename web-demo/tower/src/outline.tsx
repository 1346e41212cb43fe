// Triggers by slot, in the order in which a slot asks them.
import { memo } from 'preact/compat';
import { useMemo, useState } from 'preact/hooks';

import type { OutlineTrigger } from './names.ts';
import { Empty } from './parts.tsx';
import { plural } from './text.ts';
import { useTower } from './use_tower.ts';

const shownMax = 40;

function grouped(
  outline: readonly OutlineTrigger[],
  slots: readonly string[],
  wanted: string,
): [string, OutlineTrigger[]][] {
  const groups = new Map<string, OutlineTrigger[]>(slots.map((slot) => [slot, []]));
  const text = wanted.toLowerCase();
  for (const one of outline) {
    if (text && !`${one.trigger} ${one.name}`.toLowerCase().includes(text)) continue;
    const group = groups.get(one.slot);
    if (group) group.push(one);
    else groups.set(one.slot, [one]);
  }
  for (const group of groups.values()) group.sort((a, b) => b.priority - a.priority);
  return [...groups].filter(([, group]) => group.length > 0 || !text);
}

type SlotProps = {
  slot: string;
  triggers: readonly OutlineTrigger[];
  current: string;
  faulty: ReadonlySet<string>;
  onChoose: (one: OutlineTrigger) => void;
};

function Slot({ slot, triggers, current, faulty, onChoose }: SlotProps) {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? triggers : triggers.slice(0, shownMax);
  return (
    <section class="slot-group">
      <h3>
        <span>{slot || 'without a slot'}</span>
        <span class="count">{triggers.length}</span>
      </h3>
      <ul>
        {shown.map((one) => (
          <li key={one.trigger}>
            <button
              type="button"
              class={`trigger${faulty.has(one.trigger) ? ' faulty' : ''}`}
              aria-current={one.trigger === current}
              onClick={() => onChoose(one)}
            >
              <span class="trigger-name">{one.name || one.trigger}</span>
              <span class="trigger-id">
                {one.trigger}
                {faulty.has(one.trigger) && <span class="hidden"> has a problem</span>}
              </span>
              <span class="priority" title="priority">
                {one.priority}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length < triggers.length && (
        <button type="button" class="link more" onClick={() => setAll(true)}>
          Show all {triggers.length}
        </button>
      )}
      {triggers.length === 0 && <p class="hint nothing">No trigger</p>}
    </section>
  );
}
const SlotGroup = memo(Slot);

export function Outline() {
  const tower = useTower();
  const { outline, names, trigger, problems } = tower.state;
  const [wanted, setWanted] = useState('');
  const slots = useMemo(() => Object.keys(names?.slots ?? {}), [names]);
  const groups = useMemo(() => grouped(outline, slots, wanted), [outline, slots, wanted]);
  const owners = problems.flatMap(
    ({ diagnostic: { path } }) => /^\$\.triggers\.([^.[]+)/.exec(path)?.[1] ?? [],
  );
  // Places of problems move with each keystroke; whose they are seldom does.
  const whose = owners.join('\n');
  const faulty = useMemo(() => new Set(whose.split('\n')), [whose]);
  const choose = useMemo(() => tower.choose.bind(tower), [tower]);
  return (
    <div class="outline">
      <div class="outline-head">
        <h2>Triggers</h2>
        <span class="hint">{plural(outline.length, 'trigger')}</span>
      </div>
      <input
        type="search"
        placeholder="Find a trigger"
        aria-label="Find a trigger"
        value={wanted}
        onInput={(event) => setWanted(event.currentTarget.value)}
      />
      <div class="outline-list" tabIndex={0} role="region" aria-label="Triggers by slot">
        {groups.length === 0 && <Empty title="Nothing is called that" />}
        {groups.map(([slot, triggers]) => (
          <SlotGroup
            key={slot}
            {...{ slot, triggers, faulty }}
            current={triggers.some((one) => one.trigger === trigger) ? trigger : ''}
            onChoose={choose}
          />
        ))}
      </div>
      <div class="outline-foot row">
        <label class="button small quiet">
          Open files
          <input
            type="file"
            class="hidden"
            multiple
            accept=".json,application/json"
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              if (files.length) void tower.openFiles(files);
            }}
          />
        </label>
        <button type="button" class="small quiet" onClick={() => tower.saveFiles()}>
          Save files
        </button>
      </div>
    </div>
  );
}
