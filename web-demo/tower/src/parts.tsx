// Small pieces that panels share.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import type { Side } from './protocol.ts';

export function Badge({ tone, children }: { tone: string; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** What stands where there is nothing yet, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

type Choice<T extends string> = { readonly value: T; readonly label: string };

/** A few choices, one of them taken. */
export function Segmented<T extends string>(props: {
  label: string;
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class="hidden">{props.label}</legend>
      {props.choices.map(({ value, label }) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The draft, or what is live. */
export function SideSwitch(props: { value: Side; onChange: (side: Side) => void }) {
  return (
    <Segmented
      label="Which ruleset"
      value={props.value}
      choices={[
        { value: 'draft', label: 'Your draft' },
        { value: 'published', label: 'Published' },
      ]}
      onChange={props.onChange}
    />
  );
}

export function Field(props: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span class="field-label">{props.label}</span>
      {props.children}
      {props.hint && <span class="hint">{props.hint}</span>}
    </label>
  );
}

export function Select<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (Choice<T> & { readonly group?: string })[];
  onChange: (value: T) => void;
}) {
  const groups = [...new Set(props.options.map(({ group = '' }) => group))];
  return (
    <Field label={props.label}>
      <select
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value as T)}
      >
        {groups.map((group) => {
          const here = props.options.filter((one) => (one.group ?? '') === group);
          const list = here.map(({ value, label }) => (
            <option key={value} value={value} selected={value === props.value}>
              {label}
            </option>
          ));
          return group ? (
            <optgroup key={group} label={group}>
              {list}
            </optgroup>
          ) : (
            list
          );
        })}
      </select>
    </Field>
  );
}
