// rate-limiter-flexible, on ioredis and on node-redis, at the port given: what was let through.
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

async function limit(name, storeClient, useRedisPackage) {
  const seen = {};
  const common = { storeClient, useRedisPackage };
  const limiter = (prefix, points, duration, blockDuration = 0) => {
    const keyPrefix = `${name}:${prefix}`;
    return new RateLimiterRedis({ ...common, keyPrefix, points, duration, blockDuration });
  };
  const short = limiter("short", 3, 2);
  const same = limiter("short", 3, 2);
  const begun = Date.now();
  seen.reached = [];
  for (const each of [short, same, short, same]) seen.reached.push(await ask(each, "ann"));
  seen.others = await ask(short, "bob");
  const { consumedPoints, msBeforeNext } = await short.get("ann");
  seen.state = [consumedPoints, msBeforeNext > 0 && msBeforeNext <= 2000];
  await until(async () => (await short.get("ann")) === null);
  seen.released = [Date.now() - begun >= 1950, await ask(short, "ann")];

  const long = limiter("long", 5, 600);
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
  const strict = limiter("strict", 1, 2, 600);
  seen.strict = [await ask(strict, "ann"), await ask(strict, "ann")];
  seen.out = (await strict.get("ann")).msBeforeNext > 500000;
  return seen;
}

const first = new Redis(port);
const second = createClient({ url: `redis://127.0.0.1:${port}` });
await second.connect();
await first.flushall();
const [ioredis, nodeRedis] = await Promise.all([
  limit("ioredis", first, false),
  limit("node-redis", second, true),
]);
first.disconnect();
second.destroy();
console.log(JSON.stringify({ ioredis, nodeRedis }));
process.exit(0);
