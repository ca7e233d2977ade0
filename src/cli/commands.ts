import { VitrineError } from '../lib/index.ts';
import { commands, parseCommandLine } from './flags.ts';
import type { Environment } from './load.ts';
import { serve } from './serve.ts';
import { inspect, run, score } from './text-commands.ts';

export const usage = `${Object.entries(commands)
  .map(([name, { takes, flags }]) => {
    const shown = Object.entries(flags).map(
      ([flag, { type }]) => `[--${flag}${type === 'string' ? ' …' : ''}]`,
    );
    return `vitrine ${name} ${takes}\n    ${shown.join(' ')}`;
  })
  .join('\n')}
MODEL is a folder, a hub id such as openai-community/gpt2, a URL, or tiny-tales, which comes along.
`;

/**
 * Runs a command line.
 * @returns the exit status; 2 for a command line that is not understood
 */
export async function runCommand(args: readonly string[], environment: Environment): Promise<number> {
  const { stdout, stderr } = environment;
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    stdout.write(usage);
    return args.length === 0 ? 2 : 0;
  }
  try {
    const { command, positionals, flags } = parseCommandLine(args);
    const [model = '', text = ''] = positionals;
    if (command === 'serve') await serve(model, flags, environment);
    else await { run, score, inspect }[command](model, text, flags, environment);
    return 0;
  } catch (error) {
    const { message } = error as Error;
    stderr.write(error instanceof VitrineError ? `${error.code}: ${message}\n` : `${message}\n`);
    return error instanceof VitrineError && error.code === 'invalid-argument' ? 2 : 1;
  }
}
