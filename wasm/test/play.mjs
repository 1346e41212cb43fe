// Plays one line of `heed decide` through the package: attributes first, then signals in order of
// `at`. Runs in Node and in workerd.

const level = 'device';

/** Whether a page could have brought the line about: heed's own signals are not its to observe. */
export const isOfPage = ({ signals = [] }) => !signals.some(({ name }) => name.startsWith('heed_'));

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

/**
 * A visitor who has lived through a line.
 *
 * @param create makes a Heed from {visitor, consent, now, transport, state}
 * @param body what to do with it; gets the Heed and the problems so far
 */
function live(create, line, body) {
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
  const result = body(heed, problems);
  heed[Symbol.dispose]();
  return result;
}

/** What `heed decide` answers to the line. */
export const play = (create, line) =>
  live(create, line, (heed, problems) => {
    const decisions = line.slots
      ? line.slots.map((slot) => heed.decide(slot))
      : heed.decideAll().filter(({ trigger }) => trigger !== null);
    const unknown = problems
      .filter(({ code }) => code === 'unknown_slot')
      .map(({ where }) => where);
    return {
      visitor: line.visitor,
      decisions: decisions.filter(({ slot }) => !unknown.includes(slot)),
    };
  });

/** What `heed explain --json` prints for the line, a text for each slot. */
export const explain = (create, line, slots, map) =>
  live(create, line, (heed) => slots.map((slot) => JSON.stringify(heed.explain(slot, map))));
