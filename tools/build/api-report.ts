import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { entryNames } from './entries.ts';

/**
 * Compares the types in `dist/` with the reports in `etc/`, so that a change of the public surface is seen in a diff.
 * `npm run api` (`--update`) writes the reports.
 */
const root = join(import.meta.dirname, '../..');
const update = process.argv.includes('--update');

function configOf(entry: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, `dist/${entry}.d.ts`),
      compiler: {
        overrideTsconfig: {
          extends: join(root, 'tsconfig.json'),
          files: [`dist/${entry}.d.ts`],
          include: [],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${entry}.api.md`,
        reportFolder: join(root, 'etc'),
        reportTempFolder: join(root, 'node_modules/.cache/api-report'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
          'ae-undocumented': { logLevel: ExtractorLogLevel.None },
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

mkdirSync(join(root, 'etc'), { recursive: true });
const configs = entryNames.map(configOf);
// One program for all entries: most of the time goes into reading the types of the platform.
const compilerState = CompilerState.create(configs[0] as ExtractorConfig, {
  additionalEntryPoints: configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
});
for (const [i, entry] of entryNames.entries()) {
  const { succeeded, apiReportChanged } = Extractor.invoke(configs[i] as ExtractorConfig, {
    compilerState,
    localBuild: update,
    printApiReportDiff: !update,
    showVerboseMessages: false,
  });
  if (succeeded && !(apiReportChanged && !update)) continue;
  console.error(
    `The public surface of ${entry} is not that of etc/${entry}.api.md. Run \`npm run api\` and commit the change.`,
  );
  process.exitCode = 1;
}
