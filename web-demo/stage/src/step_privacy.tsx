// Step 3: what left this browser, and what is kept in it.
import type { Batch, BatchRecord, Note } from './host.ts';
import { plural, shareText, sizeText } from './text.ts';
import { useStage } from './use_stage.ts';

/** A request that carries something of the visitor's; the rest fetches pages and their files. */
const leaves = (note: Note): boolean => note.path.startsWith('/_heed/') && note.sent > 0;

function RecordLine({ record }: { record: BatchRecord }) {
  const { type, slot, trigger, variant, held_out, probability, metric, value } = record;
  if (type === 'exposure')
    return (
      <li>
        <b>saw {slot}</b>: {trigger}, {held_out ? 'held out' : variant?.split('+').join(' + ')}
        {!held_out && probability !== undefined && (
          <span class="hint"> chance {shareText(probability)}</span>
        )}
      </li>
    );
  if (type === 'outcome')
    return (
      <li>
        <b>{metric}</b> {value}
        <span class="hint">
          {' '}
          credits {record.credits?.map((credit) => credit.trigger).join(', ') || 'nobody'}
        </span>
      </li>
    );
  return (
    <li>
      <b>{type}</b> {metric}
    </li>
  );
}

function Decoded({ note, batch }: { note: Note; batch: Batch }) {
  const unit = batch.records.find((record) => record.unit)?.unit;
  return (
    <div class="decoded">
      <p>
        <strong>One batch of {sizeText(note.sent)}</strong>, {plural(batch.count, 'record')},
        answered with {note.status ?? '\u2026'}
      </p>
      <ul>
        {batch.records.map((record, index) => (
          <RecordLine key={index} record={record} />
        ))}
      </ul>
      <p class="hint">
        From writer <code>{batch.epoch}</code>, records {batch.first} to{' '}
        {batch.first + batch.count - 1}
        {unit && (
          <>
            , of unit <code>{unit}</code>, a hash
          </>
        )}
        .
      </p>
    </div>
  );
}

function Left({ notes }: { notes: readonly Note[] }) {
  const sent = notes.filter(leaves);
  const fetched = notes.length - sent.length;
  return (
    <section aria-labelledby="left">
      <h3 id="left">What left this browser</h3>
      {sent.length === 0 && <p class="nothing">Nothing</p>}
      <ul class="sent">
        {sent.map((note) =>
          note.batch ? (
            <li key={note.id}>
              <Decoded note={note} batch={note.batch} />
            </li>
          ) : (
            <li key={note.id}>
              <strong>{note.path.replace('/_heed/', '')}</strong> {sizeText(note.sent)}
              <span class="hint"> decisions for the books, every text masked</span>
            </li>
          ),
        )}
      </ul>
      <p class="hint">Besides, {plural(fetched, 'request')} for pages, pictures and scripts.</p>
    </section>
  );
}

export function Privacy() {
  const stage = useStage();
  const { host, traces } = stage.state;
  const kept = [
    ...traces.cookies.map(({ name, value }) => [name, sizeText(value.length)] as const),
    ...traces.storage.map((name) => [name, ''] as const),
  ];
  return (
    <>
      <div class="row">
        <button type="button" class="primary" onClick={() => void stage.someoneNew()}>
          Begin as somebody new
        </button>
      </div>
      <div class="left-and-kept">
        <Left notes={host?.log ?? []} />
        <section aria-labelledby="kept">
          <h3 id="kept">What is kept in it</h3>
          {kept.length === 0 ? (
            <p class="nothing">Nothing</p>
          ) : (
            <dl class="values">
              {kept.map(([name, size]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{size}</dd>
                </div>
              ))}
            </dl>
          )}
        </section>
      </div>
    </>
  );
}
