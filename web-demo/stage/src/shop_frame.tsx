// The shop, as a phone shows it: the real pages, through the real edge.
import { useEffect, useRef } from 'preact/hooks';

import { useStage } from './use_stage.ts';

const phone = { width: 390, height: 800 };

/** The page is as wide as a phone, whatever room there is for it. */
function fit(hull: HTMLElement): void {
  const scale = Math.min(1, hull.clientWidth / phone.width);
  hull.style.setProperty('--scale', String(scale));
  hull.style.setProperty('--page-height', `${Math.round(hull.clientHeight / scale)}px`);
}

function Address() {
  const stage = useStage();
  const { visit, hasScript } = stage.state;
  return (
    <div class="address">
      <button type="button" class="tool" onClick={() => stage.open('/')} aria-label="Front page">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2.5 7.5 8 3l5.5 4.5M4 7v6h8V7" />
        </svg>
      </button>
      <button type="button" class="tool" onClick={() => stage.reload()} aria-label="Load again">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3" />
        </svg>
      </button>
      <p class="path" title="Where the frame is">
        {visit?.path ?? '/'}
      </p>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={hasScript}
          onChange={(event) => void stage.setScript(event.currentTarget.checked)}
        />
        <span>JavaScript</span>
      </label>
    </div>
  );
}

export function ShopFrame() {
  const stage = useStage();
  const hull = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const sizes = new ResizeObserver(() => fit(hull.current!));
    sizes.observe(hull.current!);
    stage.mount(frame.current!);
    return () => sizes.disconnect();
  }, [stage]);
  return (
    <div class="phone">
      <Address />
      <div class="screen" ref={hull}>
        <iframe ref={frame} src="/" title="The shop" width={phone.width} height={phone.height} />
      </div>
      <div class="row under">
        <button type="button" class="small" onClick={() => void stage.someoneNew()}>
          Somebody new
        </button>
        <span class="hint">Empties cookies and storage</span>
      </div>
    </div>
  );
}
