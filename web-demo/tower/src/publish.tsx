// The last step: whose key signs, and the button that publishes.
import { useState } from 'preact/hooks';

import { Badge } from './parts.tsx';
import { useTower } from './use_tower.ts';

function KeyFile({ label }: { label: string }) {
  const tower = useTower();
  return (
    <label class="button">
      {label}
      <input
        type="file"
        class="hidden"
        accept=".json,application/json"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) void tower.signing.read(file);
        }}
      />
    </label>
  );
}

function NoKey() {
  const tower = useTower();
  return (
    <div class="key">
      <p>
        <strong>Sign with your own key.</strong>{' '}
        <span class="hint">
          A key made here stays in this browser: not even this page can read it.
        </span>
      </p>
      <div class="row">
        <button
          type="button"
          disabled={tower.state.busy !== ''}
          onClick={() => void tower.signing.make()}
        >
          Make a key here
        </button>
        <KeyFile label="Use a key file" />
      </div>
    </div>
  );
}

function Untrusted() {
  const tower = useTower();
  const { key } = tower.state;
  const [isCopied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(key?.public ?? '').then(
      () => setCopied(true),
      () => tower.notify('bad', `Copy it by hand: ${key?.public}`),
    );
  return (
    <div class="callout warn">
      <p>
        This site does not count your key's signatures yet. Add it to the keyring, or send your
        public key to whoever keeps it.
      </p>
      <div class="row">
        <button type="button" onClick={() => void tower.signing.joinKeyring()}>
          Add it to the keyring
        </button>
        <button type="button" class="quiet" onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy public key'}
        </button>
      </div>
    </div>
  );
}

function Key() {
  const tower = useTower();
  const { key } = tower.state;
  if (!key) return <NoKey />;
  return (
    <div class="key">
      <p class="key-line">
        <span>
          Signing as <code>{key.id}</code>
        </span>
        <Badge tone={tower.signing.isTrusted ? 'good' : 'warn'}>
          {tower.signing.isTrusted ? 'in the keyring' : 'not in the keyring'}
        </Badge>
        <button type="button" class="link" onClick={() => void tower.signing.forget()}>
          Use another
        </button>
      </p>
      {!tower.signing.isTrusted && <Untrusted />}
    </div>
  );
}

export function Publish() {
  const tower = useTower();
  const { base, newest, busy, isDirty, isChecking } = tower.state;
  const isBehind = newest > base.version;
  const why =
    tower.errorCount > 0
      ? 'Mend the mistakes first.'
      : !isDirty && newest > 0
        ? 'There is nothing new to publish.'
        : !tower.signing.isTrusted
          ? 'Choose a key that this site counts.'
          : '';
  return (
    <section class="publish" aria-label="Publish">
      {isBehind && (
        <div class="callout warn" role="status">
          <p>
            <strong>
              Version {newest} was published while you worked on {base.version}.
            </strong>
          </p>
          <button type="button" onClick={() => void tower.publishing.findConflict()}>
            Bring both together
          </button>
        </div>
      )}
      <Key />
      <div class="row publish-row">
        <button
          type="button"
          class="primary"
          disabled={why !== '' || busy !== '' || isChecking}
          onClick={() => void tower.publishing.publish()}
        >
          {busy === 'publishing'
            ? 'Publishing\u2026'
            : `Sign and publish version ${base.version + 1}`}
        </button>
        {why && <span class="hint">{why}</span>}
      </div>
    </section>
  );
}
