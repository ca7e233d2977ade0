#!/usr/bin/env node
/**
 * The command `vitrine`: serve, run, score, inspect.
 * @module vitrine/cli
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './commands.ts';

const bundled = join(fileURLToPath(import.meta.url), '../models');
const { stdout, stderr, env } = process;
// Dawn would keep the process alive, so it is ended once everything is written.
const status = await runCommand(process.argv.slice(2), { bundled, stdout, stderr, token: env.HF_TOKEN });
stdout.write('', () => process.exit(status));
