// Step 6: the store's process is killed and started again, while visitors come.
import { countedOf } from './counts.ts';
import { countText, plural } from './text.ts';
import { useStage } from './use_stage.ts';

const rushCount = 300;

export function Kill() {
  const stage = useStage();
  const { host, counts, busy, fault } = stage.state;
  if (!host) return null;
  const { wire, store, traffic } = host;
  const figures = [
    ['Sent', wire.sent],
    ['Acknowledged', wire.acknowledged],
    ['Counted', counts ? countedOf(counts) : 0],
  ] as const;
  const isEven = figures.every(([, count]) => count === wire.sent);
  const isQuiet = (traffic?.busy ?? 0) === 0;
  return (
    <>
      <dl class="figures">
        {figures.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{countText(count)}</dd>
          </div>
        ))}
      </dl>
      <p class="verdict" role="status">
        {!store.isUp
          ? 'The store is dead. Pages go on; what they have to say waits in the browsers.'
          : isEven
            ? 'Sent = acknowledged = counted.'
            : isQuiet
              ? 'What waited is on its way again.'
              : 'Visitors are in the shop: some records are on their way.'}
      </p>
      <div class="row">
        <button
          type="button"
          disabled={busy !== '' || (traffic?.rush ?? 0) > 0}
          onClick={() => void stage.act('rush', { count: rushCount })}
        >
          Send {rushCount} visitors
        </button>
        <button
          type="button"
          class="danger"
          disabled={!store.isUp || busy !== ''}
          onClick={() => void stage.act('kill')}
        >
          Kill the store
        </button>
        <button
          type="button"
          class="primary"
          disabled={store.isUp || busy !== ''}
          onClick={() => void stage.act('restart')}
        >
          Start it again
        </button>
        <PauseSwitch />
      </div>
      <p class="hint">
        {store.isUp
          ? `Process ${store.pid} runs.`
          : `Process ${store.pid} was killed with SIGKILL.`}{' '}
        {traffic &&
          `${plural(traffic.sessions, 'visitor')} so far, ${plural(traffic.rush, 'visitor')} of a rush to come.`}
      </p>
      {fault && <p class="callout bad">{fault}</p>}
    </>
  );
}

/** Nobody comes while you look at your own doings. */
export function PauseSwitch() {
  const stage = useStage();
  const { traffic, fault } = stage.state.host ?? {};
  if (!traffic) return null;
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        disabled={fault !== null}
        checked={traffic.pace === 'calm'}
        onChange={(event) => void stage.setPace(event.currentTarget.checked ? 'calm' : 'paused')}
      />
      <span>The crowd comes in</span>
    </label>
  );
}
