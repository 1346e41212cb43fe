// How panels follow the stage.
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

import type { Stage } from './model.ts';

export const StageContext = createContext<Stage | null>(null);

/** The stage; the caller is drawn again whenever its state changes. */
export function useStage(): Stage {
  const stage = useContext(StageContext);
  if (!stage) throw new Error('drawn outside of the stage');
  const [, draw] = useState(0);
  useEffect(() => stage.subscribe(() => draw((count) => count + 1)), [stage]);
  return stage;
}
