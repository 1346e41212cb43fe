// Records of visitors whose truth is known, sent to a store as a server sends them.
import { random } from '../../web-demo/demo/random.mjs';

export const site = 'board.example';
const at = (draw) => draw().toString(16).slice(2, 10).padEnd(8, '0');
const id = (draw) => at(draw) + at(draw);

/** Trigger -> {slot, base, effect}: the rate of the held out, and what being shown adds to it. */
export const truths = {
  gift_wrap: { slot: 'cart_banner', base: 0.2, effect: 0.1 },
  loud_popup: { slot: 'capture', base: 0.3, effect: -0.12 },
  new_story: { slot: 'product_story', base: 0.25, effect: 0 },
};

/** Visitors, their exposures and what they then did. */
export class Records {
  #url;
  #key;
  #draw = random(7);
  #batches = 0;
  sent = 0;

  constructor({ url }, key) {
    this.#url = url;
    this.#key = key;
  }

  #visitor(trigger) {
    const { slot, base, effect } = truths[trigger];
    const draw = this.#draw;
    const held = draw() < 0.3;
    const now = Date.now();
    const key = { view: id(draw), slot, trigger, variant: 'only', microsegment: 'all' };
    const unit = id(draw);
    const seen = { at: now, ruleset: 1, unit };
    const lines = [
      {
        ...{ type: 'exposure', ...seen, ...key, options: { arm: 'only' }, probability: 1 },
        ...{ reason: held ? 'holdout' : 'fixed', held_out: held },
      },
    ];
    if (draw() < base + (held ? 0 : effect)) {
      const credits = [{ ...key, held_out: held }];
      const brought = { type: 'outcome', ...seen, id: '', microsegment: 'all', credits };
      lines.push({ ...brought, metric: 'add_to_cart', value: 1 });
      if (draw() < 0.4) lines.push({ ...brought, metric: 'revenue', value: 30 });
    }
    return lines;
  }

  /** Sends `count` visitors of each trigger. @param skipped  records that never leave */
  async send(count, { triggers = Object.keys(truths), skipped = 0 } = {}) {
    const lines = triggers.flatMap((trigger) =>
      Array.from({ length: count }, () => this.#visitor(trigger)).flat(),
    );
    for (let from = 0; from < lines.length; from += 1500) {
      await this.#post(lines.slice(from, from + 1500), skipped);
    }
  }

  async #post(lines, skipped) {
    const device = (++this.#batches).toString(16).padStart(16, '0');
    const head = { heed: 1, device, epoch: id(this.#draw), first: 1, sent: Date.now(), ticket: '' };
    const parts = skipped ? [[lines[0]], lines.slice(1)] : [lines];
    let first = 1;
    for (const part of parts) {
      const body = [{ ...head, first }, ...part].map((line) => JSON.stringify(line)).join('\n');
      const answer = await fetch(`${this.#url}/v1/${site}/outcomes`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${this.#key}` },
        body,
      });
      if (!answer.ok) throw new Error(`outcomes: ${answer.status} ${await answer.text()}`);
      const { accepted } = await answer.json();
      this.sent += accepted;
      first += part.length + skipped;
    }
  }
}
