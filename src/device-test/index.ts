export {
  adapterName,
  byOperation,
  type CaseResult,
  type CaseStatus,
  countCases,
  type DeviceTestReport,
  reportMarkdown,
  type TestEnvironment,
  usedTolerance,
} from './report.ts';
export { type DeviceTestOptions, runDeviceTest } from './run.ts';
