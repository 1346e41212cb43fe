// Recorded visitors: what each page view of a run was decided on, as lines that `heed decide`
// reads. Of visitors who agreed to be remembered alone.
const lineCountMax = 3000;
const signalCountMax = 60;

const requestPattern = /heed-request;desc="([\w-]*)"/;

/** What the edge told the page of its request. */
export function requestFacts(serverTiming = '') {
  const text = requestPattern.exec(serverTiming)?.[1] ?? '';
  return text ? JSON.parse(Buffer.from(text, 'base64url').toString()) : {};
}

export class Recorder {
  #lines = [];

  /** The newest `lineCountMax` lines, the oldest first. */
  get text() {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  add({ visitor, now, attributes, signals }) {
    const line = {
      visitor,
      now: new Date(now).toISOString(),
      attributes: Object.fromEntries(
        Object.entries(attributes).filter(([, value]) => value !== undefined && value !== ''),
      ),
      signals: signals.slice(-signalCountMax),
    };
    this.#lines.push(JSON.stringify(line));
    if (this.#lines.length > lineCountMax) this.#lines.shift();
  }
}
