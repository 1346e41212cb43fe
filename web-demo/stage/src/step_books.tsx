// Step 8: the recorded decisions once more by the native core, and where each part is at work.
import { countText, plural, sizeText } from './text.ts';
import { useStage } from './use_stage.ts';

export function Books() {
  const stage = useStage();
  const { host, traces, busy } = stage.state;
  if (!host) return null;
  const { replay, sizes, store, edge, compiledMs, wire } = host;
  const snapshot = traces.cookies.find(({ name }) => name === 'heed_s')?.value.split('.')[0] ?? '';
  const parts = [
    ['C++20', `one core: in the store (process ${store.pid}), in the command, and as WebAssembly`],
    [
      'Emscripten',
      `heed.wasm, ${sizeText(sizes.wasm)} with brotli: in the edge (workerd, process ${edge.pid}) and in the shop\u2019s page`,
    ],
    [
      'Embind',
      'heed-studio.wasm in the tower\u2019s workers: check, explain and compile as you type',
    ],
    [
      'simdjson',
      `reads the ruleset\u2019s JSON: check, compile, sign and publish took ${compiledMs} ms at the start`,
    ],
    [
      'cereal',
      `describes what is kept and sent: ${snapshot ? `your session, ${sizeText(Math.floor((snapshot.length * 3) / 4))} in a cookie` : 'no session is kept now'}; ${plural(wire.batches, 'batch', 'batches')}, ${sizeText(wire.bytes)}`,
    ],
  ] as const;
  return (
    <>
      <p class="verdict" role="status">
        {countText(replay.decisions)} decisions recomputed natively: {countText(replay.differences)}{' '}
        differ
      </p>
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={busy !== ''}
          onClick={() => void stage.act('recompute')}
        >
          Recompute now
        </button>
        <span class="hint">
          <code>heed replay-log</code> over {plural(replay.chunks, 'chunk')} that pages recorded
        </span>
      </div>
      <dl class="facts">
        {parts.map(([name, what]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
