// The edge's own check of what a ruleset says, whatever its author's tools have let through.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { fillPart, isSourceSet, isWebAddress } from 'heed/edge/part';

const pageUrl = 'https://shop.example/c/kids?x=1';

/** An element that records what was done to it. */
function element(tagName) {
  const changes = [];
  const record =
    (name) =>
    (...args) =>
      changes.push([name, ...args]);
  return {
    changes,
    tagName,
    setAttribute: record('set'),
    removeAttribute: record('remove'),
    setInnerContent: record('text'),
  };
}
function fill(tagName, content) {
  const target = element(tagName);
  fillPart(target, content, pageUrl);
  return target.changes;
}

const unsafe = {
  'javascript:': 'javascript:alert(1)',
  'javascript: in mixed case': 'JaVaScRiPt:alert(1)',
  'javascript: behind a space': ' javascript:alert(1)',
  'javascript: split by a tab': 'java\tscript:alert(1)',
  'javascript: split by a line break': 'java\nscript:alert(1)',
  'javascript: behind a control character': '\u0001javascript:alert(1)',
  'data:': 'data:text/html,<script>alert(1)</script>',
  'vbscript:': 'vbscript:msgbox(1)',
  'blob:': 'blob:https://shop.example/x',
  'file:': 'file:///etc/passwd',
  'an address that does not parse': 'https://[',
};
const safe = ['/sale', 'sale', '../up', '?q=javascript:x', '#top', '//cdn.example/a', 'https://a/'];

describe('an address is http(s) or relative', () => {
  for (const [name, address] of Object.entries(unsafe)) {
    test(`${name} is refused`, () => {
      assert.equal(isWebAddress(address, pageUrl), false);
      assert.deepEqual(fill('a', { kind: 'link', href: address }), []);
      assert.deepEqual(fill('img', { kind: 'image', src: address, alt: '' }), []);
      const image = { kind: 'image', src: '/a.jpg', srcset: `/a.jpg 1x, ${address} 2x`, alt: '' };
      assert.deepEqual(fill('img', image), []);
    });
  }
  for (const address of safe) {
    test(`${address} is set`, () => {
      assert.deepEqual(fill('a', { kind: 'link', href: address }), [['set', 'href', address]]);
    });
  }
});

describe('a srcset is a list of addresses, each with at most one descriptor', () => {
  for (const set of [
    '/a.jpg',
    '/a.jpg 1x',
    '/a.jpg 1x, /b.jpg 2.5x',
    '/a.jpg 480w,/b.jpg 800w',
    '/a,b.jpg 1x',
  ]) {
    test(`${set} is one`, () => assert.equal(isSourceSet(set, pageUrl), true));
  }
  for (const set of [
    '',
    ' ',
    ',',
    '/a.jpg 1x 2x',
    '/a.jpg 1q',
    '/a.jpg 1x, javascript:x 2x',
    'data:,x',
  ]) {
    test(`"${set}" is none`, () => assert.equal(isSourceSet(set, pageUrl), false));
  }
});

describe('a kind has its elements', () => {
  test('a link part sets nothing but links', () => {
    for (const tag of ['base', 'link', 'form', 'area', 'A']) {
      const set = [['set', 'href', '/x']];
      const expected = ['area', 'A'].includes(tag) ? set : [];
      assert.deepEqual(fill(tag, { kind: 'link', href: '/x' }), expected, tag);
    }
  });
  test('an image part sets nothing but images', () => {
    for (const tag of ['script', 'iframe', 'embed', 'video', 'source', 'input', 'link']) {
      assert.deepEqual(fill(tag, { kind: 'image', src: '/x', alt: '' }), [], tag);
    }
  });
  test('a text part leaves alone what would run or parse it', () => {
    for (const tag of ['script', 'STYLE', 'iframe', 'noscript', 'template', 'xmp', 'img', 'base']) {
      assert.deepEqual(fill(tag, { kind: 'text', text: 'x' }), [], tag);
    }
  });
  test('a kind from a later version sets nothing', () => {
    assert.deepEqual(fill('p', { kind: 'html', text: '<b>' }), []);
  });
});

describe('a value means what it says', () => {
  test('ampersands reach the page as ampersands', () => {
    const changes = fill('a', { kind: 'link', href: 'javascript&#58;alert(1)' });
    assert.deepEqual(changes, [['set', 'href', 'javascript&amp;#58;alert(1)']]);
  });
  test('text goes in as text, never as markup', () => {
    const changes = fill('p', { kind: 'offer', text: '<b>10 %</b>' });
    assert.deepEqual(changes, [
      ['text', '<b>10 %</b>', { html: false }],
      ['remove', 'hidden'],
    ]);
  });
});
