// What the store reports of each trigger, as it counts.
import { useEffect, useState } from 'preact/hooks';

import { readReport } from './host.ts';
import { countText } from './text.ts';
import { useStage } from './use_stage.ts';

type Row = {
  readonly trigger: string;
  readonly name: string | null;
  readonly exposures: number;
  readonly state: string;
};

export function LiveBoard() {
  const { counts, host } = useStage().state;
  const [rows, setRows] = useState<readonly Row[]>([]);
  const site = host?.site;
  useEffect(() => {
    if (site)
      void readReport<{ triggers: Row[] }>(site).then(
        (report) => report && setRows(report.triggers),
      );
  }, [site, counts]);
  return (
    <section class="panel" aria-labelledby="board">
      <h2 id="board">The live board</h2>
      <dl class="values">
        {rows.map(({ trigger, name, exposures, state }) => (
          <div key={trigger}>
            <dt>{name ?? trigger}</dt>
            <dd>
              {countText(exposures)} <span class="badge">{state}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
