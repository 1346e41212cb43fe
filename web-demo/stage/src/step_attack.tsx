// Step 5: the ruleset is changed on its way to the edge, for real.
import { useEffect, useRef } from 'preact/hooks';

import type { Attack } from './host.ts';
import { useStage } from './use_stage.ts';

const attacks: readonly { kind: Attack; name: string; what: string }[] = [
  { kind: 'flip', name: 'Flip a byte', what: 'One bit of the file, in the middle.' },
  { kind: 'old', name: 'Serve an old version', what: 'Yesterday\u2019s, rightly signed.' },
  { kind: 'expire', name: 'Let it expire', what: 'Rightly signed, ends in seconds.' },
  {
    kind: 'stranger',
    name: 'Sign with a stranger\u2019s key',
    what: 'The same rules, another signer.',
  },
];

const reasons: Readonly<Record<string, string>> = {
  bad_signature: 'no signature fits these bytes',
  rolled_back: 'it is older than one seen before',
  expired: 'it has ended',
  too_few_signatures: 'nobody who may publish has signed it',
  unknown_key: 'nobody who may publish has signed it',
};

const lookMs = 1000;

/** What this browser makes of the bytes that the edge is given. */
function Browser() {
  const stage = useStage();
  const { onWire, host } = stage.state;
  const kind = host?.fault?.kind;
  useEffect(() => {
    void stage.readWire();
    const timer = setInterval(() => void stage.readWire(), lookMs);
    return () => clearInterval(timer);
  }, [kind]);
  if (!onWire) return <dd>{'\u2013'}</dd>;
  return 'code' in onWire ? (
    <dd>
      <code>{onWire.code}</code> <span class="hint">{onWire.message}</span>
    </dd>
  ) : (
    <dd>
      Version {onWire.version}, rightly signed, until{' '}
      {new Date(onWire.expires).toISOString().slice(0, 16).replace('T', ' ')} UTC
    </dd>
  );
}

function Verdict() {
  const { state } = useStage();
  const { host, ownHero, visit } = state;
  if (!host) return null;
  const { heed, title } = host.edge;
  const reason = /^bypass; reason=(\w+)/.exec(heed)?.[1];
  const hero = visit?.seen.find(({ slot }) => slot === 'hero')?.text.split(' \u00b7 ')[0];
  return (
    <dl class="facts">
      <div>
        <dt>On the wire</dt>
        <dd>{host.fault?.says ?? 'What the store sent, untouched.'}</dd>
      </div>
      <div>
        <dt>The edge says</dt>
        <dd>
          <code>x-heed: {heed || '\u2013'}</code>
          {reason && <span class="hint"> {reasons[reason] ?? ''}</span>}
        </dd>
      </div>
      <div>
        <dt>The browser says</dt>
        <Browser />
      </div>
      <div>
        <dt>A visitor sees</dt>
        <dd>
          {title}
          {title && title === ownHero && <span class="hint"> as the shop wrote it</span>}
        </dd>
      </div>
      <div>
        <dt>In your frame</dt>
        <dd>{hero ?? '\u2013'}</dd>
      </div>
    </dl>
  );
}

export function Attacks() {
  const stage = useStage();
  const { host, busy, fault } = stage.state;
  const said = useRef('');
  const heed = host?.edge.heed ?? '';
  const isBypassed = heed.startsWith('bypass');
  // The frame shows what a visitor would get now, whenever that turns.
  useEffect(() => {
    const now = isBypassed ? heed : 'ok';
    if (said.current && said.current !== now) stage.open('/');
    said.current = now;
  }, [isBypassed, heed]);
  return (
    <>
      <div class="choices">
        {attacks.map(({ kind, name, what }) => (
          <button
            type="button"
            key={kind}
            class="choice"
            aria-pressed={host?.fault?.kind === kind}
            disabled={busy !== ''}
            onClick={() => void stage.act('attack', { kind })}
          >
            <strong>{name}</strong>
            <span>{what}</span>
          </button>
        ))}
      </div>
      <Verdict />
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={!host?.fault || busy !== ''}
          onClick={() => void stage.act('mend')}
        >
          Mend the wire
        </button>
      </div>
      {fault && <p class="callout bad">{fault}</p>}
    </>
  );
}
