import { messages } from '../messages/index.ts';

/** From which version on each browser has WebGPU. */
export function BrowserAdvice() {
  return (
    <dl className="advice">
      {messages.device.browsers.map(([name, advice]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{advice}</dd>
        </div>
      ))}
    </dl>
  );
}
