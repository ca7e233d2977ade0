import { expect, it } from 'vitest';
import { Speedometer } from './speed.ts';

it('tokens that arrive at once, as those of several sequences do, are not taken for a high rate', () => {
  const speed = new Speedometer(0);
  for (let step = 0; step < 40; step++)
    for (let sequence = 0; sequence < 3; sequence++) speed.token(1000 + step * 187 + sequence * 0.4);
  const { samples, tokensPerSecond } = speed.read(1000 + 39 * 187 + 2);
  for (const rate of [...samples.map((sample) => sample.tokensPerSecond), tokensPerSecond])
    expect(rate).toBeCloseTo(16, -1);
});

it('says nothing of the first moments', () => {
  const speed = new Speedometer(0);
  for (const at of [100, 100.1, 100.2]) speed.token(at);
  expect(speed.read(101).tokensPerSecond).toBe(0);
});
