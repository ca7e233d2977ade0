import {
  type AttentionShape,
  attentionCombineKernel,
  attentionDecodeKernel,
  attentionLanes,
  type Epilogue,
  kvAppendColumnsGrid,
  kvAppendColumnsKernel,
  type MatvecShape,
  matrixBuffers,
  matvecGrid,
  matvecKernel,
} from '../../shaders/index.ts';
import type { Planned } from './dispatch-plan.ts';
import type { Block, Linear, Operations, Output } from './gpt2.ts';
import type { VariantChooser } from './options.ts';

export interface DecodeShape {
  columns: number;
  attention: AttentionShape;
  /** Parts the context is cut into; 1 for short ones. */
  splits: number;
  /** Columns may stand in the same sequence: all keys and values are stored before any is read. */
  shared: boolean;
  normEpsilon: number;
  /** Floats between columns of vectors of this length. */
  stride: (length: number) => number;
}

/** The operations of a decode step: every product a mat-vec over all columns, layer norms folded in. */
export class DecodeOperations implements Operations {
  readonly plan: Planned[] = [];

  constructor(
    private readonly shape: DecodeShape,
    private readonly choose: VariantChooser,
    private readonly state: GPUBuffer,
    private readonly partials: GPUBuffer,
  ) {}

  linear(name: string, layer: Linear, input: GPUBuffer, output: Output): void {
    const { format } = layer.matrix;
    const shape: MatvecShape = {
      name,
      matrix: format,
      columns: this.shape.columns,
      inputStride: this.shape.stride(format.columns),
      normEpsilon: layer.normed ? this.shape.normEpsilon : undefined,
      epilogue: epilogueOf(output, this.shape.attention, this.shape.stride),
    };
    const variant = this.choose(shape);
    const grid = matvecGrid(format, variant);
    this.plan.push({
      source: matvecKernel(shape, variant),
      buffers: [input, ...matrixBuffers(layer.matrix), layer.aux, this.state, output.to],
      grid: () => grid,
    });
  }

  attention(block: Block, qkv: GPUBuffer, att: GPUBuffer): void {
    const { attention, splits, columns, shared } = this.shape;
    const out = splits > 1 ? this.partials : att;
    if (shared) {
      this.plan.push({
        source: kvAppendColumnsKernel(attention),
        buffers: [qkv, block.kv, this.state],
        grid: () => kvAppendColumnsGrid(attention, columns),
      });
    }
    this.plan.push({
      source: attentionDecodeKernel(attention, splits, attentionLanes(attention), !shared),
      buffers: [qkv, block.kv, this.state, block.scale, out],
      grid: () => [attention.heads, columns, splits],
    });
    if (splits === 1) return;
    this.plan.push({
      source: attentionCombineKernel(attention, splits),
      buffers: [this.partials, this.state, att],
      grid: () => [attention.heads, columns, 1],
    });
  }
}

/** How a product's values leave it. */
export function epilogueOf(
  output: Output,
  shape: AttentionShape,
  stride: (length: number) => number,
): Epilogue {
  switch (output.as) {
    case 'vector':
      return { kind: 'store', stride: stride(output.length) };
    case 'residual':
      return { kind: 'add', stride: stride(output.length) };
    case 'activation':
      return { kind: 'activate', stride: stride(output.length), activation: output.activation };
    case 'heads':
      return {
        kind: 'heads',
        stride: shape.qkvStride,
        shape: { heads: shape.heads, headSize: shape.headSize },
      };
  }
}
