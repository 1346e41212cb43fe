// Step 4: the tower, with the shop beside it; the stage says when the edge follows.
import { useEffect, useRef, useState } from 'preact/hooks';

import { numberText } from './text.ts';
import { useStage } from './use_stage.ts';

const versionOf = (heed: string): number => Number(/^ok; v=(\d+)/.exec(heed)?.[1] ?? 0);

/** From the store's word that a version is out to the edge's that pages are made with it. */
function useFollowed(): string {
  const stage = useStage();
  const { host } = stage.state;
  const first = useRef(0);
  const [said, say] = useState('');
  const version = versionOf(host?.edge.heed ?? '');
  useEffect(() => {
    if (version === 0) return;
    if (first.current !== 0 && version > first.current) {
      const published = host?.published;
      const took = published?.version === version ? host!.edge.since - published.at : null;
      const after =
        took === null ? '' : `, ${numberText(Math.max(0, took) / 1000)} s after it was published`;
      say(`Pages are made with version ${version}${after}.`);
      stage.reload();
    }
    first.current = version;
  }, [version]);
  return said;
}

export function Marketer() {
  const stage = useStage();
  const { host } = stage.state;
  const followed = useFollowed();
  const version = versionOf(host?.edge.heed ?? '');
  return (
    <div class="tower">
      <p class="tower-line" role="status">
        {followed || (version ? `Pages are made with version ${version}.` : '')}
        {host && (
          <a href={host.console} target="_blank" rel="noreferrer">
            Open the tower by itself
          </a>
        )}
      </p>
      {host && <iframe title="The tower" src={host.console} />}
    </div>
  );
}
