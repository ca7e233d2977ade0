const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units, as disks and hubs count them: `11.8 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `5.9 M`, `124 M`, `1.56 B`. */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} B`;
  if (count >= 1e8) return `${Math.round(count / 1e6)} M`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return count.toLocaleString('en');
}

/** `8 s`, `2 min 5 s`, `1 h 10 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Progress of a load. */
interface Progress {
  loadedBytes: number;
  totalBytes: number;
  bytesPerSecond: number;
  secondsLeft?: number;
  fromCache: boolean;
}

/** `147 kB of 2.31 MB, 221 kB/s, 10 s left`; rate and remaining time once they are known. */
export function formatProgress(progress: Progress): string {
  const { loadedBytes, totalBytes, bytesPerSecond, secondsLeft, fromCache } = progress;
  const amount = `${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}`;
  const rate = bytesPerSecond > 0 && !fromCache ? `, ${formatBytes(bytesPerSecond)}/s` : '';
  const left = secondsLeft !== undefined && secondsLeft > 1 ? `, ${formatDuration(secondsLeft)} left` : '';
  return `${amount}${rate}${left}`;
}

/** A probability: `63 %`, `4.2 %`, `0.03 %`, `<0.01 %`. */
export function formatProbability(probability: number): string {
  const percent = probability * 100;
  if (percent > 0 && percent < 0.01) return '<0.01 %';
  if (percent >= 99.95) return '100 %';
  return `${percent.toFixed(percent >= 10 ? 0 : percent >= 1 ? 1 : 2)} %`;
}

/** A perplexity: `9.3`, `48,371`. */
export function formatPerplexity(value: number): string {
  return value < 1000 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

/** Tokens per second: `142`, `9.4`. */
export function formatRate(rate: number): string {
  if (!(rate > 0)) return '–';
  return rate >= 100 ? rate.toFixed(0) : rate.toFixed(1);
}

/** A token's text with visible symbols for white space and for an empty text. */
export function showToken(text: string): string {
  if (text === '') return '∅';
  return text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '·').replaceAll('\u00a0', '⍽');
}
