interface BarProps {
  /** 0 to 1. */
  share: number;
  /** A paler length behind it, 0 to 1. */
  before?: number;
}

/** A bar whose length is a share. The figure beside it says the same in words. */
export function Bar({ share, before }: BarProps) {
  const clamp = (value: number) => Math.max(0, Math.min(1, value));
  return (
    <span className="bar" aria-hidden="true">
      {before !== undefined && (
        <span className="bar-before" style={{ transform: `scaleX(${clamp(before)})` }} />
      )}
      <span className="bar-fill" style={{ transform: `scaleX(${clamp(share)})` }} />
    </span>
  );
}
