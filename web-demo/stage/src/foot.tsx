// The line at the bottom: what it weighs, what it did, and whether it did the same twice.
import { countText, sizeText } from './text.ts';
import { useStage } from './use_stage.ts';

export function Foot() {
  const stage = useStage();
  const { host, isThere } = stage.state;
  if (!host) return <footer class="foot" />;
  const { sizes, decisions, replay } = host;
  const figures = [
    [sizeText(sizes.wasm), 'of WebAssembly'],
    [sizeText(sizes.script), 'of JavaScript, the shop\u2019s own included'],
    [countText(decisions), 'decisions made'],
    [countText(replay.decisions), `recomputed natively: ${countText(replay.differences)} differ`],
  ] as const;
  return (
    <footer class="foot">
      <ul>
        {figures.map(([figure, what]) => (
          <li key={what}>
            <b>{figure}</b> {what}
          </li>
        ))}
      </ul>
      <button type="button" class="link" onClick={() => stage.go(7)}>
        C++, Emscripten, Embind, simdjson and cereal at work
      </button>
      {!isThere && <span class="badge bad">The demo has stopped</span>}
    </footer>
  );
}
