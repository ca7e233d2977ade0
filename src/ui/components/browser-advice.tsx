const browsers = [
  ['Chrome, Edge', 'from version 113; on Linux set chrome://flags/#enable-unsafe-webgpu'],
  ['Safari', 'from version 26, on macOS, iOS and iPadOS'],
  ['Firefox', 'from version 141 on Windows, 145 on Apple silicon'],
] as const;

/** From which version on each browser has WebGPU. */
export function BrowserAdvice() {
  return (
    <dl className="advice">
      {browsers.map(([name, advice]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{advice}</dd>
        </div>
      ))}
    </dl>
  );
}
