// @upstash/redis on the gateway's REST face: node upstash_client.mjs <url> <token> <read-only token>
import { Redis } from "@upstash/redis";

const [url, token, readOnly] = process.argv.slice(2);
const redis = new Redis({ url, token, enableTelemetry: false });
const reader = new Redis({ url, token: readOnly, enableTelemetry: false });
const result = {};

result.set = await redis.set("greeting", "hello", { ex: 100 });
result.get = await redis.get("greeting");
result.missing = await redis.get("missing");
result.ttl = (await redis.ttl("greeting")) > 0;
result.unicode = (await redis.set("ü", "💥 \u0001")) && (await redis.get("ü"));
await redis.set("json", { a: [1, 2, { b: null }] });
result.json = await redis.get("json");
await redis.hset("h", { name: "ada", age: 36 });
result.hash = await redis.hgetall("h");
result.members = (await redis.sadd("s", "a", "b"), (await redis.smembers("s")).sort());
await redis.zadd("z", { score: 1.5, member: "x" }, { score: 2, member: "y" });
result.scores = await redis.zrange("z", 0, -1, { withScores: true });
result.list = (await redis.rpush("l", 1, 2, 3), await redis.lrange("l", 0, -1));
result.scan = (await redis.scan(0, { match: "z*", count: 100 }))[1];

const pipeline = redis.pipeline();
pipeline.set("n", 1).incr("n").get("n");
result.pipeline = await pipeline.exec();
const transaction = redis.multi();
transaction.incr("n").incrby("n", 10);
result.transaction = await transaction.exec();

try {
  await redis.incr("greeting");
} catch (error) {
  result.error = error.message.split(", command was")[0];
}
result.read = await reader.get("greeting");
try {
  await reader.set("greeting", "changed");
} catch (error) {
  result.refused = error.message.includes("NOPERM");
}
try {
  await new Redis({ url, token: "mrn_wrong", enableTelemetry: false, retry: false }).get("greeting");
} catch (error) {
  result.stranger = error.name;
}

const subscriber = redis.subscribe("news");
const message = new Promise((resolve) => subscriber.on("message", resolve));
const subscribed = new Promise((resolve) => subscriber.on("subscribe", resolve));
await subscribed;
result.receivers = await redis.publish("news", { title: "hi" });
result.message = await message;
await subscriber.unsubscribe();

console.log(JSON.stringify(result));
process.exit(0);
