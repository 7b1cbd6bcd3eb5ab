#!/usr/bin/env node
import module from 'node:module';

// Newer Nodes keep compiled code between runs; the one of today's minimum cannot.
module.enableCompileCache?.();
const { start } = await import('../dist/main.js');

process.exitCode = await start();
