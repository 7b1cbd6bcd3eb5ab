#!/usr/bin/env node
require('../dist/main.cjs')
  .start()
  .then((code) => {
    process.exitCode = code;
  });
