//! What the server tells a client that keeps what it has read.

use crate::{connect, PATIENCE};
use redis::{ErrorKind, ProtocolVersion, PushKind, RedisResult, TypedCommands, Value};
use serde_json::{json, Value as Json};
use std::sync::mpsc;
use std::time::Instant;

/// RESP2 has no messages beside replies: another connection is told, as if it had subscribed.
pub fn by_channel(port: u16) -> RedisResult<Json> {
    let mut reader = connect(port, ProtocolVersion::RESP2)?;
    let mut writer = connect(port, ProtocolVersion::RESP2)?;
    let mut told = connect(port, ProtocolVersion::RESP2)?;
    let id: i64 = redis::cmd("CLIENT").arg("ID").query(&mut told)?;
    let mut told = told.as_pubsub();
    told.subscribe("__redis__:invalidate")?;
    redis::cmd("CLIENT")
        .arg(&["TRACKING", "ON", "REDIRECT"])
        .arg(id)
        .exec(&mut reader)?;
    writer.set("t", "42")?;
    let first = reader.get("t")?;
    writer.set("t", "changed")?;
    let keys: Vec<String> = told.get_message()?.get_payload()?;
    Ok(json!({"first": first, "invalidated": keys, "second": reader.get("t")?}))
}

/// RESP3 puts them between the replies of the connection that reads.
pub fn by_push(port: u16) -> RedisResult<Json> {
    let mut reader = connect(port, ProtocolVersion::RESP3)?;
    let mut writer = connect(port, ProtocolVersion::RESP3)?;
    let (sender, told) = mpsc::channel();
    reader.set_push_sender(sender);
    redis::cmd("CLIENT")
        .arg(&["TRACKING", "ON"])
        .exec(&mut reader)?;
    writer.set("t", "42")?;
    let first = reader.get("t")?;
    writer.set("t", "changed")?;
    // This client looks for messages when it reads a reply.
    let begun = Instant::now();
    let mut messages = told
        .try_iter()
        .filter(|message| message.kind == PushKind::Invalidate);
    let message = loop {
        reader.ping()?;
        match messages.next() {
            Some(message) => break message,
            None if begun.elapsed() > PATIENCE => {
                return Err((ErrorKind::Client, "told of nothing").into());
            }
            None => {}
        }
    };
    let keys: Vec<Vec<String>> = redis::from_redis_value(Value::Array(message.data))?;
    Ok(json!({"first": first, "invalidated": keys.concat(), "second": reader.get("t")?}))
}
