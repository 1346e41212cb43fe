// The stage as a page: the walk above, then the shop, what heed knows and why, and the board; on a
// narrow screen one at a time.
import { useEffect, useRef } from 'preact/hooks';

import { LiveBoard } from './live_board.tsx';
import { Foot } from './foot.tsx';
import { Knows } from './knows.tsx';
import type { Tab } from './model.ts';
import { ShopFrame } from './shop_frame.tsx';
import { Attacks } from './step_attack.tsx';
import { Books } from './step_books.tsx';
import { Browse } from './step_browse.tsx';
import { Buy } from './step_buy.tsx';
import { FirstVisit } from './step_first.tsx';
import { Kill } from './step_kill.tsx';
import { Marketer } from './step_marketer.tsx';
import { Privacy } from './step_privacy.tsx';
import { steps } from './steps.ts';
import { useStage } from './use_stage.ts';
import { Why } from './why.tsx';

const panels = [FirstVisit, Browse, Privacy, Marketer, Attacks, Kill, Buy, Books];
const marketerStep = 3;
const tabs: readonly { tab: Tab; label: string }[] = [
  { tab: 'shop', label: 'Shop' },
  { tab: 'why', label: 'Step and why' },
  { tab: 'board', label: 'Board' },
];

function Head() {
  const { state } = useStage();
  const { host } = state;
  return (
    <header class="head">
      <h1>
        <img src="/stage/icon.svg" alt="" width="24" height="24" />
        heed
      </h1>
      <p class="hint">A shop that heeds its visitors, and everything behind it, on this machine</p>
      {host && (
        <p class="parts" role="status">
          <span class={host.edge.heed.startsWith('ok') ? 'part good' : 'part bad'}>
            Edge <b>{host.edge.heed.split(';')[0] || 'starting'}</b>
          </span>
          <span class={host.store.isUp ? 'part good' : 'part bad'}>
            Store <b>{host.store.isUp ? 'up' : 'dead'}</b>
          </span>
        </p>
      )}
    </header>
  );
}

function Walk() {
  const stage = useStage();
  const { step } = stage.state;
  const list = useRef<HTMLOListElement>(null);
  const current = steps[step]!;
  useEffect(() => {
    const show = () => {
      const here = list.current?.children[step] as HTMLElement | undefined;
      if (here) list.current!.scrollLeft = here.offsetLeft - 16;
    };
    show();
    addEventListener('resize', show);
    return () => removeEventListener('resize', show);
  }, [step]);
  return (
    <nav class="walk" aria-label="The walk">
      <ol ref={list}>
        {steps.map(({ name }, index) => (
          <li key={name}>
            <button
              type="button"
              aria-current={index === step ? 'step' : undefined}
              onClick={() => stage.go(index)}
            >
              <span class="number">{index + 1}</span>
              {name}
            </button>
          </li>
        ))}
      </ol>
      <div class="cue">
        <p>
          <strong>{current.do}</strong> {current.shows}
        </p>
        <div class="row">
          <button
            type="button"
            class="quiet"
            disabled={step === 0}
            onClick={() => stage.go(step - 1)}
          >
            Back
          </button>
          <button
            type="button"
            class="primary"
            disabled={step === steps.length - 1}
            onClick={() => stage.go(step + 1)}
          >
            Next
          </button>
        </div>
      </div>
    </nav>
  );
}

function Tabs() {
  const stage = useStage();
  return (
    <nav class="tabs" aria-label="Parts of the stage">
      {tabs.map(({ tab, label }) => (
        <button
          type="button"
          key={tab}
          aria-current={stage.state.tab === tab ? 'page' : undefined}
          onClick={() => stage.set({ tab })}
        >
          {label}
        </button>
      ))}
    </nav>
  );
}

export function App() {
  const { state } = useStage();
  const { step, tab } = state;
  const Panel = panels[step]!;
  const isMarketer = step === marketerStep;
  const middle = useRef<HTMLElement>(null);
  useEffect(() => {
    if (middle.current) middle.current.scrollTop = 0;
  }, [step]);
  return (
    <div class={`app show-${tab} ${isMarketer ? 'with-tower' : ''}`}>
      <Head />
      <Walk />
      <Tabs />
      <aside class="left" aria-label="The shop">
        <ShopFrame />
      </aside>
      <main class="middle" ref={middle}>
        <section class="panel step" aria-labelledby="step">
          <h2 id="step">{steps[step]!.name}</h2>
          <Panel key={step} />
        </section>
        {!isMarketer && (
          <>
            <Knows />
            <Why />
          </>
        )}
      </main>
      <aside class="right" aria-label="The live board" hidden={isMarketer}>
        <LiveBoard />
      </aside>
      <Foot />
    </div>
  );
}
