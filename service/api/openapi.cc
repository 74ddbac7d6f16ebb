// The OpenAPI document, put together from the operations and the schemas of schemas.json, which the
// build embeds.

#include "api/operations.h"
#include "common/json.h"
#include "http/problem.h"

namespace miniredis::service {

extern const char kSchemasJson[];

namespace {

Json schema_ref(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

const char* meaning_of(const std::string& parameter) {
  if (parameter == "limit") return "Most items of a page, 1 to 1000; 100 when missing.";
  if (parameter == "cursor") return "The next_cursor of the page before.";
  if (parameter == "interval_ms") return "Time between figures, 100 to 60000; 1000 when missing.";
  if (parameter == "topics") return "metrics, state, monitor, with commas.";
  if (parameter == "grace_seconds") return "Until the data goes; 604800 when missing.";
  if (parameter == "database") return "0 to 15.";
  return "Narrows the answer.";
}

Json header_parameter(const char* name, bool required, const char* description) {
  return {{"name", name},
          {"in", "header"},
          {"required", required},
          {"description", description},
          {"schema", {{"type", "string"}}}};
}

// "{*command}" is a parameter whose value holds slashes; OpenAPI cannot say more of it.
std::string path_of(const Operation& operation) {
  std::string path = operation.pattern;
  for (std::size_t at = 0; (at = path.find("{*")) != std::string::npos;) path.erase(at + 1, 1);
  return path;
}

Json parameters_of(const Operation& operation) {
  Json parameters = Json::array();
  const std::string path = path_of(operation);
  for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
    parameters.push_back({{"name", path.substr(at + 1, path.find('}', at) - at - 1)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
  }
  for (const std::string& name : query_parameters(operation)) {
    parameters.push_back({{"name", name},
                          {"in", "query"},
                          {"required", false},
                          {"description", meaning_of(name)},
                          {"schema", {{"type", "string"}}}});
  }
  if (operation.idempotency_key) {
    parameters.push_back(header_parameter(
        "Idempotency-Key", true, "1 to 255 visible characters, made anew for each thing made."));
  }
  if (operation.if_match && std::string_view(operation.method) != "GET" &&
      operation.status != 201) {
    parameters.push_back(
        header_parameter("If-Match", false, "The ETag that the thing must still have."));
  }
  return parameters;
}

Json answer_of(const Operation& operation) {
  Json answer = {{"description", operation.status == 204 ? "Done." : "The answer."}};
  if (operation.reply != nullptr) {
    answer["content"] = {{operation.content_type, {{"schema", schema_ref(operation.reply)}}}};
  } else if (operation.status != 204) {
    answer["content"] = {{operation.content_type, {{"schema", {{"type", "string"}}}}}};
  }
  if (operation.if_match && operation.reply != nullptr) {
    answer["headers"] = {{"ETag", {{"schema", {{"type", "string"}}}}}};
  }
  return answer;
}

Json operation_json(const Operation& operation) {
  Json json = {{"operationId", operation.id}, {"summary", operation.summary}};
  Json parameters = parameters_of(operation);
  if (!parameters.empty()) json["parameters"] = std::move(parameters);
  if (operation.request != nullptr) {
    json["requestBody"] = {
        {"required", !operation.body_optional},
        {"content", {{"application/json", {{"schema", schema_ref(operation.request)}}}}}};
  }
  const bool web_socket = operation.stream == StreamKind::kWebSocket;
  const std::string status = web_socket ? "101" : std::to_string(operation.status);
  json["responses"] = {
      {status, web_socket ? Json{{"description", "A WebSocket."}} : answer_of(operation)},
      {"default",
       {{"description", "What went wrong."},
        {"content", {{"application/problem+json", {{"schema", schema_ref("Problem")}}}}}}}};
  if (std::string_view(operation.pattern).starts_with("/redis/") && operation.reply != nullptr) {
    const Json content = {{"application/json", {{"schema", schema_ref(operation.reply)}}}};
    json["responses"]["400"] = {{"description", "The command's own error."}, {"content", content}};
    json["responses"]["429"] = {
        {"description", "The quota of the node or of its tenant is used up; see Retry-After."},
        {"content", content}};
  }
  if (operation.access == RouteAccess::kOpen) {
    json["security"] = Json::array();
  } else if (operation.scope != Scope::kNone) {
    json["x-scope"] = to_string(operation.scope);
  }
  return json;
}

}  // namespace

std::string openapi_document() {
  Json paths = Json::object();
  for (const Operation& operation : operations()) {
    if (!operation.at_gateway) continue;
    std::string method = operation.method;
    for (char& c : method) c = static_cast<char>(c + 32);
    paths[path_of(operation)][method] = operation_json(operation);
  }
  const Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "MiniRedis"},
        {"version", "1"},
        {"description", "Tenants, nodes and their commands. See docs/api.md."}}},
      {"security", Json::array({Json{{"bearer", Json::array()}}})},
      {"paths", std::move(paths)},
      {"components",
       {{"securitySchemes",
         {{"bearer",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"description", "An access token, an API key (mrk_) or a node token (mrn_)."}}}}},
        {"schemas", Json::parse(kSchemasJson)}}}};
  return document.dump() + "\n";
}

}  // namespace miniredis::service
