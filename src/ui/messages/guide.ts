/** Texts for whoever meets a language model for the first time. */
export const guideMessages = {
  tagline: 'A language model on your own device. Type, and see what it thinks of every word.',
  present: { name: 'Present', title: 'Larger, with the next token alone beside the text' },
  starters: {
    label: 'Or begin with',
    prompts: ['Once upon a time', 'In a dark forest there lived', 'The king had three sons, and'],
  },
  guide: {
    open: 'How it works',
    label: 'How it works',
    position: (step: number, all: number) => `${step} of ${all}`,
    back: 'Back',
    next: 'Next',
    done: 'Done',
    close: 'Close the guide',
    steps: [
      {
        title: 'Tokens',
        text: 'The model reads and writes text in pieces called tokens: a word, a part of a word, a mark. Each has a number, its id.',
        action: 'Show the tokens',
      },
      {
        title: 'Probabilities',
        text: 'From all tokens so far, the model calculates how likely every token it knows is to come next. The panel lists the likeliest.',
        action: 'Show the panel',
      },
      {
        title: 'The draw',
        text: 'One of them is drawn, the likely ones more often, and put at the end of the text. Then everything starts again with the longer text.',
        action: 'Draw the next token',
      },
      {
        title: 'Temperature',
        text: 'Temperature changes the odds before the draw. High: unlikely tokens get a chance. Low: the likeliest nearly always wins. Watch the bars.',
        action: 'Set temperature to 1.5',
      },
      {
        title: 'Another word',
        text: 'Shading shows where the model was surprised. Choose another word at any place, and the text goes on from there.',
        action: 'Show what else was likely',
      },
      {
        title: 'Attention',
        text: 'To predict, each head of each layer looks back at earlier tokens and mixes in what it finds. Inside shows where each head looks.',
        action: 'Look inside',
      },
    ],
  },
} as const;
