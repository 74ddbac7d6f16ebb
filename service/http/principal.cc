#include "http/principal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/json.h"

namespace miniredis::service {
namespace {

constexpr std::array<std::pair<Scope, const char*>, 10> kNames{{
    {Scope::kNodesRead, "nodes:read"},
    {Scope::kNodesWrite, "nodes:write"},
    {Scope::kCommandsRead, "commands:read"},
    {Scope::kCommandsWrite, "commands:write"},
    {Scope::kTenantRead, "tenant:read"},
    {Scope::kTenantWrite, "tenant:write"},
    {Scope::kKeysRead, "keys:read"},
    {Scope::kKeysWrite, "keys:write"},
    {Scope::kAuditRead, "audit:read"},
    {Scope::kPlatform, "platform"},
}};

constexpr Scopes kViewer = Scope::kNodesRead | Scope::kCommandsRead | Scope::kTenantRead;
constexpr Scopes kMember = kViewer | Scope::kNodesWrite | Scope::kCommandsWrite;
constexpr Scopes kAdmin =
    kMember | Scope::kTenantWrite | Scope::kKeysRead | Scope::kKeysWrite | Scope::kAuditRead;

// As a JSON string of ASCII. Most are of letters and digits: those cost no JSON library.
void append_string(std::string& json, const std::string& text) {
  const auto stands_for_itself = [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  };
  if (std::all_of(text.begin(), text.end(), stands_for_itself)) {
    json += '"' + text + '"';
  } else {
    json += Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
  }
}

}  // namespace

const char* to_string(Scope scope) {
  for (const auto& [known, name] : kNames) {
    if (known == scope) return name;
  }
  return "";
}

std::optional<Scope> scope_from(std::string_view name) {
  for (const auto& [scope, known] : kNames) {
    if (name == known) return scope;
  }
  return std::nullopt;
}

std::vector<std::string> scope_names(Scopes scopes) {
  std::vector<std::string> names;
  for (const auto& [scope, name] : kNames) {
    if ((scopes & bits(scope)) != 0) names.emplace_back(name);
  }
  return names;
}

std::optional<Scopes> scopes_of_role(std::string_view role) {
  if (role == "viewer") return kViewer;
  if (role == "member") return kMember;
  if (role == "admin" || role == "owner") return kAdmin;
  return std::nullopt;
}

std::string encode(const Principal& principal) {
  std::string json = R"({"actor":)";
  append_string(json, principal.actor);
  json += R"(,"tenant":)";
  append_string(json, principal.tenant);
  json += R"(,"node":)";
  append_string(json, principal.node);
  json += R"(,"scopes":)" + std::to_string(principal.scopes) + R"(,"address":)";
  append_string(json, principal.address);
  json += '}';
  return json;
}

std::optional<Principal> decode_principal(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Principal principal;
  const auto text_of = [&](const char* name, std::string& to) {
    const auto member = json.find(name);
    if (member == json.end() || !member->is_string()) return false;
    to = member->get<std::string>();
    return true;
  };
  const auto scopes = json.find("scopes");
  if (scopes == json.end() || !scopes->is_number_unsigned()) return std::nullopt;
  const auto number = scopes->get<std::uint64_t>();
  if (number > kAllScopes) return std::nullopt;
  principal.scopes = static_cast<Scopes>(number);
  const bool whole = text_of("actor", principal.actor) && text_of("tenant", principal.tenant) &&
                     text_of("node", principal.node) && text_of("address", principal.address);
  if (!whole) return std::nullopt;
  return principal;
}

PrincipalPointer administrator() {
  Principal admin;
  admin.actor = "admin";
  admin.scopes = kAllScopes;
  return std::make_shared<const Principal>(std::move(admin));
}

}  // namespace miniredis::service
