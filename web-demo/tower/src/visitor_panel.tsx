// Why a slot shows what it shows to one visitor: recorded, or made up from attributes.
import type { Candidate, Explanation } from 'heed';
import { useEffect, useState } from 'preact/hooks';

import type { Names } from './names.ts';
import { Badge, Empty, Field, Select, SideSwitch } from './parts.tsx';
import type { Side } from './protocol.ts';
import { plural, shareText, valueText } from './text.ts';
import { useTower } from './use_tower.ts';
import { summary, textFrom, valueFrom, type Visitor, visitorOf } from './visitors.ts';

const listedMax = 200;

const outcomes: Readonly<Record<string, string>> = {
  won: 'wins',
  eligible: 'would do, another is first',
  unmet: 'condition does not hold',
  capped: 'shown often enough',
  no_consent: 'needs consent',
  schedule: 'not now',
  layer: 'outside its layer',
  expired: 'ruleset expired',
};
const tones: Readonly<Record<string, string>> = { won: 'good', eligible: 'plain' };

function Who() {
  const tower = useTower();
  const { recorded, visitor } = tower.state;
  const lines = recorded.lines.slice(-listedMax).reverse();
  const options = lines.flatMap((line, index) => {
    const one = visitorOf(line);
    return one
      ? [{ one, value: String(index), label: `${one.visitor.slice(0, 12)} \u2013 ${summary(one)}` }]
      : [];
  });
  const current = options.find(
    ({ one }) => one.visitor === visitor.visitor && one.now === visitor.now,
  );
  const made = { one: visitor, value: '', label: `${visitor.visitor} \u2013 as typed below` };
  return (
    <Select
      label="Visitor"
      value={current?.value ?? ''}
      options={current ? options : [made, ...options]}
      onChange={(value) => {
        const one = options.find((option) => option.value === value)?.one;
        if (one) tower.set({ visitor: one });
      }}
    />
  );
}

function Attribute({ name, type, note }: { name: string; type: string; note: string }) {
  const tower = useTower();
  const { visitor } = tower.state;
  const take = (text: string) => {
    const value = valueFrom(type, text);
    const { [name]: _, ...rest } = visitor.attributes;
    const attributes = value === undefined ? rest : { ...rest, [name]: value };
    tower.set({ visitor: { ...visitor, attributes } });
  };
  const value = textFrom(visitor.attributes[name]);
  if (type === 'bool')
    return (
      <label class="attribute" title={note}>
        <span>{name}</span>
        <select value={value} onChange={(event) => take(event.currentTarget.value)}>
          {['', 'true', 'false'].map((choice) => (
            <option key={choice} value={choice} selected={choice === value}>
              {choice || 'unknown'}
            </option>
          ))}
        </select>
      </label>
    );
  return (
    <label class="attribute" title={note}>
      <span>{name}</span>
      <input
        value={value}
        inputMode={type === 'number' ? 'decimal' : 'text'}
        placeholder={type === 'set' ? 'a, b' : 'unknown'}
        onChange={(event) => take(event.currentTarget.value)}
      />
    </label>
  );
}

function Attributes({ names }: { names: Names }) {
  const { visitor } = useTower().state;
  const list = Object.entries(names.attributes);
  const known = list.filter(([name]) => visitor.attributes[name] !== undefined).length;
  return (
    <details class="fold">
      <summary>
        Attributes{' '}
        <span class="hint">
          {known} of {list.length} known
        </span>
      </summary>
      <div class="attributes">
        {list.map(([name, { type, note = '' }]) => (
          <Attribute key={name} {...{ name, type, note }} />
        ))}
      </div>
    </details>
  );
}

function Signals({ visitor }: { visitor: Visitor }) {
  const { signals } = visitor;
  return (
    <details class="fold">
      <summary>
        Signals <span class="hint">{signals.length || 'none'}</span>
      </summary>
      <ol class="signals">
        {signals.map(({ name, at, fields = {} }, index) => (
          <li key={index}>
            <time dateTime={at}>{at.slice(11, 19)}</time> <strong>{name}</strong>{' '}
            <span class="hint">
              {Object.entries(fields)
                .map(([field, value]) => `${field} ${valueText(value)}`)
                .join(', ')}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function headline({ decision, margin }: Explanation): string {
  const { trigger, reason } = decision;
  if (trigger === null) return 'Nothing wins here: the page stays as it is.';
  if (decision.held_out)
    return `${trigger} wins, and this visitor is held out: the page stays as it is.`;
  if (!margin || margin.by === 'only') return `${trigger} wins: nothing else was in the running.`;
  if (margin.by === 'name')
    return `${trigger} wins over ${margin.runner_up}: same priority, first by name.`;
  return `${trigger} wins over ${margin.runner_up} by priority, ${margin.priority} more (${reason}).`;
}

function CandidateLine({ one }: { one: Candidate }) {
  return (
    <li class={`candidate ${one.outcome}`}>
      <p class="candidate-head">
        <strong>{one.trigger}</strong>
        <Badge tone={tones[one.outcome] ?? 'quiet'}>{outcomes[one.outcome] ?? one.outcome}</Badge>
        <span class="priority" title="priority">
          {one.priority}
        </span>
      </p>
      {one.when && <code class="when">{one.when}</code>}
      {one.failures.map((failure, index) => (
        <p class="failure" key={index}>
          <code>{failure.test ?? 'a test'}</code> fails
          {failure.input && (
            <>
              : <code>{failure.input}</code> is <strong>{valueText(failure.value)}</strong>
            </>
          )}
        </p>
      ))}
    </li>
  );
}

function Why({ why, names }: { why: Explanation; names: Names | null }) {
  const { options = {}, probability, microsegment } = why.decision;
  return (
    <section class="why" aria-label="Explanation">
      <p class="headline">{headline(why)}</p>
      {Object.keys(options).length > 0 && !why.decision.held_out && (
        <dl class="options">
          {Object.entries(options).map(([part, option]) => (
            <div key={part}>
              <dt>{part}</dt>
              <dd>{names?.assets[option]?.text || option}</dd>
            </div>
          ))}
        </dl>
      )}
      <p class="hint">
        {probability !== undefined && `One of ${shareText(probability)} with these options. `}
        {microsegment && `Measured in ${microsegment}.`}
      </p>
      <h3>{plural(why.candidates.length, 'candidate')}, in the order asked</h3>
      <ol class="candidates">
        {why.candidates.map((one) => (
          <CandidateLine key={one.trigger} one={one} />
        ))}
      </ol>
      <details class="fold">
        <summary>
          What the conditions read <span class="hint">{Object.keys(why.inputs).length}</span>
        </summary>
        <dl class="inputs">
          {Object.entries(why.inputs).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{valueText(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}

export function VisitorPanel() {
  const tower = useTower();
  const { visitor, names, outline, trigger, revision, checked, newest } = tower.state;
  const [side, setSide] = useState<Side>('draft');
  const [why, setWhy] = useState<Explanation | null>(null);
  const [fault, setFault] = useState('');
  const slots = Object.keys(names?.slots ?? {});
  const bySelection = outline.find((one) => one.trigger === trigger)?.slot;
  const slot = tower.state.slot || bySelection || slots[0] || '';
  const isChecked = checked !== null && checked.revision === revision;
  const canAsk = slot !== '' && (side === 'published' || (isChecked && tower.errorCount === 0));
  useEffect(() => {
    if (!canAsk) return undefined;
    let isCurrent = true;
    tower.explain(visitor, slot, side).then(
      (answer) => {
        if (!isCurrent) return;
        setWhy(answer);
        setFault('');
      },
      (error: unknown) =>
        isCurrent && setFault(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [tower, visitor, slot, side, revision, canAsk, newest]);
  const local = new Date(visitor.now);
  return (
    <div class="panel-body">
      <Who />
      <div class="two slot-time">
        <Select
          label="Slot"
          value={slot}
          options={slots.map((value) => ({ value, label: value }))}
          onChange={(value) => tower.set({ slot: value })}
        />
        <Field label="Time (UTC)">
          <input
            type="datetime-local"
            value={Number.isNaN(local.getTime()) ? '' : local.toISOString().slice(0, 16)}
            onChange={(event) => {
              const { value } = event.currentTarget;
              if (value) tower.set({ visitor: { ...visitor, now: `${value}:00Z` } });
            }}
          />
        </Field>
      </div>
      <SideSwitch value={side} onChange={setSide} />
      {names && <Attributes names={names} />}
      <Signals visitor={visitor} />
      {!canAsk && tower.errorCount > 0 && (
        <Empty title="Mend the source first">A draft with mistakes decides nothing.</Empty>
      )}
      {fault && (
        <div class="callout bad" role="alert">
          <p>{fault}</p>
        </div>
      )}
      {why && !fault && canAsk && <Why why={why} names={names} />}
    </div>
  );
}
