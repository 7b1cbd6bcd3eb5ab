// Preloaded into a measured process: writes its peak resident memory, in KiB, where PEAK_FILE says.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS));
});
