/** What can be switched off in a layer: one head, all of its attention, or its MLP. */
export interface Part {
  layer: number;
  part: number | 'attn' | 'mlp';
}

/** A direction from one text to another in the stream after a layer, and how far to push along it. */
export interface Steering {
  plus: string;
  minus: string;
  layer: number;
  strength: number;
}

/** What is changed in the model while it reads and writes. */
export interface Changes {
  off: readonly Part[];
  steering: Steering | null;
}
