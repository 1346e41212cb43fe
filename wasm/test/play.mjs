// Plays one line of `heed decide` through the package: attributes first, then signals in order of
// `at`. Runs in Node and in workerd.

const level = 'device';

/** A time as the line's format has it: RFC 3339 with milliseconds. */
const timeMs = (text) => Date.parse(text);
const isTime = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);

/**
 * JSON has no times: text that is one becomes a Date where a time is declared, which only trying
 * tells.
 */
function setEach(heed, attributes, problems) {
  for (const [name, value] of Object.entries(attributes)) {
    const before = problems.length;
    heed.set({ [name]: value });
    if (problems.length > before && problems.at(-1).code === 'wrong_type' && isTime(value)) {
      problems.pop();
      heed.set({ [name]: new Date(timeMs(value)) });
    }
  }
}

/** @param create makes a Heed from {visitor, consent, now, transport, state} */
export function play(create, line) {
  let now = timeMs(line.now);
  const problems = [];
  const heed = create({
    visitor: line.visitor,
    consent: level,
    now: () => now,
    transport: null,
    state: null,
  });
  heed.on('error', (problem) => problems.push(problem));
  setEach(heed, line.attributes ?? {}, problems);
  const signals = (line.signals ?? []).map((signal, order) => ({
    ...signal,
    at: timeMs(signal.at),
    order,
  }));
  signals.sort((a, b) => a.at - b.at || a.order - b.order);
  const last = now;
  for (const { name, at, fields, id } of signals) {
    now = at;
    heed.observe(name, fields ?? {}, id === undefined ? {} : { id });
  }
  now = last;
  const decisions = line.slots
    ? line.slots
        .map((slot) => heed.decide(slot))
        .filter(() => !problems.some(({ code }) => code === 'never'))
    : heed.decideAll().filter(({ trigger }) => trigger !== null);
  heed[Symbol.dispose]();
  const unknown = problems.filter(({ code }) => code === 'unknown_slot').map(({ where }) => where);
  return {
    visitor: line.visitor,
    decisions: decisions.filter(({ slot }) => !unknown.includes(slot)),
  };
}
