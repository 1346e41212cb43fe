// How panels follow the console's state.
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

import type { Tower } from './model.ts';

export const TowerContext = createContext<Tower | null>(null);

/** The console; the caller is drawn again whenever its state changes. */
export function useTower(): Tower {
  const tower = useContext(TowerContext);
  if (!tower) throw new Error('drawn outside of the console');
  const [, draw] = useState(0);
  useEffect(() => tower.subscribe(() => draw((count) => count + 1)), [tower]);
  return tower;
}
