// Links that show the real page as one visitor would see it, and that never count
// (docs/formats/page.md, "Preview link").
import { signPreview } from 'heed/edge/preview';

import type { Names, OutlineTrigger } from './names.ts';
import type { Visitor } from './visitors.ts';

const lifeMs = 3600 * 1000;

export type PreviewWish = {
  readonly edge: string;
  readonly key: string;
  readonly site: string;
  readonly path: string;
  readonly trigger: OutlineTrigger | undefined;
  readonly options: Readonly<Record<string, string>>;
  readonly visitor: Visitor;
  /** What holds instead of what this browser's own request says. */
  readonly attributes: Visitor['attributes'];
  /** '' for what is published. */
  readonly draft: string;
};

export async function previewLink(wish: PreviewWish): Promise<string> {
  const { site, trigger, options, visitor, attributes } = wish;
  const at = Date.parse(visitor.now);
  const token = await signPreview(wish.key, {
    site,
    trigger: trigger?.trigger ?? null,
    slot: trigger?.slot ?? '',
    options: trigger ? options : {},
    visitor: visitor.visitor,
    attributes,
    now: Number.isNaN(at) ? Date.now() : at,
    expires: Date.now() + lifeMs,
  });
  const link = new URL(wish.path, wish.edge);
  link.searchParams.set('heed_preview', token);
  if (wish.draft) link.searchParams.set('heed_draft', wish.draft);
  return link.href;
}

/** What a visitor's request and profile say. The page that is shown speaks for itself. */
export function requestOf(
  { attributes }: Visitor,
  names: Names | null,
  device: string,
): Visitor['attributes'] {
  const declared = names?.attributes ?? {};
  const isOwn = (name: string) =>
    Object.hasOwn(declared, name) && declared[name]!.source !== 'page';
  const known = Object.entries(attributes).filter(([name]) => isOwn(name));
  return { ...(isOwn('device') && { device }), ...Object.fromEntries(known) };
}

/** Every part's option: the one that was chosen, else the first. */
export function optionsOf(
  trigger: OutlineTrigger | undefined,
  chosen: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(trigger?.parts ?? {}).flatMap(([part, options]) => {
      const wanted = chosen[part];
      const option = wanted !== undefined && options.includes(wanted) ? wanted : options[0];
      return option === undefined ? [] : [[part, option]];
    }),
  );
}
