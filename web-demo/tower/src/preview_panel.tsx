// The real page with the draft in it, as wide as a phone or a desk.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { Names, OutlineTrigger } from './names.ts';
import { Empty, Field, Segmented, Select, SideSwitch } from './parts.tsx';
import { optionsOf, previewLink, requestOf } from './preview.ts';
import type { Side } from './protocol.ts';
import { useTower } from './use_tower.ts';

const widths = { phone: 390, desktop: 1280 } as const;
type Device = keyof typeof widths;
/** What the edge would read from the browser of such a device. */
const request = { phone: 'mobile', desktop: 'desktop' } as const;
const phoneHeight = 844;
/** A phone's page is made no smaller than this, rather than that all of it be seen. */
const leastPhone = 0.72;

/** The page at its true width, made as small as the space asks. */
function Frame({ link, device }: { link: string; device: Device }) {
  const home = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const fit = () => {
      if (!home.current || !frame.current) return;
      const { clientWidth, clientHeight } = home.current;
      const whole = device === 'phone' ? Math.max(leastPhone, clientHeight / phoneHeight) : 1;
      const scale = Math.min(1, whole, clientWidth / widths[device]);
      Object.assign(frame.current.style, {
        width: `${widths[device]}px`,
        height: `${clientHeight / scale}px`,
        transform: `scale(${scale})`,
        left: `${Math.max(0, (clientWidth - widths[device] * scale) / 2)}px`,
      });
    };
    fit();
    const watch = new ResizeObserver(fit);
    if (home.current) watch.observe(home.current);
    return () => watch.disconnect();
  }, [device, link]);
  return (
    <div class={`frame ${device}`} ref={home}>
      <iframe
        ref={frame}
        src={link}
        title="Preview of the page"
        sandbox="allow-scripts allow-same-origin"
        referrerpolicy="no-referrer"
      />
    </div>
  );
}

/** What the trigger shows, part by part, and the way to where it is written. */
function Options(props: {
  trigger: OutlineTrigger | undefined;
  names: Names | null;
  chosen: Readonly<Record<string, string>>;
  onChange: (part: string, option: string) => void;
}) {
  const tower = useTower();
  const { trigger, names, chosen, onChange } = props;
  if (!trigger) return null;
  const words = (option: string): string => {
    const asset = names && Object.hasOwn(names.assets, option) ? names.assets[option] : undefined;
    return asset ? asset.text || asset.href || asset.alt || asset.src || '(empty)' : option;
  };
  return (
    <ul class="options-list" aria-label="What it shows">
      {Object.entries(trigger.parts).map(([part, options]) => {
        const option = chosen[part] ?? '';
        return (
          <li key={part}>
            <span class="part">{part}</span>
            {options.length > 1 ? (
              <select
                aria-label={part}
                value={option}
                onChange={(event) => onChange(part, event.currentTarget.value)}
              >
                {options.map((one) => (
                  <option key={one} value={one} selected={one === option}>
                    {words(one)}
                  </option>
                ))}
              </select>
            ) : (
              <span class="words">{words(option)}</span>
            )}
            <button
              type="button"
              class="small quiet"
              onClick={() => tower.goToOption(trigger, option)}
            >
              Edit<span class="hidden"> {part}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function useLink(
  side: Side,
  path: string,
  chosen: Readonly<Record<string, string>>,
  device: Device,
) {
  const tower = useTower();
  const { config, access, outline, names, visitor, revision, checked, key, newest } = tower.state;
  const trigger = outline.find((one) => one.trigger === tower.state.trigger);
  const isWhole = checked?.revision === revision && tower.errorCount === 0;
  const canDraft = isWhole && key !== null && tower.signing.isTrusted && config.drafts !== '';
  const [link, setLink] = useState('');
  const [fault, setFault] = useState('');
  const options = JSON.stringify(optionsOf(trigger, chosen));
  const attributes = JSON.stringify(requestOf(visitor, names, request[device]));
  const isReady = config.edge !== '' && access.preview !== '' && (side === 'published' || canDraft);
  useEffect(() => {
    if (!isReady) return undefined;
    let isCurrent = true;
    const make = async () => {
      const draft = side === 'draft' ? await tower.publishing.offerDraft() : '';
      return previewLink({
        ...{ edge: config.edge, key: access.preview, site: config.site, path, trigger, visitor },
        ...{ options: JSON.parse(options) as Record<string, string>, draft },
        attributes: JSON.parse(attributes) as Record<string, unknown>,
      });
    };
    const timer = setTimeout(() => {
      make().then(
        (made) => {
          if (!isCurrent) return;
          setLink(made);
          setFault('');
        },
        (error: unknown) =>
          isCurrent && setFault(error instanceof Error ? error.message : String(error)),
      );
    }, 250);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [
    isReady,
    side,
    path,
    options,
    attributes,
    trigger?.trigger,
    visitor,
    side === 'draft' ? revision : 0,
    newest,
  ]);
  return { link: isReady ? link : '', fault };
}

/** Whether what is published has the trigger with every one of its options. */
function isIn(
  outline: readonly OutlineTrigger[],
  trigger: OutlineTrigger,
  options: Readonly<Record<string, string>>,
): boolean {
  const there = outline.find((one) => one.trigger === trigger.trigger);
  const parts = Object.entries(options);
  return (
    there?.slot === trigger.slot &&
    Object.keys(there.parts).length === parts.length &&
    parts.every(([part, option]) => there.parts[part]?.includes(option))
  );
}

function Missing({ side }: { side: Side }) {
  const tower = useTower();
  const { config, access, key } = tower.state;
  if (!config.edge) return <Empty title="No page to preview">This console knows no edge.</Empty>;
  if (!access.preview)
    return (
      <Empty title="A preview key is needed">
        It signs links that show a page without counting it. Ask whoever runs the edge.
        <input
          aria-label="Preview key"
          type="password"
          autocomplete="off"
          onChange={(event) =>
            tower.setAccess({ ...access, preview: event.currentTarget.value.trim() })
          }
        />
      </Empty>
    );
  if (side === 'draft' && tower.errorCount > 0)
    return <Empty title="Mend the source first">Then the page shows your draft.</Empty>;
  if (side === 'draft' && !(key && tower.signing.isTrusted))
    return (
      <Empty title="Your draft needs your key">
        The edge shows only what somebody it trusts has signed.{' '}
        <button type="button" class="small" onClick={() => tower.show('changes')}>
          Choose a key
        </button>
      </Empty>
    );
  return <Empty title={'Making the preview\u2026'} />;
}

export function PreviewPanel() {
  const tower = useTower();
  const { outline, names, config, trigger: selected } = tower.state;
  const onPage = useMemo(
    () => outline.filter(({ slot }) => (names?.slots[slot]?.channel ?? 'page') === 'page'),
    [outline, names],
  );
  const trigger = onPage.find((one) => one.trigger === selected);
  const [wanted, setSide] = useState<Side | null>(null);
  const side = wanted ?? (tower.signing.isTrusted ? 'draft' : 'published');
  const [device, setDevice] = useState<Device>('phone');
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>({});
  const [typedPath, setPath] = useState('');
  const path = typedPath || (trigger && config.pages[trigger.slot]) || '/';
  // Hundreds of options are not gone through at each keystroke.
  const picker = useMemo(
    () => (
      <Select
        label="Trigger"
        value={trigger?.trigger ?? ''}
        options={[
          { value: '', label: 'as the visitor would see it' },
          ...onPage.slice(0, 500).map((one) => ({
            value: one.trigger,
            label: one.name || one.trigger,
            group: one.slot,
          })),
        ]}
        onChange={(value) => tower.set({ trigger: value })}
      />
    ),
    [tower, onPage, trigger?.trigger],
  );
  const { link, fault } = useLink(side, path, chosen, device);
  const { publishedOutline } = tower.state;
  const isThere =
    side === 'draft' || !trigger || isIn(publishedOutline, trigger, optionsOf(trigger, chosen));
  return (
    <div class="preview">
      <div class="preview-bar">
        <Segmented
          label="Width"
          value={device}
          choices={[
            { value: 'phone', label: 'Phone' },
            { value: 'desktop', label: 'Desktop' },
          ]}
          onChange={setDevice}
        />
        <SideSwitch value={side} onChange={setSide} />
      </div>
      <div class="two">
        {picker}
        <Field label="Page">
          <input
            value={path}
            spellcheck={false}
            onChange={(event) => setPath(event.currentTarget.value.trim())}
          />
        </Field>
      </div>
      <Options
        trigger={trigger}
        names={names}
        chosen={optionsOf(trigger, chosen)}
        onChange={(part, option) => setChosen({ ...chosen, [part]: option })}
      />
      {fault && (
        <div class="callout bad" role="alert">
          <p>{fault}</p>
        </div>
      )}
      {!isThere ? (
        <Empty title="Not published yet">
          What is live has no such trigger, or not with this option. Look at your draft instead.
        </Empty>
      ) : link ? (
        <Frame link={link} device={device} />
      ) : (
        <Missing side={side} />
      )}
      <p class="hint preview-note">
        <span>Signed for one hour. Never counted, wherever its links lead.</span>
        {link && isThere && (
          <a class="as-tab" href={link} target="_blank" rel="noreferrer">
            Open in a tab
          </a>
        )}
      </p>
    </div>
  );
}
