import {
  type AttentionShape,
  type AttentionVariant,
  attentionPrefillGrid,
  attentionPrefillKernel,
  kvAppendGrid,
  kvAppendKernel,
  layernormRowsKernel,
  type MatmulShape,
  type MatmulVariant,
  matmulGrid,
  matmulKernel,
  matrixBuffers,
  vectorStride,
} from '../../shaders/index.ts';
import { epilogueOf } from './decode-plan.ts';
import type { Planned } from './dispatch-plan.ts';
import type { Block, Linear, Operations, Output } from './gpt2.ts';

export interface PrefillShape {
  attention: AttentionShape;
  attentionVariant: AttentionVariant;
  normEpsilon: number;
}

/** The operations of a pass over the rows of a chunk: every product a matrix product, layer norms on their own. */
export class PrefillOperations implements Operations {
  readonly plan: Planned[] = [];

  /**
   * @param matmul how products are computed
   * @param params uniform with the chunk, see packChunk
   * @param normed scratch for the rows of a layer norm, [rows][C]
   */
  constructor(
    private readonly shape: PrefillShape,
    private readonly matmul: MatmulVariant,
    private readonly params: GPUBuffer,
    private readonly normed: GPUBuffer,
  ) {}

  linear(name: string, layer: Linear, input: GPUBuffer, output: Output): void {
    const { format } = layer.matrix;
    if (layer.normed) {
      this.plan.push({
        source: layernormRowsKernel(format, this.shape.normEpsilon),
        buffers: [input, layer.aux, this.normed],
        grid: (rows) => [rows, 1, 1],
      });
    }
    const shape: MatmulShape = {
      name,
      matrix: format,
      inputStride: vectorStride(format.columns),
      epilogue: epilogueOf(output, this.shape.attention, vectorStride),
    };
    const variant = this.matmul;
    this.plan.push({
      source: matmulKernel(shape, variant),
      buffers: [
        layer.normed ? this.normed : input,
        ...matrixBuffers(layer.matrix),
        layer.aux,
        this.params,
        output.to,
      ],
      grid: (rows) => matmulGrid(format, variant, rows),
    });
  }

  attention(block: Block, qkv: GPUBuffer, att: GPUBuffer): void {
    const { attention, attentionVariant: variant } = this.shape;
    this.plan.push({
      source: kvAppendKernel(attention),
      buffers: [qkv, block.kv, this.params],
      grid: (rows) => kvAppendGrid(attention, rows),
    });
    this.plan.push({
      source: attentionPrefillKernel(attention, variant),
      buffers: [qkv, block.kv, block.scale, this.params, att],
      grid: (rows) => attentionPrefillGrid(attention, variant, rows),
    });
  }
}
