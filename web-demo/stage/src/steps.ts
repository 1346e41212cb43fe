// The walk: what to do at each step, and what it shows.
export type Step = { readonly name: string; readonly do: string; readonly shows: string };

export const steps: readonly Step[] = [
  {
    name: 'First visit',
    do: 'Look at the shop, then switch JavaScript off.',
    shows: 'The hero was personalised in the first byte: without a script nothing changes.',
  },
  {
    name: 'Browse',
    do: 'Open something for children, say yes in the shop, open another, go back to the front page.',
    shows:
      'Features, stage and microsegment move; after the yes the next page\u2019s hero does too.',
  },
  {
    name: 'Privacy',
    do: 'Begin as somebody new, look around, then say yes.',
    shows: 'Before the yes nothing is stored and nothing leaves; then one small batch does.',
  },
  {
    name: 'Be the marketer',
    do: 'Change a title, mistype an attribute and mend it, make a key, publish.',
    shows: 'It is checked as you type and signed in this browser; the shop follows within seconds.',
  },
  {
    name: 'Attack',
    do: 'Choose what happens to the ruleset on its way to the edge.',
    shows: 'The page stands as the shop wrote it; edge and browser each say why.',
  },
  {
    name: 'Kill the store',
    do: 'Send a rush of visitors, kill the store\u2019s process, start it again.',
    shows: 'Everything sent is acknowledged, and counted once.',
  },
  {
    name: 'Buy and reveal',
    do: 'Order something in the shop, then reveal what was planted in the crowd.',
    shows: 'Your order is on the board within a second. Then see what the board made of the crowd.',
  },
  {
    name: 'The books',
    do: 'Have every recorded decision made again by the native core.',
    shows: 'The same bits everywhere: none differs.',
  },
];
