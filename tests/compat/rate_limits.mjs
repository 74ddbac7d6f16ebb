// rate-limiter-flexible, by ioredis and by node-redis, against the port given: what was let through.
import Redis from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { createClient } from "redis";

const port = Number(process.argv[2]);

// What is left of the points, or that there are none.
async function ask(limiter, key, points = 1) {
  try {
    return (await limiter.consume(key, points)).remainingPoints;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return "refused";
  }
}

async function until(isSo) {
  const deadline = Date.now() + 20000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function limit(storeClient, useRedisPackage) {
  const seen = {};
  const common = { storeClient, useRedisPackage };
  const short = new RateLimiterRedis({ ...common, points: 3, duration: 1, keyPrefix: "short" });
  const same = new RateLimiterRedis({ ...common, points: 3, duration: 1, keyPrefix: "short" });
  const begun = Date.now();
  seen.reached = [];
  for (const limiter of [short, same, short, same]) seen.reached.push(await ask(limiter, "ann"));
  seen.others = await ask(short, "bob");
  const { consumedPoints, msBeforeNext } = await short.get("ann");
  seen.state = [consumedPoints, msBeforeNext > 0 && msBeforeNext <= 1000];
  await until(async () => (await short.get("ann")) === null);
  seen.released = [Date.now() - begun >= 950, await ask(short, "ann")];

  const long = new RateLimiterRedis({ ...common, points: 5, duration: 600, keyPrefix: "long" });
  const crowd = await Promise.all(Array.from({ length: 40 }, () => ask(long, "crowd")));
  seen.crowd = crowd.filter((answer) => answer !== "refused").sort();
  seen.dear = [await ask(long, "eve", 4), await ask(long, "eve", 4)];
  await long.reward("eve", 5);
  seen.rewarded = await ask(long, "eve");
  await long.penalty("eve", 3);
  seen.penalised = await ask(long, "eve");
  await long.block("mallory", 600);
  seen.blocked = await ask(long, "mallory");
  seen.deleted = [await long.delete("mallory"), await ask(long, "mallory")];

  // Too much once, and out for longer than the window.
  const strict = new RateLimiterRedis({
    ...common,
    ...{ points: 1, duration: 1, blockDuration: 600, keyPrefix: "strict" },
  });
  seen.strict = [await ask(strict, "ann"), await ask(strict, "ann")];
  seen.out = (await strict.get("ann")).msBeforeNext > 500000;
  return seen;
}

const first = new Redis(port);
const second = createClient({ url: `redis://127.0.0.1:${port}` });
await second.connect();
const result = {};
await first.flushall();
result.ioredis = await limit(first, false);
await first.flushall();
result.nodeRedis = await limit(second, true);
first.disconnect();
second.destroy();
console.log(JSON.stringify(result));
process.exit(0);
