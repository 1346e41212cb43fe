// The keys that a person was handed to work with: they come with the address, and stay in the tab.
import type { Access } from './state.ts';

const accessKey = 'heed-tower-access';

/** Of the tab's own storage: a link with keys in its fragment is opened once. */
export function readAccess(): Access {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.has('publish') || given.has('preview')) {
    const access = { publish: given.get('publish') ?? '', preview: given.get('preview') ?? '' };
    rememberAccess(access);
    history.replaceState(null, '', location.pathname + location.search);
    return access;
  }
  try {
    const kept = JSON.parse(sessionStorage.getItem(accessKey) ?? '{}') as Partial<Access>;
    return { publish: kept.publish ?? '', preview: kept.preview ?? '' };
  } catch {
    return { publish: '', preview: '' };
  }
}

export function rememberAccess(access: Access): void {
  sessionStorage.setItem(accessKey, JSON.stringify(access));
}
