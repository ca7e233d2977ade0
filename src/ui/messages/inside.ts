import type { InsideTab } from '../state/inside-types.ts';

/** Texts of the view Inside, which arrives when it is opened. */
export const insideMessages = {
  title: 'Inside',
  tabs: {
    attention: 'Attention',
    lens: 'Lens',
    off: 'Switch off',
    patch: 'Compare',
    attribute: 'Attribute',
    steer: 'Steer',
  } satisfies Record<InsideTab, string>,
  list: 'Views of the inside',
  busy: 'Calculating …',
  stale: 'The text has changed since.',
  staleFields: 'These figures are for other settings.',
  again: 'Calculate again',
  whileWriting: 'Calculated again when the text is finished.',
  noModel: 'This view works once a model has loaded.',
  empty: 'Type something to see what the model does with it.',
  head: (name: string) => `Head ${name}`,
  counting: 'Layers and heads count from 0: 5.1 is head 1 of layer 5.',
  tooLong: (megabytes: number) =>
    `Attention is left out: for this many tokens it takes ${megabytes} MB in this model. Look into a shorter text to see it.`,
  attention: {
    explain:
      'To predict, every head looks back at earlier tokens. Point at a token, or tap it, to see where the chosen head looks from there.',
    text: 'The text: choose the token that is looked from',
    from: 'From',
    after: 'not seen from here',
    looks: (head: string) => `Head ${head} looks from `,
    at: ' at:',
    heads: 'All heads',
    headsExplain:
      'Each square is one head: rows look, columns are looked at. The bars say how much of its attention goes to the token before, to earlier copies of the same token, and to what followed such copies.',
    scores: { previousToken: 'token before', duplicateToken: 'same token', induction: 'after same token' },
    scoresOn: 'Scores on',
    onText: 'this text',
    onRandom: 'random tokens twice',
    thumbnail: (head: string, scores: string) => `Head ${head}: ${scores}`,
  },
  lens: {
    explain:
      'What the model would predict next if it stopped after each layer. The stronger the shade, the surer it is; a line marks the token that follows in the text.',
    map: 'Likeliest next token, layers by tokens',
    overview: 'The whole text: press to go there',
    input: 'input',
    layer: (layer: number) => `after ${layer}`,
    place: (layer: string, position: number) => `${layer}, token ${position}: `,
    next: 'Next in the text: ',
    table: 'The five likeliest',
  },
  off: {
    explain:
      'Press a head, an attention or an MLP to switch it off, and see what that does to the next token. Press it again to switch it on.',
    grid: 'Parts of the model',
    attn: 'attn',
    mlp: 'MLP',
    layer: (layer: number) => `layer ${layer}`,
    part: {
      attn: (layer: number) => `Attention of layer ${layer}`,
      mlp: (layer: number) => `MLP of layer ${layer}`,
    },
    effect: (value: string) => `, ${value} when off`,
    isOff: ', off',
    all: 'Switch all on',
    each: 'Switch off each in turn',
    legend: (target: string, foil: string) =>
      `How far each part, switched off alone, moves the logit of ${target} against ${foil}: blue is away from it, orange is towards it.`,
    none: 'Nothing is switched off.',
    count: (count: number) => (count === 1 ? '1 part is off.' : `${count} parts are off.`),
  },
  odds: {
    title: 'The next token',
    caption: 'Odds of the next token, as the model is and as changed',
    token: 'token',
    before: 'as it is',
    after: 'changed',
  },
  written: {
    both: 'Write both, side by side',
    on: 'Write on with this change',
    plain: 'As it is',
    changed: 'With the change',
    label: 'Two continuations from one seed',
  },
  pair: {
    target: 'Target',
    foil: 'Foil',
    auto: 'likeliest',
    autoFoil: 'next likeliest',
    explain: 'Two next tokens to tell apart; empty means the likeliest two.',
  },
};
