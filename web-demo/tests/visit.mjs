// A visit to the shop's origin, without edge and without script: a cookie jar and forms.
import { after } from 'node:test';

import { startOrigin } from '../shop/origin.mjs';

/** Starts a shop for one test file. */
export async function startShop(options = {}) {
  const shop = await startOrigin({ memberKey: 'a test key', ...options });
  after(() => shop.stop());
  return shop;
}

export class Visit {
  #url;
  cookies = new Map();

  constructor({ url }) {
    this.#url = url;
  }

  async #send(path, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...options.headers, cookie };
    const answer = await fetch(this.#url + path, { ...options, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/Max-Age=0/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** @returns {status, headers, html} */
  async open(path) {
    const answer = await this.#send(path);
    return { status: answer.status, headers: answer.headers, html: await answer.text() };
  }

  /** Sends a form; @returns what it answers, unfollowed */
  post(path, fields, headers = {}) {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  /** Sends a form and opens the page that it leads to. */
  async submit(path, fields) {
    const answer = await this.post(path, fields);
    return this.open(answer.headers.get('location'));
  }
}
