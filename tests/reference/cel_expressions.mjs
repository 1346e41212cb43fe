// Random typed conditions as trees, random visitors for them, and smaller trees for a failure. What
// conditions have beyond CEL (a bare `has`, an integer beside a double in arithmetic, `d` and `w`)
// is left out.

/** SplitMix64: the same choices from a seed on every machine. */
export class Random {
  #state;
  constructor(seed) {
    this.#state = BigInt(seed);
  }
  below(count) {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) % BigInt(count));
  }
  chance(percent) {
    return this.below(100) < percent;
  }
  pick(choices) {
    return choices[this.below(choices.length)];
  }
}

const texts = [
  '',
  'a',
  'b',
  'ab',
  'AB',
  'Ab',
  'kids',
  'it\u0027s',
  'é',
  'e\u0301',
  '🎁',
  'Äb',
  'a\\b',
];
const numbers = ['0.0', '1.0', '-1.0', '2.5', '0.1', '3.0', '-2.5', '100.0'];
const moments = [
  '2026-11-20T10:00:00Z',
  '2026-11-19T23:59:59.999Z',
  '2024-02-29T12:30:00+02:00',
  '1969-12-31T23:00:00Z',
  '2000-01-01T00:00:00.001Z',
];
const durations = ['90s', '1h30m', '-45m', '250ms', '24h', '1.5h', '0s', '8760h'];
const accessors = [
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getDayOfYear',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
];
// Without 'UTC': in that zone the other implementation has midnight on the day before.
const offsets = ['', '', "'+05:30'", "'-09:30'", "'02:00'", "'-00:00'"];
const comparisons = ['==', '!=', '<', '<=', '>', '>='];

export const attributes = {
  ...{ b: 'bool', c: 'bool', n: 'number', m: 'number', s: 'string', t: 'string' },
  ...{ u: 'set', v: 'set', w: 'time', x: 'time' },
};
const named = (type) => Object.keys(attributes).filter((name) => attributes[name] === type);

export function quoted(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const leaf = (type, text) => ({ type, kids: [], write: () => text });
const node = (type, write, ...kids) => ({ type, kids, write });
const infix = (type, op, a, b) => node(type, (x, y) => `(${x} ${op} ${y})`, a, b);

export function textOf(tree) {
  return tree.write(...tree.kids.map(textOf));
}

/** Writes trees of a type, at most `depth` deep; `members` are the names that macros bind. */
class Writer {
  constructor(random) {
    this.random = random;
    this.members = [];
  }

  make(type, depth) {
    return this[type](depth);
  }

  bool(depth) {
    const { random } = this;
    if (depth === 0) {
      return random.chance(80)
        ? leaf('bool', random.pick(named('bool')))
        : leaf('bool', random.pick(['true', 'false']));
    }
    const kinds = ['and', 'or', 'not', 'choose', 'compare', 'compare', 'compare', 'listed'];
    kinds.push('textTest', 'textTest', 'member', 'macro', 'macro', 'listMacro');
    return this[random.pick(kinds)](depth - 1);
  }

  and(depth) {
    return infix('bool', '&&', this.bool(depth), this.bool(depth));
  }
  or(depth) {
    return infix('bool', '||', this.bool(depth), this.bool(depth));
  }
  not(depth) {
    return node('bool', (x) => `!${x.startsWith('(') ? x : `(${x})`}`, this.bool(depth));
  }
  choose(depth, type = 'bool') {
    const sides = [this.make(type, depth), this.make(type, depth)];
    return node(type, (c, x, y) => `(${c} ? ${x} : ${y})`, this.bool(depth), ...sides);
  }
  compare(depth) {
    const type = this.random.pick([
      'number',
      'number',
      'string',
      'time',
      'duration',
      'int',
      'bool',
    ]);
    const sides = [this.make(type, depth), this.make(type, depth)];
    return infix('bool', this.random.pick(comparisons), ...sides);
  }
  listed(depth) {
    const type = this.random.pick(['string', 'number', 'int']);
    const items = Array.from({ length: this.random.below(4) }, () => textOf(this.literal(type)));
    return node('bool', (x) => `(${x} in [${items.join(', ')}])`, this.make(type, depth));
  }
  textTest(depth) {
    const method = this.random.pick(['startsWith', 'endsWith', 'contains']);
    const sides = [this.string(depth), this.string(depth)];
    return node('bool', (x, y) => `${x}.${method}(${y})`, ...sides);
  }
  member(depth) {
    return infix('bool', 'in', this.string(depth), leaf('set', this.random.pick(named('set'))));
  }

  /** `exists` or `all` over a set, a loop at most in another. */
  macro(depth) {
    const loops = this.members.filter(({ name }) => name.startsWith('item')).length;
    if (loops === 2) return this.bool(depth);
    const name = `item${loops}`;
    return this.loop(leaf('set', this.random.pick(named('set'))), name, 'string', depth);
  }
  listMacro(depth) {
    const type = this.random.pick(['string', 'number', 'int']);
    const items = Array.from({ length: this.random.below(4) }, () => textOf(this.literal(type)));
    const name = `each${this.members.length}`;
    return this.loop(leaf('list', `[${items.join(', ')}]`), name, type, depth);
  }
  loop(over, name, type, depth) {
    const kind = this.random.pick(['exists', 'all']);
    this.members.push({ name, type });
    const body = this.bool(Math.max(depth, 1));
    this.members.pop();
    return { ...node('bool', (x, y) => `${x}.${kind}(${name}, ${y})`, over, body), binds: name };
  }

  literal(type) {
    const { random } = this;
    if (type === 'string') return leaf(type, quoted(random.pick(texts)));
    if (type === 'number') return leaf(type, random.pick(numbers));
    if (type === 'int') return leaf(type, String(random.below(30)));
    if (type === 'time') return leaf(type, `timestamp('${random.pick(moments)}')`);
    return leaf(type, `duration('${random.pick(durations)}')`);
  }
  name(type) {
    const bound = this.members.filter((member) => member.type === type).map(({ name }) => name);
    if (bound.length > 0 && this.random.chance(60)) return leaf(type, this.random.pick(bound));
    return leaf(type, this.random.pick(named(type)));
  }
  simple(type) {
    return this.random.chance(30) ? this.literal(type) : this.name(type);
  }

  string(depth) {
    if (depth === 0) return this.simple('string');
    switch (this.random.below(6)) {
      case 0:
        return infix('string', '+', this.string(depth - 1), this.string(0));
      case 1:
        return node('string', (x) => `${x}.lowerAscii()`, this.string(depth - 1));
      case 2:
        return this.choose(depth - 1, 'string');
      default:
        return this.simple('string');
    }
  }
  // Nothing here divides by what may be 0: CEL's numbers are then not finite, and ours unknown.
  number(depth) {
    if (depth === 0) return this.simple('number');
    const op = this.random.pick(['+', '-', '*']);
    switch (this.random.below(6)) {
      case 0:
        return infix('number', op, this.number(depth - 1), this.number(depth - 1));
      case 1:
        return infix('number', '/', this.number(depth - 1), leaf('number', '4.0'));
      case 2:
        return node('number', (x) => `-(${x})`, this.number(depth - 1));
      case 3:
        return this.choose(depth - 1, 'number');
      default:
        return this.simple('number');
    }
  }
  int(depth) {
    if (depth === 0) return this.size();
    const op = this.random.pick(['+', '-', '*', '/', '%']);
    switch (this.random.below(8)) {
      case 0:
      case 1:
        return infix('int', op, this.int(depth - 1), this.int(0));
      case 2:
        return node('int', (x) => `-(${x})`, this.int(depth - 1));
      case 3:
        return this.choose(depth - 1, 'int');
      case 4:
      case 5:
        return this.part(depth - 1);
      default:
        return this.size();
    }
  }
  size() {
    if (this.random.chance(40)) return this.literal('int');
    const what = this.random.chance(60)
      ? this.name('string')
      : leaf('set', this.random.pick(named('set')));
    return node('int', this.random.chance(50) ? (x) => `size(${x})` : (x) => `${x}.size()`, what);
  }
  part(depth) {
    const { random } = this;
    if (random.chance(30)) {
      const accessor = random.pick(accessors.slice(6));
      return node('int', (x) => `${x}.${accessor}()`, this.duration(depth));
    }
    const call = `${random.pick(accessors)}(${random.pick(offsets)})`;
    return node('int', (x) => `${x}.${call}`, this.time(depth));
  }
  time(depth) {
    if (depth === 0 || this.random.chance(60)) return this.simpleTime('time');
    const op = this.random.pick(['+', '-']);
    return infix('time', op, this.time(depth - 1), this.duration(depth - 1));
  }
  duration(depth) {
    if (depth === 0) return this.literal('duration');
    const type = this.random.pick(['time', 'duration']);
    return infix('duration', '-', this.make(type, depth - 1), this.make(type, depth - 1));
  }
  simpleTime(type) {
    return this.random.chance(30) ? this.literal(type) : this.name(type);
  }
}

export function randomTree(random) {
  return new Writer(random).bool(1 + random.below(4));
}

/** A visitor's attributes as JSON has them; each is absent at times. */
export function randomVisitor(random) {
  const value = (type) => {
    if (type === 'bool') return random.chance(50);
    if (type === 'number') return Number(random.pick(numbers));
    if (type === 'string') return random.pick(texts);
    if (type === 'time') return random.pick(moments);
    return texts.filter(() => random.chance(25));
  };
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(() => random.chance(85))
      .map(([name, type]) => [name, value(type)]),
  );
}

/** Whether every member's name stands inside the macro that binds it. */
function isClosed(tree, bound = []) {
  const inside = tree.binds === undefined ? bound : [...bound, tree.binds];
  if (tree.kids.length > 0) return tree.kids.every((kid) => isClosed(kid, inside));
  return !/^(item|each)\d$/.test(textOf(tree)) || bound.includes(textOf(tree));
}

/** Trees that are one step smaller: a part of the same type stands for the whole. */
export function* smaller(tree) {
  const parts = (at) => at.kids.flatMap((kid) => [kid, ...parts(kid)]);
  yield* parts(tree).filter((part) => part.type === tree.type && isClosed(part));
  for (const [i, kid] of tree.kids.entries()) {
    for (const less of smaller(kid)) {
      yield { ...tree, kids: tree.kids.map((other, j) => (i === j ? less : other)) };
    }
  }
}
