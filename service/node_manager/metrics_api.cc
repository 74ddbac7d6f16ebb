// Figures: /v1/nodes/{id}/metrics and /v1/capacity as JSON, /metrics for Prometheus.
#include <algorithm>

#include "common/units.h"
#include "miniredis/commands.h"
#include "node_manager/api.h"
#include "node_manager/prometheus.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostLabelledNodes = 100;

// Nodes share one allocator, so it is the engine's: what the allocator holds of the system for each
// byte that nodes hold of it.
double fragmentation_of(const EngineStats& stats) {
  if (stats.memory_used_bytes == 0) return 1;
  return static_cast<double>(stats.allocator_bytes) / static_cast<double>(stats.memory_used_bytes);
}

Json databases_json(const NodeStats& stats) {
  Json databases = Json::array();
  for (const DatabaseStats& database : stats.databases) {
    databases.push_back({{"index", database.index},
                         {"keys", database.keys},
                         {"keys_with_expiry", database.keys_with_expiry}});
  }
  return databases;
}

Json metrics_json(ApiContext& context, const NodeRecord& record) {
  NodeStats stats;
  if (record.node) {
    stats = record.node->stats();
  } else {
    stats.memory_limit_bytes = record.definition.memory_limit_bytes;
  }
  std::uint64_t keys = 0;
  for (const DatabaseStats& database : stats.databases) keys += database.keys;
  const std::uint64_t now = now_unix_ms();
  const double cpu_share =
      context.cpu_shares.look(record.definition.id, stats.cpu_ns, record.definition.created_at_ms,
                              CpuShares::Clock::now(), now);
  return {{"id", record.definition.id},
          {"name", record.definition.name},
          {"tenant", record.definition.tenant},
          {"state", to_string(record.state())},
          {"at", format_time(now)},
          {"memory_used_bytes", stats.memory_used_bytes},
          {"memory_peak_bytes", stats.memory_peak_bytes},
          {"memory_limit_bytes", stats.memory_limit_bytes},
          {"memory_clients_bytes", stats.memory_clients_bytes},
          {"memory_fragmentation", fragmentation_of(context.manager.engine().stats())},
          {"keys", keys},
          {"commands", stats.commands},
          {"ops_per_second", stats.ops_per_second},
          {"hits", stats.hits},
          {"misses", stats.misses},
          {"evicted", stats.evicted},
          {"expired", stats.expired},
          {"errors", stats.errors},
          {"net_input_bytes", stats.net_input_bytes},
          {"net_output_bytes", stats.net_output_bytes},
          {"clients", stats.clients},
          {"connections_received", stats.connections_received},
          {"connections_rejected", stats.connections_rejected},
          {"quota_waits", stats.quota_waits},
          {"quota_wait_ms", stats.quota_wait_ms},
          {"throttled", stats.throttled},
          {"cpu_ns", stats.cpu_ns},
          {"cpu_share", cpu_share},
          {"latency_p50_us", stats.latency_p50_us},
          {"latency_p99_us", stats.latency_p99_us},
          {"databases", databases_json(stats)}};
}

HttpReply node_metrics(ApiContext& context, const ApiRequest& request) {
  return json_answer(metrics_json(context, *visible_node(context, request)));
}

HttpReply list_metrics(ApiContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'n');
  const std::uint64_t after = sequence_after(list);
  const auto tenant = listed_tenant(request);
  if (!tenant) return json_answer(list_envelope(Json::array(), false, ""));
  const std::string& only = request.principal().node;
  const auto page = context.manager.index().page(
      after, list.limit, *tenant,
      [&](const NodeRecord& record) { return only.empty() || only == record.definition.id; });
  Json items = Json::array();
  for (const NodePointer& record : page.items) items.push_back(metrics_json(context, *record));
  return json_answer(list_envelope(std::move(items), page.more, cursor_after(page)));
}

HttpReply capacity(ApiContext& context, const ApiRequest&) {
  const PortFigures ports = context.manager.ports();
  const EngineStats stats = context.manager.engine().stats();
  return json_answer({{"ports",
                       {{"start", ports.start},
                        {"end", ports.end},
                        {"used", ports.used},
                        {"available", ports.available}}},
                      {"memory",
                       {{"limit_bytes", stats.memory_limit_bytes},
                        {"promisable_bytes", context.manager.promisable_bytes()},
                        {"promised_bytes", stats.memory_promised_bytes},
                        {"used_bytes", stats.memory_used_bytes},
                        {"overcommit_percent", context.configuration.memory_overcommit_percent}}},
                      {"tenants", context.manager.index().tenant_count()},
                      {"nodes", context.manager.index().size()},
                      {"nodes_running", stats.nodes_running},
                      {"shards", stats.shards}});
}

struct Sampled {
  NodePointer record;
  NodeStats stats;
};

std::vector<Sampled> sample_nodes(const NodeManager& manager) {
  std::vector<Sampled> nodes;
  for (NodePointer& record : manager.index().all()) {
    if (!record->node) continue;
    NodeStats stats = record->node->stats();
    nodes.push_back({std::move(record), std::move(stats)});
  }
  return nodes;
}

void write_engine(PrometheusText& text, const ApiContext& context) {
  const EngineStats engine = context.manager.engine().stats();
  const PortFigures ports = context.manager.ports();
  const ServerStats server = context.manager.server().stats();
  const auto gauge = [&](const char* name, const char* help, std::uint64_t value) {
    text.family(name, "gauge", help);
    text.sample(value);
  };
  text.family("miniredis_build_info", "gauge", "Always 1; the version is a label.");
  text.sample({{"version", version()}, {"redis_version", redis_version()}}, std::uint64_t{1});
  text.family("miniredis_start_time_seconds", "gauge", "When the daemon started, as Unix time.");
  text.sample({}, static_cast<double>(context.started_at_ms) / 1000);
  gauge("miniredis_shards", "Threads that own nodes.", engine.shards);
  gauge("miniredis_tenants", "Tenants.", context.manager.index().tenant_count());
  gauge("miniredis_nodes", "Nodes in any state.", context.manager.index().size());
  gauge("miniredis_nodes_running", "Nodes that serve.", engine.nodes_running);
  gauge("miniredis_memory_used_bytes", "Sum of all nodes' accounts.", engine.memory_used_bytes);
  gauge("miniredis_memory_limit_bytes", "Limit of all nodes together; 0: none.",
        engine.memory_limit_bytes);
  gauge("miniredis_memory_promised_bytes", "Sum of the nodes' limits.",
        engine.memory_promised_bytes);
  gauge("miniredis_allocator_bytes", "What the allocator holds from the system.",
        engine.allocator_bytes);
  gauge("miniredis_ports_used", "Ports of the range that nodes have.", ports.used);
  gauge("miniredis_ports_available", "Ports of the range that are free.", ports.available);
  gauge("miniredis_connections", "RESP connections now.", server.connections);
  gauge("miniredis_connections_unauthenticated", "Those that have not authenticated.",
        server.unauthenticated);
  text.family("miniredis_connections_accepted_total", "counter", "RESP connections accepted.");
  text.sample(server.accepted);
  text.family("miniredis_connections_rejected_total", "counter", "RESP connections turned away.");
  text.sample(server.rejected);
  gauge("miniredis_http_connections", "HTTP connections now.", context.http.connections);
  text.family("miniredis_http_connections_rejected_total", "counter",
              "HTTP connections turned away.");
  text.sample(context.http.connections_rejected);
  text.family("miniredis_http_requests_total", "counter", "HTTP requests answered, by status.");
  for (std::size_t status = 0; status < context.http.answers_by_status.size(); ++status) {
    const std::uint64_t count = context.http.answers_by_status[status];
    if (count != 0) text.sample({{"code", std::to_string(status)}}, count);
  }
}

struct Counter {
  const char* name;
  const char* help;
  std::uint64_t RetiredTotals::*member;
};

constexpr Counter kCounters[] = {
    {"commands", "Commands run.", &RetiredTotals::commands},
    {"keyspace_hits", "Look-ups that found the key.", &RetiredTotals::hits},
    {"keyspace_misses", "Look-ups that did not.", &RetiredTotals::misses},
    {"evicted_keys", "Keys evicted.", &RetiredTotals::evicted},
    {"expired_keys", "Keys expired.", &RetiredTotals::expired},
    {"error_replies", "Error replies.", &RetiredTotals::errors},
    {"net_input_bytes", "Bytes read from clients.", &RetiredTotals::net_input_bytes},
    {"net_output_bytes", "Bytes written to clients.", &RetiredTotals::net_output_bytes},
    {"node_connections", "Connections the nodes received.", &RetiredTotals::connections_received},
    {"node_connections_rejected", "Connections the nodes turned away.",
     &RetiredTotals::connections_rejected},
};

void write_sums(PrometheusText& text, const std::vector<Sampled>& nodes, RetiredTotals totals) {
  std::uint64_t clients = 0;
  for (const Sampled& node : nodes) {
    totals.add(node.stats);
    clients += node.stats.clients;
  }
  for (const Counter& counter : kCounters) {
    text.family(std::string("miniredis_") + counter.name + "_total", "counter",
                std::string(counter.help) + " All nodes, those deleted too.");
    text.sample(totals.*counter.member);
  }
  text.family("miniredis_cpu_seconds_total", "counter", "CPU time of all nodes' work.");
  text.sample({}, static_cast<double>(totals.cpu_ns) / 1e9);
  text.family("miniredis_clients", "gauge", "Clients of all nodes.");
  text.sample(clients);
}

void write_nodes(PrometheusText& text, const std::vector<Sampled>& nodes) {
  const auto write = [&](const char* name, const char* type, const char* help, auto value) {
    text.family(name, type, help);
    for (const Sampled& node : nodes) {
      const NodeDefinition& definition = node.record->definition;
      text.sample({{"tenant", definition.tenant}, {"node", definition.name}, {"id", definition.id}},
                  value(node));
    }
  };
  const auto figure = [&](const char* name, const char* type, const char* help, auto member) {
    write(name, type, help, [member](const Sampled& node) { return node.stats.*member; });
  };
  write("miniredis_node_up", "gauge", "1 while the node runs.", [](const Sampled& node) {
    return std::uint64_t{node.record->state() == NodeState::kRunning ? 1U : 0U};
  });
  figure("miniredis_node_memory_used_bytes", "gauge", "What deleting the node gives back.",
         &NodeStats::memory_used_bytes);
  figure("miniredis_node_memory_limit_bytes", "gauge", "The node's limit.",
         &NodeStats::memory_limit_bytes);
  figure("miniredis_node_clients", "gauge", "Clients.", &NodeStats::clients);
  figure("miniredis_node_commands_total", "counter", "Commands run.", &NodeStats::commands);
  figure("miniredis_node_keyspace_hits_total", "counter", "Look-ups that found the key.",
         &NodeStats::hits);
  figure("miniredis_node_keyspace_misses_total", "counter", "Look-ups that did not.",
         &NodeStats::misses);
  figure("miniredis_node_evicted_keys_total", "counter", "Keys evicted.", &NodeStats::evicted);
  figure("miniredis_node_expired_keys_total", "counter", "Keys expired.", &NodeStats::expired);
  write("miniredis_node_keys", "gauge", "Keys in all databases.", [](const Sampled& node) {
    std::uint64_t keys = 0;
    for (const DatabaseStats& database : node.stats.databases) keys += database.keys;
    return keys;
  });
  write("miniredis_node_cpu_seconds_total", "counter", "CPU time of the node's work.",
        [](const Sampled& node) { return static_cast<double>(node.stats.cpu_ns) / 1e9; });
  write("miniredis_node_latency_p99_seconds", "gauge", "99th percentile of commands' time.",
        [](const Sampled& node) { return node.stats.latency_p99_us / 1e6; });
}

HttpReply prometheus(ApiContext& context, const ApiRequest& request) {
  const std::string wanted = query_value(request, "nodes");
  if (!wanted.empty() && wanted != "all") throw invalid_value("nodes", "'" + wanted + "'", "all");
  PrometheusText text;
  const RetiredTotals retired = context.manager.retired();
  std::vector<Sampled> nodes = sample_nodes(context.manager);
  write_engine(text, context);
  write_sums(text, nodes, retired);
  if (wanted != "all" && nodes.size() > kMostLabelledNodes) {
    const auto by_memory = [](const Sampled& a, const Sampled& b) {
      return a.stats.memory_used_bytes > b.stats.memory_used_bytes;
    };
    std::ranges::nth_element(nodes, nodes.begin() + kMostLabelledNodes, by_memory);
    nodes.resize(kMostLabelledNodes);
  }
  write_nodes(text, nodes);
  HttpReply reply;
  reply.content_type = PrometheusText::kContentType;
  reply.body = text.take();
  return reply;
}

}  // namespace

Json node_figures(ApiContext& context, const NodeRecord& record) {
  return metrics_json(context, record);
}

void add_metrics_routes(Router& router, ApiContext& context) {
  constexpr Owner kOwner = Owner::kNodeManager;
  add_route(router, kOwner, "getNodeMetrics", with(context, node_metrics));
  add_route(router, kOwner, "listMetrics", with(context, list_metrics));
  add_route(router, kOwner, "getCapacity", with(context, capacity));
  Route scrape = route_of(operation(kOwner, "scrapeMetrics"));
  if (context.configuration.metrics_open) scrape.access = RouteAccess::kOpen;
  scrape.handler = with(context, prometheus);
  router.add(std::move(scrape));
}

}  // namespace miniredis::service
