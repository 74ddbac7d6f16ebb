-- What happened. Rows name tenants and nodes without a foreign key: they are still there when those
-- are long deleted. Ids ascend and none is given twice, which the two engines spell differently.

CREATE TABLE node_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  node plain_text NOT NULL,
  tenant plain_text NOT NULL,
  at_ms BIGINT NOT NULL,
  from_state plain_text NOT NULL,
  to_state plain_text NOT NULL,
  cause plain_text NOT NULL,
  actor plain_text NOT NULL
);
CREATE INDEX node_events_by_node ON node_events (node, id);

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms BIGINT NOT NULL,
  actor plain_text NOT NULL,
  address plain_text NOT NULL,
  request_id plain_text NOT NULL,
  tenant plain_text NOT NULL,
  action plain_text NOT NULL,
  target plain_text NOT NULL,
  detail plain_text NOT NULL
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant, id);
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);
CREATE INDEX audit_log_by_action ON audit_log (action, id);
CREATE INDEX audit_log_by_target ON audit_log (target, id);
CREATE INDEX audit_log_by_time ON audit_log (at_ms);
