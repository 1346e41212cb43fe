// No ruleset can run anything in a page, whatever its texts, links and images say.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { always, html, page, raw, ruleset, source, startEdge, stateOf } from './bed.mjs';

const script = '</script><script>alert(1)</script><img src=x onerror="alert(1)">';
const links = {
  entity: 'javascript&#58;alert(1)',
  quote: '/x"onclick="alert(1)',
  absolute: 'https://other.example/x',
  relative: '../c/kids?q=javascript:alert(1)',
};

const elements = [
  ...['script', 'style', 'iframe', 'object', 'template', 'noscript', 'noembed', 'xmp', 'plaintext'],
  ...['p', 'title', 'textarea', 'option', 'button'],
];
const allowed = new Set(['p', 'title', 'textarea', 'option', 'button']);

const assets = { text: { kind: 'text', text: script }, offer: { kind: 'offer', text: script } };
const triggers = {};
const slots = {};
function slot(name, parts, template) {
  slots[name] = {};
  triggers[`t_${name}`] = always(name, parts, { template });
}
for (const [name, href] of Object.entries(links)) {
  assets[`l_${name}`] = { kind: 'link', href };
  slot(`l_${name}`, { link: [`l_${name}`] }, 'link');
}
assets.i_alt = { kind: 'image', src: '/ok.jpg', alt: script };
slot('i_alt', { image: ['i_alt'] }, 'image');
slot('texts', { text: ['text'], offer: ['offer'] }, 'texts');
slot('plain', { text: [script] });

const file = ruleset(
  source({
    assets,
    templates: {
      link: { version: 1, parts: { link: 'link' } },
      image: { version: 1, parts: { image: 'image' } },
      texts: { version: 1, parts: { text: 'text', offer: 'offer' } },
    },
    slots,
    triggers,
  }),
);

const anchors = Object.keys(links)
  .map((name) => `<div data-heed-slot="l_${name}"><a data-heed-part="link" href="/own">x</a></div>`)
  .join('');
const pages = {
  '/': html(
    page(`<div data-heed-slot="texts"><p data-heed-part="text">own</p>
      <p data-heed-part="offer" hidden>own</p></div><b data-heed-slot="plain" data-heed-part="text"></b>`),
  ),
  '/c/links': html(page(anchors)),
  '/c/alt': html(page('<i data-heed-slot="i_alt"><img data-heed-part="image" src="/own.jpg"></i>')),
  '/c/base': html(
    page('', '<base data-heed-slot="l_absolute" data-heed-part="link" href="/own">') +
      '<link data-heed-slot="l_absolute" data-heed-part="link" href="/own">',
  ),
};
for (const tag of elements) {
  const body = `<${tag} data-heed-slot="texts" data-heed-part="text">own</${tag}>`;
  pages[`/c/${tag}`] = html(page(body));
}

const edge = await startEdge({ file, pages });
const markup = async (path) => (await raw(edge.url + path)).body.toString();
/** The page without the state block, whose content is data. */
const visible = (body) =>
  body.replace(/<script type="application\/json" id="heed-state">[^<]*<\/script>/, '');

describe('no ruleset can inject a script', () => {
  test('markup in texts, offers and plain values is text', async () => {
    const body = await markup('/');
    assert.doesNotMatch(visible(body), /<script|<img/);
    assert.equal(body.match(/&lt;img src=x onerror="alert\(1\)"&gt;/g).length, 3);
  });
  test('markup in option names stays inside the state block', async () => {
    const body = await markup('/');
    assert.equal(stateOf(body).decisions.find(({ slot }) => slot === 'plain').options.text, script);
  });
  test('quotes and entities in a link cannot leave the attribute or change its scheme', async () => {
    const body = await markup('/c/links');
    assert.match(body, /href="javascript&amp;#58;alert\(1\)"/);
    assert.match(body, /href="\/x&quot;onclick=&quot;alert\(1\)"/);
    assert.match(body, /href="https:\/\/other.example\/x"/);
    assert.match(body, /href="..\/c\/kids\?q=javascript:alert\(1\)"/);
  });
  test('an alt text stays an alt text', async () => {
    const body = visible(await markup('/c/alt'));
    assert.match(body, /src="\/ok.jpg" alt="[^"]*&quot;alert\(1\)&quot;>"/);
  });
  test('a link part never moves <base> or loads with <link>', async () => {
    assert.equal((await markup('/c/base')).match(/href="\/own"/g).length, 2);
  });
  for (const tag of elements) {
    const verb = allowed.has(tag) ? 'gets escaped text' : 'is left alone';
    test(`a text part on <${tag}> ${verb}`, async () => {
      const body = await markup(`/c/${tag}`);
      const own = `<${tag} data-heed-slot="texts" data-heed-part="text">own</${tag}>`;
      assert.equal(body.includes(own), !allowed.has(tag));
      assert.doesNotMatch(visible(body), /<script>|<img/);
    });
  }
});
