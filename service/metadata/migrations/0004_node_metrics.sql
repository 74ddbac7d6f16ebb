-- Samples of nodes, written by the monitoring service and pruned by time. No foreign key: a node's
-- history outlives it, and a sample costs no look-up of its node.

CREATE TABLE node_metrics (
  node plain_text NOT NULL,
  at_ms BIGINT NOT NULL,
  tenant plain_text NOT NULL,
  memory_used_bytes BIGINT NOT NULL,
  memory_limit_bytes BIGINT NOT NULL,
  memory_peak_bytes BIGINT NOT NULL,
  keys BIGINT NOT NULL,
  ops_per_second DOUBLE PRECISION NOT NULL,
  hits BIGINT NOT NULL,
  misses BIGINT NOT NULL,
  evicted BIGINT NOT NULL,
  expired BIGINT NOT NULL,
  clients BIGINT NOT NULL,
  bytes_in BIGINT NOT NULL,
  bytes_out BIGINT NOT NULL,
  latency_p50_us DOUBLE PRECISION NOT NULL,
  latency_p99_us DOUBLE PRECISION NOT NULL,
  cpu_share DOUBLE PRECISION NOT NULL,  -- of one core, since the sample before
  PRIMARY KEY (node, at_ms)
);
CREATE INDEX node_metrics_by_time ON node_metrics (at_ms);
CREATE INDEX node_metrics_by_tenant ON node_metrics (tenant, at_ms);
