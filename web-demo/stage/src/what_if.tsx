// Another attribute or another time: what would the slot show then?
import type { Value } from 'heed';
import { useState } from 'preact/hooks';

import { asItIs } from './twin.ts';
import { useStage } from './use_stage.ts';
import { Decided } from './why.tsx';

const day = 86_400_000;
const clocks = [
  { label: 'now', ms: 0 },
  { label: 'in an hour', ms: 3_600_000 },
  { label: 'tomorrow', ms: day },
  { label: 'in a week', ms: 7 * day },
  { label: 'in 40 days', ms: 40 * day },
  { label: 'in 280 days', ms: 280 * day },
];

/** What a person types, as the ruleset's declaration of the attribute wants it. */
function typed(text: string): Value {
  if (text === '') return null;
  if (text === 'yes' || text === 'no') return text === 'yes';
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

const attributes = [
  { name: 'country', values: ['GB', 'FR', 'DE'] },
  { name: 'device', values: ['mobile', 'tablet', 'desktop'] },
  { name: 'language', values: ['en', 'de'] },
  { name: 'returning', values: ['yes', 'no'] },
  { name: 'hour', values: ['9', '15', '21'] },
  { name: 'utm_source', values: ['letter'] },
  { name: 'cart_value', values: ['0', '35', '59', '80'] },
  { name: 'loyalty_tier', values: ['silver', 'gold'] },
];

export function WhatIf() {
  const stage = useStage();
  const { what, whatIf, explanations, slot } = stage.state;
  const [name, setName] = useState('country');
  const known = attributes.find((one) => one.name === name)!;
  const asked = Object.keys(what.values)[0];
  const before = JSON.stringify(explanations[slot]?.decision);
  const isSame = JSON.stringify(whatIf?.decision) === before;
  return (
    <div class="what-if" role="group" aria-label="What if">
      <h3>What if</h3>
      <div class="row">
        <select
          aria-label="Attribute"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        >
          {attributes.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name}
            </option>
          ))}
        </select>
        <select
          aria-label="Its value"
          value={
            known.values.find((value) => asked === name && what.values[name] === typed(value)) ?? ''
          }
          onChange={(event) => {
            const { value } = event.currentTarget;
            const values = value === '' ? {} : { [name]: typed(value) };
            stage.ask({ ...what, values });
          }}
        >
          <option value="">as it is</option>
          {known.values.map((value) => (
            <option
              key={value}
              value={value}
              selected={asked === name && what.values[name] === typed(value)}
            >
              {value}
            </option>
          ))}
        </select>
        <select
          aria-label="Time"
          value={String(what.laterMs)}
          onChange={(event) => stage.ask({ ...what, laterMs: Number(event.currentTarget.value) })}
        >
          {clocks.map(({ label, ms }) => (
            <option key={ms} value={String(ms)} selected={ms === what.laterMs}>
              {label}
            </option>
          ))}
        </select>
        {whatIf && (
          <button type="button" class="link" onClick={() => stage.ask(asItIs)}>
            As it is
          </button>
        )}
      </div>
      <p class="verdict" role="status">
        {whatIf ? (
          <>
            {isSame ? 'Still ' : 'Then '}
            <Decided decision={whatIf.decision} />
          </>
        ) : (
          'Nothing that you ask here reaches the page or the store.'
        )}
      </p>
    </div>
  );
}
