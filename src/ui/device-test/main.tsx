import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { type DeviceTestOptions, type DeviceTestReport, runDeviceTest } from '../../device-test/index.ts';
import { applyTheme, storedTheme } from '../lib/theme.ts';
import { DeviceTestPage } from './page.tsx';
import '../styles/device-test.css';

declare global {
  interface Window {
    /** For test runners: runs the checks without the page's controls. */
    deviceTest: { run(options?: DeviceTestOptions): Promise<DeviceTestReport> };
  }
}

applyTheme(storedTheme());
window.deviceTest = { run: runDeviceTest };

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <DeviceTestPage />
    </StrictMode>,
  );
}
