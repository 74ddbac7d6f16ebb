// Redlock against the port given, with databases in place of servers: prints who got which lock.
import Redis from "ioredis";
import Redlock, { Lock, ResourceLockedError } from "redlock";

const port = Number(process.argv[2]);
const stores = [0, 1, 2].map((db) => new Redis({ port, db }));
const [store] = stores;
const once = { retryCount: 0 };
const patient = { retryCount: -1, retryDelay: 5, retryJitter: 5 };
const result = {};

const redlock = new Redlock([store], once);
const waiting = new Redlock([store], patient);
// Whether it got the lock, or else why not.
const outcome = async (promise) => {
  try {
    await promise;
    return "got it";
  } catch (error) {
    const [attempt] = (await Promise.all(error.attempts ?? [])).slice(-1);
    const votes = [...(attempt?.votesAgainst.values() ?? [])];
    if (votes.length === 0) return error.message;
    return votes.every((vote) => vote instanceof ResourceLockedError) ? "locked" : votes.join();
  }
};

await store.flushall();
const lock = await redlock.acquire(["a", "b"], 60000);
result.held = await store.mget("a", "b").then((values) => values.every((v) => v === lock.value));
result.excluded = [
  await outcome(redlock.acquire(["a"], 60000)),
  await outcome(redlock.acquire(["c", "b"], 60000)),
  await store.exists("c"),
  await outcome(redlock.acquire(["c"], 60000)),
];
const longer = await lock.extend(600000);
result.extended = [(await store.pttl("a")) > 500000, (await store.pttl("b")) > 500000];

// A stranger knows the name, and not the value.
const stolen = () => new Lock(redlock, ["a", "b"], "a guess", [], Date.now() + 60000);
result.stranger = [
  await outcome(redlock.release(stolen())),
  await outcome(redlock.extend(stolen(), 60000)),
  await store.exists("a", "b"),
];
await longer.release();
result.released = [await store.exists("a", "b"), await outcome(redlock.acquire(["a"], 60000))];

// One that nobody gives back ends by itself, and then its owner has lost it.
const forgotten = await redlock.acquire(["short"], 150);
const begun = Date.now();
const next = await waiting.acquire(["short"], 60000);
result.expired = Date.now() - begun >= 100;
result.late = [
  await outcome(redlock.release(forgotten)),
  (await store.get("short")) === next.value,
];

// Held for several times its life, by extending it.
await redlock.using(["used"], 500, { automaticExtensionThreshold: 250 }, async (signal) => {
  const over = Date.now() + 1200;
  const got = [];
  while (Date.now() < over) {
    got.push(await outcome(redlock.acquire(["used"], 60000)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  result.used = [signal.aborted, [...new Set(got)]];
});
result.afterUse = await store.exists("used");

// Read, then write: only the lock keeps one from writing over another.
await store.set("sum", 0);
const peers = [store, new Redis(port)].map((peer) => [peer, new Redlock([peer], patient)]);
const add = async (n) => {
  const [peer, locks] = peers[n % 2];
  const mine = await locks.acquire(["sum lock"], 60000);
  const old = Number(await peer.get("sum"));
  await new Promise(setImmediate);
  await peer.set("sum", old + n);
  await mine.release();
};
await Promise.all(Array.from({ length: 20 }, (_, n) => add(n)));
result.sum = Number(await store.get("sum"));

// Two of three are enough.
const quorum = new Redlock(stores, once);
await stores[1].set("q", "somebody's");
result.two = await outcome(quorum.acquire(["q"], 60000));
await stores[2].set("r", "somebody's");
await stores[0].set("r", "somebody's");
result.one = [await outcome(quorum.acquire(["r"], 60000)), await stores[1].exists("r")];

[...stores, peers[1][0]].forEach((each) => each.disconnect());
console.log(JSON.stringify(result));
