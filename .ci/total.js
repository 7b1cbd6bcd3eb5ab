/** Sums the reports of several test runs, and ends with the line that CI reads: `node .ci/total.js a.json …`. */
import { readFileSync } from 'node:fs';

const NONE = { numPassedTests: 0, numFailedTests: 0, success: false };

const reports = process.argv.slice(2).map(readReport);
const passed = reports.reduce((total, report) => total + report.numPassedTests, 0);
const failed = reports.reduce((total, report) => total + failures(report), 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed === 0 || failed > 0 ? 1 : 0;

/** A run that broke off leaves no report. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return NONE;
  }
}

/** A run that failed by something else than a test, or that ran none, counts as one failure. */
function failures({ numPassedTests, numFailedTests, success }) {
  return numFailedTests || (success && numPassedTests > 0 ? 0 : 1);
}
