-- Tenants, what they own and who may use it. Times are Unix milliseconds; flags are 0 or 1. Rows name
-- others by foreign key where they must not outlive them.

CREATE TABLE plans (
  name plain_text NOT NULL PRIMARY KEY,
  memory_bytes BIGINT NOT NULL CHECK (memory_bytes >= 0),
  max_nodes BIGINT NOT NULL CHECK (max_nodes >= 0),
  max_connections BIGINT NOT NULL CHECK (max_connections >= 0),
  ops_per_second BIGINT NOT NULL CHECK (ops_per_second >= 0),
  bytes_per_second BIGINT NOT NULL CHECK (bytes_per_second >= 0),
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0)
);

CREATE TABLE tenants (
  name plain_text NOT NULL PRIMARY KEY,
  display_name plain_text NOT NULL,
  plan plain_text NOT NULL REFERENCES plans (name),
  state plain_text NOT NULL CHECK (state IN ('active', 'suspended', 'deleting')),
  purge_at_ms BIGINT,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0)
);
CREATE INDEX tenants_by_plan ON tenants (plan, name);
CREATE INDEX tenants_by_state ON tenants (state, name);
CREATE INDEX tenants_by_plan_and_state ON tenants (plan, state, name);
CREATE INDEX tenants_by_state_and_purge ON tenants (state, purge_at_ms, name);

CREATE TABLE hosts (
  name plain_text NOT NULL PRIMARY KEY,
  url plain_text NOT NULL,
  seen_at_ms BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL
);

CREATE TABLE nodes (
  id plain_text NOT NULL PRIMARY KEY,
  tenant plain_text NOT NULL REFERENCES tenants (name),
  name plain_text NOT NULL UNIQUE,
  host plain_text NOT NULL REFERENCES hosts (name),
  state plain_text NOT NULL CHECK (state IN ('creating', 'ready', 'deleting')),
  memory_limit_bytes BIGINT NOT NULL CHECK (memory_limit_bytes >= 0),
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0)
);
CREATE INDEX nodes_by_tenant ON nodes (tenant, id);
CREATE INDEX nodes_by_tenant_and_state ON nodes (tenant, state, id);
CREATE INDEX nodes_by_tenant_and_host ON nodes (tenant, host, id);
CREATE INDEX nodes_by_host ON nodes (host, id);
CREATE INDEX nodes_by_host_and_state ON nodes (host, state, id);
CREATE INDEX nodes_by_state ON nodes (state, id);

CREATE TABLE api_keys (
  id plain_text NOT NULL PRIMARY KEY,
  -- NULL: a key of the platform.
  tenant plain_text REFERENCES tenants (name) ON DELETE CASCADE,
  name plain_text NOT NULL,
  secret_hash plain_text NOT NULL,
  scopes plain_text NOT NULL,  -- JSON array
  created_by plain_text NOT NULL,
  created_at_ms BIGINT NOT NULL,
  expires_at_ms BIGINT,
  last_used_at_ms BIGINT,
  revoked_at_ms BIGINT
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant, id);

CREATE TABLE node_tokens (
  id plain_text NOT NULL PRIMARY KEY,
  node plain_text NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
  tenant plain_text NOT NULL REFERENCES tenants (name) ON DELETE CASCADE,
  name plain_text NOT NULL,
  secret_hash plain_text NOT NULL,
  read_only BIGINT NOT NULL CHECK (read_only IN (0, 1)),
  created_by plain_text NOT NULL,
  created_at_ms BIGINT NOT NULL,
  expires_at_ms BIGINT,
  last_used_at_ms BIGINT,
  revoked_at_ms BIGINT
);
CREATE INDEX node_tokens_by_node ON node_tokens (node, id);
CREATE INDEX node_tokens_by_tenant ON node_tokens (tenant);

CREATE TABLE idempotent_answers (
  principal plain_text NOT NULL,
  request_key plain_text NOT NULL,
  fingerprint plain_text NOT NULL,
  target plain_text NOT NULL,
  status BIGINT NOT NULL CHECK (status >= 0),  -- 0: still under way
  headers plain_text NOT NULL,
  body plain_text NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (principal, request_key)
);
CREATE INDEX idempotent_answers_open ON idempotent_answers (created_at_ms) WHERE status = 0;
CREATE INDEX idempotent_answers_done ON idempotent_answers (created_at_ms) WHERE status > 0;

-- The plan of tenants for whom none was named: no limits.
INSERT INTO plans (name, memory_bytes, max_nodes, max_connections, ops_per_second,
                   bytes_per_second, created_at_ms, updated_at_ms, version)
VALUES ('standard', 0, 0, 0, 0, 0, 0, 0, 1);
