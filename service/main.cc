// miniredisd: hosts Redis-compatible nodes of many tenants in one process. See docs/daemon.md.
#include <cstdio>
#include <exception>

#include "api/operations.h"
#include "common/log.h"
#include "common/shutdown_signal.h"
#include "daemon.h"
#include "miniredis/commands.h"
#include "settings/configuration.h"
#include "standalone.h"

namespace {

namespace service = miniredis::service;

int start(const service::Configuration& configuration) {
  service::log::configure(configuration.log_level, configuration.log_format);
  service::ShutdownSignal signal;
  return configuration.standalone ? service::run_standalone(configuration, signal)
                                  : service::run_daemon(configuration, signal);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto loaded =
        service::load_configuration({argv + 1, argv + argc}, service::process_environment());
    if (const auto* wrong = std::get_if<service::ConfigurationError>(&loaded)) {
      std::fprintf(stderr, "miniredisd: %s\n", wrong->message.c_str());
      return service::kExitWrongSettings;
    }
    const auto& [action, configuration] = std::get<service::LoadedConfiguration>(loaded);
    switch (action) {
      case service::StartAction::kShowHelp:
        std::fputs(service::help_text().c_str(), stdout);
        return service::kExitServed;
      case service::StartAction::kShowVersion:
        std::printf("miniredisd %s (Redis %s)\n", miniredis::version(), miniredis::redis_version());
        return service::kExitServed;
      case service::StartAction::kPrintConfiguration:
        std::printf("%s\n", service::configuration_json(configuration).c_str());
        return service::kExitServed;
      case service::StartAction::kPrintOpenApi:
        std::fputs(service::openapi_document().c_str(), stdout);
        return service::kExitServed;
      case service::StartAction::kMigrate:
        return service::run_migrate(configuration);
      case service::StartAction::kServe:
        return start(configuration);
    }
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "miniredisd: %s\n", failure.what());
  }
  return service::kExitFailed;
}
