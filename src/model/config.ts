/** The hyperparameters of one GPT-2-family model, checked; every field changes the maths or the shapes. */
export interface GPT2Config {
  /** V: rows of wte. */
  vocabSize: number;
  /** Rows of wpe: the longest context. */
  nPositions: number;
  /** E */
  nEmbd: number;
  /** L */
  nLayer: number;
  /** NH */
  nHead: number;
  /** I: width of the MLP, 4E unless the config says otherwise. */
  nInner: number;
  activation: Activation;
  layerNormEpsilon: number;
  /** Divide scores by sqrt(HS). */
  scaleAttnWeights: boolean;
  /** Divide scores by layer + 1 as well. */
  scaleAttnByInverseLayerIdx: boolean;
  /** As the config says; what the checkpoint holds decides in the end. */
  tieWordEmbeddings: boolean;
  /** End-of-text ids that are below vocabSize; empty when there is none. */
  eosTokenIds: number[];
}

/** `gelu_tanh` is gelu_new, gelu_fast and gelu_pytorch_tanh: one formula. */
export type Activation = 'gelu_tanh' | 'gelu_erf' | 'quick_gelu' | 'relu' | 'silu' | 'tanh';
