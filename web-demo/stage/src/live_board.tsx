// The board, on the store's own interface, let in by the stage's server.
import { useEffect, useRef } from 'preact/hooks';

import { mount, type MountedBoard } from '../../board/src/mount.tsx';
import { plantedMetric } from './findings.ts';
import { boardSource } from './host.ts';
import { useStage } from './use_stage.ts';

export function LiveBoard() {
  const stage = useStage();
  const home = useRef<HTMLDivElement>(null);
  const board = useRef<MountedBoard | null>(null);
  const { host, isRevealed } = stage.state;
  const site = host?.site;
  useEffect(() => {
    if (!site || !home.current) return undefined;
    const first = host.planted.map(({ trigger }) => trigger);
    board.current = mount(home.current, { ...boardSource, site, metric: plantedMetric, first });
    return () => {
      board.current?.unmount();
      board.current = null;
    };
  }, [site]);
  useEffect(() => {
    const planted = host?.planted.map(({ trigger, effect }) => [trigger, effect] as const);
    board.current?.reveal(isRevealed && planted ? Object.fromEntries(planted) : undefined);
  }, [isRevealed, site]);
  return <div class="board-home" ref={home} />;
}
