/**
 * A process of its own that holds the local API until its stdin ends: `engine-process.ts <options as JSON>`.
 * It prints what it got as one line of JSON, with its pid.
 */
import { attachOrStart } from '../../src/local/attach.ts';

const options = JSON.parse(process.argv[2] ?? '{}');
const api = await attachOrStart({
  ...options,
  onWait: (pid) => process.stderr.write(`waits for ${pid}\n`),
});
process.stdout.write(`${JSON.stringify({ ...api, pid: process.pid })}\n`);
process.stdin.resume().once('end', () => void api.dispose());
