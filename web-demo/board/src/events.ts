// Server-sent events over fetch: the browser's own EventSource cannot send the store's key.

export type ServerEvent = {
  readonly event: string;
  readonly data: string;
  /** '' where the event has none. */
  readonly id: string;
};

/** Reads the text of an event stream, in whatever pieces it comes. */
export class EventReader {
  #rest = '';

  /** @returns the events that `piece` completes; comments and empty ones are left out */
  read(piece: string): ServerEvent[] {
    // A line may end in \r\n: the two halves may come apart.
    const blocks = (this.#rest + piece).replace(/\r\n/g, '\n').split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map(parse).filter(({ data }) => data !== '');
  }
}

function parse(block: string): ServerEvent {
  let event = 'message';
  let id = '';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'id') id = value;
    if (field === 'data') data.push(value);
  }
  return { event, data: data.join('\n'), id };
}
