// BullMQ, every step of which is a script of Lua, against the port given: prints what it saw.
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";

const connection = { host: "127.0.0.1", port: Number(process.argv[2]), maxRetriesPerRequest: null };
const seen = {};
const done = [];
const queue = new Queue("jobs", { connection });
const events = new QueueEvents("jobs", { connection });
await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);

await queue.add("add", { a: 1, b: 2 });
await queue.add("urgent", { a: 2, b: 2 }, { priority: 1 });
await queue.addBulk([1, 2, 3].map((n) => ({ name: "add", data: { a: n, b: n } })));
await queue.add("late", { a: 5, b: 5 }, { delay: 200 });
await queue.add("add", { a: 0, b: 0 }, { jobId: "once" });
await queue.add("add", { a: 9, b: 9 }, { jobId: "once" });
const flaky = await queue.add("flaky", {}, { attempts: 3, backoff: { type: "fixed", delay: 50 } });
const broken = await queue.add("broken", {});
seen.counts = await queue.getJobCounts("waiting", "delayed", "prioritized");

let tries = 0;
const worker = new Worker(
  "jobs",
  async (job) => {
    done.push(job.name);
    if (job.name === "broken") throw new Error("on purpose");
    if (job.name === "flaky" && ++tries < 3) throw new Error("not yet");
    await job.updateProgress(50);
    return (job.data.a ?? 0) + (job.data.b ?? 0);
  },
  { connection, concurrency: 1 },
);
const deadline = Date.now() + 30000;
for (;;) {
  const counts = await queue.getJobCounts("completed", "failed");
  if (counts.completed === 8 && counts.failed === 1) break;
  if (Date.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(counts)}`);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
seen.tries = tries;
seen.flaky = await (await queue.getJob(flaky.id)).getState();
seen.broken = (await queue.getJob(broken.id)).failedReason;
seen.results = (await queue.getCompleted()).map((job) => job.returnvalue).sort((a, b) => a - b);
seen.done = [...done].sort();

const flow = new FlowProducer({ connection });
const tree = await flow.add({
  name: "parent",
  queueName: "jobs",
  data: { a: 1 },
  children: [1, 2, 3].map((n) => ({ name: "child", queueName: "jobs", data: { a: n } })),
});
await tree.job.waitUntilFinished(events, 20000);
seen.children = Object.values(await tree.job.getChildrenValues()).sort();
await queue.pause();
seen.paused = await queue.isPaused();
await queue.resume();
await worker.close();
await queue.obliterate({ force: true });
seen.left = await queue.getJobCounts("completed", "failed", "waiting");
await Promise.all([events.close(), flow.close(), queue.close()]);
console.log(JSON.stringify(seen));
