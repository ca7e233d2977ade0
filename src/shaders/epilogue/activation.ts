import activation from './activation.wgsl?raw';

/** The family's activations, in the order of the switch in activation.wgsl. */
export const activations = ['gelu_tanh', 'gelu_erf', 'quick_gelu', 'relu', 'silu', 'tanh'] as const;
export type ActivationName = (typeof activations)[number];

export const activationWgsl = activation;
