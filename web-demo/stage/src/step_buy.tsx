// Step 7: a purchase of one's own on the board, and the truth that was planted in the crowd.
import { findingsOf, sumUp } from './findings.ts';
import { PauseSwitch } from './step_kill.tsx';
import { numberText } from './text.ts';
import { useStage } from './use_stage.ts';

export function Buy() {
  const stage = useStage();
  const { purchase, isRevealed, host } = stage.state;
  const isPaused = host?.traffic?.pace === 'paused' && host.traffic.busy === 0;
  return (
    <>
      <div class="row">
        <button type="button" onClick={() => stage.open('/p/frog-wellies')}>
          Go to a product
        </button>
        <button type="button" onClick={() => stage.open('/checkout')}>
          Go to the till
        </button>
        <PauseSwitch />
      </div>
      <p class="verdict" role="status">
        {purchase
          ? purchase.ms === null
            ? 'Your order has left this browser.'
            : `Your order of ${purchase.value} pounds was counted ${numberText(purchase.ms / 1000)} s after it left this browser.`
          : isPaused
            ? 'The crowd waits outside: what the board counts now is you.'
            : 'Let the crowd wait outside to see your own order alone.'}
      </p>
      <div class="row">
        <button
          type="button"
          class="primary"
          aria-pressed={isRevealed}
          onClick={() => stage.reveal(!isRevealed)}
        >
          {isRevealed ? 'Hide what was planted' : 'Reveal what was planted'}
        </button>
        <button type="button" onClick={() => void stage.act('rush', { count: 2000 })}>
          Send 2,000 visitors
        </button>
      </div>
      {isRevealed && <Revealed />}
    </>
  );
}

/** Read from what the store counts now: it changes as visitors come. */
function Revealed() {
  const { counts, host } = useStage().state;
  if (!counts || !host) return null;
  const findings = findingsOf(counts, host.planted);
  return (
    <>
      <p class="verdict" role="status">
        {sumUp(findings)}
      </p>
      <dl class="facts findings">
        {findings.map(({ trigger, name, judgement, text }) => (
          <div key={trigger} class={`is-${judgement}`}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
