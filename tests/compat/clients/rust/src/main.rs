//! Walks redis-rs through what applications do with it, against the port given, and prints what it
//! saw as one JSON object. Any error ends the program.

mod invalidations;
mod walk;

use redis::{Client, Connection, IntoConnectionInfo, ProtocolVersion, RedisResult};
use serde_json::json;
use std::time::Duration;

/// Longer than any reply takes, so that one that never comes is an error.
const PATIENCE: Duration = Duration::from_secs(20);

fn connect(port: u16, protocol: ProtocolVersion) -> RedisResult<Connection> {
    let info = ("127.0.0.1", port).into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(protocol);
    let connection = Client::open(info.set_redis_settings(settings))?.get_connection()?;
    connection.set_read_timeout(Some(PATIENCE))?;
    Ok(connection)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).ok_or("no port is given")?.parse()?;
    let mut seen = json!({});
    for (name, protocol) in [
        ("redis-rs RESP2", ProtocolVersion::RESP2),
        ("redis-rs RESP3", ProtocolVersion::RESP3),
    ] {
        seen[name] = walk::walk(&|| connect(port, protocol))?;
    }
    let push = invalidations::by_push(port)?;
    seen["redis-rs RESP2"]["tracking"] = invalidations::by_channel(port)?;
    seen["redis-rs RESP3"]["tracking"] = push;
    println!("{seen}");
    Ok(())
}
