// Random sequences of changes for a session that lives on, and beside each change the line of
// `heed decide` that says the same at once.
import { mulberry32 } from '../../bench/workload.mjs';

const stepsMs = [1, 2, 500, 60_000, 1_800_000, 86_400_000, 30 * 86_400_000];

/**
 * @param lines     of one source: what may be set, observed and asked
 * @param isSticky  attributes stay as they are: what a stage once entered depends on, a line cannot
 *                  say
 * @returns [{visitor, steps: [{do, ..., now, line}]}]; the first step sets every attribute
 */
export function sequences(lines, count, changeCount, isSticky, seed) {
  const random = mulberry32(seed);
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  return Array.from({ length: count }, () => {
    const story = pick(lines);
    const signals = (story.signals ?? []).filter(({ name }) => name !== 'refund');
    signals.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)); // stable: ties stay as given
    const { visitor } = story;
    let attributes = story.attributes ?? {};
    let now = Date.parse(signals[0]?.at ?? story.now);
    let told = 0;
    const steps = [];
    const step = (what) => {
      const line = { visitor, now: new Date(now).toISOString(), attributes };
      steps.push({
        ...what,
        now,
        line: JSON.stringify({ ...line, signals: signals.slice(0, told) }),
      });
    };
    const observe = () => {
      const signal = signals[told++];
      const at = Date.parse(signal.at);
      now = Math.max(now, at);
      step({ do: 'observe', signal, at });
    };
    const set = () => {
      const [name, value] = pick(Object.entries(pick(lines).attributes ?? {}).concat([[]]));
      if (name === undefined) return;
      const { [name]: before, ...rest } = attributes;
      attributes = random() < 0.25 && before !== undefined ? rest : { ...rest, [name]: value };
      step({ do: 'set', values: { [name]: attributes[name] } });
    };
    step({ do: 'set', values: attributes });
    while (steps.length <= changeCount) {
      const kind = random();
      if (told < signals.length && (kind < 0.4 || (isSticky && told === 0))) observe();
      else if (kind < 0.8 && !isSticky) set();
      else {
        // A line sets its attributes with its first signal: until then no stage is settled.
        if (!isSticky || told > 0) now += pick(stepsMs);
        step({ do: 'wait' });
      }
    }
    return { visitor, steps };
  });
}
