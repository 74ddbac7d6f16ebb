-- What the monitoring service keeps: samples drawn together by minute and by hour, and alerts. Means
-- of what goes up and down; of counters their growth within the time, which sums up over restarts.

CREATE TABLE node_metrics_minutes (
  node plain_text NOT NULL,
  at_ms BIGINT NOT NULL,
  tenant plain_text NOT NULL,
  samples BIGINT NOT NULL,
  memory_used_bytes DOUBLE PRECISION NOT NULL,
  memory_limit_bytes DOUBLE PRECISION NOT NULL,
  memory_peak_bytes DOUBLE PRECISION NOT NULL,
  keys DOUBLE PRECISION NOT NULL,
  ops_per_second DOUBLE PRECISION NOT NULL,
  hits BIGINT NOT NULL,
  misses BIGINT NOT NULL,
  evicted BIGINT NOT NULL,
  expired BIGINT NOT NULL,
  clients DOUBLE PRECISION NOT NULL,
  bytes_in BIGINT NOT NULL,
  bytes_out BIGINT NOT NULL,
  latency_p50_us DOUBLE PRECISION NOT NULL,
  latency_p99_us DOUBLE PRECISION NOT NULL,
  cpu_share DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (node, at_ms)
);
CREATE INDEX node_metrics_minutes_by_time ON node_metrics_minutes (at_ms);

CREATE TABLE node_metrics_hours (
  node plain_text NOT NULL,
  at_ms BIGINT NOT NULL,
  tenant plain_text NOT NULL,
  samples BIGINT NOT NULL,
  memory_used_bytes DOUBLE PRECISION NOT NULL,
  memory_limit_bytes DOUBLE PRECISION NOT NULL,
  memory_peak_bytes DOUBLE PRECISION NOT NULL,
  keys DOUBLE PRECISION NOT NULL,
  ops_per_second DOUBLE PRECISION NOT NULL,
  hits BIGINT NOT NULL,
  misses BIGINT NOT NULL,
  evicted BIGINT NOT NULL,
  expired BIGINT NOT NULL,
  clients DOUBLE PRECISION NOT NULL,
  bytes_in BIGINT NOT NULL,
  bytes_out BIGINT NOT NULL,
  latency_p50_us DOUBLE PRECISION NOT NULL,
  latency_p99_us DOUBLE PRECISION NOT NULL,
  cpu_share DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (node, at_ms)
);
CREATE INDEX node_metrics_hours_by_time ON node_metrics_hours (at_ms);

-- Up to where each series is drawn together; written with the rows it speaks of.
CREATE TABLE monitoring_progress (
  series plain_text NOT NULL PRIMARY KEY,
  done_to_ms BIGINT NOT NULL
);

-- An empty tenant is the platform. What a rule watches is JSON, which the service checks.
CREATE TABLE alert_rules (
  id plain_text NOT NULL PRIMARY KEY,
  tenant plain_text NOT NULL,
  name plain_text NOT NULL,
  definition plain_text NOT NULL,
  version BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  UNIQUE (tenant, name)
);

CREATE TABLE alert_states (
  rule plain_text NOT NULL,
  node plain_text NOT NULL,
  tenant plain_text NOT NULL,
  state plain_text NOT NULL,
  since_ms BIGINT NOT NULL,
  value DOUBLE PRECISION,
  PRIMARY KEY (rule, node)
);

-- No foreign key: what happened is still told when the rule is deleted.
CREATE TABLE alert_history (
  id plain_text NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  rule plain_text NOT NULL,
  name plain_text NOT NULL,
  node plain_text NOT NULL,
  tenant plain_text NOT NULL,
  state plain_text NOT NULL,
  value DOUBLE PRECISION
);
CREATE INDEX alert_history_by_time ON alert_history (at_ms, id);
CREATE INDEX alert_history_by_tenant ON alert_history (tenant, at_ms);
