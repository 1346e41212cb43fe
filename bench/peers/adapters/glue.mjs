// What the adapters share; none of it is timed except `split`.
const decoder = new TextDecoder();
const encoder = new TextEncoder();
export const text = (bytes) => decoder.decode(bytes);
export const bytesOf = (value) => encoder.encode(value);
export const parse = (bytes) => JSON.parse(text(bytes));
export const keys = (count) => Array.from({ length: count }, (_, i) => `r${i}`);
export const indexOf = (ruleId) => Number(ruleId.slice(1));

/** Engines without lists as attributes get ",a,b," and look for ",a,". */
export const joined = (members) => `,${members.join(',')},`;
export const sought = (member) => `,${member},`;
export const scalars = (attributes, other = (value) => value) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      Array.isArray(value) ? joined(value) : other(value),
    ]),
  );

/** The two ends of a range, as `make(op, value)`; an open end is left out. */
export const ends = (p, make, least = '>=', below = '<') => [
  ...(p.low === undefined ? [] : [make(least, p.low)]),
  ...(p.high === undefined ? [] : [make(below, p.high)]),
];

const quiet = () => {};
export const noLog = {
  error: quiet,
  warn: quiet,
  info: quiet,
  debug: quiet,
  trace: quiet,
  fatal: quiet,
};

/** The arm, for engines that have no rollout of their own: FNV-1a with a final avalanche. */
export function split(salt, id, arms) {
  const message = `${salt}:${id}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < message.length; i++)
    hash = Math.imul(hash ^ message.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return arms[(hash >>> 0) % arms.length];
}

/** All rules in turn, for engines without a call of their own for it. */
export const inTurn = (decide) => (engine, context) => {
  const won = [];
  for (let i = 0; i < engine.rules.length; i++) {
    const arm = decide(engine, engine.rules[i], context);
    if (arm) won.push(i, arm);
  }
  return won;
};
