import { restartWithoutRequestLimit } from "../../../adapters/bun/request-limit.ts";

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

print({ pid: process.pid });
restartWithoutRequestLimit();
print({
  pid: process.pid,
  limit: process.env.BUN_CONFIG_MAX_HTTP_REQUESTS,
  kept: process.env.KEPT,
  args: process.argv.slice(2),
  execArgv: process.execArgv,
});
