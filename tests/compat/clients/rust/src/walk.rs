//! What applications do, by redis-rs over either protocol.

use crate::PATIENCE;
use redis::streams::{
    StreamAutoClaimOptions, StreamId, StreamMaxlen, StreamPendingReply, StreamReadOptions,
};
use redis::{
    Connection, IntegerReplyOrNoOp, RedisError, RedisResult, Script, TypedCommands, Value,
};
use serde_json::{json, Map, Value as Json};
use std::collections::{BTreeSet, HashSet};
use std::thread;

type Opener<'a> = &'a (dyn Fn() -> RedisResult<Connection> + Sync);

pub fn walk(open: Opener) -> RedisResult<Json> {
    let mut here = open()?;
    let mut other = open()?;
    here.flushall()?;
    let mut seen = json!({});
    values(&mut here, &mut seen)?;
    blocking(open, &mut other, &mut seen)?;
    transactions(&mut here, &mut other, &mut seen)?;
    messages(&mut open()?, &mut other, &mut seen)?;
    scripts(&mut here, &mut seen)?;
    streams(&mut here, &mut other, &mut seen)?;
    Ok(seen)
}

/// The line that the server has sent.
fn line(error: &RedisError) -> String {
    format!(
        "{} {}",
        error.code().unwrap_or_default(),
        error.detail().unwrap_or_default()
    )
}

fn values(con: &mut Connection, seen: &mut Json) -> RedisResult<()> {
    let info: String = redis::cmd("CLIENT").arg("INFO").query(con)?;
    let protocol = info
        .split_whitespace()
        .find_map(|field| field.strip_prefix("resp="));
    seen["protocol"] = json!(protocol.and_then(|digit| digit.parse::<u8>().ok()));
    let set: String = redis::cmd("SET")
        .arg(&["text", "ü\0\r\n", "EX"])
        .arg(PATIENCE.as_secs())
        .query(con)?;
    seen["set"] = set.into();
    seen["text"] = json!(con.get("text")?);
    let ttl = con.ttl("text")?;
    seen["expires"] = matches!(ttl, IntegerReplyOrNoOp::IntegerReply(1..)).into();
    seen["missing"] = con.get("missing")?.is_none().into();
    seen["error"] = con
        .incr("text", 1)
        .map_err(|error| line(&error))
        .unwrap_err()
        .into();
    con.hset_multiple("hash", &[("name", "ada"), ("age", "36")])?;
    seen["hash"] = json!(con.hgetall("hash")?);
    con.zadd_multiple("scores", &[(1.5, "a"), (2.0, "b")])?;
    seen["scores"] = json!(con.zrange_withscores("scores", 0, -1)?);
    con.sadd("set", &["x", "y"])?;
    seen["members"] = json!(BTreeSet::from_iter(con.smembers("set")?));

    let pairs: Vec<_> = (0..1000).map(|n| (format!("scan:{n}"), n)).collect();
    con.mset(&pairs)?;
    let found: RedisResult<HashSet<String>> = con.scan_match("scan:*")?.collect();
    seen["scanned"] = found?.len().into();
    Ok(())
}

fn blocking(open: Opener, other: &mut Connection, seen: &mut Json) -> RedisResult<()> {
    let popped = thread::scope(|scope| {
        let waiting = scope.spawn(|| open()?.blpop(&["queue", "spare"], PATIENCE.as_secs_f64()));
        loop {
            let info: String = redis::cmd("INFO").arg("clients").query(other)?;
            if info.contains("blocked_clients:1\r\n") {
                break;
            }
        }
        other.rpush("spare", "job")?;
        waiting.join().expect("a thread that does not panic")
    });
    seen["popped"] = json!(popped?);
    Ok(())
}

fn transactions(here: &mut Connection, other: &mut Connection, seen: &mut Json) -> RedisResult<()> {
    let replies: Vec<RedisResult<i64>> = redis::pipe()
        .incr("n", 1)
        .incr("hash", 1)
        .incr("n", 1)
        .ignore_errors()
        .query(here)?;
    let replies = replies.into_iter().map(|reply| match reply {
        Ok(number) => json!(number),
        Err(error) => json!(line(&error)),
    });
    seen["pipeline"] = replies.collect();
    let done: (String, String) = redis::pipe().atomic().set("t", "2").get("t").query(here)?;
    seen["transaction"] = json!(done);

    // The first try meets a write of somebody else's, the second does not.
    let mut refused = Vec::new();
    for _ in 0..2 {
        redis::cmd("WATCH").arg("t").exec(here)?;
        let old = here.get_int("t")?.unwrap_or_default();
        if refused.is_empty() {
            other.set("t", 40)?;
        }
        let done: Value = redis::pipe().atomic().set("t", old + 2).query(here)?;
        refused.push(done == Value::Nil);
    }
    seen["conflict"] = (refused == [true, false]).into();
    seen["retried"] = json!(here.get("t")?);
    Ok(())
}

fn messages(
    subscriber: &mut Connection,
    other: &mut Connection,
    seen: &mut Json,
) -> RedisResult<()> {
    let mut subscriber = subscriber.as_pubsub();
    subscriber.subscribe("news")?;
    subscriber.psubscribe("art.*")?;
    let receivers = [
        other.publish("news", "hello")?,
        other.publish("art.new", "hi")?,
        other.publish("void", "nobody")?,
    ];
    seen["receivers"] = json!(receivers);
    let message = subscriber.get_message()?;
    let payload: String = message.get_payload()?;
    seen["message"] = json!([message.get_channel_name(), payload]);
    let message = subscriber.get_message()?;
    let (pattern, payload): (String, String) = (message.get_pattern()?, message.get_payload()?);
    seen["pattern"] = json!([pattern, message.get_channel_name(), payload]);
    Ok(())
}

fn scripts(con: &mut Connection, seen: &mut Json) -> RedisResult<()> {
    redis::cmd("SCRIPT").arg("FLUSH").exec(con)?;
    let script = Script::new(
        "local n = redis.call('INCRBY', KEYS[1], ARGV[1])
        return {n, tostring(n / 2), redis.call('TYPE', KEYS[1]).ok, false}",
    );
    let is_known = |con: &mut Connection| -> RedisResult<bool> {
        let known: Vec<bool> = redis::cmd("SCRIPT")
            .arg("EXISTS")
            .arg(script.get_hash())
            .query(con)?;
        Ok(known[0])
    };
    let mut known = vec![is_known(con)?];
    let mut replies = Vec::new();
    for n in 1..=2 {
        let reply: (i64, String, String, Option<String>) =
            script.key("scripted").arg(n).invoke(con)?;
        replies.push(reply);
        known.push(is_known(con)?);
    }
    seen["script"] = json!(replies);
    seen["known"] = json!(known);
    Ok(())
}

fn numbers(entries: &[StreamId]) -> Vec<Option<String>> {
    entries.iter().map(|entry| entry.get("n")).collect()
}

fn read(
    con: &mut Connection,
    consumer: &str,
    from: &str,
    count: usize,
) -> RedisResult<Vec<StreamId>> {
    let options = StreamReadOptions::default()
        .group("workers", consumer)
        .count(count);
    let reply = con
        .xread_options(&["jobs"], &[from], &options)?
        .unwrap_or_default();
    Ok(reply
        .keys
        .into_iter()
        .flat_map(|stream| stream.ids)
        .collect())
}

fn pending(con: &mut Connection) -> RedisResult<Json> {
    let StreamPendingReply::Data(all) = con.xpending("jobs", "workers")? else {
        return Ok(Json::Null);
    };
    let consumers: Map<String, Json> = all
        .consumers
        .into_iter()
        .map(|one| (one.name, one.pending.into()))
        .collect();
    Ok(json!({"count": all.count, "consumers": consumers}))
}

fn streams(here: &mut Connection, other: &mut Connection, seen: &mut Json) -> RedisResult<()> {
    here.xgroup_create_mkstream("jobs", "workers", "0")?;
    for n in 1..=5 {
        here.xadd("jobs", "*", &[("n", n)])?;
    }
    let ann = read(here, "ann", ">", 3)?;
    let bob = read(other, "bob", ">", 10)?;
    seen["ann"] = json!(numbers(&ann));
    seen["bob"] = json!(numbers(&bob));
    let acknowledged = here.xack("jobs", "workers", &[&ann[0].id, &ann[1].id])?;
    seen["acknowledged"] = acknowledged.into();
    seen["pending"] = pending(here)?;
    let claimed = other.xautoclaim_options(
        "jobs",
        "workers",
        "bob",
        0,
        "0",
        StreamAutoClaimOptions::default(),
    )?;
    seen["claimed"] = json!(numbers(&claimed.claimed));
    seen["left"] = pending(here)?;
    for entry in read(other, "bob", "0", 10)? {
        other.xack("jobs", "workers", &[entry.id])?;
    }
    let group = here.xinfo_groups("jobs")?.groups.remove(0);
    let figures = (
        group.consumers,
        group.pending,
        group.entries_read,
        group.lag,
    );
    seen["group"] = json!(figures);
    seen["trimmed"] = here.xtrim("jobs", StreamMaxlen::Equals(2))?.into();
    seen["length"] = here.xlen("jobs")?.into();
    Ok(())
}
