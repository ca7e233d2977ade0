import type { Epilogue } from '../../shaders/index.ts';
import { headsOf, slotStride } from './activation-buffers.ts';
import type { Output } from './steps.ts';

/** How a product's values leave it. */
export function epilogueOf(output: Output): Epilogue {
  const stride = slotStride(output.to);
  switch (output.as) {
    case 'store':
    case 'add':
      return { kind: output.as, stride };
    case 'activate':
      return { kind: 'activate', stride, activation: output.activation };
    case 'heads':
      return { kind: 'heads', stride, shape: headsOf(output.to.width, output.to.heads ?? 1) };
  }
}
