/** Holds a lock until its stdin ends: `lock-process.ts <file>`. It prints a line when it has it. */
import { takeLock } from '../../src/local/lock.ts';

const lock = await takeLock(process.argv[2] ?? '', new AbortController().signal);
process.stdout.write('held\n');
process.stdin.resume().once('end', () => lock.release());
