// Pages of words: the club, help, the letter, the choice about data, what is missing.
import { html } from '../html.mjs';
import { notice } from './parts.mjs';

/** Anybody may try on a membership here; elsewhere a login stands in its place. */
export const members = [
  { number: '1001', name: 'Robin', tier: 'silver', years: 1 },
  { number: '1002', name: 'Ash', tier: 'gold', years: 4 },
  { number: '1003', name: 'Linden', tier: 'platinum', years: 9 },
];

const signIn = html`<p>This is a demonstration, so the members are made up. Choose whom to be:</p>
  <form method="post" action="/club" class="members">
    ${members.map(
      ({ number, name, tier, years }) =>
        html`<button class="quiet" name="number" value="${number}">
          <strong>${name}</strong><span>${tier}, ${years} ${years === 1 ? 'year' : 'years'}</span>
        </button>`,
    )}
  </form>`;

const signedIn = ({ number, tier }) =>
  html`<p>You are member ${number}, <strong>${tier}</strong>.</p>
    <form method="post" action="/club">
      <button class="quiet" name="number" value="">Leave</button>
    </form>`;

export function club(_, { member }) {
  return {
    title: 'The Puddle Club',
    page: { page_type: 'club' },
    main: html`<div class="wide narrow">
      <h1>The Puddle Club</h1>
      <p>
        For regulars: the reduced things two days before everybody else, a free re-wax each spring,
        and a word with the people who sew.
      </p>
      ${member ? signedIn(member) : signIn}
    </div>`,
  };
}

export const help = () => ({
  title: 'Post, returns and mending',
  page: { page_type: 'help' },
  main: html`<div class="wide narrow">
    <h1>Post, returns and mending</h1>
    <h2>Post</h2>
    <p>£4.50 anywhere in Britain, free from £60. What you order by four leaves the same day.</p>
    <h2>Returns</h2>
    <p>
      Wear it for 60 days. If it is not right, <a href="/returns">send it back</a> free, by post or
      at any village shop.
    </p>
    <h2>Mending</h2>
    <p>Send in whatever tears, for as long as it fits. We patch it and post it back, free.</p>
  </div>`,
});

export const letter = () =>
  notice(
    'The letter is yours',
    'The first one leaves the workshop on Friday. Until then, the code LETTER10 takes 10 % off your basket.',
    'letter',
  );

export const choice = () => ({
  ...notice(
    'Your choice about data',
    'Choose below; you can come back here at any time.',
    'consent',
  ),
  ask: true,
});

export const missing = () => ({
  ...notice(
    'Not on our shelves',
    'There is no such page. Perhaps it was mended into another one.',
    'missing',
  ),
  status: 404,
});

export const refused = () => ({
  ...notice('That did not work', 'The form asked for something that we do not have.', 'missing'),
  status: 400,
});
