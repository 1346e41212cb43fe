// Reads a batch of outcomes (docs/formats/outcomes.md, "Binary form"): the stage shows people what
// left their browser, and the wire counts it.
const magic = 'HEEDOUT1';
const types = ['', 'exposure', 'outcome', 'refund', 'dropped', 'suppressed'];
const caps = ['trigger', 'campaign', 'programme'];
const limits = ['times', 'session', 'cool_down'];
const reasons =
  'fixed split bandit recommend holdout no_trigger capped no_consent layer schedule expired killed unverified'.split(
    ' ',
  );
const classes = ['', 'signal', 'exposure', 'driver', 'goal'];
const shareWhole = 2 ** 32;

class Reader {
  #bytes;
  #view;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u8() {
    return this.#view.getUint8(this.#at++);
  }
  varint() {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.u8();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }
  hex() {
    this.#at += 8;
    return this.#view
      .getBigUint64(this.#at - 8, true)
      .toString(16)
      .padStart(16, '0');
  }
  u64() {
    this.#at += 8;
    return Number(this.#view.getBigUint64(this.#at - 8, true));
  }
  f64() {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }
  bytes(size) {
    this.#at += size;
    if (this.#at > this.#bytes.length) throw new RangeError('the batch ends too early');
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
  text() {
    return new TextDecoder().decode(this.bytes(this.varint()));
  }
  list(read) {
    return Array.from({ length: this.varint() }, () => read());
  }
}

function headOf(from) {
  if (new TextDecoder().decode(from.bytes(magic.length)) !== magic) return null;
  const [device, epoch] = [from.hex(), from.hex()];
  const [first, sent] = [from.u64(), from.u64()];
  return { device, epoch, first, sent, ticket: from.text(), count: from.varint() };
}

/** @returns {device, epoch, first, sent, ticket, count}; null where the bytes are no batch */
export function readHead(bytes) {
  try {
    return headOf(new Reader(bytes));
  } catch {
    return null;
  }
}

function exposure(from) {
  const [at, ruleset, unit, view] = [from.u64(), from.u64(), from.hex(), from.hex()];
  const [slot, trigger, variant] = [from.text(), from.text(), from.text()];
  const options = Object.fromEntries(from.list(() => [from.text(), from.text()]));
  const probability = from.u64() / shareWhole;
  const microsegment = from.text();
  const [reason, held_out] = [reasons[from.u8()], from.u8() !== 0];
  const made = { trigger, variant, options, probability, microsegment, reason, held_out };
  return { at, ruleset, unit, view, slot, ...made };
}

function credit(from) {
  const view = from.hex();
  const [slot, trigger, variant, microsegment] = [1, 2, 3, 4].map(() => from.text());
  return { view, slot, trigger, variant, microsegment, held_out: from.u8() !== 0 };
}

function outcome(from) {
  const [at, ruleset, unit] = [from.u64(), from.u64(), from.hex()];
  const [metric, value, id, microsegment] = [from.text(), from.f64(), from.text(), from.text()];
  const credits = from.list(() => credit(from));
  return { at, ruleset, unit, metric, value, id, microsegment, credits };
}

function suppressed(from) {
  const [at, ruleset, unit, view] = [from.u64(), from.u64(), from.hex(), from.hex()];
  const [slot, trigger, microsegment] = [from.text(), from.text(), from.text()];
  const [cap, limit] = [caps[from.u8()], limits[from.u8()]];
  return { at, ruleset, unit, view, slot, trigger, microsegment, cap, limit };
}

const bodies = {
  exposure,
  outcome,
  refund: outcome,
  suppressed,
  dropped: (from) => ({ at: from.u64(), class: classes[from.u8()] }),
};

/** @returns the head and its `records`; null where the bytes are no batch */
export function readBatch(bytes) {
  try {
    const from = new Reader(bytes);
    const head = headOf(from);
    if (!head) return null;
    const records = Array.from({ length: head.count }, () => {
      const own = new Reader(from.bytes(from.varint()));
      const type = types[own.u8()];
      return { type, ...bodies[type](own) };
    });
    return { ...head, records };
  } catch {
    return null;
  }
}
